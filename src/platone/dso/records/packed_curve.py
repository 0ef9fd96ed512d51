"""Curves of typical days as bytes: single precision, 0.1 W in a megawatt, and compressed."""

import zlib

import msgspec
import numpy as np

from platone.dso.domain.profile_set import CurveRow, ProfileSet
from platone.grid.array import Floats
from platone.grid.profile.calendar import KINDS, Calendar
from platone.grid.profile.day_curve import DayCurve
from platone.grid.profile.day_grid import QUARTERS
from platone.grid.profile.expectation import curve
from platone.grid.profile.statistic import Spread, empty_spread
from platone.grid.profile.typical_day import MONTHS, Basis, TypicalDayRule, TypicalDays

_FAST = 1
"""Level of compression: a curve's random digits gain nothing by more."""


class _Values(msgspec.Struct):
    """Counts, then mean, deviation and quantiles one after the other."""

    size: float
    counts: bytes
    values: bytes


class _Packed(msgspec.Struct):
    """A curve as it is stored."""

    basis: int
    p: _Values
    q: _Values | None


def pack_curves(typical: TypicalDays) -> list[CurveRow]:
    """Return all curves of typical days, as they are stored."""
    return [
        CurveRow(consumer, month, kind, pack_curve(typical, place, month, kind))
        for place, consumer in enumerate(typical.consumers)
        for month, kind in np.ndindex(MONTHS, len(KINDS))
    ]


def pack_curve(part: TypicalDays, place: int, month: int, kind: int) -> bytes:
    """Return a curve of the consumer at a place as bytes."""
    chosen = curve(part, place, month, kind)
    packed = _Packed(
        basis=int(part.basis[month, kind, place]),
        p=_values(chosen.p, chosen.size_kw),
        q=None if chosen.q is None else _values(chosen.q, chosen.size_kvar),
    )
    return zlib.compress(msgspec.msgpack.encode(packed), _FAST)


def unpack_curve(content: bytes) -> tuple[Basis, DayCurve]:
    """Return a curve from bytes, and which days it rests on."""
    packed = msgspec.msgpack.decode(zlib.decompress(content), type=_Packed)
    p, q = packed.p, packed.q
    if q is None:
        return Basis(packed.basis), DayCurve(_spread(p), p.size)
    return Basis(packed.basis), DayCurve(_spread(p), p.size, _spread(q), q.size)


def typical_days_of(
    contents: dict[tuple[int, int], bytes], consumer: str, made: ProfileSet, calendar: Calendar
) -> TypicalDays:
    """Return all curves of one consumer as typical days.

    Args:
        contents: Packed curves by month and kind of day.
        consumer: Whose.
        made: The set that they belong to.
        calendar: Whose days and kinds of day these are.
    """
    shape = (MONTHS, len(KINDS), QUARTERS, 1)
    basis = np.full((MONTHS, len(KINDS), 1), Basis.NONE, dtype=np.int8)
    p = empty_spread(shape, len(made.levels))
    q: Spread | None = None
    for cell, content in contents.items():
        basis[*cell, 0], found = unpack_curve(content)
        _put(found.p, p, cell)
        if found.q is not None:
            q = empty_spread(shape, len(made.levels)) if q is None else q
            _put(found.q, q, cell)
    remarks = tuple(each for each in made.remarks if each.consumer == consumer)
    rule = TypicalDayRule(made.min_days, made.levels)
    return TypicalDays(calendar, (consumer,), rule, p, q, basis, remarks)


def _values(spread: Spread, size: float) -> _Values:
    every = np.stack([spread.mean, spread.deviation, *spread.quantiles])
    return _Values(size, spread.count.astype("<i4").tobytes(), every.astype("<f4").tobytes())


def _spread(packed: _Values) -> Spread:
    count = np.frombuffer(packed.counts, dtype="<i4").astype(np.int32)
    every: Floats = np.frombuffer(packed.values, dtype="<f4").astype(np.float64)
    mean, deviation, *quantiles = every.reshape(-1, QUARTERS)
    return Spread(count, mean, deviation, np.array(quantiles).reshape(-1, QUARTERS))


def _put(found: Spread, into: Spread, cell: tuple[int, int]) -> None:
    into.count[*cell, :, 0] = found.count
    into.mean[*cell, :, 0] = found.mean
    into.deviation[*cell, :, 0] = found.deviation
    into.quantiles[:, *cell, :, 0] = found.quantiles
