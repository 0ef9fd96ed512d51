"""The power flow of a market day, and its alarms."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from platone.dso.domain.forecast import NOTHING, Forecast, PodSlot
from platone.dso.domain.outcome import Stage
from platone.dso.domain.problem import UnknownRun
from platone.dso.records.run import RunRecords
from platone.dso.service.forecast import MakeForecast
from platone.dso.service.network import FindNetwork
from platone.grid.flow.alarm import violations
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhasePowerFlow
from platone.grid.flow.state import PowerFlow
from platone.grid.result.phase_state import to_phase_states
from platone.grid.result.state import to_alarms, to_states
from platone.grid.result.unwatched import to_unwatched
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.kernel.clock import Clock
from platone.kernel.market_time import MarketDay
from platone.messages.grid import Alarm, GridRun, GridState


@dataclass(frozen=True, slots=True)
class RunPowerFlow:
    """Calculates a market day as it is expected.

    Args:
        find: Finds the network.
        forecast: Gathers the inputs.
        engine: Solves balanced states.
        phase_engine: Solves unbalanced states.
        runs: Where alarms are kept.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    forecast: MakeForecast
    engine: PowerFlow
    phase_engine: PhasePowerFlow
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
    ) -> GridRun:
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
        network = with_voltage_band(await self.find(network_id, version), voltage_band)
        day = MarketDay.holding(start_time, self.zone)
        forecast = await self.forecast(network, day, suppose=suppose)
        solve = self._solve_phases if unbalanced else self._solve
        states, alarms = await asyncio.to_thread(solve, forecast)
        if not suppose and voltage_band is None:
            stage = Stage.VALIDATED if forecast.has_trades else Stage.FORECAST
            now = self.clock.now()
            await self.runs.keep_run(day, stage, alarms, now, unbalanced=unbalanced)
        return GridRun(
            results=states,
            alarms=alarms,
            remarks=list(forecast.remarks),
            unwatched=to_unwatched(forecast.network),
        )

    def _solve(self, forecast: Forecast) -> tuple[list[GridState], list[Alarm]]:
        flow = self.engine.solve(forecast.network, forecast.power)
        broken = violations(forecast.limits, flow)
        instants = list(forecast.day.instants())
        return list(to_states(flow, broken, instants)), to_alarms(broken, instants)

    def _solve_phases(self, forecast: Forecast) -> tuple[list[GridState], list[Alarm]]:
        power = phase_power(forecast.network, forecast.power)
        flow = self.phase_engine.solve(forecast.network, power)
        broken = violations(PhaseLimits(forecast.limits), flow)
        instants = list(forecast.day.instants())
        return list(to_phase_states(flow, broken, instants)), to_alarms(broken, instants)


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
        self, start_time: datetime | None, stage: Stage, *, unbalanced: bool = False
    ) -> list[Alarm]:
        """Return the alarms by severity, of the balanced or the unbalanced calculation.

        Raises:
            UnknownRun: Nothing of this kind and stage was calculated for the day.
        """
        day = MarketDay.holding(start_time, self.zone) if start_time else None
        found = await self.runs.alarms(day, stage, unbalanced=unbalanced)
        if found is None:
            kind = f"unbalanced {stage.value}" if unbalanced else stage.value
            raise UnknownRun(f"No {kind} calculation of this market day is stored.")
        return found
