"""Weights of the past days that a forecast is a mean of, as matrices of targets by days.

A weight is zero wherever the day comes after the last one that was known, so that no forecast can
look ahead.
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Flags, Floats
from platone.grid.profile.day_grid import Ints
from platone.grid.profile.day_table import DayTable

Weigh = Callable[[DayTable, Ints, Ints], Floats]
"""Weights of all days for some target rows, each with the last row that is known."""

_WEEK = 7
"""Days."""
_YEAR = 366
"""Days that count as the last year: a whole one, with a leap day."""
_MIN_DAYS = 3
"""Days that a mean of a month's days needs at least; of fewer, one odd day makes the curve."""


def yesterday(table: DayTable, _targets: Ints, lasts: Ints) -> Floats:
    """Weigh only the last known day."""
    return _latest(_past(table, lasts), 1)


def last_week(table: DayTable, targets: Ints, lasts: Ints) -> Floats:
    """Weigh only the last known day that is a whole number of weeks before."""
    rows = np.arange(len(table.days))
    same = (targets[:, None] - rows) % _WEEK == 0
    return _latest(_past(table, lasts) & same, 1)


def similar(count: int) -> Weigh:
    """Return weights for the mean of the last days of the same kind."""

    def weigh(table: DayTable, targets: Ints, lasts: Ints) -> Floats:
        return _latest(_same_kind(table, targets, lasts), count)

    return weigh


def same_weekday(count: int) -> Weigh:
    """Return weights for the last days of the same kind and weekday; else of the same kind."""

    def weigh(table: DayTable, targets: Ints, lasts: Ints) -> Floats:
        kind = _same_kind(table, targets, lasts)
        weekdays = table.weekdays
        same = kind & (weekdays[targets][:, None] == weekdays)
        return _latest(_or_else(same, kind), count)

    return weigh


def smoothing(share: float) -> Weigh:
    """Return weights for exponential smoothing over the days of the same kind.

    Args:
        share: Weight of the latest of them; each one before weighs ``1 - share`` of the next.
    """

    def weigh(table: DayTable, targets: Ints, lasts: Ints) -> Floats:
        rank = _rank(_same_kind(table, targets, lasts))
        return np.where(rank >= 1, share * (1 - share) ** np.maximum(rank - 1, 0), 0.0)

    return weigh


def typical(table: DayTable, targets: Ints, lasts: Ints) -> Floats:
    """Weigh the year's days of the same kind and month, else of the months around it."""
    rows = np.arange(len(table.days))
    year = rows > lasts[:, None] - _YEAR
    kind = _same_kind(table, targets, lasts) & year
    away = np.abs(table.months - table.months[targets][:, None])
    near = np.minimum(away, 12 - away)
    chosen = kind & (near == 0)
    for wider in (kind & (near <= 1), kind):
        few = chosen.sum(axis=1) < _MIN_DAYS
        chosen[few] = wider[few]
    return np.asarray(chosen, dtype=np.float64)


def recent(count: int) -> Weigh:
    """Return weights for the mean of the last days, whatever their kind."""

    def weigh(table: DayTable, _targets: Ints, lasts: Ints) -> Floats:
        return _latest(_past(table, lasts), count)

    return weigh


def weighted_mean(weights: Floats, values: Floats) -> Floats:
    """Return weighted means over days; a value that is NaN has no weight.

    Args:
        weights: Shape (targets, days).
        values: Shape (days, 96, ...).

    Returns:
        Shape (targets, 96, ...); NaN where nothing with a weight is known.
    """
    used = np.flatnonzero(weights.any(axis=0))
    if not len(used):
        return np.full((len(weights), *values.shape[1:]), np.nan)
    flat = values[used].reshape(len(used), -1)
    chosen = csr_array(np.asarray(weights[:, used], dtype=np.float64))  # most weights are zero
    mass = np.repeat(chosen.sum(axis=1)[:, None], flat.shape[1], axis=1)
    known = ~np.isnan(flat)
    gappy = ~known.all(axis=0)
    if gappy.any():  # only where something is missing does the mass differ
        mass[:, gappy] = chosen @ known[:, gappy].astype(np.float64)
        flat[:, gappy] = np.where(known[:, gappy], flat[:, gappy], 0.0)
    has_mass = mass > 0
    mean = np.where(has_mass, chosen @ flat / np.where(has_mass, mass, 1.0), np.nan)
    return mean.reshape(len(weights), *values.shape[1:])


def _past(table: DayTable, lasts: Ints) -> Flags:
    return np.arange(len(table.days)) <= lasts[:, None]


def _same_kind(table: DayTable, targets: Ints, lasts: Ints) -> Flags:
    """Return past days of the target's kind; where there is none yet, all past days."""
    past = _past(table, lasts)
    return _or_else(past & (table.kinds[targets][:, None] == table.kinds), past)


def _or_else(wanted: Flags, otherwise: Flags) -> Flags:
    return np.where(wanted.any(axis=1, keepdims=True), wanted, otherwise)


def _latest(chosen: Flags, count: int) -> Floats:
    """Return weight 1 for the latest of the chosen days."""
    rank = _rank(chosen)
    return np.asarray((rank >= 1) & (rank <= count), dtype=np.float64)


def _rank(chosen: Flags) -> Ints:
    """Return Return 1 for the latest chosen day, 2 for the one before; 0 for what is not chosen."""
    rank = np.cumsum(chosen[:, ::-1], axis=1)[:, ::-1]
    return np.where(chosen, rank, 0).astype(np.intp)
