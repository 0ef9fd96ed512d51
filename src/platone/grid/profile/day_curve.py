"""The curve of a consumer in a month and kind of day, and the expectation that it gives."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats
from platone.grid.profile.day_grid import Ints
from platone.grid.profile.statistic import Counts, Spread

_FLOOR_SHARE = 0.01
"""Least standard deviation by the consumer's greatest mean: meters err by as much."""
_FLOOR_KW = 0.001
"""Least standard deviation, kW or kvar: the last digit of a meter that shows watts."""


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """The expected power of a consumer, shape (instants,); positive is withdrawn.

    Attributes:
        mean_kw: Expected active power.
        sigma_kw: Its standard deviation, greater than 0.
        mean_kvar: Expected reactive power; None where it is not known of all instants.
        sigma_kvar: Its standard deviation, greater than 0.
    """

    mean_kw: Floats
    sigma_kw: Floats
    mean_kvar: Floats | None = None
    sigma_kvar: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DayCurve:
    """A consumer's curve by the 96 places of the clock.

    Attributes:
        p: Active power, kW, shape (96,).
        size_kw: The consumer's greatest mean active power in any of its curves, without its sign.
        q: Reactive power, kvar; None where it was not metered.
        size_kvar: Its greatest mean reactive power.
    """

    p: Spread
    size_kw: float
    q: Spread | None = None
    size_kvar: float = 0.0

    def expected(self, quarters: Ints) -> Expectation:
        """Return the expected power and its spread in quarter-hours of the day."""
        mean, sigma = self.p.mean[quarters], sigma_of(self.p, self.size_kw)[quarters]
        if self.q is None or np.isnan(self.q.mean[quarters]).any():
            return Expectation(mean, sigma)
        sigma_kvar = sigma_of(self.q, self.size_kvar)[quarters]
        return Expectation(mean, sigma, self.q.mean[quarters], sigma_kvar)


def size_of(mean: Floats) -> float:
    """Return the greatest mean of a consumer's curves without its sign; 0 where there is none."""
    known = mean[~np.isnan(mean)]
    return float(np.abs(known).max()) if len(known) else 0.0


def sigma_of(spread: Spread, size: float) -> Floats:
    """Return the standard deviation of one more day from a curve, in the curve's unit.

    Its variance is ``s^2 (1 + 1/n)`` of the n days behind the curve, but sigma is not less than
    1 % of the consumer's greatest mean, nor than 1 W: a meter that always showed the same is not
    known without error. One day has no deviation; sigma is then the greatest mean.
    """
    count: Counts = np.maximum(spread.count, 1)
    sigma = spread.deviation * np.sqrt(1.0 + 1.0 / count)
    floor = max(_FLOOR_SHARE * size, _FLOOR_KW)
    return np.maximum(np.where(np.isnan(sigma), size, sigma), floor)
