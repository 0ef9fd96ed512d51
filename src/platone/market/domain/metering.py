"""Metered energies of the quarter-hours that trades are settled in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from platone.kernel.market_time import MarketDay
from platone.kernel.reading_choice import (
    MEASURED,
    FilledQuarter,
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


class Readings:
    """Readings of points of delivery, found by the hour, which no aligned reading crosses.

    Args:
        readings: The readings.
    """

    def __init__(self, readings: Iterable[Measurement]) -> None:
        self._by_hour: dict[tuple[str, int], list[Measurement]] = {}
        for each in sorted(readings, key=lambda each: (each.received_at, each.sequence)):
            self._by_hour.setdefault((each.pod_id, _hour_of(each.start_time)), []).append(each)
        # mostly an hour has four readings that fill a quarter-hour each: there is nothing to choose
        self._alone: dict[tuple[str, datetime], Measurement] = {}
        for (pod, _), its in self._by_hour.items():
            starts = {(pod, each.start_time): each for each in its}
            if len(starts) == len(its) and all(map(fills_alone, its)):
                self._alone |= starts

    def fill(self, pod: str, start: datetime) -> FilledQuarter[Measurement] | None:
        """Return a quarter-hour as readings fill it; None where they do not."""
        alone = self._alone.get((pod, start))
        if alone is not None:
            return filled_by(alone)
        return fill_quarter(start, self._by_hour.get((pod, _hour_of(start)), ()))

    def interpolate(self, pod: str, start: datetime) -> FilledQuarter[Measurement] | None:
        """Return a quarter-hour in a short gap, from those on both sides of it."""
        hour = _hour_of(start)
        around = [each for step in _AROUND for each in self._by_hour.get((pod, hour + step), ())]
        return interpolate_quarter(start, around)

    def day(self, pod: str, day: MarketDay, until: int) -> tuple[int | None, ...]:
        """Return the energies of a market day's first quarter-hours; none where not measured."""
        filled = (self.fill(pod, start) for start in islice(day.instants(), until))
        return tuple(None if each is None else each.energy for each in filled)

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
            filled = self.fill(line.pod, line.starts)
            if filled is None and line.spot in interpolated:
                filled = self.interpolate(line.pod, line.starts)
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


def _hour_of(instant: datetime) -> int:
    """Return the number of the hour since 1970, UTC, that an instant lies in."""
    return int(instant.timestamp() // _SECONDS_PER_HOUR)
