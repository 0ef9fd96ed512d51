"""Baselines: stretches of quarter-hours; where two overlap, the later received one counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from platone.customers.domain.instant import LATEST_S, QUARTER_HOUR_S, grid_s
from platone.customers.domain.problem import SeriesTooLate, WrongSlotCount
from platone.kernel.market_time import MarketDay
from platone.messages.registry import Series

_WHOLE_DAY = range(90, 103)
"""Lengths that are meant as a whole day, right or wrong; 92, 96 and 100 exist."""

_PIECE = 100
"""Most quarter-hours that are kept in one row: those of the longest day."""
PIECE_S = _PIECE * QUARTER_HOUR_S


@dataclass(frozen=True, slots=True)
class Stretch:
    """Power of consecutive quarter-hours.

    Attributes:
        start_s: Start of the first.
        values: kW, load convention; at least one.
    """

    start_s: int
    values: Sequence[float]

    @property
    def end_s(self) -> int:
        """End of the last."""
        return self.start_s + len(self.values) * QUARTER_HOUR_S

    def pieces(self) -> "Iterator[Stretch]":
        """The same in pieces of bounded length, so that a search in time has a bound too."""
        for first in range(0, len(self.values), _PIECE):
            values = self.values[first : first + _PIECE]
            yield Stretch(self.start_s + first * QUARTER_HOUR_S, values)


def stretch_of(series: Series, zone: str) -> Stretch:
    """A series, checked.

    Raises:
        StartNotAligned: It does not start on a quarter-hour.
        WrongSlotCount: It is meant as a whole market day, and is longer or shorter than it.
        SeriesTooLate: It ends after the year 2099.
    """
    stretch = Stretch(grid_s(series.start_time, QUARTER_HOUR_S), series.values)
    if stretch.end_s > LATEST_S:
        raise SeriesTooLate(f"The series of {series.pod_id} ends after 2099.", podId=series.pod_id)
    day = MarketDay.holding(series.start_time, zone)
    got, expected = len(series.values), day.quarter_hours
    if series.start_time == day.start and got in _WHOLE_DAY and got != expected:
        raise WrongSlotCount(
            f"{day.on} has {expected} quarter-hours in {zone}, the series of {series.pod_id} "
            f"has {got}.",
            podId=series.pod_id,
            expected=expected,
            got=got,
        )
    return stretch


def changes(stretch: Stretch, current: Iterable[Stretch]) -> bool:
    """Whether a stretch says anything else than what counts already."""
    known = merged(current, stretch.start_s, stretch.end_s)
    return [(part.start_s, list(part.values)) for part in known] != [
        (stretch.start_s, list(stretch.values))
    ]


def merged(stretches: Iterable[Stretch], from_s: int, to_s: int) -> list[Stretch]:
    """One point of delivery's power between two instants, without overlaps, in order of time.

    Args:
        stretches: In order of receipt: a later one counts where it overlaps an earlier one.
        from_s: First second.
        to_s: Second after the last.
    """
    clipped = [part for each in stretches if (part := _clipped(each, from_s, to_s)) is not None]
    return [_overlaid(cluster) for cluster in _clusters(clipped)]


def _clipped(stretch: Stretch, from_s: int, to_s: int) -> Stretch | None:
    first = max(0, -((stretch.start_s - from_s) // QUARTER_HOUR_S))
    count = -((stretch.start_s - to_s) // QUARTER_HOUR_S)
    values = stretch.values[first : max(0, count)]
    return Stretch(stretch.start_s + first * QUARTER_HOUR_S, values) if values else None


def _clusters(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Groups that touch or overlap, in order of time; in each, the order of receipt."""
    order = sorted(range(len(stretches)), key=lambda index: stretches[index].start_s)
    group, end_s, labels = 0, 0, {}
    for index in order:
        if stretches[index].start_s > end_s:
            group += 1
        end_s = max(end_s, stretches[index].end_s)
        labels[index] = group
    by_group = sorted(labels.items(), key=lambda item: (item[1], item[0]))
    for _, members in groupby(by_group, key=lambda item: item[1]):
        yield [stretches[index] for index, _ in members]


def _overlaid(cluster: Sequence[Stretch]) -> Stretch:
    if len(cluster) == 1:
        return cluster[0]
    start_s = min(stretch.start_s for stretch in cluster)
    end_s = max(stretch.end_s for stretch in cluster)
    values = [0.0] * ((end_s - start_s) // QUARTER_HOUR_S)  # a cluster leaves none unset
    for stretch in cluster:
        first = (stretch.start_s - start_s) // QUARTER_HOUR_S
        values[first : first + len(stretch.values)] = stretch.values
    return Stretch(start_s, values)
