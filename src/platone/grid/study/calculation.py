"""Power flow, flexibility request and technical validation of a study."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, overload

from platone.grid.flexibility.request import PodFlexibility
from platone.grid.flexibility.validation import Trade
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhasePower
from platone.grid.network.model import Network
from platone.grid.problem.calculation import FlexibilityInvalid
from platone.grid.problem.study import TradeInvalid
from platone.grid.run.grid_work import GridWork
from platone.grid.run.span import Progress
from platone.grid.study.argument import checked_each, require_flags
from platone.grid.study.checked import faults_of_kind
from platone.grid.study.flexibility_result import RequestResult, ValidationResult
from platone.grid.study.flow_result import FlowResult, PhaseFlowResult, parts
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.grid.study.power import Power, instants_named, phases_of, series_of


@overload
def power_flow(
    network: Network,
    power: Power | None = None,
    progress: Progress | None = None,
    *,
    unbalanced: Literal[False] = False,
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> FlowResult: ...


@overload
def power_flow(
    network: Network,
    power: Power | PhasePower | None = None,
    progress: Progress | None = None,
    *,
    unbalanced: Literal[True],
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> PhaseFlowResult: ...


@overload
def power_flow(
    network: Network,
    power: Power | None = None,
    progress: Progress | None = None,
    *,
    unbalanced: bool,
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> FlowResult | PhaseFlowResult: ...


def power_flow(
    network: Network,
    power: Power | PhasePower | None = None,
    progress: Progress | None = None,
    *,
    unbalanced: bool = False,
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> FlowResult | PhaseFlowResult:
    """Return the states of all instants; without powers the state that the network file describes.

    Args:
        network: The network.
        power: Powers of the instants. In unbalanced states they are shared out to the phases as
            the network's loads and points of delivery say, where they are not given by phase.
        progress: Called with the number of instants that are left.
        unbalanced: Whether to tell the three phases apart.
        voltage_band: Least and greatest voltage of all buses, per unit of nominal, such as
            ``(0.9, 1.1)`` (also in the functions below); none: the network's own limits.
        workers: Where it is calculated (also in the functions below): here; ``"processes:4"``; or
            a Dask cluster such as ``"tcp://10.0.0.5:8786"``.

    Raises:
        PowerInvalid: The powers do not fit the network.
        PowerFlowDiverged: An instant has no solution.
        UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    require_flags(unbalanced=unbalanced)
    network = with_voltage_band(network, voltage_band)
    if unbalanced:
        return _phase_flow(network, power, progress, workers)
    series = series_of(network, power)  # type: ignore[arg-type]  # what is by phase is refused
    with instants_named(series.instants):
        flow = GridWork(workers).power_flow(network, series.power, progress)
    return FlowResult(**parts(flow), instants=series.instants)


def _phase_flow(
    network: Network, power: Power | PhasePower | None, progress: Progress | None, workers: str
) -> PhaseFlowResult:
    instants: tuple[datetime, ...] = ()
    if isinstance(power, PhasePower):
        by_phase = phases_of(network, power)
    else:
        series = series_of(network, power)
        instants, by_phase = series.instants, phase_power(network, series.power)
    with instants_named(instants):
        flow = GridWork(workers).phase_flow(network, by_phase, progress)
    return PhaseFlowResult(**parts(flow), instants=instants)


def request(
    network: Network,
    power: Power,
    flexible: Sequence[PodFlexibility],
    progress: Progress | None = None,
    *,
    in_groups: bool = True,
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> RequestResult:
    """Return the least change of flexible consumers' power that cures all broken limits.

    Args:
        network: The network.
        power: The consumers' power.
        flexible: The flexible consumers.
        progress: Called with the number of quarter-hours left.
        in_groups: Whether to ask for groups' totals, which cure however a market splits them, or
            for each consumer's own change, which is the least.
        voltage_band: Limits of all voltages, instead of the network's own.
        workers: Where it is calculated.

    Raises:
        PowerInvalid: The powers do not fit the network.
        PowerFlowDiverged: An instant has no solution.
        ArgumentInvalid: Something else than flexibility is given.
        FlexibilityInvalid: What is said of the flexibility cannot be.
        PriceMissing: Some consumers have a price, some have none.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    require_flags(in_groups=in_groups)
    network, series = with_voltage_band(network, voltage_band), series_of(network, power)
    flexible = _checked_flexibility(flexible)
    with instants_named(series.instants):
        need = GridWork(workers).request(
            network, series.power, flexible, progress, in_groups=in_groups
        )
    return RequestResult(**parts(need), network=network, instants=series.instants)


def validate(
    network: Network,
    power: Power,
    trades: Sequence[Trade],
    progress: Progress | None = None,
    *,
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> ValidationResult:
    """Return the part of some trades that the grid can take, cutting the least value.

    Raises:
        PowerInvalid: The powers do not fit the network.
        ArgumentInvalid: Something else than trades is given.
        TradeInvalid: A trade does not fit the network or the powers.
        PowerFlowDiverged: An instant has no solution.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    network, series = with_voltage_band(network, voltage_band), series_of(network, power)
    trades = checked_each("trades", trades, Trade, "read them with read_trades")
    _check(network, trades, len(series.power.p_kw))
    with instants_named(series.instants):
        found = GridWork(workers).validate(network, series.power, trades, progress)
    return ValidationResult(
        **parts(found), network=network, trades=tuple(trades), instants=series.instants
    )


def _checked_flexibility(flexible: Sequence[PodFlexibility]) -> Sequence[PodFlexibility]:
    found = checked_each("flexible", flexible, PodFlexibility, "read it with read_flexibility")
    for fault in faults_of_kind(found, "pod_id"):
        raise FlexibilityInvalid(f"{fault.element}: {fault.reason}.", podIds=[fault.element])
    return found


def _check(network: Network, trades: Sequence[Trade], scenarios: int) -> None:
    for fault in faults_of_kind(trades, "pod_id"):
        raise TradeInvalid(f"{fault.element}: {fault.reason}.", element=fault.element)
    for trade in trades:
        if trade.pod_id not in network.consumer_position:
            reason = "is not a consumer of the network"
        elif not 0 <= trade.scenario < scenarios:
            reason = f"is traded in quarter-hour {trade.scenario}; the study has {scenarios}"
        elif not math.isfinite(trade.change_kw + trade.price_eur_per_kwh + trade.kvar_per_kw):
            reason = "has a trade whose numbers are not finite"
        else:
            continue
        raise TradeInvalid(f"{trade.pod_id} {reason}.", element=trade.pod_id)
