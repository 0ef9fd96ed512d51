"""The power flow of a market day, and its alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

import msgspec

from platone.dso.domain.forecast import NOTHING, PodSlot
from platone.dso.domain.made_run import MadeRun
from platone.dso.domain.problem import UnknownRun
from platone.dso.records.run import RunRecords
from platone.dso.service.calculation.power_flow import FoundAlarms, power_flow
from platone.dso.service.forecast import GatherDay
from platone.dso.service.network import FindNetwork
from platone.grid.study.limit import VoltageBand
from platone.infra.calculation.job import Jobs
from platone.infra.calculation.result import ResultFile
from platone.infra.day_list import DaySpan
from platone.infra.listing import Listed, Part, PlaceUnknown, cut, place_of
from platone.kernel.clock import Clock
from platone.kernel.market_time import MarketDay
from platone.messages.calculated_day import CalculatedDay, Stage

_NAME_DIGITS = 16
"""Digits of the name of a calculation's alarms: 64 bits of their hash."""


@dataclass(frozen=True, slots=True)
class RunPowerFlow:
    """Calculates a market day as it is expected.

    Args:
        find: Finds the network.
        gather: Gathers the inputs.
        jobs: Has it calculated.
        runs: Where alarms are kept.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    gather: GatherDay
    jobs: Jobs
    runs: RunRecords
    clock: Clock
    zone: str

    async def __call__(
        self,
        start_time: datetime,
        network_id: str | None = None,
        version: str | None = None,
        suppose: Mapping[PodSlot, float] = NOTHING,
        *,
        unbalanced: bool = False,
        voltage_band: VoltageBand | None = None,
    ) -> ResultFile:
        """Return the states of all quarter-hours of the market day that an instant falls in.

        What is supposed, kW by PoD and quarter-hour, counts in place of what is expected; its
        alarms are answered and not kept; neither are those of another voltage band than the
        network's own. Unbalanced states tell the phases apart.

        Raises:
            NetworkMissing, UnknownNetwork: There is no network to calculate.
            PodDataMissing: Data of its points of delivery are missing.
            SuppositionInvalid: Something is supposed of a PoD or quarter-hour that is not there.
            VoltageBandInvalid: The band is none.
            UnbalancedDataInvalid: The network does not tell what unbalanced states need.
            PowerFlowDiverged: A quarter-hour has no solution.
        """
        network = await self.find(network_id, version)
        day = MarketDay.holding(start_time, self.zone)
        outline = await self.find.outline(network)
        inputs = await self.gather(outline, day, suppose=suppose)
        calculate = partial(power_flow, unbalanced=unbalanced)
        found: tuple[FoundAlarms, ResultFile] = await self.jobs.calculate(
            calculate, network, inputs, voltage_band
        )
        kept, result = found
        if not suppose and voltage_band is None:
            stage = Stage.VALIDATED if kept.has_trades else Stage.FORECAST
            made = MadeRun(day, network.key, self.clock.now(), unbalanced=unbalanced)
            await self.runs.keep_run(made, stage, kept.alarms)
        return result


@dataclass(frozen=True, slots=True)
class ReadAlarms:
    """Reads the alarms of the latest calculations.

    Args:
        runs: Where alarms are kept.
        zone: IANA name of the market's zone.
    """

    runs: RunRecords
    zone: str

    async def __call__(
        self, start_time: datetime | None, stage: Stage, part: Part, *, unbalanced: bool = False
    ) -> Listed[msgspec.Raw]:
        """Return alarms by severity, each as JSON, of the balanced or the unbalanced calculation.

        Raises:
            UnknownRun: Nothing of this kind and stage was calculated for the day.
            PlaceUnknown: It was calculated anew since the part before.
        """
        day = MarketDay.holding(start_time, self.zone) if start_time else None
        found = await self.runs.alarms(day, stage, unbalanced=unbalanced)
        if found is None:
            kind = f"unbalanced {stage.value}" if unbalanced else stage.value
            raise UnknownRun(f"No {kind} calculation of this market day is stored.")
        return _part_of_run(found, part)

    async def days(
        self, span: DaySpan, network_id: str | None, part: Part
    ) -> Listed[CalculatedDay]:
        """Return the days whose alarms are kept, of one network or of any."""
        return await self.runs.days(span, network_id, part)


def _part_of_run(alarms: bytes, part: Part) -> Listed[msgspec.Raw]:
    """Return a part of a calculation's alarms, which has its name in what follows it."""
    name = sha256(alarms).hexdigest()[:_NAME_DIGITS]
    place = place_of(part.after, (str, int))
    if place is not None and place[0] != name:
        raise PlaceUnknown("The day was calculated anew since.", after=part.after)
    first = 0 if place is None else int(place[1]) + 1
    if first < 0:
        raise PlaceUnknown(f"after: {place} is no place of this list.", after=part.after)
    numbered = list(enumerate(msgspec.json.decode(alarms, type=list[msgspec.Raw])))
    found = cut(numbered[first:], lambda each: (name, each[0]), part)
    return found.of(lambda each: each[1])
