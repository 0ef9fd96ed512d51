"""States of long runs in parts, days side by side, wherever their workers are."""

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_state import PhaseFlow, PhasePower
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.model import Network
from platone.grid.run.part import Part, day_parts, spread
from platone.grid.run.span import Progress
from platone.grid.run.workers import Workers

_engine = GridModelPowerFlow()
_phase_engine = CurrentInjectionFlow()


def spread_flow(
    where: Workers, network: Network, power: ConsumerPower, progress: Progress | None = None
) -> Flow:
    """Return the states of all quarter-hours.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution.
    """
    parts = day_parts(network, power, where.count)
    found = list(spread(where, _solve, parts, len(power.p_kw), progress))
    pu, rad = (np.concatenate([each[place] for each in found]) for place in (0, 1))
    return Flow(network, pu, rad, power)


def spread_phase_flow(
    where: Workers, network: Network, power: PhasePower, progress: Progress | None = None
) -> PhaseFlow:
    """Return the unbalanced states of all quarter-hours.

    Raises:
        ClusterMissing: The workers were lost.
        UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        PowerFlowDiverged: A quarter-hour has no solution.
    """
    parts = day_parts(network, power, where.count)
    found = spread(where, _solve_phases, parts, len(power.p_kw), progress)
    return PhaseFlow(network, np.concatenate(list(found), axis=2), power)


def _solve(part: Part[ConsumerPower]) -> tuple[Floats, Floats]:
    flow = _engine.solve(part.network, part.power)
    return flow.node_pu, flow.node_rad


def _solve_phases(part: Part[PhasePower]) -> Complexes:
    return _phase_engine.solve(part.network, part.power).sequence_pu
