"""Single meter values, in any order, put on one grid of quarter-hours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_grid import Ints
from platone.grid.profile.meter_interval import INTERVALS
from platone.grid.profile.metering import Metering, MeteringRemark, RemarkKind, gap_remarks
from platone.grid.profile.outlier import without_outliers
from platone.kernel.market_time import QUARTER_HOUR_MINUTES, QUARTER_HOUR_S, QUARTERS_AN_HOUR

_MOST_SLOTS = 400_000
"""More than eleven years: a wrong year in one row shall not ask for all the memory there is."""
_FEW_CELLS = 10_000_000
"""Places of a grid that may be nearly empty: 80 MB."""
"""Places of a grid that may be nearly empty: 80 MB."""
_WH_A_KWH = 1000.0
"""Watt-hours of a kWh: readings are in Wh."""
_SPARSEST = 20
"""Places of the grid for each value in a large one: nor shall many consumers of one value each."""


@dataclass(slots=True)
class MeterRows:
    """A table of meter values as they come, column by column.

    Attributes:
        consumers: Place of each consumer met so far.
        consumer: Whose value: its place.
        start_s: Start of the interval, seconds since 1970.
        minutes: Length of the interval.
        kwh: Net active energy withdrawn in it; NaN where unknown.
        kvarh: Net reactive energy; NaN where unknown.
        is_good: Whether its quality lets it count.
    """

    consumers: dict[str, int] = field(default_factory=dict)
    consumer: list[int] = field(default_factory=list)
    start_s: list[int] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)
    kwh: list[float] = field(default_factory=list)
    kvarh: list[float] = field(default_factory=list)
    is_good: list[bool] = field(default_factory=list)

    def add(
        self,
        consumer: str,
        start_s: int,
        minutes: int,
        kwh: float,
        kvarh: float = float("nan"),
        *,
        is_good: bool = True,
    ) -> None:
        """Add the value of one metered interval to a consumer's row."""
        self.consumer.append(self.consumers.setdefault(consumer, len(self.consumers)))
        self.start_s.append(start_s)
        self.minutes.append(minutes)
        self.kwh.append(kwh)
        self.kvarh.append(kvarh)
        self.is_good.append(is_good)


class Reading(Protocol):
    """A measurement of an interval, as the customer database tells it."""

    @property
    def pod_id(self) -> str:
        """The point of delivery where it was metered."""

    @property
    def start_time(self) -> datetime:
        """Start of the interval, aware."""

    @property
    def duration_minutes(self) -> int:
        """Length of the interval, minutes."""

    @property
    def energy_wh(self) -> int:
        """Net energy withdrawn in it, Wh."""

    @property
    def quality(self) -> str:
        """The way in which it came about: measured, estimated or simulated."""


def rows_of_readings(readings: Iterable[Reading], qualities: Collection[str]) -> MeterRows:
    """Return measurements as rows; those of other qualities do not count.

    Args:
        readings: The measurements.
        qualities: The qualities that count.
    """
    found = MeterRows()
    for each in readings:
        found.add(
            each.pod_id,
            int(each.start_time.timestamp()),
            each.duration_minutes,
            each.energy_wh / _WH_A_KWH,
            is_good=each.quality in qualities,
        )
    return found


def metering_of_rows(rows: MeterRows) -> Metering:
    """Return rows on a grid from the first to the last quarter-hour that has a value.

    Of several rows for one interval of a consumer the one that came last counts. Shorter
    intervals are added up; a quarter-hour that they do not fill, or that rows fill twice, stays
    unknown. The mean power of 30 or 60 minutes counts for each of their quarter-hours. Values of
    other intervals are left out, and so are values of a quality that does not count, spikes and
    what stuck meters show. All of this is remarked.

    Raises:
        MeteringInvalid: No row is left, or the rows span more than eleven years, or they leave
            nearly all of a large grid empty.
    """
    names = tuple(rows.consumers)
    who = np.array(rows.consumer, dtype=np.intp)
    start_s = np.array(rows.start_s, dtype=np.int64)
    minutes = np.array(rows.minutes, dtype=np.int64)
    kwh, kvarh = np.array(rows.kwh), np.array(rows.kvarh)
    left = np.flatnonzero(is_counted(rows))
    if not len(left):
        raise MeteringInvalid("No value is left that counts.")
    remarks = left_out_remarks(rows)
    kept, doubles = _latest(left, who, start_s, kwh, kvarh)
    for kind, rest in doubles.items():
        remarks += _count(names, who[rest], kind, f"values came again ({kind.value})")
    for longer in (each for each in INTERVALS if each > QUARTER_HOUR_MINUTES):
        said = f"values of {longer} minutes: their mean power counts for each quarter-hour"
        remarks += _count(names, who[kept[minutes[kept] == longer]], RemarkKind.SPREAD, said)
    # rows of several quarter-hours are repeated for each of them
    parts = np.maximum(minutes[kept] // QUARTER_HOUR_MINUTES, 1)
    row = np.repeat(kept, parts)
    part = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = 1 / np.repeat(parts, parts)
    placed = _Placed(who[row], start_s[row] + part * QUARTER_HOUR_S, minutes[row] * share)
    first_s, shape = _grid(placed, names)
    power = [placed.power(energy[row] * share, first_s, shape) for energy in (kwh, kvarh)]
    has_q = not np.isnan(power[1]).all()
    start = datetime.fromtimestamp(first_s, UTC)
    found = Metering(start, names, power[0], power[1] if has_q else None)
    return without_outliers(replace(found, remarks=(*remarks, *gap_remarks(found))))


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Values of at most a quarter-hour each: their consumers' places, starts (s) and minutes."""

    who: Ints
    start_s: Ints
    minutes: Floats

    def power(self, kwh: Floats, first_s: int, shape: tuple[int, int]) -> Floats:
        """Return mean power, kW or kvar, where a quarter-hour is filled once; else NaN."""
        spot = (self.start_s - first_s) // QUARTER_HOUR_S * shape[1] + self.who
        size = shape[0] * shape[1]
        filled = np.bincount(spot, self.minutes, size).reshape(shape)
        total = np.bincount(spot, kwh, size).reshape(shape)  # NaN spreads
        return np.where(filled == QUARTER_HOUR_MINUTES, total * QUARTERS_AN_HOUR, np.nan)


def _grid(placed: _Placed, names: tuple[str, ...]) -> tuple[int, tuple[int, int]]:
    """Return the start of the grid that holds all values, s, and its quarter-hours and consumers.

    Raises:
        MeteringInvalid: It would be too large.
    """
    first_s = int(placed.start_s.min()) // QUARTER_HOUR_S * QUARTER_HOUR_S
    count = (int(placed.start_s.max()) - first_s) // QUARTER_HOUR_S + 1
    values = len(placed.who)
    if count > _MOST_SLOTS:
        raise MeteringInvalid(f"The rows span {count} quarter-hours: is a year wrong?")
    if count * len(names) > max(_FEW_CELLS, _SPARSEST * values):
        reason = f"{values} values of {len(names)} consumers span {count} quarter-hours"
        raise MeteringInvalid(f"{reason}: give less of them, or consumers apart.")
    return first_s, (count, len(names))


def is_counted(rows: MeterRows) -> Flags:
    """Return which rows count: known, of a quality that counts, of an interval that fits."""
    return np.array(rows.is_good, dtype=bool) & _fitting(rows) & ~np.isnan(rows.kwh)


def left_out_remarks(rows: MeterRows) -> list[MeteringRemark]:
    """Return remarks on values that do not count because of their interval or quality."""
    who, fits = np.array(rows.consumer, dtype=np.intp), _fitting(rows)
    lesser, names = fits & ~np.array(rows.is_good, dtype=bool), tuple(rows.consumers)
    return [
        *_count(names, who[~fits], RemarkKind.INTERVAL, "values of other intervals"),
        *_count(names, who[lesser], RemarkKind.QUALITY, "values of lesser quality"),
    ]


def _fitting(rows: MeterRows) -> Flags:
    """Return which rows are a part of one quarter-hour, or several whole ones, up to an hour."""
    minutes = np.array(rows.minutes, dtype=np.int64)
    into_s = np.array(rows.start_s, dtype=np.int64) % QUARTER_HOUR_S
    is_part = (minutes > 0) & (into_s + minutes * 60 <= QUARTER_HOUR_S)
    return np.asarray(is_part | ((into_s == 0) & np.isin(minutes, INTERVALS)))


def _latest(
    left: Ints, who: Ints, start_s: Ints, kwh: Floats, kvarh: Floats
) -> tuple[Ints, dict[RemarkKind, Ints]]:
    """Return the last row of each interval, and rows before it by whether they are equal."""
    order = left[np.lexsort((left, start_s[left], who[left]))]
    later = np.append(order[1:], -1)
    is_double = (who[order] == who[later]) & (start_s[order] == start_s[later])
    is_double[-1] = False
    earlier, replacing = order[is_double], later[is_double]
    same = (kwh[earlier] == kwh[replacing]) & (
        (kvarh[earlier] == kvarh[replacing]) | np.isnan(kvarh[earlier])
    )
    doubles = {RemarkKind.DUPLICATE: earlier[same], RemarkKind.REPLACED: earlier[~same]}
    return np.sort(order[~is_double]), doubles


def _count(
    names: tuple[str, ...], who: Iterable[int], kind: RemarkKind, what: str
) -> list[MeteringRemark]:
    places, counts = np.unique(np.asarray(who, dtype=np.intp), return_counts=True)
    return [
        MeteringRemark(names[place], kind, int(count), f"{names[place]}: {count} {what}.")
        for place, count in zip(places, counts, strict=True)
    ]
