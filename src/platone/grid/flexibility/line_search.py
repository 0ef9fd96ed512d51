"""Exact line search on the dual functions of many programs."""

import numpy as np

from platone.grid.array import Floats
from platone.grid.flexibility.boxed_programs import Programs

_FAR = 1e10
"""A price that no column is worth: what rises until there, rises for ever."""
_RISES = 1e-10


def best_step(p: Programs, pull: Floats, pulled: Floats, gain: Floats, most: Floats) -> Floats:
    """How far the dual function rises along a direction, at most ``most``; infinite: for ever.

    Its slope falls, by piecewise linear parts between the points where columns reach a bound.
    """

    def slope(at: Floats) -> Floats:
        x = np.clip((pull + at[:, None] * pulled) / p.weight, p.lower, p.upper)
        return np.asarray(gain - (pulled * x).sum(axis=1))

    points, fall = _falls(p, pull, pulled, most)
    start = slope(np.zeros(len(pull)))
    rises = (fall < start[:, None]) & (points < _FAR)
    last = rises.shape[1] - 1 - rises[:, ::-1].argmax(axis=1)
    last = np.where(rises.any(axis=1), last, 0)
    rows = np.arange(len(pull))
    low = points[rows, last]
    high = points[rows, np.minimum(last + 1, points.shape[1] - 1)]
    endless = (high >= _FAR) | (high <= low)
    high = np.where(endless, low, high)
    at_low, at_high = slope(low), slope(high)
    part = np.divide(at_low, at_low - at_high, out=np.zeros_like(low), where=at_low > at_high)
    best = low + np.clip(part, 0.0, 1.0) * (high - low)
    best = np.where(endless & (at_low > _RISES), np.where(most < _FAR, most, np.inf), best)
    return np.where(start > 0, best, 0.0)


def _falls(p: Programs, pull: Floats, pulled: Floats, most: Floats) -> tuple[Floats, Floats]:
    """The points where the slope bends, in rising order, and by how much it has fallen there."""
    moving = (pulled != 0) & (p.lower < p.upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [
            np.where(moving, (p.weight * b - pull) / pulled, np.inf) for b in (p.lower, p.upper)
        ]
    enter = np.maximum(np.minimum(*ends), 0.0)
    leave = np.maximum(np.maximum(*ends), 0.0)
    bend = np.where(moving, pulled**2 / p.weight, 0.0)
    nothing = np.zeros((len(pull), 1))
    points = np.concatenate([nothing, enter, leave], axis=1)
    points = np.minimum(points, np.minimum(most, _FAR)[:, None])
    change = np.concatenate([nothing, bend, -bend], axis=1)
    order = np.argsort(points, axis=1) + points.shape[1] * np.arange(len(points))[:, None]
    points, change = points.ravel()[order], change.ravel()[order]
    bends = change.cumsum(axis=1)
    bending = np.sign(change).astype(np.int64).cumsum(axis=1)
    bends[(bending == 0) | (bends < 0)] = 0.0  # what rounding left would count over long widths
    falls = (bends[:, :-1] * np.diff(points, axis=1)).cumsum(axis=1)
    return points, np.concatenate([nothing, falls], axis=1)
