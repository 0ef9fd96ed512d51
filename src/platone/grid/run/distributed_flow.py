"""States of long runs in parts, wherever their workers are: days side by side."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_state import PhaseFlow, PhasePower
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.run.span import Progress, counted, moved, spans
from platone.grid.run.workers import Workers

_engine = GridModelPowerFlow()
_phase_engine = CurrentInjectionFlow()


@dataclass(frozen=True, eq=False)
class _Days:
    """Some days of a network."""

    network: Network
    first: int
    power: ConsumerPower


@dataclass(frozen=True, eq=False)
class _PhaseDays:
    """Some days of a network, phase by phase."""

    network: Network
    first: int
    power: PhasePower


def spread_flow(
    where: Workers, network: Network, power: ConsumerPower, progress: Progress | None = None
) -> Flow:
    """The states of all quarter-hours.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution.
    """
    count = len(power.p_kw)
    parts = [
        _Days(network, rows.start, ConsumerPower(power.p_kw[rows], power.q_kvar[rows]))
        for rows in spans(count, where.count)
    ]
    found = list(counted(where.map(_solve, parts), len(parts), count, progress))
    pu, rad = (np.concatenate([each[place] for each in found]) for place in (0, 1))
    return Flow(network, pu, rad, power)


def spread_phase_flow(
    where: Workers, network: Network, power: PhasePower, progress: Progress | None = None
) -> PhaseFlow:
    """The unbalanced states of all quarter-hours.

    Raises:
        ClusterMissing: The workers were lost.
        UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        PowerFlowDiverged: A quarter-hour has no solution.
    """
    count = len(power.p_kw)
    parts = [
        _PhaseDays(network, rows.start, PhasePower(power.p_kw[rows], power.q_kvar[rows]))
        for rows in spans(count, where.count)
    ]
    found = counted(where.map(_solve_phases, parts), len(parts), count, progress)
    return PhaseFlow(network, np.concatenate(list(found), axis=2), power)


def _solve(part: _Days) -> tuple[Floats, Floats]:
    try:
        flow = _engine.solve(part.network, part.power)
    except PowerFlowDiverged as error:
        raise moved(error, part.first) from error
    return flow.node_pu, flow.node_rad


def _solve_phases(part: _PhaseDays) -> Complexes:
    try:
        return _phase_engine.solve(part.network, part.power).sequence_pu
    except PowerFlowDiverged as error:
        raise moved(error, part.first) from error
