"""Metering and profiles as CSV. Units stand in the columns' names, times carry their zone."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO

import numpy as np

from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.calendar import KINDS
from platone.grid.profile.meter_interval import INTERVALS, read_intervals
from platone.grid.profile.meter_row import MeterRows, metering_of_rows
from platone.grid.profile.metering import GOOD_QUALITIES, Metering
from platone.grid.profile.typical_day import MONTHS, Basis, TypicalDays
from platone.kernel.market_time import QUARTER_HOUR_S
from platone.kernel.record_time import InstantOutOfRange, check_recordable

_ACTIVE = ({"p_kw"}, {"energy_kwh"}, {"absorbed_kwh"}, {"absorbed_kwh", "generated_kwh"})
_QUADRANTS = {"q1_kvarh", "q2_kvarh", "q3_kvarh", "q4_kvarh"}
_REACTIVE = (set[str](), {"q_kvar"}, {"energy_kvarh"}, _QUADRANTS)
_KNOWN = {"time", "consumer", "minutes", "quality"}.union(*_ACTIVE, *_REACTIVE)
_MINUTES_AN_HOUR = 60
"""Minutes of an hour: power from an interval's energy."""
_INTERVALS = tuple(str(each) for each in INTERVALS)
_BLANK = " \t\ufeff"  # what some programs set before the first name, a byte order mark, too
Numbers = Callable[[str], float]


def read_metering_csv(
    lines: Iterable[str],
    qualities: Iterable[str] = ("", *GOOD_QUALITIES),
    *,
    interval_minutes: int | None = None,
) -> Metering:
    """Read metering, one row an interval of a consumer, in any order.

    Columns: ``time`` (start, ISO-8601 with zone), ``consumer``; active power as ``p_kw`` (mean of
    the interval), ``energy_kwh`` (net), or the meter's registers ``absorbed_kwh`` and, if it
    can feed in, ``generated_kwh``; where metered, reactive power as ``q_kvar``, ``energy_kvarh``
    or the registers ``q1_kvarh`` to ``q4_kvarh`` of the quadrants of IEC 62053-23 (inductive
    while absorbing, capacitive while generating: q1 + q2 is withdrawn, q3 + q4 fed in); and, if
    wanted, ``minutes`` (length of the interval: 15, 30 or 60) and ``quality``. An empty number is
    unknown. Where neither ``minutes`` nor the caller says it, the interval is read from the
    distances between a consumer's values; see :mod:`platone.grid.profile.meter_interval`.

    Args:
        lines: The file's lines, the header first.
        qualities: Values of ``quality`` that count; where none is said, what a meter, or a
            simulated one, measured.
        interval_minutes: The interval of all rows that have no ``minutes``: 15, 30 or 60.

    Raises:
        MeteringInvalid: A column, time or number is not as said here; the line is named. Or the
            interval can be read in two ways.
    """
    reader = csv.reader(lines)
    try:
        rows = _rows(reader, frozenset(qualities), interval_minutes)
    except (ValueError, csv.Error) as error:
        raise MeteringInvalid(f"Line {reader.line_num}: {error}.", line=reader.line_num) from error
    return metering_of_rows(rows)


def _rows(reader: Iterator[list[str]], good: Collection[str], interval: int | None) -> MeterRows:
    header = [name.strip(_BLANK) for name in next(reader, [])]
    _check_header(header)
    place = {name: number for number, name in enumerate(header)}
    active = _energy(place, _ACTIVE_SIGN)
    reactive = _energy(place, _REACTIVE_SIGN)
    rows, instants = MeterRows(), _Instants()
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(header):
            raise ValueError(f"{len(cells)} cells, where the header has {len(header)}")
        consumer = cells[place["consumer"]].strip()
        if not consumer:
            raise ValueError("no consumer is named")
        rows.add(
            consumer,
            instants(cells[place["time"]]),
            _minutes(cells[place["minutes"]]) if "minutes" in place else interval or 0,
            active(cells),
            reactive(cells),
            is_good="quality" not in place or cells[place["quality"]].strip() in good,
        )
    _complete(rows, place)
    return rows


def _minutes(text: str) -> int:
    if text.strip() not in _INTERVALS:
        raise ValueError(f"minutes is {text!r}, not one of {', '.join(_INTERVALS)}")
    return int(text)


def _complete(rows: MeterRows, place: Collection[str]) -> None:
    """Fill in intervals that were not said, and make energies of mean powers by them."""
    if rows.minutes and 0 in rows.minutes:
        consumer, start_s = np.array(rows.consumer, np.intp), np.array(rows.start_s, np.intp)
        rows.minutes = read_intervals(tuple(rows.consumers), consumer, start_s).tolist()
    hours = np.array(rows.minutes) / _MINUTES_AN_HOUR
    if "p_kw" in place:
        rows.kwh = (np.array(rows.kwh) * hours).tolist()
    if "q_kvar" in place:
        rows.kvarh = (np.array(rows.kvarh) * hours).tolist()


_ACTIVE_SIGN = {
    "p_kw": 1.0,
    "energy_kwh": 1.0,
    "absorbed_kwh": 1.0,
    "generated_kwh": -1.0,
}
_REACTIVE_SIGN = {
    "q_kvar": 1.0,
    "energy_kvarh": 1.0,
    "q1_kvarh": 1.0,
    "q2_kvarh": 1.0,
    "q3_kvarh": -1.0,
    "q4_kvarh": -1.0,
}


def _check_header(header: Sequence[str]) -> None:
    names = set(header)
    unknown = sorted(names - _KNOWN)
    if unknown or len(names) != len(header):
        wrong = ", ".join(unknown or header)
        raise MeteringInvalid(
            f"Columns that are not known, or come twice: {wrong}. A comma stands between columns."
        )
    if not {"time", "consumer"} <= names:
        raise MeteringInvalid("The columns time and consumer are needed.")
    if names & set(_ACTIVE_SIGN) not in _ACTIVE:
        raise MeteringInvalid("One of p_kw, energy_kwh, or absorbed_kwh is needed, and no other.")
    if names & set(_REACTIVE_SIGN) not in _REACTIVE:
        raise MeteringInvalid("At most one of q_kvar, energy_kvarh, or q1_kvarh to q4_kvarh.")


def _energy(place: Mapping[str, int], signs: Mapping[str, float]) -> Callable[[list[str]], float]:
    """Return a function that adds up a row's energy, or mean power, from the columns there are."""
    parts = [(place[name], sign) for name, sign in signs.items() if name in place]

    def energy(cells: list[str]) -> float:
        if not parts or any(not cells[number].strip() for number, _ in parts):
            return float("nan")
        try:
            total = sum(sign * float(cells[number]) for number, sign in parts)
        except ValueError:
            total = float("nan")
        if not np.isfinite(total):
            read = ", ".join(cells[number] for number, _ in parts)
            raise ValueError(f"{read} is no finite number with a decimal point")
        return total

    return energy


class _Instants:
    """Seconds of instants; the many rows of one instant are read once."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        known = self._known.get(text)
        if known is None:
            try:
                instant = datetime.fromisoformat(text.strip())
            except ValueError as error:
                raise ValueError(f"{text!r} is no time; one is 2021-06-23T10:30:00Z") from error
            if instant.tzinfo is None:
                raise ValueError(f"the time {text} has no zone")
            try:
                check_recordable(instant)
            except InstantOutOfRange as error:
                raise ValueError(f"the time {error.detail.rstrip('.')}") from error
            seconds = instant.timestamp()
            if seconds % QUARTER_HOUR_S:
                raise ValueError(f"the time {text} is not on a quarter-hour")
            known = self._known[text] = int(seconds)
        return known


def write_profile_csv(typical: TypicalDays, file: IO[str]) -> None:
    """Write typical days, one row a quarter-hour of a curve.

    Columns: ``consumer``, ``month`` (1 to 12), ``day_kind``, ``quarter_hour`` (0 to 95 on the
    clocks), ``basis`` (which days it rests on), ``count``, ``mean_kw``, ``deviation_kw``, a column
    such as ``p10_kw`` for each quantile, and where it was metered ``mean_kvar``,
    ``deviation_kvar``.
    """
    writer = csv.writer(file, lineterminator="\n")
    levels = [f"p{100 * level:g}_kw" for level in typical.rule.levels]
    reactive = [] if typical.q is None else ["mean_kvar", "deviation_kvar"]
    names = ["consumer", "month", "day_kind", "quarter_hour", "basis", "count"]
    writer.writerow([*names, "mean_kw", "deviation_kw", *levels, *reactive])
    for place, consumer in enumerate(typical.consumers):
        for month, kind in np.ndindex(MONTHS, len(KINDS)):
            basis = Basis(int(typical.basis[month, kind, place]))
            if basis is Basis.NONE:
                continue
            for quarter in range(typical.p.mean.shape[2]):
                spot = month, kind, quarter, place
                key = [consumer, month + 1, KINDS[kind].value, quarter, basis.title]
                writer.writerow([*key, typical.p.count[spot], *_cells(typical, spot)])


def _cells(typical: TypicalDays, spot: tuple[int, int, int, int]) -> list[str]:
    values = [typical.p.mean[spot], typical.p.deviation[spot], *typical.p.quantiles[:, *spot]]
    if typical.q is not None:
        values += [typical.q.mean[spot], typical.q.deviation[spot]]
    return [_number(value) for value in values]


def _number(value: float) -> str:
    """Return the shortest digits that give the number again; nothing where it is unknown."""
    return "" if np.isnan(value) else repr(float(value))
