"""The choice of readings that measure a quarter-hour: one rule for market, ledger and others.

An interval may have several versions: a meter's estimate, then the measured value, then a
correction. And intervals of several lengths may lie over one another. What counts:

1. of one interval the version that its sender numbered highest; of equal numbers the one that is
   no estimate;
2. readings within the quarter-hour that are no estimates and fill it without gap or overlap;
3. else any readings within it that fill it so;
4. else the reading of 30, then of 60 minutes that it lies in: its energy is spread evenly, so the
   quarter-hour counts as estimated.

A short gap can be interpolated from the quarter-hours on both sides of it.
Energy is in millionths of a kWh: a quarter of a Wh is a whole number of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

from platone.kernel.market_time import QUARTER_HOUR, QUARTER_HOUR_MINUTES

MEASURED, ESTIMATED, SIMULATED = "measured", "estimated", "simulated"
"""The qualities of a reading, as they stand on the wire."""
QUALITIES = (MEASURED, ESTIMATED, SIMULATED)
"""The qualities by the numbers that databases keep of them: their places here never change."""
INTERPOLATED = "interpolated"
"""The quality of a quarter-hour in a gap between others."""
MOST_INTERPOLATED = 4
"""Quarter-hours of the longest gap that is interpolated: an hour. Consumption is alike over an hour
more often than not; what was taken in a longer gap nobody can tell."""
MICRO_KWH_PER_WH = 1000
"""Millionths of a kWh in a Wh, the unit of readings."""


class MeteredInterval(Protocol):
    """A reading: energy that a meter counted in an interval."""

    @property
    def start_time(self) -> datetime:
        """The instant at which the interval starts."""
        ...

    @property
    def duration_minutes(self) -> int:
        """The length of the interval, minutes."""
        ...

    @property
    def energy_wh(self) -> int:
        """Net energy withdrawn, Wh."""
        ...

    @property
    def reactive_energy_varh(self) -> int | None:
        """Net reactive energy withdrawn, varh; none where it is not metered."""
        ...

    @property
    def quality(self) -> str:
        """The quality of the energy: measured, estimated or simulated."""
        ...

    @property
    def revision(self) -> int:
        """The number of its correction; 0 for the first."""
        ...


R = TypeVar("R", bound=MeteredInterval)


@dataclass(frozen=True, slots=True)
class FilledQuarter(Generic[R]):
    """A quarter-hour that readings fill.

    Attributes:
        energy: Net energy withdrawn, millionths of a kWh.
        reactive_energy: The same of reactive energy, millionths of a kvarh; none where a part has
            none.
        quality: "estimated" where any of it is, else "simulated" where any is, else "measured".
        readings: The readings, in order.
    """

    energy: int
    reactive_energy: int | None
    quality: str
    readings: tuple[R, ...]


def precedence(reading: MeteredInterval) -> tuple[int, bool]:
    """Return the rank of a version of an interval: of two, the greater one counts."""
    return reading.revision, reading.quality != ESTIMATED


def may_lie_over(new: MeteredInterval, standing: MeteredInterval) -> bool:
    """Return whether a reading may be taken that overlaps a standing one of another interval.

    It may where the rule says which of them counts: where either spans several quarter-hours,
    where it corrects, or where it is measured and the other estimated.
    """
    is_long = max(new.duration_minutes, standing.duration_minutes) > QUARTER_HOUR_MINUTES
    return is_long or precedence(new) > precedence(standing)


def fill_quarter(start: datetime, readings: Iterable[R]) -> FilledQuarter[R] | None:
    """Return the quarter-hour from an instant as readings fill it; None where they do not.

    Args:
        start: Its start.
        readings: Readings of one point of delivery, of this time and perhaps of more.
    """
    counting = _counting(start, readings)
    within = [each for each in counting if each.duration_minutes <= QUARTER_HOUR_MINUTES]
    good = [each for each in within if each.quality != ESTIMATED]
    for few in (good, within):
        parts = _cover(start, start + QUARTER_HOUR, few)
        if parts is not None:
            return _added(parts)
    long = [each for each in counting if _is_spread_over(start, each)]
    return _spread(min(long, key=lambda each: each.duration_minutes)) if long else None


def fills_alone(reading: MeteredInterval) -> bool:
    """Return whether a reading fills a quarter-hour of the clock as no estimate does."""
    start = reading.start_time
    return (
        reading.duration_minutes == QUARTER_HOUR_MINUTES
        and reading.quality != ESTIMATED
        and not start.minute % QUARTER_HOUR_MINUTES
        and not start.second
        and not start.microsecond
    )


def filled_by(reading: R) -> FilledQuarter[R]:
    """Return a quarter-hour that a reading fills alone, no other lying over it."""
    varh = reading.reactive_energy_varh
    return FilledQuarter(
        energy=energy_of(reading),
        reactive_energy=None if varh is None else varh * MICRO_KWH_PER_WH,
        quality=reading.quality,
        readings=(reading,),
    )


def energy_of(reading: MeteredInterval) -> int:
    """Return the net energy withdrawn in a reading's interval, millionths of a kWh."""
    return reading.energy_wh * MICRO_KWH_PER_WH


def interpolate_quarter(start: datetime, readings: Iterable[R]) -> FilledQuarter[R] | None:
    """Return a quarter-hour that lies in a short gap, on the straight line over it.

    Args:
        start: Its start.
        readings: Readings of one point of delivery, of the hours around it.

    Returns:
        None where it is measured, or the gap is longer than an hour. Its readings are those of the
        quarter-hours on both sides; the energy is rounded to the nearest (even).
    """
    known = list(readings)
    if fill_quarter(start, known) is not None:
        return None
    before = _nearest(start, -QUARTER_HOUR, known)
    after = _nearest(start, QUARTER_HOUR, known)
    if before is None or after is None or before[0] + after[0] - 1 > MOST_INTERPOLATED:
        return None
    (since, first), (until, last) = before, after
    part = Fraction(since, since + until)
    varh = None
    if first.reactive_energy is not None and last.reactive_energy is not None:
        varh = _between(first.reactive_energy, last.reactive_energy, part)
    return FilledQuarter(
        energy=_between(first.energy, last.energy, part),
        reactive_energy=varh,
        quality=INTERPOLATED,
        readings=first.readings + last.readings,
    )


def _nearest(
    start: datetime, step: timedelta, readings: Sequence[R]
) -> tuple[int, FilledQuarter[R]] | None:
    """Return the nearest filled quarter-hour to a side, and how many quarter-hours away it is."""
    for count in range(1, MOST_INTERPOLATED + 1):
        filled = fill_quarter(start + count * step, readings)
        if filled is not None:
            return count, filled
    return None


def _between(first: int, last: int, part: Fraction) -> int:
    return round(first + (last - first) * part)


def _is_spread_over(start: datetime, reading: MeteredInterval) -> bool:
    """Return whether a reading spans whole quarter-hours, of which this is one."""
    before = start - reading.start_time
    after = _end(reading) - start
    is_whole = not before % QUARTER_HOUR and not after % QUARTER_HOUR
    return is_whole and before >= timedelta(0) and after >= QUARTER_HOUR < before + after


def _counting(start: datetime, readings: Iterable[R]) -> list[R]:
    """Return of each interval that touches the quarter-hour the version that counts."""
    until = start + QUARTER_HOUR
    found: dict[tuple[datetime, int], R] = {}
    for each in readings:
        if each.start_time < until and start < _end(each):
            key = (each.start_time, each.duration_minutes)
            standing = found.get(key)
            if standing is None or precedence(each) >= precedence(standing):
                found[key] = each
    return list(found.values())


def _cover(start: datetime, until: datetime, readings: Sequence[R]) -> list[R] | None:
    """Return readings that follow one another from start to end, the latest corrected first."""
    if start == until:
        return []
    here = [each for each in readings if each.start_time == start and _end(each) <= until]
    here.sort(key=lambda each: (precedence(each), each.duration_minutes), reverse=True)
    for first in here:
        rest = _cover(_end(first), until, readings)
        if rest is not None:
            return [first, *rest]
    return None


def _added(parts: Sequence[R]) -> FilledQuarter[R]:
    qualities = {each.quality for each in parts}
    worst = next((each for each in (ESTIMATED, SIMULATED) if each in qualities), MEASURED)
    varh = [each.reactive_energy_varh for each in parts]
    metered = [each for each in varh if each is not None]
    return FilledQuarter(
        energy=sum(map(energy_of, parts)),
        reactive_energy=sum(metered) * MICRO_KWH_PER_WH if len(metered) == len(varh) else None,
        quality=worst,
        readings=tuple(parts),
    )


def _spread(long: R) -> FilledQuarter[R]:
    quarters = long.duration_minutes // QUARTER_HOUR_MINUTES
    varh = long.reactive_energy_varh
    return FilledQuarter(
        energy=energy_of(long) // quarters,
        reactive_energy=None if varh is None else varh * MICRO_KWH_PER_WH // quarters,
        quality=ESTIMATED,
        readings=(long,),
    )


def _end(reading: MeteredInterval) -> datetime:
    return reading.start_time + timedelta(minutes=reading.duration_minutes)
