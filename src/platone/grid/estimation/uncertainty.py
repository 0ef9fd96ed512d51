"""Standard deviations of what is estimated, by propagation of errors to first order."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.measurement_row import real_rows
from platone.grid.estimation.network_model import NetworkModel

_LEAST_PU = 1e-9
"""Per unit; a smaller current has no direction, so that its error is the mean of all directions."""


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Standard deviations of the estimated state and of the currents in all branches.

    Attributes:
        voltage_pu: Of the voltage magnitude of each state, per unit.
        angle_rad: Of its angle; 0 where it is the reference.
        from_a: Of the current at each branch's first end, A; 0 where nothing can flow.
        to_a: Of the current at its second end, A.
        is_exact: Whether they were calculated; else drawn, and known to 3.2 % of themselves.
    """

    voltage_pu: Floats
    angle_rad: Floats
    from_a: Floats
    to_a: Floats
    is_exact: bool


def propagate_errors(
    model: NetworkModel, covariance: StateCovariance, voltage: Complexes
) -> Uncertainty:
    """Return the standard deviations of a solution.

    Args:
        model: The network.
        covariance: The covariance of the solution.
        voltage: The solution, shape (states,), per unit.
    """
    ports, count = model.circuit.ports, len(model.circuit.ports.from_node)
    ends = [np.arange(count) * 2 + second for second in (0, 1)]
    bases = ports.from_base_a, ports.to_base_a
    currents: list[Floats] = []
    for numbers, base in zip(ends, bases, strict=True):
        fed = np.flatnonzero(model.end_states(numbers) >= 0)
        std = np.zeros(count)
        flows = model.full.branches.end_currents(model, numbers[fed])
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


def _of_magnitude(covariance: StateCovariance, rows: csr_array, voltage: Complexes) -> Floats:
    """Return the deviations of magnitudes of complex combinations; of 0, the parts' mean."""
    value = rows @ voltage
    size = np.abs(value)
    has_direction = size > _LEAST_PU
    turn = np.where(has_direction, np.conj(value) / np.maximum(size, _LEAST_PU), 1.0)
    along = _std(covariance, csr_array(diags_array(turn) @ rows))
    if has_direction.all():
        return along
    across = _std(covariance, csr_array(diags_array(-1j * turn) @ rows))
    return np.where(has_direction, along, np.hypot(along, across) / np.sqrt(2))


def _std(covariance: StateCovariance, rows: csr_array) -> Floats:
    return np.sqrt(np.maximum(covariance.variance(real_rows(rows)), 0.0))
