"""Typical days: for each consumer, month and kind of day a curve of 96 quarter-hours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from platone.grid.array import Floats
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.calendar import KINDS, Calendar
from platone.grid.profile.day_grid import QUARTERS, Ints, day_grid
from platone.grid.profile.metering import Metering, MeteringRemark, RemarkKind
from platone.grid.profile.statistic import Spread, empty_spread, spread_of
from platone.grid.shown import Shown

MONTHS = 12
"""Months of a year, the first axis of all arrays."""
LEVELS = (0.1, 0.5, 0.9)
"""Quantile levels of the spread, unless others are asked for."""
_BLOCK = 2**17
"""Values that are sorted at once: they fit the processor's cache."""


class Basis(IntEnum):
    """The group of days that a curve was made of: the first of these with enough of them."""

    OWN = 0
    """Days of the month and kind themselves."""
    NEIGHBOURS = 1
    """Days of the kind in the month, the one before and the one after."""
    YEAR = 2
    """All days of the kind."""
    ANY_DAY = 3
    """All days."""
    NONE = 4
    """There is no curve: some quarter-hours have no value at all."""

    @property
    def title(self) -> str:
        """Return its name in files and on the wire."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True)
class TypicalDayRule:
    """The settings of typical days.

    Attributes:
        min_days: How many values each quarter-hour of a curve must rest on; a curve of any day
            may rest on fewer.
        levels: Quantile levels of the spread.
    """

    min_days: int = 3
    levels: tuple[float, ...] = LEVELS


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypicalDays(Shown):
    """The typical days of many consumers.

    Attributes:
        calendar: Whose days and kinds of day these are.
        consumers: Their identifiers.
        rule: How they were made.
        p: Active power, kW; all shapes are (months, kinds of day, 96, consumers).
        q: Reactive power, kvar; None where it was not metered.
        basis: Which days each curve was made of, shape (months, kinds of day, consumers),
            values of :class:`Basis`.
        remarks: Remarks on the metering, and on consumers without any curve.
    """

    calendar: Calendar
    consumers: tuple[str, ...]
    rule: TypicalDayRule
    p: Spread
    q: Spread | None
    basis: NDArray[np.int8]
    remarks: tuple[MeteringRemark, ...] = ()


def typical_days(
    metering: Metering, calendar: Calendar, rule: TypicalDayRule | None = None
) -> TypicalDays:
    """Return the typical days of a span of metering, usually a year.

    Each value of a quarter-hour counts once, on the zone's clocks: the day of 92 quarter-hours
    gives nothing for the hour that it lacks, the day of 100 gives two values for the one that
    comes twice. Values that are NaN are left out. Months of several years count together.

    Raises:
        MeteringInvalid: There is not one quarter-hour.
    """
    chosen = rule or TypicalDayRule()
    if not len(metering.p_kw) or not metering.consumers:
        raise MeteringInvalid("There is no metering to make typical days of.")
    days = _Observations(metering, calendar)
    kinds = [(month, kind) for month in range(MONTHS) for kind in range(len(KINDS))]
    p = _empty(len(metering.consumers), chosen)
    q = None if metering.q_kvar is None else _empty(len(metering.consumers), chosen)
    pairs = [(metering.p_kw, p)]
    if metering.q_kvar is not None and q is not None:
        pairs.append((metering.q_kvar, q))
    for cell in kinds:
        rows = days.rows(Basis.OWN, *cell)
        for values, into in pairs:
            _fill(into, cell, rows, values, chosen.levels)
    basis = _fall_back(days, pairs, chosen)
    remarks = (*metering.remarks, *_without_curve(metering.consumers, basis))
    return TypicalDays(calendar, metering.consumers, chosen, p, q, basis, remarks)


def _without_curve(consumers: Sequence[str], basis: NDArray[np.int8]) -> Iterator[MeteringRemark]:
    """Yield a remark for each consumer without any curve."""
    for place in np.flatnonzero((basis == Basis.NONE).all(axis=(0, 1))).tolist():
        detail = f"{consumers[place]}: no typical day: some quarter-hours of the day have no value."
        yield MeteringRemark(consumers[place], RemarkKind.TOO_LITTLE, 0, detail)


class _Observations:
    """Rows of 96 places in the metering: one a day, and one more where clocks go back."""

    def __init__(self, metering: Metering, calendar: Calendar) -> None:
        grid = day_grid(metering.start, len(metering.p_kw), calendar.zone)
        again = np.unique(grid.row[grid.is_second])
        row = grid.row.copy()
        row[grid.is_second] = len(grid.days) + np.searchsorted(again, row[grid.is_second])
        self.slots: Ints = np.full((len(grid.days) + len(again), QUARTERS), -1)
        self.slots[row, grid.quarter] = np.arange(len(row))
        days = [*grid.days, *(grid.days[place] for place in again)]
        self._months = np.array([day.month - 1 for day in days])
        self._kinds = calendar.kinds(days)

    def rows(self, basis: Basis, month: int, kind: int) -> Ints:
        """Return the rows that a curve is made of."""
        away = (self._months - month) % MONTHS
        months = {
            Basis.OWN: away == 0,
            Basis.NEIGHBOURS: (away <= 1) | (away == MONTHS - 1),
        }.get(basis, np.ones(len(away), dtype=bool))
        of_kind = self._kinds == kind if basis < Basis.ANY_DAY else True
        return np.asarray(self.slots[months & of_kind])


def _empty(consumers: int, rule: TypicalDayRule) -> Spread:
    return empty_spread((MONTHS, len(KINDS), QUARTERS, consumers), len(rule.levels))


def _blocks(rows: Ints, values: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield the rows' values in blocks of clock places, shape (rows, places, consumers)."""
    width = max(_BLOCK // max(len(rows) * values.shape[1], 1), 1)
    for start in range(0, QUARTERS, width):
        part = slice(start, min(start + width, QUARTERS))
        chosen = rows[:, part]
        block = values[chosen]
        if (absent := chosen < 0).any():
            block[absent] = np.nan
        yield part, block


def _fill(
    into: Spread, cell: tuple[int, int], rows: Ints, values: Floats, levels: tuple[float, ...]
) -> None:
    """Write the spread of some rows into a cell."""
    month, kind = cell
    for part, block in _blocks(rows, values):
        found = spread_of(block, levels)
        into.count[month, kind, part] = found.count
        into.mean[month, kind, part] = found.mean
        into.deviation[month, kind, part] = found.deviation
        into.quantiles[:, month, kind, part] = found.quantiles


def _fall_back(
    days: _Observations, pairs: list[tuple[Floats, Spread]], rule: TypicalDayRule
) -> NDArray[np.int8]:
    """Replace curves of too few days by those of wider groups; return each curve's basis."""
    count = pairs[0][1].count
    basis = np.where(count.min(axis=2) >= rule.min_days, Basis.OWN, Basis.NONE).astype(np.int8)
    wider: dict[tuple[int, ...], list[Spread]] = {}
    for month, kind in np.ndindex(MONTHS, len(KINDS)):
        for level in (Basis.NEIGHBOURS, Basis.YEAR, Basis.ANY_DAY):
            poor = np.flatnonzero(basis[month, kind] == Basis.NONE)
            if not len(poor):
                break
            key = _key(level, month, kind)
            if key not in wider:
                rows = days.rows(level, month, kind)
                wider[key] = [_spread_of(rows, values, rule) for values, _ in pairs]
            least = 1 if level is Basis.ANY_DAY else rule.min_days
            enough = poor[wider[key][0].count[:, poor].min(axis=0) >= least]
            for found, (_, into) in zip(wider[key], pairs, strict=True):
                _copy(found, into, (month, kind), enough)
            basis[month, kind, enough] = level
    _erase(pairs, basis)
    return basis


def _key(level: Basis, month: int, kind: int) -> tuple[int, ...]:
    parts = {Basis.NEIGHBOURS: (month, kind), Basis.YEAR: (kind,)}
    return (int(level), *parts.get(level, ()))


def _spread_of(rows: Ints, values: Floats, rule: TypicalDayRule) -> Spread:
    whole = empty_spread((1, 1, QUARTERS, values.shape[1]), len(rule.levels))
    _fill(whole, (0, 0), rows, values, rule.levels)
    return Spread(
        whole.count[0, 0], whole.mean[0, 0], whole.deviation[0, 0], whole.quantiles[:, 0, 0]
    )


def _copy(found: Spread, into: Spread, cell: tuple[int, int], consumers: Ints) -> None:
    month, kind = cell
    into.count[month, kind][:, consumers] = found.count[:, consumers]
    into.mean[month, kind][:, consumers] = found.mean[:, consumers]
    into.deviation[month, kind][:, consumers] = found.deviation[:, consumers]
    into.quantiles[:, month, kind][..., consumers] = found.quantiles[..., consumers]


def _erase(pairs: list[tuple[Floats, Spread]], basis: NDArray[np.int8]) -> None:
    """Erase curves with holes, which are no curves."""
    for month, kind, consumer in np.argwhere(basis == Basis.NONE):
        for _, into in pairs:
            into.count[month, kind, :, consumer] = 0
            into.mean[month, kind, :, consumer] = np.nan
            into.deviation[month, kind, :, consumer] = np.nan
            into.quantiles[:, month, kind, :, consumer] = np.nan
