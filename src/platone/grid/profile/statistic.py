"""Mean, deviation and quantiles over days, for whole blocks of values at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.grid.array import Floats

Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The mean and spread of groups of values; the first axis of ``quantiles`` is the level.

    Attributes:
        count: How many values there are.
        mean: Their mean; NaN without values.
        deviation: Sample standard deviation (by n - 1); NaN with fewer than two values.
        quantiles: By linear interpolation between order statistics (Hyndman and Fan's type 7).
    """

    count: Counts
    mean: Floats
    deviation: Floats
    quantiles: Floats


def empty_spread(shape: tuple[int, ...], levels: int) -> Spread:
    """Return a spread without any values."""
    return Spread(
        np.zeros(shape, dtype=np.int32),
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.full((levels, *shape), np.nan),
    )


def spread_of(values: Floats, levels: tuple[float, ...]) -> Spread:
    """Return the spread over the first axis; NaN is no value.

    Args:
        values: Shape (observations, ...).
        levels: Quantile levels, 0 to 1.
    """
    if not len(values):
        return empty_spread(values.shape[1:], len(levels))
    ordered = np.sort(values, axis=0)  # NaN goes to the end
    if not np.isnan(ordered[-1]).any():
        return _whole(ordered, levels)
    return _gappy(ordered, levels)


def _whole(ordered: Floats, levels: tuple[float, ...]) -> Spread:
    """Return the spread of columns without gaps, whose ranks are the same: by whole rows."""
    count = len(ordered)
    mean = ordered.mean(axis=0)
    if count > 1:
        away = ordered - mean
        deviation = np.sqrt(np.einsum("i...,i...->...", away, away) / (count - 1))
    else:
        deviation = np.full_like(mean, np.nan)
    quantiles = np.empty((len(levels), *mean.shape))
    for place, level in enumerate(levels):
        below, part = divmod(level * (count - 1), 1.0)
        low = ordered[int(below)]
        quantiles[place] = low + part * (ordered[min(int(below) + 1, count - 1)] - low)
    return Spread(np.full(mean.shape, count, dtype=np.int32), mean, deviation, quantiles)


def _gappy(ordered: Floats, levels: tuple[float, ...]) -> Spread:
    known = ~np.isnan(ordered)
    count = known.sum(axis=0, dtype=np.int32)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, ordered, 0.0).sum(axis=0) / count
        away = np.where(known, ordered - mean, 0.0)
        several = np.where(count > 1, count - 1.0, np.nan)
        deviation = np.sqrt((away**2).sum(axis=0) / several)
    mean = np.where(count > 0, mean, np.nan)
    quantiles = np.empty((len(levels), *mean.shape))
    last = np.maximum(count - 1, 0)
    for place, level in enumerate(levels):
        rank = level * last
        below = np.floor(rank).astype(np.intp)
        low = np.take_along_axis(ordered, below[None], axis=0)[0]
        high = np.take_along_axis(ordered, np.minimum(below + 1, last)[None], axis=0)[0]
        quantiles[place] = low + (rank - below) * (high - low)
    return Spread(count, mean, deviation, quantiles)
