"""Standard deviations of what is estimated, by propagation of errors to first order."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.covariance import Covariance
from platone.grid.estimation.model import real_rows
from platone.grid.estimation.network_model import Ground

_LEAST_PU = 1e-9


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Standard deviations, of all fed nodes and of all branches.

    Attributes:
        voltage_pu: Of the magnitude at each state.
        angle_rad: Of its angle; 0 where it is the reference.
        from_a: Of the current at each branch's first end, A; 0 where nothing can flow.
        to_a: At its second end.
        is_exact: Whether they were calculated; else drawn, and known to 3.2 % of themselves.
    """

    voltage_pu: Floats
    angle_rad: Floats
    from_a: Floats
    to_a: Floats
    is_exact: bool


def uncertainty(ground: Ground, covariance: Covariance, voltage: Complexes) -> Uncertainty:
    """How sure a solution is.

    Args:
        ground: The network.
        covariance: That of the solution.
        voltage: The solution.
    """
    ports, count = ground.circuit.ports, len(ground.circuit.ports.from_node)
    ends = [np.arange(count) * 2 + second for second in (0, 1)]
    bases = ports.from_base_a, ports.to_base_a
    currents: list[Floats] = []
    for numbers, base in zip(ends, bases, strict=True):
        fed = np.flatnonzero(ground.end_states(numbers) >= 0)
        std = np.zeros(count)
        flows = ground.whole.branches.end_currents(ground, numbers[fed])
        std[fed] = _of_magnitude(covariance, flows, voltage) * base[fed]
        currents.append(std)
    own = diags_array(np.ones(len(voltage), complex)).tocsr()
    angle = diags_array(-1j / voltage).tocsr()
    return Uncertainty(
        voltage_pu=_of_magnitude(covariance, csr_array(own), voltage),
        angle_rad=_std(covariance, csr_array(angle)),
        from_a=currents[0],
        to_a=currents[1],
        is_exact=covariance.is_exact,
    )


def _of_magnitude(covariance: Covariance, rows: csr_array, voltage: Complexes) -> Floats:
    """Of the magnitudes of complex linear combinations; where one is 0, of its parts' mean."""
    value = rows @ voltage
    size = np.abs(value)
    has_direction = size > _LEAST_PU
    turn = np.where(has_direction, np.conj(value) / np.maximum(size, _LEAST_PU), 1.0)
    along = _std(covariance, csr_array(diags_array(turn) @ rows))
    if has_direction.all():
        return along
    across = _std(covariance, csr_array(diags_array(-1j * turn) @ rows))
    return np.where(has_direction, along, np.hypot(along, across) / np.sqrt(2))


def _std(covariance: Covariance, rows: csr_array) -> Floats:
    return np.sqrt(np.maximum(covariance.variance(real_rows(rows)), 0.0))
