"""Kinds of day: working day, pre-holiday and holiday, in the market's zone."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

import numpy as np
from numpy.typing import NDArray

_SUNDAY = 6
_SATURDAY = 5

HolidaysOf = Callable[[int], Collection[date]]
"""A function that returns the public holidays of a year."""


class DayKind(Enum):
    """The kinds of typical day (D3.6, 3.4.3: workday, preholiday, holiday)."""

    WORKING = "working"
    """Neither of the others."""
    PRE_HOLIDAY = "preHoliday"
    """Not a holiday itself, and the next day is one: Saturdays, and eves of public holidays."""
    HOLIDAY = "holiday"
    """Sundays and public holidays."""


KINDS = tuple(DayKind)
"""The kinds in the order in which arrays hold them."""


def no_holidays(_year: int) -> Collection[date]:
    """Return no public holidays at all: weekends alone make the kinds."""
    return ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that tells the kind of day of each date.

    A holiday is a Sunday or a public holiday. A pre-holiday is a day that is no holiday itself
    while the next one is: so every Saturday that is no public holiday, and the eve of a public
    holiday. Italian tariffs count only Saturdays apart (ARERA's band F2); ``eves=False`` does so.

    Attributes:
        zone: IANA name of the market's zone; its clocks make the days.
        holidays_of: Public holidays of a year, local patron days among them.
        eves: Whether the day before a public holiday is a pre-holiday.
    """

    zone: str = "Europe/Rome"
    holidays_of: HolidaysOf = no_holidays
    eves: bool = True

    def is_holiday(self, on: date) -> bool:
        """Return whether a date is a Sunday or a public holiday."""
        return on.weekday() == _SUNDAY or on in self.holidays_of(on.year)

    def kind(self, on: date) -> DayKind:
        """Return the kind of a date."""
        if self.is_holiday(on):
            return DayKind.HOLIDAY
        if on.weekday() == _SATURDAY:
            return DayKind.PRE_HOLIDAY
        is_eve = self.eves and self.is_holiday(on + timedelta(days=1))
        return DayKind.PRE_HOLIDAY if is_eve else DayKind.WORKING

    def kinds(self, days: Iterable[date]) -> NDArray[np.int8]:
        """Return the kinds of dates as places in :data:`KINDS`, shape (dates,)."""
        return np.array([KINDS.index(self.kind(on)) for on in days], dtype=np.int8)
