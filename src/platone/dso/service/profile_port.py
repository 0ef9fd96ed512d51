"""What profiles and forecasts of consumers need: meter values, calendars, records."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_curve import DayCurve
from platone.grid.profile.meter_row import MeterRows
from platone.grid.profile.metering import MeteringRemark
from platone.grid.profile.public_holiday import CalendarChoice
from platone.grid.profile.typical_day import TypicalDays


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
    remarks: tuple[MeteringRemark, ...] = ()


class Meters(Protocol):
    """The measurements of points of delivery, as the Shared Customer Database holds them."""

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


class ProfileDraft(Protocol):
    """Typical days in the making: nobody sees them before they are published."""

    async def add(self, part: TypicalDays) -> None:
        """Store those of some consumers."""
        ...

    async def publish(self, made: ProfileSet) -> ProfileSet:
        """Let all of them count at once, in place of their consumers' earlier ones.

        Returns:
            The set with its number.
        """
        ...


class ProfileRecords(Protocol):
    """Stored typical days; each consumer has those that were published last."""

    def making(self) -> AbstractAsyncContextManager[ProfileDraft]:
        """A draft; what is not published at the end of the context is deleted."""
        ...

    async def sets(self) -> list[ProfileSet]:
        """The sets that still count for a consumer, the latest last."""
        ...

    async def find(self, consumer: str, calendars: Calendars) -> tuple[int, TypicalDays] | None:
        """A consumer's typical days, alone, and the number of their set."""
        ...

    async def curves(
        self, consumers: Sequence[str], on: date, calendars: Calendars
    ) -> dict[str, DayCurve]:
        """The curves that a date follows, of those of some consumers that have one."""
        ...

    async def forget(self, consumers: Collection[str]) -> set[str]:
        """Erase all that is kept of consumers; which of them had typical days."""
        ...
