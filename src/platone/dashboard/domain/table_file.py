"""A table of a page as a file: comma-separated values that spreadsheets and programs read."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import TypeVar
from zoneinfo import ZoneInfo

from platone.infra.http.csv_cell import csv_cell

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], object]]
"""The columns of a table: each a name with its unit, and what it tells of a row."""

_DIGITS = 9
"""Decimals of a number in a file: a millionth of a watt; what lies beyond is how machines add."""


def table_file(columns: Columns[T], rows: Iterable[T], zone: str) -> str:
    """Return a table with its columns' names; instants stand in the site's zone, with its offset.

    Args:
        columns: Its columns.
        rows: Its rows.
        zone: IANA name of the site's zone.
    """
    site, text = ZoneInfo(zone), io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_cell(tell(row), site) for tell in columns.values())
    return text.getvalue()


def _cell(value: object, site: ZoneInfo) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(site).isoformat()
        case Enum():
            return csv_cell(value.value)
        case float():
            return _figure(value)
        case _:
            return csv_cell(value)


def _figure(value: float) -> str:
    """Return a number as files tell it: decimals, without what lies beyond how machines add."""
    exact = round(value, _DIGITS) + 0.0  # nothing is not less than nothing
    text = f"{exact:.{_DIGITS}f}".rstrip("0")
    return text + "0" if text.endswith(".") else text
