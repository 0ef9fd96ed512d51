"""The power flow of a market day, calculated and written quarter-hour by quarter-hour."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.forecast import Forecast
from platone.dso.domain.network_input import NetworkInput
from platone.dso.service.calculation.network import network_of
from platone.grid.flow.alarm import Violation, violations
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_share import phase_power
from platone.grid.result.phase_state import to_phase_states
from platone.grid.result.state import to_alarms, to_states
from platone.grid.result.unwatched import to_unwatched
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.infra.calculation.result import Written
from platone.messages.grid import GridRun, GridState

_FIRST = b'{"results":['
_engine = GridModelPowerFlow()
_phase_engine = CurrentInjectionFlow()


@dataclass(frozen=True, slots=True)
class FoundAlarms:
    """The alarms of a power flow, for its records.

    Attributes:
        alarms: As JSON.
        has_trades: Whether validated trades of the day are in it.
    """

    alarms: bytes
    has_trades: bool


def power_flow(
    given: NetworkInput, inputs: DayInput, band: VoltageBand | None, *, unbalanced: bool
) -> Written:
    """Calculate a market day.

    Raises:
        PodDataMissing: Data of its points of delivery are missing.
        SuppositionInvalid: Something is supposed of a PoD or quarter-hour that is not there.
        VoltageBandInvalid: The band is none.
        UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        PowerFlowDiverged: A quarter-hour has no solution.
    """
    network = with_voltage_band(network_of(given), band)
    forecast = inputs.on(network)
    solve = _solve_phases if unbalanced else _solve
    states, broken = solve(forecast)
    alarms = to_alarms(broken, list(forecast.day.instants()))
    run = GridRun(
        results=[],
        alarms=alarms,
        remarks=list(forecast.remarks),
        unwatched=to_unwatched(network),
    )
    tail = msgspec.json.encode(run).removeprefix(_FIRST)
    kept = FoundAlarms(msgspec.json.encode(alarms), forecast.has_trades)
    return Written(_FIRST, map(msgspec.json.encode, states), tail, kept=kept)


def _solve(forecast: Forecast) -> tuple[Iterable[GridState], list[Violation]]:
    flow = _engine.solve(forecast.network, forecast.power)
    broken = violations(forecast.limits, flow)
    return to_states(flow, broken, list(forecast.day.instants())), broken


def _solve_phases(forecast: Forecast) -> tuple[Iterable[GridState], list[Violation]]:
    power = phase_power(forecast.network, forecast.power)
    flow = _phase_engine.solve(forecast.network, power)
    broken = violations(PhaseLimits(forecast.limits), flow)
    return to_phase_states(flow, broken, list(forecast.day.instants())), broken
