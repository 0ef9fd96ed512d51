"""Bad data: whether measurements contradict each other more than their errors allow, and which.

Two tests. The weighted sum of squared residuals J follows the chi-square distribution with as many
degrees of freedom as there are measured numbers and exact equations more than states. Each residual
by its own standard deviation follows the normal one; the largest points at the error (E. Handschin,
F. C. Schweppe, J. Kohlas, A. Fiechter, IEEE Trans. PAS-94, 1975; A. Monticelli, State Estimation in
Electric Power Systems, 1999, chapters 7 and 8).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri, ndtri

from platone.grid.array import Flags, Floats, Places
from platone.grid.estimation.covariance import Covariance

CRITICAL = 1e-6
"""Share of a measurement's variance left in its residual below which nothing else tells of it."""
_SAME, _NOISE = 1e-6, 1e-7
"""Normalised residuals are the same to the first of themselves, and to what shares of variances
that are known to the second make of them: rounding alone would tell them apart."""


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """The test of the whole set.

    Attributes:
        objective: J.
        degrees: Degrees of freedom.
        limit: What J passes by chance only with the probability 1 - confidence.
        confidence: That of the test.
        probability: That of a J so large by chance.
    """

    objective: float
    degrees: int
    limit: float
    confidence: float
    probability: float

    @property
    def is_passed(self) -> bool:
        """Whether nothing is found wrong."""
        return self.objective <= self.limit


def chi_square(objective: float, degrees: int, confidence: float) -> ChiSquare:
    """Test J; without redundancy it is 0 and there is nothing to test."""
    if degrees <= 0:
        return ChiSquare(objective, 0, 0.0, confidence, 1.0)
    limit = float(chdtri(degrees, 1 - confidence))
    return ChiSquare(objective, degrees, limit, confidence, float(chdtrc(degrees, objective)))


def largest_by_chance(many: int, confidence: float) -> float:
    """What the largest of many normal residuals passes by chance only so seldom (Sidak)."""
    one = 1 - confidence ** (1 / max(many, 1))
    return float(-ndtri(one / 2))


@dataclass(frozen=True, eq=False)
class Residuals:
    """Residuals by their own standard deviations.

    Attributes:
        scaled: Of each measured row, by the measurement's standard deviation.
        left: The share of its variance that is left in it.
    """

    scaled: Floats
    left: Floats

    @property
    def critical(self) -> Flags:
        """Rows that nothing else tells of."""
        return np.asarray(self.left < CRITICAL)

    @property
    def normalised(self) -> Floats:
        """By the residual's own standard deviation; 0 for critical rows."""
        own = np.sqrt(np.where(self.critical, 1.0, self.left))
        return np.asarray(np.where(self.critical, 0.0, self.scaled / own))


@dataclass(frozen=True, slots=True)
class Suspects:
    """The measured rows that most look wrong.

    Attributes:
        rows: The one with the largest normalised residual, and all that cannot be told from it.
        normalised: That residual.
    """

    rows: tuple[int, ...]
    normalised: float


def suspects(scaled: Floats, looked_at: Places, covariance: Covariance, limit: float) -> Suspects:
    """Who most looks wrong; nobody where no normalised residual passes the limit.

    Args:
        scaled: Residual of each measured row by the measurement's standard deviation.
        looked_at: The rows that may pass it.
        covariance: That of the state.
        limit: Of normalised residuals.
    """
    left = covariance.left_of(looked_at)
    own = np.sqrt(np.where(left < CRITICAL, np.inf, left))
    size = np.abs(scaled[looked_at]) / own
    largest = float(size.max(initial=0.0))
    if largest <= limit:
        return Suspects((), largest)
    blur = _SAME + _NOISE / np.maximum(left, CRITICAL)
    is_worst = size >= largest * (1 - np.maximum(blur, blur[np.argmax(size)]))
    return Suspects(tuple(looked_at[is_worst].tolist()), largest)
