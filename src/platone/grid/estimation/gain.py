"""The linear equations of each step of weighted least squares, factored once and used often.

With derivatives H, weights W = 1/variance and constraints C the step d from a state x solves
[H'WH  C'; C  0] [d; l] = [H'W r(x); -C x] (A. Gjelsvik, S. Aam, L. Holten, IEEE Trans. PAS-104,
1985): what holds exactly, such as the power balance of a node without consumers, needs no huge
weight that would spoil the numbers.
"""

from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.equations import Block, symmetric_matrix
from platone.grid.estimation.sensor_model import SensorModel
from platone.grid.problem.estimation import EstimationDiverged

_SYMMETRIC: Any = {
    "permc_spec": "MMD_AT_PLUS_A",
    "diag_pivot_thresh": 0.1,
    "options": {"SymmetricMode": True},
}
"""Pivots stay on the diagonal unless they are small: half of the work of a general matrix."""
_COLUMNS_AT_ONCE, _NUMBERS_AT_ONCE = 8, 10_000
"""Right sides that are solved together, and their numbers: more do not fit the nearest memory."""


class GainMatrix:
    """The factored equations of a step in one state.

    Args:
        sensors: The sensors.
        voltage: The state, per unit.
        std: Standard deviations in place of the sensors'; infinite for rows that do not count.
        prior_std_pu: Standard deviation by which all states are held where they are; none: only
            undetermined ones are held.

    Raises:
        EstimationDiverged: The equations are singular.
    """

    def __init__(
        self,
        sensors: SensorModel,
        voltage: Complexes,
        std: Floats | None = None,
        prior_std_pu: float | None = None,
    ) -> None:
        std = sensors.std if std is None else std
        self.sensors, self.voltage, self._std = sensors, voltage, std
        self.jacobian = sensors.jacobian.at(sensors.rows.at(voltage), 1 / std)
        self._unknowns = self.jacobian.shape[1]
        self._held = sensors.holding_weight
        if prior_std_pu is not None:
            self._held = np.full(len(self._held), prior_std_pu**-2)
        self._is_held = bool(self._held.any())
        self._factor = self._factored()

    def _factored(self) -> Any:
        """Return the factors; a unit of the multipliers makes all numbers of one size."""
        matrix = (self.jacobian.T @ self.jacobian).tocsr()
        held = np.repeat(self._held, 2)
        sizes = matrix.diagonal() + held
        self._unit = float(np.median(sizes[sizes > 0])) if sizes.any() else 1.0
        constraints = self.sensors.constraints * self._unit
        diagonal = np.concatenate([held, np.zeros(constraints.shape[0])])
        below = Block(constraints, row=self._unknowns, column=0)
        try:
            return splu(symmetric_matrix(diagonal, [below], matrix), **_SYMMETRIC)
        except RuntimeError as error:  # singular
            raise EstimationDiverged("The equations of a step have no solution.") from error

    @cached_property
    def _weighted_transpose(self) -> csr_array:
        """Return H'W in this state over all rows, shape (2 states, rows)."""
        measured = np.flatnonzero(self.sensors.is_measured)
        given = self.jacobian.T.tocsr()
        data = given.data / self._std[measured][given.indices]
        shape = given.shape[0], len(self._std)
        return csr_array((data, measured[given.indices], given.indptr), shape=shape)

    def approximate_gradient(self, residual: Floats, voltage: Complexes) -> Complexes:
        """Return H'W r with this state's H, good to first order in states near this one."""
        return self._with_held(_complex(self._weighted_transpose @ residual), voltage)

    def gradient(self, measured: Floats, voltage: Complexes, weight: Floats) -> Complexes:
        """Return the true H'W r in a state, shape (states,).

        Args:
            measured: The measured value of each row.
            voltage: The state.
            weight: 1 / variance of each row.
        """
        linear = self.sensors.rows.at(voltage)
        pull = linear.transposed_times(weight * linear.residual(measured))
        return self._with_held(pull, voltage)

    def _with_held(self, pull: Complexes, voltage: Complexes) -> Complexes:
        """Add the pull of held states back to the start to a gradient."""
        return pull + self._held * (self.sensors.start - voltage) if self._is_held else pull

    def step(self, gradient: Complexes, voltage: Complexes) -> Complexes:
        """Return the step from a state by its gradient H'W r, shape (states,), per unit."""
        missing = (self.sensors.constraints @ _real(voltage)) * -self._unit
        right = np.concatenate([_real(gradient), missing])
        return _complex(self._factor.solve(right)[: self._unknowns])

    def covariance_times(self, columns: Floats) -> Floats:
        """Return the covariance of the state times columns, both shape (2 states, columns)."""
        size = self._unknowns + self.sensors.constraints.shape[0]
        right = np.zeros((size, columns.shape[1]), order="F")
        right[: self._unknowns] = columns
        width = max(_COLUMNS_AT_ONCE, _NUMBERS_AT_ONCE // size)
        for at in range(0, right.shape[1], width):
            right[:, at : at + width] = self._factor.solve(right[:, at : at + width])
        return right[: self._unknowns]


def _real(voltage: Complexes) -> Floats:
    """Return (re, im) of each state one after the other."""
    return np.ascontiguousarray(voltage).view(np.float64)


def _complex(numbers: Floats) -> Complexes:
    return np.ascontiguousarray(numbers).view(np.complex128)
