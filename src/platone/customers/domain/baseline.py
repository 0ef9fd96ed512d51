"""Baselines: series of quarter-hours; where two overlap, the one received later counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from platone.customers.domain.instant import LATEST_S, QUARTER_HOUR_S, aligned_s
from platone.customers.domain.problem import SeriesTooLate, WrongSlotCount
from platone.kernel.market_time import MarketDay
from platone.messages.registry import Series

_WHOLE_DAY_LENGTHS = range(90, 103)
"""Numbers of quarter-hours that are meant as a whole day, right or wrong; 92, 96, 100 exist."""
_QUARTER_HOURS_PER_ROW = 100
"""Most quarter-hours that are kept in one row: those of the longest day."""
ROW_S = _QUARTER_HOURS_PER_ROW * QUARTER_HOUR_S
"""Longest span of a row, s: a search in time has to look back so far."""


@dataclass(frozen=True, slots=True)
class PowerSeries:
    """The power of consecutive quarter-hours.

    Attributes:
        start_s: Start of the first.
        values: kW, load convention; at least one.
    """

    start_s: int
    values: Sequence[float]

    @property
    def end_s(self) -> int:
        """Return the end of the last quarter-hour."""
        return self.start_s + len(self.values) * QUARTER_HOUR_S

    def rows(self) -> "Iterator[PowerSeries]":
        """Yield the series in pieces of bounded length, so that a search in time is bounded."""
        for first in range(0, len(self.values), _QUARTER_HOURS_PER_ROW):
            values = self.values[first : first + _QUARTER_HOURS_PER_ROW]
            yield PowerSeries(self.start_s + first * QUARTER_HOUR_S, values)


def validated_series(series: Series, zone: str) -> PowerSeries:
    """Validate a series of a point of delivery.

    Raises:
        StartNotAligned: It does not start on a quarter-hour.
        WrongSlotCount: It is meant as a whole market day, and is longer or shorter than it.
        SeriesTooLate: It ends after the year 2099.
    """
    power = PowerSeries(aligned_s(series.start_time, QUARTER_HOUR_S), series.values)
    if power.end_s > LATEST_S:
        raise SeriesTooLate(f"The series of {series.pod_id} ends after 2099.", podId=series.pod_id)
    day = MarketDay.holding(series.start_time, zone)
    got, expected = len(series.values), day.quarter_hours
    if series.start_time == day.start and got in _WHOLE_DAY_LENGTHS and got != expected:
        raise WrongSlotCount(
            f"{day.on} has {expected} quarter-hours in {zone}, the series of {series.pod_id} "
            f"has {got}.",
            podId=series.pod_id,
            expected=expected,
            got=got,
        )
    return power


def differs(power: PowerSeries, current: Iterable[PowerSeries]) -> bool:
    """Return whether a series says anything else than what counts already."""
    known = merge_series(current, power.start_s, power.end_s)
    return [(part.start_s, list(part.values)) for part in known] != [
        (power.start_s, list(power.values))
    ]


def merge_series(received: Iterable[PowerSeries], from_s: int, to_s: int) -> list[PowerSeries]:
    """Merge series of one point of delivery between two instants, without overlaps, by time.

    Args:
        received: In order of receipt: a later one counts where it overlaps an earlier one.
        from_s: First second.
        to_s: Second after the last.
    """
    clipped = [part for each in received if (part := _clip(each, from_s, to_s)) is not None]
    return [_overlay(cluster) for cluster in _clusters(clipped)]


def _clip(power: PowerSeries, from_s: int, to_s: int) -> PowerSeries | None:
    first = max(0, -((power.start_s - from_s) // QUARTER_HOUR_S))
    count = -((power.start_s - to_s) // QUARTER_HOUR_S)
    values = power.values[first : max(0, count)]
    return PowerSeries(power.start_s + first * QUARTER_HOUR_S, values) if values else None


def _clusters(received: Sequence[PowerSeries]) -> Iterator[list[PowerSeries]]:
    """Yield groups that touch or overlap, by time; in each, in order of receipt."""
    order = sorted(range(len(received)), key=lambda index: received[index].start_s)
    group, end_s, labels = 0, 0, {}
    for index in order:
        if received[index].start_s > end_s:
            group += 1
        end_s = max(end_s, received[index].end_s)
        labels[index] = group
    by_group = sorted(labels.items(), key=lambda item: (item[1], item[0]))
    for _, members in groupby(by_group, key=lambda item: item[1]):
        yield [received[index] for index, _ in members]


def _overlay(cluster: Sequence[PowerSeries]) -> PowerSeries:
    if len(cluster) == 1:
        return cluster[0]
    start_s = min(power.start_s for power in cluster)
    end_s = max(power.end_s for power in cluster)
    values = [0.0] * ((end_s - start_s) // QUARTER_HOUR_S)  # a cluster leaves none unset
    for power in cluster:
        first = (power.start_s - start_s) // QUARTER_HOUR_S
        values[first : first + len(power.values)] = power.values
    return PowerSeries(start_s, values)
