"""Exact line search on the dual functions of many boxed programs.

Along a direction the slope of a dual function falls by piecewise linear parts: it bends where a
column reaches a bound, or leaves one. The highest point is where the slope is 0.
"""

import numpy as np

from platone.grid.array import Floats
from platone.grid.flexibility.boxed_programs import BoxedPrograms

_FAR = 1e10
"""A price, by the highest cost, that no column is worth: what rises until there, rises for ever."""
_RISES = 1e-10
"""Slope at that price above which a dual function rises, where rows' coefficients sum up to 1."""


def best_step(
    p: BoxedPrograms, worth: Floats, change: Floats, gain: Floats, most: Floats
) -> Floats:
    """Return the length of the step to the highest point; infinite where it rises for ever.

    Args:
        p: The programs.
        worth: Each column's worth less its cost at the present prices, shape (programs, columns).
        change: Change of that worth along the direction, shape (programs, columns).
        gain: Rise of the dual function along the direction if no column moved, shape (programs,).
        most: Length of the step at which a price would fall below 0, shape (programs,).
    """

    def slope(at: Floats) -> Floats:
        x = np.clip((worth + at[:, None] * change) / p.weight, p.lower, p.upper)
        return np.asarray(gain - (change * x).sum(axis=1))

    points, fall = _bends(p, worth, change, most)
    start = slope(np.zeros(len(worth)))
    rises = (fall < start[:, None]) & (points < _FAR)
    last = rises.shape[1] - 1 - rises[:, ::-1].argmax(axis=1)
    last = np.where(rises.any(axis=1), last, 0)
    rows = np.arange(len(worth))
    low = points[rows, last]
    high = points[rows, np.minimum(last + 1, points.shape[1] - 1)]
    endless = (high >= _FAR) | (high <= low)
    high = np.where(endless, low, high)
    at_low, at_high = slope(low), slope(high)
    part = np.divide(at_low, at_low - at_high, out=np.zeros_like(low), where=at_low > at_high)
    best = low + np.clip(part, 0.0, 1.0) * (high - low)
    best = np.where(endless & (at_low > _RISES), np.where(most < _FAR, most, np.inf), best)
    return np.where(start > 0, best, 0.0)


def _bends(p: BoxedPrograms, worth: Floats, change: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Return the points where the slope bends, in rising order, and its fall until each of them.

    Both have shape (programs, points); the first point is the present one.
    """
    moving = (change != 0) & (p.lower < p.upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [
            np.where(moving, (p.weight * b - worth) / change, np.inf) for b in (p.lower, p.upper)
        ]
    enter = np.maximum(np.minimum(*ends), 0.0)
    leave = np.maximum(np.maximum(*ends), 0.0)
    bend = np.where(moving, change**2 / p.weight, 0.0)
    nothing = np.zeros((len(worth), 1))
    points = np.concatenate([nothing, enter, leave], axis=1)
    points = np.minimum(points, np.minimum(most, _FAR)[:, None])
    bends = np.concatenate([nothing, bend, -bend], axis=1)
    order = np.argsort(points, axis=1) + points.shape[1] * np.arange(len(points))[:, None]
    points, bends = points.ravel()[order], bends.ravel()[order]
    falling = bends.cumsum(axis=1)
    bending = np.sign(bends).astype(np.int64).cumsum(axis=1)
    falling[(bending == 0) | (falling < 0)] = 0.0  # rounding would count over long widths
    falls = (falling[:, :-1] * np.diff(points, axis=1)).cumsum(axis=1)
    return points, np.concatenate([nothing, falls], axis=1)
