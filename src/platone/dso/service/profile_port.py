"""What profiles and forecasts of consumers need: meter values, calendars, records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from platone.dso.domain.profile.calendar import Calendar
from platone.dso.domain.profile.meter_row import MeterRows
from platone.dso.domain.profile.metering import Remark
from platone.dso.domain.profile.typical_day import TypicalDays
from platone.messages.registry import PointOfDelivery


@dataclass(frozen=True, slots=True)
class CalendarChoice:
    """Which public holidays count.

    Attributes:
        country: ISO 3166-1 code.
        subdivision: Part of the country, whose own holidays count too.
        local_days: Holidays of a town, ``MM-DD``.
        eves: Whether the day before a public holiday is a pre-holiday.
    """

    country: str
    subdivision: str | None = None
    local_days: tuple[str, ...] = ()
    eves: bool = True


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """Typical days that were made together.

    Attributes:
        number: Counts the sets.
        made_at: When.
        start: Start of the metering behind them.
        end: Its end.
        calendar: Which public holidays counted.
        min_days: Values that each quarter-hour of a curve had to rest on.
        levels: Quantile levels.
        consumers: How many consumers it was made for.
        without_metering: Consumers that were asked for and have no metering that counts.
        remarks: What was remarkable in the metering.
    """

    number: int
    made_at: datetime
    start: datetime
    end: datetime
    calendar: CalendarChoice
    min_days: int
    levels: tuple[float, ...]
    consumers: int
    without_metering: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Meters(Protocol):
    """The measurements of points of delivery, as the Shared Customer Database holds them."""

    async def pods(self) -> list[PointOfDelivery]:
        """The registered points of delivery."""
        ...

    async def rows(
        self, pod_ids: Sequence[str], start: datetime, end: datetime, qualities: Collection[str]
    ) -> MeterRows:
        """What was measured from ``start`` to before ``end``; those of other qualities marked."""
        ...


class Calendars(Protocol):
    """Makes calendars."""

    def __call__(self, choice: CalendarChoice) -> Calendar:
        """The calendar.

        Raises:
            PlatoneError: There is no such country, part of it, or day.
        """
        ...


class ProfileRecords(Protocol):
    """Stored typical days; each consumer has those that were made last."""

    async def keep(self, made: ProfileSet, parts: Sequence[TypicalDays]) -> ProfileSet:
        """Store a set under the next number, in place of its consumers' earlier typical days."""
        ...

    async def sets(self) -> list[ProfileSet]:
        """The sets that still count for a consumer, the latest last."""
        ...

    async def find(self, consumer: str, calendars: Calendars) -> tuple[int, TypicalDays] | None:
        """A consumer's typical days, alone, and the number of their set."""
        ...
