"""Tests of bad data: do measurements contradict each other more than their errors allow, and which.

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
from platone.grid.estimation.covariance import StateCovariance

CRITICAL_SHARE = 1e-6
"""Share of a variance that the residual keeps, below which nothing else tells of the number: it
is known to some 1e-7."""
_SAME_SIZE = 1e-6
"""Normalised residuals that differ by less, by their size, cannot be told apart."""
_SHARE_ROUNDING = 1e-7
"""Rounding error of the shares of variances; it blurs the residuals of small shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquareResult:
    """The chi-square test of a whole set of measurements.

    Attributes:
        objective: The weighted sum of squared residuals J.
        degrees: Degrees of freedom: redundant numbers.
        limit: The J that is passed by chance only with the probability 1 - confidence.
        confidence: The confidence of the test.
        probability: The probability of a J so large by chance.
    """

    objective: float
    degrees: int
    limit: float
    confidence: float
    probability: float

    @property
    def is_passed(self) -> bool:
        """Return whether nothing is found wrong; without redundancy there is nothing to test."""
        return self.degrees == 0 or self.objective <= self.limit


def chi_square_test(objective: float, degrees: int, confidence: float) -> ChiSquareResult:
    """Test J; without redundancy it is 0 and there is nothing to test."""
    if degrees <= 0:
        return ChiSquareResult(
            objective=objective, degrees=0, limit=0.0, confidence=confidence, probability=1.0
        )
    limit = float(chdtri(degrees, 1 - confidence))
    return ChiSquareResult(
        objective=objective,
        degrees=degrees,
        limit=limit,
        confidence=confidence,
        probability=float(chdtrc(degrees, max(objective, 0.0))),
    )


def residual_limit(count: int, confidence: float) -> float:
    """Return the bound that the largest normalised residual passes by chance only so seldom.

    Z. Sidak's bound (J. Amer. Stat. Assoc. 62, 1967): each of `count` independent normal numbers
    stays below with the probability confidence ** (1 / count).
    """
    one = 1 - confidence ** (1 / max(count, 1))
    return float(-ndtri(one / 2))


@dataclass(frozen=True, eq=False)
class Residuals:
    """The residuals of an estimated state.

    Attributes:
        weighted: Residual of each measured row by the measurement's standard deviation.
        share: The share of the measurement's variance that the residual keeps, 0 to 1.
    """

    weighted: Floats
    share: Floats

    @property
    def is_critical(self) -> Flags:
        """Return which rows nothing else tells of, so that no test can judge them."""
        return np.asarray(self.share < CRITICAL_SHARE)

    @property
    def normalised(self) -> Floats:
        """Return the residuals by their own standard deviations; 0 for critical rows."""
        own = np.sqrt(np.where(self.is_critical, 1.0, self.share))
        return np.asarray(np.where(self.is_critical, 0.0, self.weighted / own))


@dataclass(frozen=True, slots=True)
class Suspects:
    """The measured rows that most look wrong.

    Attributes:
        rows: The row with the largest normalised residual, and all that cannot be told from it.
        normalised: The size of that residual.
    """

    rows: tuple[int, ...]
    normalised: float


def find_suspects(
    weighted: Floats, candidates: Places, covariance: StateCovariance, limit: float
) -> Suspects:
    """Return the rows that most look wrong; none where no normalised residual passes the limit.

    Args:
        weighted: Residual of each measured row by the measurement's standard deviation.
        candidates: The rows that may pass the limit.
        covariance: The covariance of the state.
        limit: The limit of normalised residuals.
    """
    share = covariance.residual_share_of(candidates)
    own = np.sqrt(np.where(share < CRITICAL_SHARE, np.inf, share))
    size = np.abs(weighted[candidates]) / own
    largest = float(size.max(initial=0.0))
    if largest <= limit:
        return Suspects((), largest)
    blur = _SAME_SIZE + _SHARE_ROUNDING / np.maximum(share, CRITICAL_SHARE)
    is_worst = size >= largest * (1 - np.maximum(blur, blur[np.argmax(size)]))
    return Suspects(tuple(candidates[is_worst].tolist()), largest)
