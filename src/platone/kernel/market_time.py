"""Market days and their quarter-hours: 92, 96 or 100, as the zone's calendar has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from platone.kernel.record_time import check_recordable

QUARTER_HOUR_MINUTES = 15
QUARTER_HOUR = timedelta(minutes=QUARTER_HOUR_MINUTES)
QUARTER_HOUR_S = 60 * QUARTER_HOUR_MINUTES
QUARTERS_AN_HOUR = 4
"""The market's interval is a quarter of an hour (D2.4); the same in minutes, as a span, in seconds,
and how many make an hour."""
_DAYS_AT_HAND = 1_000
"""Days whose midnights are kept, some 100 kB: each message of a session asks for its day's."""


@lru_cache(_DAYS_AT_HAND)
def _midnight(on: date, zone: str) -> datetime:
    """Return the instant (UTC) at which a date begins in a zone."""
    return datetime.combine(on, time(0), ZoneInfo(zone)).astimezone(UTC)


def town_of(zone: str) -> str:
    """Return the English name of the town that a zone is named after: Rome for Europe/Rome."""
    return zone.rpartition("/")[2].replace("_", " ")


def as_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC.

    Raises:
        ValueError: The datetime has no zone.
        InstantOutOfRange: It lies outside the years 2000 to 2099.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    check_recordable(instant)
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class MarketDay:
    """A day of the market: from local midnight to local midnight of its zone, half-open.

    Attributes:
        on: The local calendar date.
        zone: IANA name of the market's zone.
    """

    on: date
    zone: str = "Europe/Rome"

    @classmethod
    def holding(cls, instant: datetime, zone: str = "Europe/Rome") -> "MarketDay":
        """Return the market day that an aware instant falls in."""
        return cls(as_utc(instant).astimezone(ZoneInfo(zone)).date(), zone)

    @property
    def start(self) -> datetime:
        """The local midnight at which the day begins, UTC."""
        return _midnight(self.on, self.zone)

    @property
    def end(self) -> datetime:
        """The local midnight at which the next day begins, UTC."""
        return _midnight(self.on + timedelta(days=1), self.zone)

    @property
    def next(self) -> "MarketDay":
        """The following market day."""
        return MarketDay(self.on + timedelta(days=1), self.zone)

    @property
    def previous(self) -> "MarketDay":
        """The preceding market day."""
        return MarketDay(self.on - timedelta(days=1), self.zone)

    @property
    def quarter_hours(self) -> int:
        """The number of quarter-hours in the day: 92, 96 or 100."""
        return (self.end - self.start) // QUARTER_HOUR

    def at(self, wall: time) -> datetime:
        """Return the instant (UTC) at which the zone's clocks show ``wall`` on this day."""
        return datetime.combine(self.on, wall, ZoneInfo(self.zone)).astimezone(UTC)

    def instant(self, index: int) -> datetime:
        """Return the start (UTC) of the quarter-hour ``index``, counted from 0 at local midnight.

        Raises:
            IndexError: The day has no such quarter-hour.
        """
        if not 0 <= index < self.quarter_hours:
            raise IndexError(f"{self.on} has quarter-hours 0 to {self.quarter_hours - 1}")
        return self.start + index * QUARTER_HOUR

    def index(self, instant: datetime) -> int:
        """Return the quarter-hour of this day that an aware instant falls in.

        Raises:
            IndexError: The instant lies outside the day.
        """
        found = (as_utc(instant) - self.start) // QUARTER_HOUR
        if not 0 <= found < self.quarter_hours:
            raise IndexError(f"{instant.isoformat()} is not on {self.on} in {self.zone}")
        return found

    def instants(self) -> Iterator[datetime]:
        """Yield the start (UTC) of every quarter-hour, in order."""
        start = self.start  # looked up in the zone once
        return (start + index * QUARTER_HOUR for index in range(self.quarter_hours))
