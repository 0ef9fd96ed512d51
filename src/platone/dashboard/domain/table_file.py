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
        case _:
            return csv_cell(value)
