"""Long values of a single row, which are read some megabytes at a time.

SQLite's library hands a value over in one call that lets nobody else run, 0.2 s and more for 250 MB
on a quiet machine. In parts, others have their turn between.
"""

import io
from typing import Any

from sqlalchemy import Column, ColumnElement, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.sqlite_connection import SqliteConnection

_BYTES_AT_ONCE = 4_000_000
"""Bytes that are read in one call: some milliseconds."""


async def read_long(
    connection: AsyncConnection, column: Column[Any], row: ColumnElement[bool]
) -> bytes | None:
    """Return a value of bytes; None where it is null, or there is no such row.

    Args:
        connection: The transaction, which is not one of a thread of its own.
        column: The value's column, of a table with row numbers, as all are.
        row: The condition that at most one row of its table meets.
    """
    if connection.dialect.name == "sqlite":
        place = select(literal_column("rowid"), func.length(column)).where(row)
        known = (await connection.execute(place)).first()
        if known is None or known[1] is None:
            return None
        if known[1] > _BYTES_AT_ONCE:
            return await _in_parts(connection, (column.table.name, column.name, known[0]))
    found: bytes | None = (await connection.execute(select(column).where(row))).scalar()
    return found


async def _in_parts(connection: AsyncConnection, place: tuple[str, str, int]) -> bytes:
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, SqliteConnection):
        raise TypeError(f"{type(driver).__name__} is no connection of ours.")
    text = io.BytesIO()
    await driver.call(_read, driver, place, text)
    return text.getvalue()


def _read(connection: SqliteConnection, place: tuple[str, str, int], into: io.BytesIO) -> None:
    """Read a value in parts, in the connection's thread."""
    with connection.driver.blobopen(*place, readonly=True) as value:
        while part := value.read(_BYTES_AT_ONCE):
            into.write(part)
