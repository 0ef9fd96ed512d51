"""The linear equations of each step of weighted least squares, factored once and used often.

With derivatives H, weights W = 1/variance and constraints C the step d from a state x solves
[H'WH  C'; C  0] [d; l] = [H'W r(x); -C x] (A. Gjelsvik, S. Aam, L. Holten, IEEE Trans. PAS-104,
1985): what holds exactly, such as the power balance of a node without consumers, needs no huge
weight that would spoil the numbers.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Flags, Floats
from platone.grid.estimation.equations import Block, symmetric
from platone.grid.estimation.jacobian import Jacobian
from platone.grid.estimation.model import Rows
from platone.grid.problem.estimation import EstimationDiverged

_SYMMETRIC: Any = {
    "permc_spec": "MMD_AT_PLUS_A",
    "diag_pivot_thresh": 0.1,
    "options": {"SymmetricMode": True},
}
"""Pivots on the diagonal unless they are small: half of the work of a general matrix."""
_SIDE_BY_SIDE, _NUMBERS_SIDE_BY_SIDE = 8, 10_000
"""Right sides that are solved together, and their numbers: more do not fit the nearest memory."""
_LOOSE_STD_PU = 0.1
"""So weak that no measurement notices it, and enough to keep what is undetermined in place: nearly
all of it would else drift along what charging and losses seem to tell."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What is measured where and how exactly; the values come later.

    Attributes:
        rows: The rows.
        std: Standard deviation of each row, in its unit of the model; infinite where there is none.
        exact: What of (re, im) of the nodes is exactly 0: the balances of nodes without consumers,
            real parts and then imaginary ones, then the angles that others count from.
        start: A state to start from.
        loose: Nodes that nothing determines: they are held near the start by next to nothing.
    """

    rows: Rows
    std: Floats
    exact: csr_array
    start: Complexes
    loose: Flags

    @cached_property
    def weight(self) -> Floats:
        """One by the variance of each row."""
        return np.asarray(1 / self.std**2)

    @cached_property
    def measured(self) -> Flags:
        """Which rows have a measurement."""
        return np.isfinite(self.std)

    @cached_property
    def jacobian(self) -> Jacobian:
        """Where the derivatives of the measured rows stand."""
        return Jacobian(self.rows, self.measured)

    @cached_property
    def hold(self) -> Floats:
        """How strongly each node's voltage is held near the start: 1 / variance."""
        return np.where(self.loose, _LOOSE_STD_PU**-2, 0.0)


class Gain:
    """The equations in one state.

    Args:
        setting: What is measured.
        voltage: The state.
        std: Standard deviations in place of the setting's; infinite for rows that do not count.
        prior_std_pu: Standard deviation by which all voltages are held where they are; none: only
            the loose ones are held.
    """

    def __init__(
        self,
        setting: Setting,
        voltage: Complexes,
        std: Floats | None = None,
        prior_std_pu: float | None = None,
    ) -> None:
        std = setting.std if std is None else std
        self.setting, self.voltage, self._std = setting, voltage, std
        self.jacobian = setting.jacobian.at(setting.rows.at(voltage), 1 / std)
        self._states = self.jacobian.shape[1]
        held = setting.hold
        if prior_std_pu is not None:
            held = np.full(len(held), prior_std_pu**-2)
        self._held = np.repeat(held, 2)
        self._factor = self._factored()

    def _factored(self) -> Any:
        """The equations' factors; the unit of the multipliers makes all numbers of one size."""
        matrix = (self.jacobian.T @ self.jacobian).tocsr()
        sizes = matrix.diagonal() + self._held
        self._unit = float(np.median(sizes[sizes > 0])) if sizes.any() else 1.0
        exact = self.setting.exact * self._unit
        diagonal = np.concatenate([self._held, np.zeros(exact.shape[0])])
        below = Block(exact, row=self._states, column=0)
        try:
            return splu(symmetric(diagonal, [below], matrix), **_SYMMETRIC)
        except RuntimeError as error:  # singular
            raise EstimationDiverged("The equations of a step have no solution.") from error

    @cached_property
    def descent(self) -> csr_array:
        """H'W of this state, over all rows: what pulls the state, to first order, anywhere near."""
        measured = np.flatnonzero(self.setting.measured)
        given = self.jacobian.T.tocsr()
        data = given.data / self._std[measured][given.indices]
        shape = given.shape[0], len(self._std)
        return csr_array((data, measured[given.indices], given.indptr), shape=shape)

    def descended(self, residual: Floats, voltage: Complexes) -> Complexes:
        """How residuals pull a state near this one, with what holds loose voltages."""
        pull = _complex(np.asarray(self.descent @ residual))
        return pull + self.held(voltage) if self.has_held else pull

    def step(self, pull: Complexes, voltage: Complexes) -> Complexes:
        """The step from a state, given the pull H'W r of its residuals.

        Shapes (nodes,), or (nodes, instants) of states side by side.
        """
        missing = (self.setting.exact @ _real(voltage)) * -self._unit
        right = np.concatenate([_real(pull), missing])
        return _complex(self._solved(right)[: self._states])

    def _solved(self, right: Floats) -> Floats:
        """Solutions for one right side, or for many as columns, which they take the place of."""
        if right.ndim == 1:
            return np.asarray(self._factor.solve(right))
        width = max(_SIDE_BY_SIDE, _NUMBERS_SIDE_BY_SIDE // len(right))
        for at in range(0, right.shape[1], width):
            right[:, at : at + width] = self._factor.solve(right[:, at : at + width])
        return right

    def held(self, voltage: Complexes) -> Complexes:
        """What pulls loose voltages back to the start."""
        start = self.setting.start.reshape((-1,) + (1,) * (voltage.ndim - 1))
        return np.asarray(self._held[::2].reshape(start.shape) * (start - voltage))

    @property
    def has_held(self) -> bool:
        """Whether anything is held near the start."""
        return bool(self._held.any())

    def applied(self, columns: Floats) -> Floats:
        """The covariance of the state times columns, both shape (2 nodes, columns)."""
        shape = self._states + self.setting.exact.shape[0], columns.shape[1]
        right = np.zeros(shape, order="F")
        right[: self._states] = columns
        return self._solved(right)[: self._states]


def _real(voltage: Complexes) -> Floats:
    """(re, im) of each node one after the other."""
    if voltage.ndim == 1:
        return np.ascontiguousarray(voltage).view(np.float64)
    parts = np.stack([voltage.real, voltage.imag], axis=1)
    return np.asarray(parts.reshape(2 * len(voltage), -1))


def _complex(numbers: Floats) -> Complexes:
    if numbers.ndim == 1:
        return np.ascontiguousarray(numbers).view(np.complex128)
    return np.asarray(numbers[::2] + 1j * numbers[1::2])
