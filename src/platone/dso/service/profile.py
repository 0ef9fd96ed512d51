"""Typical days: made of a span of metering, stored, and read."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from platone.dso.domain.profile_set import CurveRow, ProfileSet
from platone.dso.records.profile import ProfileRecords
from platone.dso.service.calculation.profile import (
    MadeCurves,
    curves_of_metering,
    curves_of_rows,
    metering_of_file,
)
from platone.dso.service.ports import PODS_PER_CALL, MeteringSource
from platone.dso.service.registration import ReadRegistrations
from platone.grid.problem.profile import ProfileMissing
from platone.grid.profile.day_curve import Expectation
from platone.grid.profile.day_grid import market_places
from platone.grid.profile.meter_row import is_counted, left_out_remarks
from platone.grid.profile.metering import GOOD_QUALITIES, Metering, MeteringRemark
from platone.grid.profile.public_holiday import CalendarChoice, NationalCalendars
from platone.grid.profile.typical_day import TypicalDayRule, TypicalDays
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.listing import Listed, Part
from platone.kernel.clock import Clock
from platone.kernel.market_time import QUARTER_HOUR, MarketDay

MEASUREMENTS_PER_CALL = 100_000
"""The most that customers gives in one answer."""
CONSUMERS_AT_ONCE = 100
"""Consumers of a file whose typical days are made at once: some 40 MB."""


def pods_per_call(start: datetime, end: datetime) -> int:
    """Return how many points of delivery one answer holds, for a span of quarter-hours."""
    fitting = MEASUREMENTS_PER_CALL // max((end - start) // QUARTER_HOUR, 1)
    return min(max(fitting, 1), PODS_PER_CALL)


@dataclass(frozen=True, slots=True)
class ProfileOrder:
    """The settings by which typical days are made.

    Attributes:
        start: From when metering counts, aware.
        end: To when; usually a year later.
        calendar: Which public holidays count.
        rule: How they are made.
        pod_ids: Of which points of delivery; none: of all that are registered.
        qualities: Which measurements count.
    """

    start: datetime
    end: datetime
    calendar: CalendarChoice
    rule: TypicalDayRule
    pod_ids: tuple[str, ...] = ()
    qualities: Collection[str] = GOOD_QUALITIES


@dataclass(frozen=True, slots=True)
class BuildProfiles:
    """Makes typical days and stores them.

    It works part by part: what is held at once does not grow with the number of consumers.

    Args:
        registrations: Says who is registered.
        meters: Measurements.
        calendars: Makes calendars.
        desk: Calculates.
        records: Where they are stored.
        clock: The market's clock.
    """

    registrations: ReadRegistrations
    meters: MeteringSource
    calendars: NationalCalendars
    desk: CalculationDesk
    records: ProfileRecords
    clock: Clock

    async def __call__(self, order: ProfileOrder) -> ProfileSet:
        """Make typical days of the Shared Customer Database's measurements; all or none.

        Raises:
            PlatoneError: There is no such calendar, or customers does not answer.
        """
        await asyncio.to_thread(self.calendars, order.calendar)  # refused before all else
        work = _Work(order)
        pods = await self.registrations()
        contract_kw = {pod_id: max(pod.pn_p, pod.inp) for pod_id, pod in pods.items()}
        wanted = list(dict.fromkeys(order.pod_ids)) or sorted(pods)
        asked = [pod_id for pod_id in wanted if pod_id in pods]
        step = pods_per_call(order.start, order.end)
        async with self.records.making() as draft:
            for first in range(0, len(asked), step):
                some = asked[first : first + step]
                rows = await self.meters.rows(some, order.start, order.end, order.qualities)
                if is_counted(rows).any():
                    contracts = {pod_id: contract_kw[pod_id] for pod_id in some}
                    settings = self.calendars, order.calendar, order.rule, contracts
                    made = await self.desk.run(curves_of_rows, rows, *settings)
                    await draft.add(work.taken(made))
                else:
                    work.remarks += left_out_remarks(rows)
            return await draft.publish(work.made(wanted, self.clock.now()))

    async def of_file(self, content: bytes, choice: CalendarChoice, min_days: int) -> ProfileSet:
        """Make typical days of a CSV file.

        Raises:
            MeteringInvalid: It is none, or of too many consumers.
            PlatoneError: There is no such calendar.
        """
        metering = await self.desk.run(metering_of_file, content)
        rule = TypicalDayRule(min_days)
        order = ProfileOrder(metering.start, metering.end, choice, rule)
        return await self.of_metering(metering, order)

    async def of_metering(self, metering: Metering, order: ProfileOrder) -> ProfileSet:
        """Make typical days of given metering, such as the DSO's own of its transformers.

        Raises:
            PlatoneError: There is no such calendar.
        """
        work = _Work(replace(order, start=metering.start, end=metering.end))
        work.remarks += metering.remarks
        async with self.records.making() as draft:
            for first in range(0, len(metering.consumers), CONSUMERS_AT_ONCE):
                some = metering.part(slice(first, first + CONSUMERS_AT_ONCE))
                settings = self.calendars, order.calendar, order.rule, dict[str, float]()
                made = await self.desk.run(curves_of_metering, some, *settings)
                await draft.add(work.taken(made))
            return await draft.publish(work.made(metering.consumers, self.clock.now()))


@dataclass(slots=True)
class _Work:
    """Typical days in the making, and what is known of all of them."""

    order: ProfileOrder
    consumers: set[str] = field(default_factory=set)
    remarks: list[MeteringRemark] = field(default_factory=list)

    def taken(self, part: MadeCurves) -> Sequence[CurveRow]:
        """Count a part among what is made, and return its curves."""
        self.consumers.update(part.consumers)
        self.remarks += part.remarks
        return part.curves

    def made(self, wanted: Sequence[str], now: datetime) -> ProfileSet:
        """Return the description of the set that was made."""
        order = self.order
        return ProfileSet(
            number=0,
            made_at=now,
            start=order.start,
            end=order.end,
            calendar=order.calendar,
            min_days=order.rule.min_days,
            levels=order.rule.levels,
            consumers=len(self.consumers),
            without_metering=tuple(each for each in wanted if each not in self.consumers),
            remarks=tuple(self.remarks),
        )


@dataclass(frozen=True, slots=True)
class ReadProfiles:
    """Shows stored typical days.

    Args:
        records: Where they are stored.
        calendars: Makes calendars.
    """

    records: ProfileRecords
    calendars: NationalCalendars

    async def __call__(self, consumer: str) -> tuple[int, TypicalDays]:
        """Return a consumer's typical days, alone, and the number of their set.

        Raises:
            ProfileMissing: It has none.
        """
        found = await self.records.find(consumer, self.calendars)
        if found is None:
            raise _missing(consumer)
        return found

    async def of_day(self, consumers: Sequence[str], day: MarketDay) -> dict[str, Expectation]:
        """Return the expected power on a market day of the consumers that have a curve."""
        curves = await self.records.curves(consumers, day.on, self.calendars)
        places = market_places(day)
        return {consumer: curve.expected(places) for consumer, curve in curves.items()}

    async def sets(self, part: Part) -> Listed[ProfileSet]:
        """Return sets that still count for a consumer, the latest last."""
        return await self.records.listed(part)


@dataclass(frozen=True, slots=True)
class EraseProfiles:
    """Erases what is kept of a consumer.

    Args:
        records: Where it is stored.
    """

    records: ProfileRecords

    async def __call__(self, consumer: str) -> None:
        """Erase its typical days, and what sets of them say of it.

        Raises:
            ProfileMissing: It has none.
        """
        if not await self.records.forget([consumer]):
            raise _missing(consumer)


def _missing(consumer: str) -> ProfileMissing:
    return ProfileMissing(f"{consumer} has no profile.", consumers=[consumer])
