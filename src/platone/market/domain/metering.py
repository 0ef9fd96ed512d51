"""Metered energies of the quarter-hours that trades are settled in."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from platone.kernel.reading_choice import (
    MEASURED,
    FilledQuarter,
    energy_of,
    fill_quarter,
    filled_by,
    fills_alone,
    interpolate_quarter,
)
from platone.market.domain.validation import Spot
from platone.messages.recording import OtherTrade
from platone.messages.registry import Measurement
from platone.messages.settlement import BaselineUsed

_AROUND = (-1, 0, 1)
"""The hours around the one of a gap in which the ends of a gap of an hour can lie."""


_SECONDS_PER_HOUR = 3600
"""Seconds in an hour."""


@dataclass(frozen=True, slots=True)
class Metered:
    """The measured energy of a PoD in a quarter-hour, and what a payment of it rests on.

    Attributes:
        energy: Net energy withdrawn, millionths of a kWh.
        certification_id: The (last) reading's record at the certification service.
        readings: The readings that fill the quarter-hour, or those on both sides of its gap.
        quality: "measured", "estimated", "simulated" or "interpolated".
        others: The trades of other sessions at this PoD and quarter-hour, known when it was decided
            what to pay.
        baseline: What the delivery is counted from; none for what was declared.
        reactive_energy: Net reactive energy withdrawn, millionths of a kvarh, where metered.
    """

    energy: int
    certification_id: str
    readings: tuple[Measurement, ...] = ()
    quality: str = MEASURED
    others: tuple[OtherTrade, ...] = ()
    baseline: BaselineUsed | None = None
    reactive_energy: int | None = None

    def energy_of(self, *, reactive: bool) -> int | None:
        """Return the measured energy of a kind of power; None where it is not metered."""
        return self.reactive_energy if reactive else self.energy


class MeteredLine(Protocol):
    """A trade whose quarter-hour is metered."""

    @property
    def pod(self) -> str:
        """The point of delivery of the trade."""
        ...

    @property
    def starts(self) -> datetime:
        """The instant at which the quarter-hour starts."""
        ...

    @property
    def spot(self) -> Spot:
        """The PoD and quarter-hour of the trade."""
        ...


class PodReadings:
    """Readings of one point of delivery, found by the hour, which no aligned reading crosses.

    Mostly each fills a quarter-hour of its own: then there is nothing to choose between.

    Args:
        readings: The readings.
    """

    def __init__(self, readings: Iterable[Measurement]) -> None:
        self._readings = list(readings)
        self._hours: dict[int, list[Measurement]] | None = None
        alone = _alone(self._readings)
        if alone is None:
            alone = {}
            for its in self._by_hour.values():
                alone |= _alone(its) or {}
        self._alone = alone

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self._readings)

    @property
    def _by_hour(self) -> dict[int, list[Measurement]]:
        """The readings by hour, those that were received last at the end of each."""
        if self._hours is None:
            self._hours = {}
            for each in sorted(self._readings, key=lambda each: (each.received_at, each.sequence)):
                self._hours.setdefault(_hour_of(each.start_time), []).append(each)
        return self._hours

    def between(self, start: datetime, end: datetime) -> "PodReadings":
        """Return the readings that begin in a half-open period."""
        return PodReadings(each for each in self._readings if start <= each.start_time < end)

    def fill(self, start: datetime) -> FilledQuarter[Measurement] | None:
        """Return a quarter-hour as readings fill it; None where they do not."""
        alone = self._alone.get(start)
        if alone is not None:
            return filled_by(alone)
        return fill_quarter(start, self._by_hour.get(_hour_of(start), ()))

    def interpolate(self, start: datetime) -> FilledQuarter[Measurement] | None:
        """Return a quarter-hour in a short gap, from those on both sides of it."""
        hour = _hour_of(start)
        around = [each for step in _AROUND for each in self._by_hour.get(hour + step, ())]
        return interpolate_quarter(start, around)

    def energies(self, starts: Iterable[datetime]) -> tuple[int | None, ...]:
        """Return the energies of quarter-hours, millionths of a kWh; none where not measured."""
        found: list[int | None] = []
        for start in starts:
            alone = self._alone.get(start)
            if alone is not None:
                found.append(energy_of(alone))
            else:
                filled = self.fill(start)
                found.append(None if filled is None else filled.energy)
        return tuple(found)


class Readings:
    """Readings of points of delivery.

    Args:
        readings: The readings.
        known: Those of other points of delivery that are found already.
    """

    def __init__(
        self,
        readings: Iterable[Measurement],
        known: Mapping[str, PodReadings] = MappingProxyType({}),
    ) -> None:
        by_pod: dict[str, list[Measurement]] = {}
        for each in readings:
            by_pod.setdefault(each.pod_id, []).append(each)
        self._pods = {**{pod: PodReadings(its) for pod, its in by_pod.items()}, **known}

    def let_go(self) -> None:
        """Forget all, one point of delivery after the other: best in a thread, as it takes long."""
        while self._pods:
            self._pods.popitem()

    def of(self, pod: str) -> PodReadings:
        """Return the readings of a point of delivery."""
        return self._pods.get(pod) or PodReadings(())

    def meter(
        self, lines: Iterable[MeteredLine], interpolated: Collection[Spot] = ()
    ) -> dict[Spot, Metered]:
        """Return the energy of each quarter-hour that readings fill; others are missing.

        Which of several readings count is said in kernel/reading_choice.py.

        Args:
            lines: The trades.
            interpolated: The PoDs and quarter-hours of which a short gap may be interpolated.
        """
        found: dict[Spot, Metered] = {}
        for line in lines:
            readings = self.of(line.pod)
            filled = readings.fill(line.starts)
            if filled is None and line.spot in interpolated:
                filled = readings.interpolate(line.starts)
            if filled is not None:
                found[line.spot] = metered_of(filled)
        return found


def meter(
    readings: Iterable[Measurement],
    lines: Iterable[MeteredLine],
    interpolated: Collection[Spot] = (),
) -> dict[Spot, Metered]:
    """Return the same as `Readings.meter` of readings that nothing else is asked of."""
    return Readings(readings).meter(lines, interpolated)


def metered_of(filled: FilledQuarter[Measurement]) -> Metered:
    """Return a filled quarter-hour as the basis of a payment."""
    last = filled.readings[-1].certification_id
    return Metered(
        filled.energy,
        last,
        filled.readings,
        filled.quality,
        reactive_energy=filled.reactive_energy,
    )


def _alone(readings: Sequence[Measurement]) -> dict[datetime, Measurement] | None:
    """Return readings by their start; None where not each fills a quarter-hour as the only one."""
    starts = {each.start_time: each for each in readings}
    is_plain = len(starts) == len(readings) and all(map(fills_alone, readings))
    return starts if is_plain else None


def _hour_of(instant: datetime) -> int:
    """Return the number of the hour since 1970, UTC, that an instant lies in."""
    return int(instant.timestamp() // _SECONDS_PER_HOUR)
