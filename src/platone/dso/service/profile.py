"""Typical days: made of a span of metering, stored, and read."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platone.dso.domain.profile.expectation import Expectation, ProfileMissing, expected
from platone.dso.domain.profile.meter_row import assemble
from platone.dso.domain.profile.metering import Metering, Remark, suspect_units
from platone.dso.domain.profile.typical_day import TypicalDayRule, TypicalDays, typical_days
from platone.dso.service.profile_port import (
    CalendarChoice,
    Calendars,
    Meters,
    ProfileRecords,
    ProfileSet,
)
from platone.kernel.clock import Clock
from platone.kernel.market_time import QUARTER_HOUR

MEASUREMENTS_A_CALL = 100_000
"""The most that customers gives in one answer."""
_PODS_A_CALL = 200  # their names stand in the address
GOOD = ("measured", "simulated")
"""Qualities of measurements that count unless others are asked for."""


def pods_a_call(start: datetime, end: datetime) -> int:
    """Of how many points of delivery the quarter-hours of a span fit into one answer."""
    fitting = MEASUREMENTS_A_CALL // max((end - start) // QUARTER_HOUR, 1)
    return min(max(fitting, 1), _PODS_A_CALL)


@dataclass(frozen=True, slots=True)
class ProfileOrder:
    """What typical days are to be made of.

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
    qualities: Collection[str] = GOOD


@dataclass(frozen=True, slots=True)
class BuildProfiles:
    """Makes typical days and stores them.

    Args:
        meters: Measurements.
        calendars: Makes calendars.
        records: Where they are stored.
        clock: The market's clock.
    """

    meters: Meters
    calendars: Calendars
    records: ProfileRecords
    clock: Clock

    async def __call__(self, order: ProfileOrder) -> ProfileSet:
        """Make them of the measurements in the Shared Customer Database.

        Raises:
            PlatoneError: There is no such calendar, or customers does not answer.
        """
        self.calendars(order.calendar)  # a wrong one is refused before anything is fetched
        contract_kw = {pod.pod_id: max(pod.pn_p, pod.inp) for pod in await self.meters.pods()}
        wanted = list(dict.fromkeys(order.pod_ids)) or sorted(contract_kw)
        parts: list[TypicalDays] = []
        remarks: list[Remark] = []
        step = pods_a_call(order.start, order.end)
        for first in range(0, len(wanted), step):
            some = wanted[first : first + step]
            rows = await self.meters.rows(some, order.start, order.end, order.qualities)
            if any(rows.is_good):
                metering = await asyncio.to_thread(assemble, rows)
                remarks += await _remarks(metering, contract_kw)
                parts.append(await self._made(metering, order))
        return await self._keep(order, parts, remarks, wanted)

    async def of_metering(self, metering: Metering, order: ProfileOrder) -> ProfileSet:
        """Make them of given metering, such as the DSO's own of its transformers."""
        remarks = await _remarks(metering, {})
        span = replace(order, start=metering.start, end=metering.end)
        part = await self._made(metering, span)
        return await self._keep(span, [part], remarks, metering.consumers)

    async def _made(self, metering: Metering, order: ProfileOrder) -> TypicalDays:
        calendar = self.calendars(order.calendar)
        return await asyncio.to_thread(typical_days, metering, calendar, order.rule)

    async def _keep(
        self,
        order: ProfileOrder,
        parts: Sequence[TypicalDays],
        remarks: Sequence[Remark],
        wanted: Sequence[str],
    ) -> ProfileSet:
        made = {consumer for part in parts for consumer in part.consumers}
        found = ProfileSet(
            number=0,
            made_at=self.clock.now(),
            start=order.start,
            end=order.end,
            calendar=order.calendar,
            min_days=order.rule.min_days,
            levels=order.rule.levels,
            consumers=len(made),
            without_metering=tuple(each for each in wanted if each not in made),
            remarks=tuple(remarks),
        )
        return await self.records.keep(found, parts)


async def _remarks(metering: Metering, contract_kw: Mapping[str, float]) -> list[Remark]:
    units = await asyncio.to_thread(suspect_units, metering, contract_kw)
    return [*metering.remarks, *units]


@dataclass(frozen=True, slots=True)
class ReadProfiles:
    """Shows stored typical days.

    Args:
        records: Where they are stored.
        calendars: Makes calendars.
    """

    records: ProfileRecords
    calendars: Calendars

    async def __call__(self, consumer: str) -> tuple[int, TypicalDays]:
        """A consumer's typical days, alone, and the number of their set.

        Raises:
            ProfileMissing: It has none.
        """
        found = await self.records.find(consumer, self.calendars)
        if found is None:
            raise ProfileMissing(f"{consumer} has no profile.", consumers=[consumer])
        return found

    async def expected(self, consumer: str, instants: Sequence[datetime]) -> Expectation:
        """Its expected power at aware instants, and how far it may lie off.

        Raises:
            ProfileMissing: It has no typical days, or none for one of the instants.
        """
        _, typical = await self(consumer)
        return expected(typical, consumer, instants)

    async def sets(self) -> list[ProfileSet]:
        """The sets that still count for a consumer, the latest last."""
        return await self.records.sets()
