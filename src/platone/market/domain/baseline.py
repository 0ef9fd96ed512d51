"""The baselines that a delivery can be counted from, each a pure function of metered days.

A baseline is what a point of delivery would have taken if nobody had asked for anything. By default
its aggregator declares it. The other methods are public ones, made of what was metered:

- ten of ten: the mean of the same quarter-hour on the last ten like days (working days for a
  working day, others for others), shifted by how far the hours before the activation lay from it;
- five working days: the mean of the same quarter-hour on the last five working days;
- meter before: the quarter-hour before the activation began.

Quarter-hours in which the point of delivery was traded say nothing of it, and are passed over.
Energies are in millionths of a kWh in a quarter-hour, and means are rounded to the nearest (even).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from platone.kernel.market_time import QUARTERS_AN_HOUR, MarketDay
from platone.market.domain.settlement_column import energies_of_quarter_hours
from platone.messages.clearing import BaselineMethod

LONGEST_LOOK_BACK = 45
"""Days before the delivery that are looked at: CAISO's 10-in-10 looks at as many."""
_TEN, _LEAST_OF_TEN = 10, 5
"""Like days of which the mean is taken, and fewest with which it is still taken (as CAISO's)."""
_FIVE, _LEAST_OF_FIVE = 5, 3
"""Working days of which the mean is taken, and fewest with which it is still taken."""
_ADJUSTED_OVER = 3 * QUARTERS_AN_HOUR
_ADJUSTED_BEFORE = QUARTERS_AN_HOUR
"""Quarter-hours that the shift is measured over, and between them and the activation: three hours
that end an hour before it (as PJM's symmetric additive adjustment), when nobody prepares yet."""
_LEAST_ADJUSTED = QUARTERS_AN_HOUR
"""Fewest measured quarter-hours among these with which the shift is made."""
_MOST_SHIFT = 5
"""The shift is at most the baseline divided by this, 20 % (as CAISO's), so that it cannot be made
by a burst of consumption."""
_KNOWN_DAYS = 128
"""Days whose clocks are kept at hand: those of a look back, and more."""
_SATURDAY = 5
"""First number of a weekday that is no working day."""


@dataclass(frozen=True, slots=True)
class MeteredDay:
    """A market day of a point of delivery as it was metered.

    Attributes:
        energies: By quarter-hour; none where nothing is measured.
        traded: Quarter-hours in which something of it was traded.
    """

    energies: tuple[int | None, ...]
    traded: frozenset[int] = frozenset()

    def free(self, index: int) -> int | None:
        """Return the energy of a quarter-hour; none where it is not measured or was traded."""
        if not 0 <= index < len(self.energies) or index in self.traded:
            return None
        return self.energies[index]


@dataclass(frozen=True, slots=True)
class PodHistory:
    """The metered days of a point of delivery, with what its aggregator declared.

    Attributes:
        day: The market day of the delivery.
        days: Metered days, the delivery's among them.
        declared_kw: The aggregator's baseline of the market day.
        holidays: Days that are no working days, though they are not at a weekend.
        declared: The energies of that baseline, where they were asked for.
        means: Means that were taken before.
        errors: Errors of methods that were measured before.
    """

    day: MarketDay
    days: Mapping[date, MeteredDay]
    declared_kw: Sequence[float]
    holidays: frozenset[date] = frozenset()
    declared: list[int] = field(default_factory=list)
    means: dict[tuple[BaselineMethod, int], "Baseline | None"] = field(default_factory=dict)
    errors: dict[tuple[BaselineMethod, int], "BaselineError | None"] = field(default_factory=dict)

    @property
    def today(self) -> MeteredDay:
        """The delivery's day as far as it is metered."""
        return self.days.get(self.day.on, MeteredDay(()))

    def declared_energy(self, index: int) -> int:
        """Return the energy of a quarter-hour that the aggregator declared."""
        if not self.declared:  # all at once take as long as ten one by one
            powers = np.array(self.declared_kw, dtype=np.float64)
            self.declared.extend(energies_of_quarter_hours(powers).tolist())
        return self.declared[index]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline of one quarter-hour.

    Attributes:
        method: How it was found.
        energy: What it is.
        days: The days that it is a mean of, newest first.
        shift: By how much the mean was shifted.
    """

    method: BaselineMethod
    energy: int
    days: tuple[date, ...] = ()
    shift: int | None = None


@dataclass(frozen=True, slots=True)
class BaselineError:
    """The error of a method where it can be seen: where nothing was traded.

    Attributes:
        samples: Quarter-hours of the market day that were measured and not traded.
        mean: Mean magnitude of measured less baseline, millionths of a kWh in a quarter-hour.
        bias: Mean of measured less baseline.
    """

    samples: int
    mean: int
    bias: int


def baseline_of(method: BaselineMethod, history: PodHistory, index: int) -> Baseline:
    """Return the baseline of a quarter-hour; the declared one where a method has too few data."""
    found = _METHODS[method](history, index)
    if found is None:
        return declared(history, index)
    return found


def error_of(method: BaselineMethod, history: PodHistory, until: int) -> BaselineError | None:
    """Return how far a method lay from the meter on the delivery's day, where nothing was traded.

    Args:
        method: The method.
        history: What was metered.
        until: The quarter-hour before which the day is looked at.
    """
    key = (method, until)
    if key in history.errors:
        return history.errors[key]
    today = history.today
    free = [
        (index, energy)
        for index, energy in enumerate(today.energies[:until])
        if energy is not None and index not in today.traded
    ]
    if method is BaselineMethod.AGGREGATOR:  # of each point of delivery, mostly: without an object
        misses = [energy - history.declared_energy(index) for index, energy in free]
    else:
        found = ((energy, _METHODS[method](history, index)) for index, energy in free)
        misses = [energy - each.energy for energy, each in found if each is not None]
    magnitudes = [abs(miss) for miss in misses]
    error = BaselineError(len(misses), _mean(magnitudes), _mean(misses)) if misses else None
    history.errors[key] = error
    return error


def declared(history: PodHistory, index: int) -> Baseline:
    """Return the baseline that the aggregator declared."""
    return Baseline(BaselineMethod.AGGREGATOR, history.declared_energy(index))


def five_working_days(history: PodHistory, index: int) -> Baseline | None:
    """Return the mean of the same quarter-hour on the last five working days."""
    method = BaselineMethod.FIVE_WORKING_DAYS
    return _same_quarter(history, index, method, True, _FIVE, _LEAST_OF_FIVE)  # noqa: FBT003


def ten_of_ten(history: PodHistory, index: int) -> Baseline | None:
    """Return the mean of the last ten like days, shifted by the hours before the activation."""
    plain = _ten_like_days(history, index)
    if plain is None:
        return None
    end = _activation_start(history.today, index) - _ADJUSTED_BEFORE
    misses = [
        measured - before.energy
        for at in range(end - _ADJUSTED_OVER, end)
        if (measured := history.today.free(at)) is not None
        and (before := _ten_like_days(history, at)) is not None
    ]
    if len(misses) < _LEAST_ADJUSTED:
        return plain
    most = abs(plain.energy) // _MOST_SHIFT
    shift = min(max(_mean(misses), -most), most)
    return Baseline(plain.method, plain.energy + shift, plain.days, shift)


def meter_before(history: PodHistory, index: int) -> Baseline | None:
    """Return the quarter-hour before the activation began."""
    before = _activation_start(history.today, index) - 1
    day, on = history.today, history.day.on
    if before < 0:
        on = history.day.previous.on
        day = history.days.get(on, MeteredDay(()))
        before = len(day.energies) - 1
    energy = day.free(before)
    return None if energy is None else Baseline(BaselineMethod.METER_BEFORE, energy, (on,))


_METHODS: Mapping[BaselineMethod, Callable[[PodHistory, int], Baseline | None]] = {
    BaselineMethod.AGGREGATOR: declared,
    BaselineMethod.TEN_OF_TEN: ten_of_ten,
    BaselineMethod.FIVE_WORKING_DAYS: five_working_days,
    BaselineMethod.METER_BEFORE: meter_before,
}


def is_working_day(on: date, holidays: frozenset[date]) -> bool:
    """Return whether a day is from Monday to Friday and no holiday."""
    return on.weekday() < _SATURDAY and on not in holidays


def _ten_like_days(history: PodHistory, index: int) -> Baseline | None:
    is_working = is_working_day(history.day.on, history.holidays)
    return _same_quarter(history, index, BaselineMethod.TEN_OF_TEN, is_working, _TEN, _LEAST_OF_TEN)


def _same_quarter(
    history: PodHistory,
    index: int,
    method: BaselineMethod,
    is_working: bool,  # noqa: FBT001 - which days
    wanted: int,
    least: int,
) -> Baseline | None:
    """Return the mean of a quarter-hour of the clock on the last days of a kind."""
    key = (method, index)
    if key not in history.means:
        found = list(_same_quarters(history, index, is_working, wanted))
        history.means[key] = (
            Baseline(method, _mean([energy for _, energy in found]), tuple(on for on, _ in found))
            if len(found) >= least
            else None
        )
    return history.means[key]


def _same_quarters(
    history: PodHistory,
    index: int,
    is_working: bool,  # noqa: FBT001 - which days
    wanted: int,
) -> Iterator[tuple[date, int]]:
    clock = _clocks(history.day)[index]
    found = 0
    for back in range(1, LONGEST_LOOK_BACK + 1):
        on = history.day.on - timedelta(days=back)
        metered = history.days.get(on)
        if metered is None or is_working_day(on, history.holidays) is not is_working:
            continue
        energy = metered.free(_index_at(MarketDay(on, history.day.zone), clock))
        if energy is not None:
            yield on, energy
            found += 1
            if found == wanted:
                return


def _activation_start(today: MeteredDay, index: int) -> int:
    """Return the first of the traded quarter-hours in a row that end with this one."""
    while index - 1 in today.traded:
        index -= 1
    return index


@lru_cache(_KNOWN_DAYS)
def _clocks(day: MarketDay) -> tuple[tuple[time, int], ...]:
    """Return the local time of each quarter-hour, and whether the hour comes for a second time."""
    zone = ZoneInfo(day.zone)
    local = [instant.astimezone(zone) for instant in day.instants()]
    return tuple((each.time().replace(fold=0), each.fold) for each in local)


@lru_cache(_KNOWN_DAYS)
def _places(day: MarketDay) -> Mapping[tuple[time, int], int]:
    return {clock: index for index, clock in enumerate(_clocks(day))}


def _index_at(day: MarketDay, clock: tuple[time, int]) -> int:
    """Return the quarter-hour of a day at a local time; -1 where the day has none."""
    places = _places(day)
    return places.get(clock, places.get((clock[0], 0), -1))


def _mean(values: Sequence[int]) -> int:
    return round(Fraction(sum(values), len(values)))
