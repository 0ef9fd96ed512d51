"""The form of an outage study: what fails, and which voltages buses may have."""

import re
from collections.abc import Mapping
from datetime import datetime

from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import number_in
from platone.messages.outage import OutageQuestion, VoltageBand

MARKED = "branch."
"""The beginning of the fields that mark an element, each with its identifier as value."""
_MOST_NAMES = 1_000
"""Elements that are named by hand at most: who means more means all of them."""
_SEPARATOR = re.compile(r"[\s,;]+")


def read_outages(form: Mapping[str, str], network_id: str, start_time: datetime) -> OutageQuestion:
    """Return the question that a form asks.

    Args:
        form: Its fields as they were typed.
        network_id: Which network.
        start_time: An instant of the market day.

    Raises:
        FieldWrong: Too many elements are named, or only signs between them; or half of a band of
            voltages is missing or no number.
    """
    band = None
    if form.get("least", "").strip() or form.get("most", "").strip():
        band = VoltageBand(
            least_pu=number_in(form, "least", "The least voltage"),
            most_pu=number_in(form, "most", "The greatest voltage"),
        )
    return OutageQuestion(
        network_id=network_id,
        start_time=start_time,
        branches=_names(form),
        resupply=form.get("resupply") == "yes",
        voltage_band=band,
    )


def chosen_branches(form: Mapping[str, str]) -> list[str]:
    """Return the elements that a form names: those marked, the one chosen, and those typed."""
    marked = [value for name, value in form.items() if name.startswith(MARKED)]
    one = form.get("branch", "").strip()
    return [*marked, *([one] if one else []), *_SEPARATOR.split(form.get("branches", ""))]


def _names(form: Mapping[str, str]) -> tuple[str, ...] | None:
    names = tuple(dict.fromkeys(each for each in chosen_branches(form) if each))
    if not names:
        if form.get("branches", "").strip():
            raise FieldWrong("Name the elements that fail, or none for all.", field="branches")
        return None
    if len(names) > _MOST_NAMES:
        raise FieldWrong(f"At most {_MOST_NAMES} elements are named by hand.", field="branches")
    return names
