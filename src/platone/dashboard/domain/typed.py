"""Fields of forms as people type them: numbers with a comma or a point, days, times of the day."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime

from platone.dashboard.domain.problem import FieldWrong
from platone.kernel.market_time import as_utc
from platone.kernel.record_time import InstantOutOfRange, check_recordable

END_OF_DAY = "24:00"
"""The time of the day at which it ends, as people type it."""
_LARGEST = 1e9
"""Largest number that a form takes: a million megawatts in kW, or a billion euros."""


def number_in(form: Mapping[str, str], name: str, label: str) -> float:
    """Return a number of a form.

    Raises:
        FieldWrong: It is none, or too large to be meant.
    """
    try:
        found = float(form.get(name, "").strip().replace(",", "."))
    except ValueError as error:
        raise FieldWrong(f"{label} is no number.", field=name) from error
    if not math.isfinite(found):
        raise FieldWrong(f"{label} is no number.", field=name)
    if abs(found) > _LARGEST:
        raise FieldWrong(f"{label} is too large.", field=name)
    return found


def day_in(form: Mapping[str, str], name: str) -> date:
    """Return a day of a form.

    Raises:
        FieldWrong: It is none.
    """
    text = form.get(name, "").strip()
    try:
        found = date.fromisoformat(text)
        check_recordable(datetime(found.year, found.month, found.day, tzinfo=UTC))
    except (ValueError, InstantOutOfRange) as error:
        raise FieldWrong(f"{text[:40]!r} is no day; one is 2021-06-23.", field=name) from error
    return found


def wall_in(form: Mapping[str, str], name: str) -> str:
    """Return a time of the day of a form, such as 12:30; 24:00 is the day's end.

    Raises:
        FieldWrong: It is none.
    """
    text = form.get(name, "").strip()
    if text == END_OF_DAY:
        return text
    try:
        return f"{datetime.strptime(text, '%H:%M'):%H:%M}"  # noqa: DTZ007 - a time of the day only
    except ValueError as error:
        raise FieldWrong(f"{text[:40]!r} is no time of the day.", field=name) from error


def instant_in(form: Mapping[str, str], name: str) -> datetime:
    """Return an instant of a form, as a page of ours wrote it: ISO 8601 with its offset.

    Raises:
        FieldWrong: It is none.
    """
    text = form.get(name, "").strip()
    try:
        return as_utc(datetime.fromisoformat(text))
    except (ValueError, InstantOutOfRange) as error:
        raise FieldWrong(f"{text[:40]!r} is no instant.", field=name) from error
