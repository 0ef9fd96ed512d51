"""CSV files of a study: the consumers' power, what is flexible, what was traded.

Instants are ISO-8601 with a zone, columns carry their units, power is positive when withdrawn.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.power_factor import kvar_per_kw
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.model import Network
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.shown import Shown
from platone.kernel.market_time import as_utc
from platone.kernel.record_time import InstantOutOfRange

_AT, _KW, _KVAR = "at", " kW", " kvar"
Row = TypeVar("Row", bound=msgspec.Struct)
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True, repr=False)
class PowerSeries(Shown):
    """The consumers' power over some instants.

    Attributes:
        instants: Starts of the quarter-hours, UTC.
        power: One scenario an instant, in the network's order of consumers.
    """

    instants: tuple[datetime, ...]
    power: ConsumerPower


def read_power(path: Path, network: Network) -> PowerSeries:
    """Read a file with a row an instant: ``at``, then ``<consumer> kW`` and ``<consumer> kvar``.

    Consumers that it does not name keep the power that the network file gives them; one with kW
    alone keeps its ratio of kvar to kW there, and where there is none its kvar.

    Raises:
        SeriesFileInvalid: A column, instant or number is not right; it says which.
    """
    lines = _lines(path)
    _, (first, *names) = next(lines)
    if first != _AT:
        raise SeriesFileInvalid(f"{path}: the first column must be {_AT!r}.")
    columns = _columns(path, names, network)
    values: dict[datetime, Floats] = {}
    for line, (at, *cells) in lines:
        instant = _instant(path, line, at)
        if instant in values:
            raise SeriesFileInvalid(f"{path}, line {line}: {at} comes twice.")
        pairs = zip(names, cells, strict=True)
        values[instant] = np.array([_number(path, line, *pair) for pair in pairs], np.float64)
    if not values:
        raise SeriesFileInvalid(f"{path} has no rows.")
    return PowerSeries(tuple(values), _power(np.array([*values.values()]), columns, network))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with their lines, the header first, all as long as it, without empty lines."""
    width = 0
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for cells in (reader := csv.reader(file)):
                if not cells:
                    continue
                width = width or len(cells)
                if len(cells) != width:
                    reason = f"{len(cells)} cells, where the header has {width}"
                    raise SeriesFileInvalid(f"{path}, line {reader.line_num}: {reason}.")
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise SeriesFileInvalid(f"{path} is not UTF-8: {error.reason}.") from error
    except csv.Error as error:
        raise SeriesFileInvalid(f"{path}, line {reader.line_num}: {error}.") from error
    if not width:
        raise SeriesFileInvalid(f"{path} is empty.")


def _columns(path: Path, names: Sequence[str], network: Network) -> Mapping[tuple[int, str], int]:
    columns: dict[tuple[int, str], int] = {}
    for place, name in enumerate(names):
        unit = next((each for each in (_KW, _KVAR) if name.endswith(each)), None)
        if unit is None:
            raise SeriesFileInvalid(f"{path}: column {name!r} ends neither in kW nor kvar.")
        consumer = name.removesuffix(unit)
        if consumer not in network.consumer_position:
            raise SeriesFileInvalid(f"{path}: the network has no consumer {consumer!r}.")
        key = network.consumer_position[consumer], unit
        if key in columns:
            raise SeriesFileInvalid(f"{path}: column {name!r} stands twice.")
        columns[key] = place
    return columns


def _power(
    values: Floats, columns: Mapping[tuple[int, str], int], network: Network
) -> ConsumerPower:
    base = snapshot(network)
    p_kw = np.repeat(base.p_kw, len(values), axis=0)
    q_kvar = np.repeat(base.q_kvar, len(values), axis=0)
    for (consumer, unit), place in columns.items():
        if unit == _KVAR:
            q_kvar[:, consumer] = values[:, place]
        else:
            p_kw[:, consumer] = values[:, place]
            ratio = kvar_per_kw(base.p_kw[:, consumer], base.q_kvar[:, consumer])
            if (consumer, _KVAR) not in columns and ratio:
                q_kvar[:, consumer] = values[:, place] * ratio
    return ConsumerPower(p_kw, q_kvar)


def _number(path: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SeriesFileInvalid(f"{path}, line {line}, {column}: {text!r} is no number.")
    return value


def _instant(path: Path, line: int, text: str) -> datetime:
    where = f"{path}, line {line}, {_AT}"
    try:
        return as_utc(msgspec.convert(text, _Instant))
    except msgspec.ValidationError as error:
        raise SeriesFileInvalid(f"{where}: {text!r} is no instant with a zone.") from error
    except InstantOutOfRange as error:
        raise SeriesFileInvalid(f"{where}: {error.detail}") from error


def read_rows(path: Path, form: type[Row]) -> Iterator[Row]:
    """Yield the rows of a file whose columns are the fields of a form, by their names on the wire.

    Raises:
        SeriesFileInvalid: A column is missing, unknown or there twice, or a value is not of its
            kind.
    """
    lines = _lines(path)
    _, header = next(lines)
    if len(set(header)) != len(header):
        raise SeriesFileInvalid(f"{path}: a column stands twice in {','.join(header)[:80]!r}.")
    for line, cells in lines:
        filled = {name: text for name, text in zip(header, cells, strict=True) if text}
        try:
            row = msgspec.convert(filled, form, strict=False)
        except msgspec.ValidationError as error:
            raise SeriesFileInvalid(f"{path}, line {line}: {error}.") from error
        for name, value in msgspec.structs.asdict(row).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise SeriesFileInvalid(f"{path}, line {line}: {name} is no number.")
        yield row
