"""The file of a set of measurements: JSON, or CSV with a row a measurement."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from platone.grid.estimation.measurement import Measurement
from platone.grid.problem.file import MeasurementFileInvalid
from platone.grid.shown import Shown
from platone.kernel.record_time import check_recordable
from platone.messages.base import Instant, Message
from platone.messages.instant import check_instants

_TEXTS = {"kind", "id", "source", "at", "bus", "branch", "end", "element"}


class MeasurementSet(Shown, Message):
    """The measurements of one instant.

    Attributes:
        format: Which form this is.
        at: The instant.
        measurements: What was measured.
    """

    format: Literal["platone-measurements/1"] = "platone-measurements/1"
    at: Instant
    measurements: Annotated[tuple[Measurement, ...], msgspec.Meta(max_length=1_000_000)]


def read_measurements(content: bytes, at: datetime | None = None) -> MeasurementSet:
    """Read a file of measurements.

    Args:
        content: JSON, or CSV whose header names fields as JSON does; empty fields are left out.
        at: The instant of a CSV file, which does not say one for all; none: that of its newest
            row.

    Raises:
        MeasurementFileInvalid: It is not of this form; the detail says where.
        InstantOutOfRange: An instant lies outside the years 2000 to 2099.
    """
    found = _read(content, at)
    check_instants(found)
    return found


def _read(content: bytes, at: datetime | None) -> MeasurementSet:
    if content.lstrip()[:1] == b"{":
        try:
            return msgspec.json.decode(content, type=MeasurementSet)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MeasurementFileInvalid(str(error)) from error
    rows = tuple(_rows(content))
    newest = max((row.at for row in rows if row.at is not None), default=None)
    instant = at or newest
    if instant is None:
        raise MeasurementFileInvalid("No row has an instant (column at), and none was given.")
    check_recordable(instant)
    return MeasurementSet(at=instant.astimezone(UTC), measurements=rows)


def _rows(content: bytes) -> Iterator[Measurement]:
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        for row in table:
            fields = {name: _field(name, text) for name, text in row.items() if text}
            yield msgspec.convert(fields, Measurement, strict=False)
    except (UnicodeDecodeError, csv.Error, ValueError, AttributeError) as error:
        line = table.line_num if "table" in locals() else 0
        raise MeasurementFileInvalid(f"line {line}: {error}", line=line) from error


def _field(name: str | None, text: Any) -> Any:
    if name is None:
        raise ValueError("it has more fields than the header")
    return text.strip() if name in _TEXTS else float(text)
