"""Divide the consumers' power among the phases: by loads' own powers, and by connected phases."""

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.phase_state import PHASES, PhasePower
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.element import ConnectionPoint, Load
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, UnbalancedDataInvalid

_SAME_POWER = 1e-6
"""Difference of two sums of power that counts as none, by the greatest part (at least 1 kW):
rounding of files."""


def phase_power(network: Network, power: ConsumerPower) -> PhasePower:
    """Divide the consumers' power among the phases.

    A load follows its own powers by phase, in proportion; where these add up to nothing they stand
    as they are, and what is withdrawn besides them is a third in each phase. Reactive power that is
    not given by phase is shared as the active one. A point of delivery has equal parts in the
    phases that it is connected to.

    Raises:
        UnbalancedDataInvalid: Phases of a point of delivery are none of ``ABC``, or a load's powers
            by phase do not add up to its power.
    """
    faults: list[Fault] = []
    shares = np.full((2, len(network.consumers), 3), 1 / 3)
    fixed = np.zeros((2, len(network.consumers), 3))
    for place, consumer in enumerate(network.consumers):
        if isinstance(consumer, ConnectionPoint):
            shares[:, place] = _connected(consumer, faults)
        elif consumer.phase_kw is not None:
            _of_load(consumer, shares[:, place], fixed[:, place], faults)
    if faults:
        raise UnbalancedDataInvalid(faults)
    p_kw = power.p_kw[:, :, None] * shares[0] + fixed[0]
    return PhasePower(p_kw, power.q_kvar[:, :, None] * shares[1] + fixed[1])


def _connected(point: ConnectionPoint, faults: list[Fault]) -> Floats:
    """Return the shares of a point of delivery in each phase, shape (3,), and note its faults."""
    chosen = np.array([phase in point.phases for phase in PHASES], np.float64)
    if not point.phases or chosen.sum() != len(point.phases):
        reason = f"its phases {point.phases!r} are none of ABC, each once"
        faults.append(Fault(point.pod_id, FaultKind.OUT_OF_RANGE, reason))
        return chosen
    return np.asarray(chosen / chosen.sum())


def _of_load(load: Load, shares: Floats, fixed: Floats, faults: list[Fault]) -> None:
    """Fill in a load's shares and fixed powers by phase, and note its faults.

    Args:
        load: The load, with powers by phase.
        shares: Shares of its active and its reactive power, shape (2, 3).
        fixed: Active and reactive power beside the shared ones, kW and kvar, shape (2, 3).
        faults: The faults found.
    """
    given = (load.p_kw, load.phase_kw, "active"), (load.q_kvar, load.phase_kvar, "reactive")
    for row, (total, phases, kind) in enumerate(given):
        if phases is None:
            shares[row] = shares[0]
            continue
        found = sum(phases)
        size = max(abs(each) for each in phases)
        if abs(found - total) > _SAME_POWER * max(1.0, size):
            reason = f"its {kind} powers by phase add up to {found:g}, not to {total:g}"
            faults.append(Fault(load.id, FaultKind.OUT_OF_RANGE, reason))
        elif abs(found) > _SAME_POWER * size:
            shares[row] = np.array(phases) / found
        else:
            fixed[row] = phases if load.closed else 0.0
