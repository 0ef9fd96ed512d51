"""The points of delivery of a request or offer, as they are marked and searched for in its form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platone.messages.registry import PointOfDelivery

MARK = "pod."
"""The beginning of the fields that mark a point of delivery, each with its identifier as value."""
WHOLE = "whole"
"""The field that names all points of delivery of an aggregator, in place of marks."""
MOST_MARKED = 100
"""Points of delivery that are marked at most by hand; more come by REST, or as a whole."""
ON_PAGE = 40
"""Points of delivery that are shown at once to be marked."""


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """The points of delivery that are marked, and those that a search finds beside them.

    Attributes:
        marked: Those that are marked.
        found: Those of the page of the search that are not.
        count: How many the search finds that are not marked.
        page: Which page of them, from 0.
        text: What was searched for.
    """

    marked: list[str]
    found: list[PointOfDelivery]
    count: int
    page: int
    text: str

    @property
    def pages(self) -> int:
        """Return how many pages the search has."""
        return max(1, -(-self.count // ON_PAGE))

    @property
    def may_mark_all(self) -> bool:
        """Return whether all that are found may be marked at once."""
        return 1 < self.count <= MOST_MARKED - len(self.marked)


def marked_pods(form: Mapping[str, str]) -> list[str]:
    """Return the points of delivery that a form names, marked or typed, each once."""
    marked = [value for name, value in form.items() if name.startswith(MARK)]
    return list(dict.fromkeys([*marked, *form.get("pods", "").replace(",", " ").split()]))


def is_search(form: Mapping[str, str]) -> bool:
    """Return whether a form was sent by the Enter key in its search, and is to send nothing else.

    The Enter key presses a form's first button, wherever it is pressed. A text that was not
    searched for yet was typed just now.
    """
    return "enter" in form and form.get("text", "").strip() != form.get("searched", "").strip()


def group_choice(form: Mapping[str, str], pods: Sequence[PointOfDelivery]) -> GroupChoice:
    """Return the choice among points of delivery as a form leaves it.

    Args:
        form: Its fields: marks, `text` that is searched for, `page`, and `all` to mark what is
            found.
        pods: The points of delivery that there are.
    """
    marked, text = marked_pods(form), form.get("text", "").strip()
    others = _others(pods, text, marked)
    if form.get("all") and len(others) <= MOST_MARKED - len(marked):
        marked += [each.pod_id for each in others]
        others = []
    asked = form.get("page", "")
    last = max(0, -(-len(others) // ON_PAGE) - 1)
    page = min(int(asked) if asked.isascii() and asked.isdigit() else 0, last)
    first = page * ON_PAGE
    return GroupChoice(marked, others[first : first + ON_PAGE], len(others), page, text)


def _others(
    pods: Iterable[PointOfDelivery], text: str, marked: Iterable[str]
) -> list[PointOfDelivery]:
    """Return the unmarked points of delivery that a text finds, by identifier."""
    known, wanted = set(marked), text.lower()
    found = [each for each in pods if each.pod_id not in known and wanted in _words(each)]
    return sorted(found, key=lambda each: each.pod_id)


def _words(pod: PointOfDelivery) -> str:
    return f"{pod.pod_id} {pod.aggregator_id} {pod.po_m_id or ''}".lower()
