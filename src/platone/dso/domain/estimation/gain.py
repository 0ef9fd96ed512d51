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
from scipy.sparse import block_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from platone.dso.domain.array import Complexes, Flags, Floats, Places
from platone.dso.domain.estimation.model import Rows, real_rows

_LOOSE_STD_PU = 0.1
"""So weak that no measurement notices it, and enough to keep what is undetermined in place: nearly
all of it would else drift along what charging and losses seem to tell."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What is measured where and how exactly; the values come later.

    Attributes:
        rows: The rows.
        std: Standard deviation of each row, in its unit of the model; infinite where there is none.
        exact: Coefficients c over the nodes of all that holds exactly: Re(c V) = 0. First the
            balances of nodes without consumers, real parts and then imaginary ones, then angles.
        balanced: Those nodes.
        start: A state to start from.
        loose: Nodes that nothing determines: they are held near the start by next to nothing.
    """

    rows: Rows
    std: Floats
    exact: csr_array
    balanced: Places
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
    def hold(self) -> Floats:
        """How strongly each node's voltage is held near the start: 1 / variance."""
        return np.where(self.loose, _LOOSE_STD_PU**-2, 0.0)

    @cached_property
    def exact_rows(self) -> csr_array:
        """What holds exactly over (re, im) of each node, each row scaled to its largest number."""
        rows = real_rows(self.exact.copy())
        largest = abs(rows).max(axis=1).toarray().ravel()
        return csr_array(diags_array(1 / largest) @ rows)


class Gain:
    """The equations in one state.

    Args:
        setting: What is measured.
        voltage: The state.
        std: Standard deviations in place of the setting's.
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
        self.setting, self._std = setting, std
        self.measured = np.isfinite(std)
        self.jacobian = setting.rows.at(voltage).jacobian(1 / std, self.measured)
        matrix = self.jacobian.T @ self.jacobian
        held = setting.hold
        if prior_std_pu is not None:
            held = np.full(len(held), prior_std_pu**-2)
        self._held = np.repeat(held, 2)
        if self._held.any():
            matrix = matrix + diags_array(self._held)
        self._states = matrix.shape[0]
        # the multipliers' unit is chosen so that all numbers are of one size
        sizes = matrix.diagonal()
        self._unit = float(np.median(sizes[sizes > 0])) if sizes.any() else 1.0
        exact = setting.exact_rows * self._unit
        equations = block_array([[matrix, exact.T], [exact, None]], format="csc")
        self._factor: Any = splu(equations)

    @cached_property
    def descent(self) -> csr_array:
        """H'W of this state, over all rows: what pulls the state, to first order, anywhere near."""
        measured = np.flatnonzero(self.measured)
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
        missing = (self.setting.exact_rows @ _real(voltage)) * -self._unit
        right = np.concatenate([_real(pull), missing])
        if right.ndim == 1:
            return _complex(self._factor.solve(right)[: self._states])
        # one by one: the library's way with many right sides is ten times slower
        found = np.empty((right.shape[1], self._states))
        for row, each in enumerate(np.ascontiguousarray(right.T)):
            found[row] = self._factor.solve(each)[: self._states]
        return _complex(found.T)

    def held(self, voltage: Complexes) -> Complexes:
        """What pulls loose voltages back to the start."""
        start = self.setting.start.reshape((-1,) + (1,) * (voltage.ndim - 1))
        return np.asarray(self._held[::2].reshape(start.shape) * (start - voltage))

    @property
    def has_held(self) -> bool:
        """Whether anything is held near the start."""
        return bool(self._held.any())

    def applied(self, columns: Floats) -> Floats:
        """The covariance of the state times columns, both shape (columns, 2 nodes)."""
        right = np.zeros((len(columns), self._states + self.setting.exact.shape[0]))
        right[:, : self._states] = columns
        return np.stack([self._factor.solve(each)[: self._states] for each in right])


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
