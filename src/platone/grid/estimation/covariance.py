"""The uncertainty of the estimated state, as the covariance of its errors.

It is the upper left part of the inverse of the step's equations. For networks of up to some
hundred nodes it is calculated; for larger ones it has too many numbers, and 500 drawn errors of
all measurements are sent through the equations instead: a standard deviation is then known to
3.2 % of itself (1 / sqrt(2 * 500)).
"""

from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Floats, Places
from platone.grid.estimation.gain import GainMatrix

_EXACT_UNKNOWNS = 1_200
"""Most real unknowns (two a node) whose full covariance is calculated: 11 MB, some 50 ms."""
_DRAWS = 500
"""Drawn errors of all measurements: standard deviations are then known to 3.2 %."""
_DRAWN_AT_ONCE = 20
"""Errors that are drawn together: enough for the solver's blocks, little memory."""
_SEED = 20240229
"""Seed of the draws, fixed so that results are the same each time; any number serves."""


class StateCovariance:
    """The covariance of the state in a solution.

    Args:
        gain: The equations of a step there.
        exact_unknowns: Most real unknowns for which it is calculated; beyond it is drawn.
    """

    def __init__(self, gain: GainMatrix, exact_unknowns: int = _EXACT_UNKNOWNS) -> None:
        self._gain = gain
        self.is_exact = gain.jacobian.shape[1] <= exact_unknowns

    @cached_property
    def _matrix(self) -> Floats:
        return self._gain.covariance_times(np.eye(self._gain.jacobian.shape[1]))

    @cached_property
    def _drawn(self) -> tuple[Floats, Floats]:
        """Return the state's errors by draw, and the mean square of the residuals they leave.

        Each error is one standard deviation up or down: mean squares of their sums vary no more
        than those of normal errors.
        """
        jacobian, random = self._gain.jacobian, np.random.default_rng(_SEED)
        back, count = jacobian.T.tocsr(), jacobian.shape[0]
        states, left = np.empty((jacobian.shape[1], _DRAWS)), np.zeros(count)
        for at in range(0, _DRAWS, _DRAWN_AT_ONCE):
            errors = random.integers(0, 2, (count, _DRAWN_AT_ONCE), np.int8) * 2.0 - 1.0
            moved = self._gain.covariance_times(back @ errors)
            states[:, at : at + _DRAWN_AT_ONCE] = moved
            left += _squared_lengths(errors - jacobian @ moved)
        return states, left / _DRAWS

    def variance(self, rows: csr_array) -> Floats:
        """Return the variances of linear combinations of (re, im) of the states, shape (rows,)."""
        if self.is_exact:
            row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
            terms = rows.data * (rows @ self._matrix)[row, rows.indices]
            return np.asarray(np.bincount(row, terms, rows.shape[0]), float)
        return _squared_lengths(rows @ self._drawn[0]) / _DRAWS

    @cached_property
    def residual_share(self) -> Floats:
        """Return the share of each measured row's variance that its residual keeps, 0 to 1.

        At 0 nothing else tells what the row measures: its error can never show.
        """
        if self.is_exact:
            return 1 - self.variance(self._gain.jacobian)
        return self._drawn[1]

    def residual_share_of(self, rows: Places) -> Floats:
        """Return the same share of some measured rows, always calculated, never drawn."""
        columns = self._gain.jacobian[rows].T.toarray()
        moved = self._gain.covariance_times(columns)
        return np.asarray(1 - np.einsum("ij,ij->j", columns, moved))


def _squared_lengths(rows: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
