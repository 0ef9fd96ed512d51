"""CSV files of a study: the consumers' power, what is flexible, what was traded.

Instants are ISO-8601 with a zone, columns carry their units, power is positive when withdrawn.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import numpy as np

from platone.dso.domain.array import Floats
from platone.dso.domain.flow.state import ConsumerPower, snapshot
from platone.dso.domain.network.model import Network
from platone.dso.domain.problem import SeriesFileInvalid

_AT, _KW, _KVAR = "at", " kW", " kvar"
Row = TypeVar("Row", bound=msgspec.Struct)
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True)
class PowerSeries:
    """The consumers' power over some instants.

    Attributes:
        instants: Starts of the quarter-hours.
        power: One scenario an instant, in the network's order of consumers.
    """

    instants: tuple[datetime, ...]
    power: ConsumerPower


def read_power(path: Path, network: Network) -> PowerSeries:
    """Read a file with a row an instant: ``at``, then ``<consumer> kW`` and ``<consumer> kvar``.

    Consumers that it does not name keep the power that the network file gives them; one with kW
    alone keeps its ratio of kvar to kW there (none: 0 kvar).

    Raises:
        SeriesFileInvalid: A column, instant or number is not right; it says which.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        columns = _columns(path, header, network)
        instants, values = [], []
        for number, row in enumerate(rows, start=2):
            if len(row) != len(header):
                raise SeriesFileInvalid(f"{path.name}, line {number}: {len(row)} columns.")
            instants.append(_instant(path, number, row[0]))
            values.append([_number(path, number, h, v) for h, v in zip(header, row, strict=True)])
    if not values:
        raise SeriesFileInvalid(f"{path.name} has no rows.")
    return PowerSeries(tuple(instants), _power(np.array(values), columns, network))


def _columns(path: Path, header: Sequence[str], network: Network) -> Mapping[tuple[int, str], int]:
    if not header or header[0] != _AT:
        raise SeriesFileInvalid(f"{path.name}: the first column must be {_AT!r}.")
    columns: dict[tuple[int, str], int] = {}
    for place, name in enumerate(header[1:], start=1):
        unit = next((each for each in (_KW, _KVAR) if name.endswith(each)), None)
        if unit is None:
            raise SeriesFileInvalid(f"{path.name}: column {name!r} ends neither in kW nor kvar.")
        consumer = name.removesuffix(unit)
        if consumer not in network.consumer_position:
            raise SeriesFileInvalid(f"{path.name}: the network has no consumer {consumer!r}.")
        key = network.consumer_position[consumer], unit
        if key in columns:
            raise SeriesFileInvalid(f"{path.name}: column {name!r} stands twice.")
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
            if (consumer, _KVAR) not in columns and base.p_kw[0, consumer]:
                ratio = base.q_kvar[0, consumer] / base.p_kw[0, consumer]
                q_kvar[:, consumer] = values[:, place] * ratio
    return ConsumerPower(p_kw, q_kvar)


def _number(path: Path, line: int, column: str, text: str) -> float:
    if column == _AT:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise SeriesFileInvalid(f"{path.name}, line {line}, {column}: {text!r} is no number.")
    return value


def _instant(path: Path, line: int, text: str) -> datetime:
    try:
        return msgspec.convert(text, _Instant)
    except msgspec.ValidationError as error:
        raise SeriesFileInvalid(
            f"{path.name}, line {line}, {_AT}: {text!r} is no instant with a zone."
        ) from error


def read_rows(path: Path, form: type[Row]) -> Iterator[Row]:
    """Rows of a file whose columns are the fields of a form, by their names on the wire.

    Raises:
        SeriesFileInvalid: A column is missing or unknown, or a value is not of its kind.
    """
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            filled = {name: text for name, text in row.items() if text != ""}
            try:
                yield msgspec.convert(filled, form, strict=False)
            except msgspec.ValidationError as error:
                raise SeriesFileInvalid(f"{path.name}, line {number}: {error}") from error
