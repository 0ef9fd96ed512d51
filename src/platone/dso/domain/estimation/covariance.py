"""How uncertain the estimated state is, and what follows from it.

Its covariance is the upper left part of the inverse of the step's equations. For networks of up to
some hundred nodes it is calculated; for larger ones it has too many numbers, and 500 drawn errors
of all measurements are sent through the equations instead: a standard deviation is then known to
3.2 % of itself (1 / sqrt(2 * 500)).
"""

from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from platone.dso.domain.array import Floats
from platone.dso.domain.estimation.gain import Gain

_EXACT_STATES = 1_200
_DRAWS, _SEED = 500, 20240229


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
        """Errors of the measurements, in standard deviations, and what they do to the state."""
        errors = np.random.default_rng(_SEED).standard_normal(
            (_DRAWS, self._gain.jacobian.shape[0])
        )
        return errors, self._gain.applied(np.asarray(errors @ self._gain.jacobian))

    def variance(self, rows: csr_array) -> Floats:
        """Variances of linear combinations of (re, im) of the nodes."""
        if self.is_exact:
            product = rows.multiply(rows @ self._matrix)
            return np.asarray(product.sum(axis=1)).ravel()
        return np.asarray(((rows @ self._drawn[1].T) ** 2).mean(axis=1))

    @cached_property
    def left(self) -> Floats:
        """Of each measured row's variance the share that is left in its residual, from 0 to 1.

        At 0 nothing else tells what it measures: its error can never show.
        """
        if self.is_exact:
            return 1 - self.variance(self._gain.jacobian)
        errors, states = self._drawn
        residuals = errors - states @ self._gain.jacobian.T
        return np.asarray((residuals**2).mean(axis=0))

    def left_of(self, row: int) -> float:
        """The same of one measured row, exactly."""
        one = self._gain.jacobian[[row]].toarray()
        return 1 - float((one @ self._gain.applied(one).T)[0, 0])
