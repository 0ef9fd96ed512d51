"""Lists of market days: from one day on, or back from one."""

from dataclasses import dataclass
from datetime import date

from platone.kernel.record_time import EARLIEST, LATEST

_FIRST, _END = EARLIEST.date(), LATEST.date()
"""The bounds of the days of which there are records."""


@dataclass(frozen=True, slots=True)
class DaySpan:
    """The market days that a list is asked for.

    Attributes:
        first: The first day.
        end: The day after the last one.
        newest_first: Whether the list goes back from its last day.
    """

    first: date = _FIRST
    end: date = _END
    newest_first: bool = False
