"""The place of quarter-hours on the clocks: their day, and one of the 96 places of its face."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from platone.kernel.market_time import (
    QUARTER_HOUR_MINUTES,
    QUARTERS_AN_HOUR,
    MarketDay,
    as_utc,
)

QUARTERS = 96
"""Quarter-hours on the face of a 24-hour clock."""
"""Quarter-hours on the face of a 24-hour clock."""

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class DayGrid:
    """A span of consecutive quarter-hours on a zone's clocks.

    Attributes:
        days: The local dates that the span touches.
        row: Which of them each quarter-hour falls on, shape (quarter-hours,).
        quarter: Its place on the clock's face, 0 to 95.
        is_second: Whether the clocks show this time of the day for the second time, as they do
            for an hour on the day of 100 quarter-hours.
    """

    days: tuple[date, ...]
    row: Ints
    quarter: Ints
    is_second: NDArray[np.bool_]


def day_grid(start: datetime, count: int, zone: str) -> DayGrid:
    """Return the grid of ``count`` quarter-hours from an aware start on a whole quarter-hour."""
    day = MarketDay.holding(start, zone)
    first, days, faces = day.index(start), [], []
    missing = first + count
    while missing > 0:
        days.append(day.on)
        faces.append(market_places(day)[:missing])
        missing -= len(faces[-1])
        day = day.next
    lengths = [len(face) for face in faces]
    row = np.repeat(np.arange(len(days)), lengths)[first:]
    quarter = np.concatenate(faces)[first:] if faces else np.zeros(0, dtype=np.intp)
    return DayGrid(tuple(days), row, quarter, _is_second(row, quarter))


def clock_places(instants: Sequence[datetime], zone: str) -> tuple[list[date], Ints]:
    """Return the local dates and the places on the clock's face of aware instants."""
    local = ZoneInfo(zone)
    walls = [as_utc(instant).astimezone(local) for instant in instants]
    quarters = [_quarter(wall) for wall in walls]
    return [wall.date() for wall in walls], np.array(quarters, dtype=np.intp)


def market_places(day: MarketDay) -> Ints:
    """Return the clock places of a market day's 92, 96 or 100 quarter-hours."""
    if day.quarter_hours == QUARTERS:
        return np.arange(QUARTERS)
    return clock_places(list(day.instants()), day.zone)[1]


def _quarter(wall: datetime) -> int:
    return QUARTERS_AN_HOUR * wall.hour + wall.minute // QUARTER_HOUR_MINUTES


def _is_second(row: Ints, quarter: Ints) -> NDArray[np.bool_]:
    """Return which quarter-hours show a time of the day for the second time."""
    again = np.ones(len(row), dtype=bool)
    _, first = np.unique(row * QUARTERS + quarter, return_index=True)
    again[first] = False
    return again
