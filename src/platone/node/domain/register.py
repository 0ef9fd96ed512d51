"""Counters of meters turned into energies of intervals.

::

    counter  1040 ── 1065 ── 1090 ──────────── gap ───────────── 1190     the meter of serial A
    instant 12:00   12:15   12:30                               13:30
    energy      25      25      25    25    25    25                      the last four estimated

Between two showings of a meter it is known exactly what was taken, whatever happened to its
counters' digits. It is told of the interval where that is one interval of the meter's length, or a
part of a quarter-hour, as before and after a meter is replaced. Where showings are missing, what
was taken is known in total only: it is spread evenly, to the last Wh, and estimated.
Nothing is told where nobody knows the total: where a counter was set back, or where a meter was
replaced without its last and the other's first showing at the same instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from platone.kernel.market_time import QUARTER_HOUR_MINUTES
from platone.kernel.meter_register import advance
from platone.kernel.reading_choice import ESTIMATED, MEASURED
from platone.messages.metering import Reading, Registers

LONGEST_SPREAD = timedelta(days=1)
"""Time between two showings over which energy is spread at most: what was taken when within more
than a day nobody can tell."""
_MINUTE = timedelta(minutes=1)
"""The unit of intervals' lengths."""
_WH_PER_KWH = 1000
"""Wh in a kWh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingMeter:
    """A meter with counters of energy withdrawn and energy fed in.

    Attributes:
        meter_id: Its serial number.
        digits: Digits that its counters show, decimals among them.
        unit_wh: Wh that a step of the last digit stands for.
        most_kw: The most that it can carry, kW: a counter that went faster was set back.
    """

    meter_id: str
    digits: int
    unit_wh: int
    most_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """The state of a meter's counters at an instant.

    Attributes:
        meter: The meter.
        at: The instant; its minute counts.
        imported: The counter of energy withdrawn.
        exported: The counter of energy fed in.
        is_last: Whether the meter was taken down then.
    """

    meter: CountingMeter
    at: datetime
    imported: int
    exported: int = 0
    is_last: bool = False

    @property
    def minute(self) -> datetime:
        """The minute in which they were read."""
        return self.at.replace(second=0, microsecond=0)


def readings_of(pod_id: str, minutes: int, showings: Iterable[Showing]) -> list[Reading]:
    """Return the readings that showings of the counters at a point of delivery come to.

    Args:
        pod_id: The point of delivery.
        minutes: The length of an interval: 5, 15, 30 or 60.
        showings: In order of time; of one meter after another. A showing that comes again counts
            once.
    """
    counting = bounds(minutes, showings)
    return [
        each
        for first, last in pairwise(counting)
        for each in _between(pod_id, minutes, first, last)
    ]


def bounds(minutes: int, showings: Iterable[Showing]) -> list[Showing]:
    """Return the showings at the ends of intervals, and each meter's first and last."""
    once = {(each.minute, each.meter.meter_id): each for each in showings}
    known = list(once.values())
    return [
        each
        for place, each in enumerate(known)
        if not each.minute.minute % minutes
        or each.is_last
        or place == 0
        or known[place - 1].meter.meter_id != each.meter.meter_id
        or known[min(place + 1, len(known) - 1)].meter.meter_id != each.meter.meter_id
    ]


def _between(pod_id: str, minutes: int, first: Showing, last: Showing) -> Iterator[Reading]:
    """Yield the readings between two showings that follow one another."""
    told = last.minute - first.minute
    if first.meter != last.meter or not timedelta(0) < told <= LONGEST_SPREAD:
        return
    registers = Registers(
        meter_id=first.meter.meter_id,
        digits=first.meter.digits,
        unit_wh=first.meter.unit_wh,
        import_start=first.imported,
        import_end=last.imported,
        export_start=first.exported,
        export_end=last.exported,
    )
    energy_wh = registers.energy_wh
    if energy_wh is None or _was_set_back(first, last):
        return
    cuts = _cuts(minutes, first.minute, last.minute)
    is_measured = len(cuts) == 2  # noqa: PLR2004 - one interval: its start and its end
    for start, end in pairwise(cuts):
        yield Reading(
            pod_id=pod_id,
            start_time=start,
            duration_minutes=(end - start) // _MINUTE,
            energy_wh=_share(energy_wh, end - first.minute, told)
            - _share(energy_wh, start - first.minute, told),
            quality=MEASURED if is_measured else ESTIMATED,
            registers=registers if is_measured else None,
        )


def _was_set_back(first: Showing, last: Showing) -> bool:
    """Return whether a counter would have had to go faster than its meter can carry."""
    meter, hours = first.meter, (last.minute - first.minute) / timedelta(hours=1)
    most_wh = meter.most_kw * hours * _WH_PER_KWH
    ways = (first.imported, last.imported), (first.exported, last.exported)
    return any(advance(*way, meter.digits) * meter.unit_wh > most_wh for way in ways)


def _cuts(minutes: int, start: datetime, end: datetime) -> Sequence[datetime]:
    """Return where the time between two instants is cut into intervals that readings may have."""
    cuts = [start]
    while cuts[-1] < end:
        at = cuts[-1]
        whole = at + (minutes - at.minute % minutes) * _MINUTE
        if at.minute % minutes or whole > end:  # a part: no further than its quarter-hour
            quarter = at + (QUARTER_HOUR_MINUTES - at.minute % QUARTER_HOUR_MINUTES) * _MINUTE
            whole = min(whole, quarter)
        cuts.append(min(whole, end))
    return cuts


def _share(energy_wh: int, passed: timedelta, told: timedelta) -> int:
    """Return the energy until some time has passed; what is between two adds up to the whole."""
    return energy_wh * (passed // _MINUTE) // (told // _MINUTE)
