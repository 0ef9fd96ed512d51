"""Metering as a table of days by 96 places on the clock's face, which forecasts read."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from platone.grid.array import Floats
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_grid import QUARTERS, Ints, day_grid


@dataclass(frozen=True, slots=True, eq=False)
class DayTable:
    """A table of metered power by day, clock place and consumer; its days have no holes.

    Attributes:
        days: Their dates.
        kinds: Their kinds, places in :data:`platone.grid.profile.calendar.KINDS`.
        values: Shape (days, 96, consumers); NaN where nothing is known, as in days to come.
    """

    days: tuple[date, ...]
    kinds: NDArray[np.int8]
    values: Floats

    @property
    def months(self) -> Ints:
        """Return the month of each day, from 0."""
        return np.array([day.month - 1 for day in self.days])

    @property
    def weekdays(self) -> Ints:
        """Return the day of the week of each day, Monday is 0."""
        return np.array([day.weekday() for day in self.days])

    def row(self, on: date) -> int:
        """Return the row of a date, also of one before or after the table."""
        return (on - self.days[0]).days


def day_table(
    start: datetime, values: Floats, calendar: Calendar, zone: str, *, more_days: int = 0
) -> DayTable:
    """Return the table of consecutive quarter-hours.

    An hour that the clocks show twice is the mean of both; one that they leave out stays NaN.

    Args:
        start: Start of the first quarter-hour, aware.
        values: Shape (quarter-hours, consumers).
        calendar: Kinds of day.
        zone: Whose clocks: the market zone's for what follows people, UTC for what follows the
            sun.
        more_days: How many empty days are added at the end.
    """
    grid = day_grid(start, len(values), zone)
    extra = range(1, more_days + 1)
    days = (*grid.days, *(grid.days[-1] + timedelta(days=n) for n in extra))
    table = np.full((len(days), QUARTERS, values.shape[1]), np.nan)
    first, again = ~grid.is_second, grid.is_second
    table[grid.row[first], grid.quarter[first]] = values[first]
    if again.any():
        spots = grid.row[again], grid.quarter[again]
        table[spots] = _mean(table[spots], values[again])
    return DayTable(days, calendar.kinds(days), table)


def _mean(one: Floats, other: Floats) -> Floats:
    """Return the mean of two values, or the one that is known."""
    both = (one + other) / 2
    return np.where(np.isnan(one), other, np.where(np.isnan(other), one, both))
