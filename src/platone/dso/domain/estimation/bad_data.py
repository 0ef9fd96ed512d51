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

from platone.dso.domain.array import Flags, Floats
from platone.dso.domain.estimation.covariance import Covariance

CRITICAL = 1e-6
"""Share of a measurement's variance left in its residual below which nothing else tells of it."""
_SAME = 1e-6
_SURELY = 0.5
"""Drawn normalised residuals this share of the threshold below it are not looked at again."""


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
        is_exact: Whether the shares are; else they were drawn.
    """

    scaled: Floats
    left: Floats
    is_exact: bool = True

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


def suspects(residuals: Residuals, covariance: Covariance, passed: Flags, limit: float) -> Suspects:
    """Who most looks wrong; nobody where no normalised residual passes the limit.

    Args:
        residuals: Of all measured rows.
        covariance: Tells drawn shares exactly.
        passed: Rows that are not looked at.
        limit: Of normalised residuals.
    """
    size = np.where(passed | residuals.critical, 0.0, np.abs(residuals.normalised))
    if not residuals.is_exact:
        for row in np.flatnonzero(size > limit * _SURELY).tolist():
            left = covariance.left_of(row)
            scaled = abs(float(residuals.scaled[row]))
            size[row] = scaled / left**0.5 if left > CRITICAL else 0.0
    largest = float(size.max(initial=0.0))
    if largest <= limit:
        return Suspects((), largest)
    return Suspects(tuple(np.flatnonzero(size >= largest * (1 - _SAME)).tolist()), largest)
