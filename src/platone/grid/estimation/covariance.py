"""How uncertain the estimated state is, and what follows from it.

Its covariance is the upper left part of the inverse of the step's equations. For networks of up to
some hundred nodes it is calculated; for larger ones it has too many numbers, and 500 drawn errors
of all measurements are sent through the equations instead: a standard deviation is then known to
3.2 % of itself (1 / sqrt(2 * 500)).
"""

from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Floats, Places
from platone.grid.estimation.gain import Gain

_EXACT_STATES = 1_200
_DRAWS, _DRAWN_TOGETHER, _SEED = 500, 20, 20240229


class Covariance:
    """The covariance of the state in a solution.

    Args:
        gain: The equations there.
        exact_states: Up to how many states it is calculated; beyond it is drawn.
    """

    def __init__(self, gain: Gain, exact_states: int = _EXACT_STATES) -> None:
        self._gain = gain
        self.is_exact = gain.jacobian.shape[1] <= exact_states

    @cached_property
    def _matrix(self) -> Floats:
        return self._gain.applied(np.eye(self._gain.jacobian.shape[1]))

    @cached_property
    def _drawn(self) -> tuple[Floats, Floats]:
        """What drawn errors do to the state, and the mean square of the residuals they leave.

        Each is one standard deviation up or down: mean squares of their sums vary no more than
        those of normal errors.
        """
        jacobian, random = self._gain.jacobian, np.random.default_rng(_SEED)
        back, count = jacobian.T.tocsr(), jacobian.shape[0]
        states, left = np.empty((jacobian.shape[1], _DRAWS)), np.zeros(count)
        for at in range(0, _DRAWS, _DRAWN_TOGETHER):
            errors = random.integers(0, 2, (count, _DRAWN_TOGETHER), np.int8) * 2.0 - 1.0
            moved = self._gain.applied(back @ errors)
            states[:, at : at + _DRAWN_TOGETHER] = moved
            left += _square(errors - jacobian @ moved)
        return states, left / _DRAWS

    def variance(self, rows: csr_array) -> Floats:
        """Variances of linear combinations of (re, im) of the nodes."""
        if self.is_exact:
            row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
            terms = rows.data * (rows @ self._matrix)[row, rows.indices]
            return np.asarray(np.bincount(row, terms, rows.shape[0]), float)
        return _square(rows @ self._drawn[0]) / _DRAWS

    @cached_property
    def left(self) -> Floats:
        """Of each measured row's variance the share that is left in its residual, from 0 to 1.

        At 0 nothing else tells what it measures: its error can never show.
        """
        if self.is_exact:
            return 1 - self.variance(self._gain.jacobian)
        return self._drawn[1]

    def left_of(self, rows: Places) -> Floats:
        """The same of some measured rows, exactly."""
        some = self._gain.jacobian[rows]
        columns = some.T.toarray()
        return np.asarray(1 - np.einsum("ij,ij->j", columns, self._gain.applied(columns)))


def _square(rows: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
