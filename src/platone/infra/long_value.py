"""Long values of a single row, which are read and written some megabytes at a time.

SQLite's library hands a value over in one call that lets nobody else run, 0.2 s and more for 250 MB
on a quiet machine; of one that is written it makes two more copies in memory. In parts, others have
their turn between, and there is one copy.
"""

import io
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Table,
    and_,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.sqlite_connection import SqliteConnection

_BYTES_AT_ONCE = 4_000_000
"""Bytes that are read or written in one call: some milliseconds."""


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


async def add_long(connection: AsyncConnection, table: Table, row: Mapping[str, object]) -> None:
    """Insert a row, its long values in parts.

    Args:
        connection: The transaction, which is not one of a thread of its own.
        table: The table, with row numbers, as all have.
        row: The values by column.
    """
    long = _long_values(connection, row)
    await connection.execute(insert(table).values({**row, **_room(long)}))
    is_it = and_(*(column == row[column.name] for column in table.primary_key))
    await _fill(connection, table, is_it, long)


async def change_long(
    connection: AsyncConnection,
    table: Table,
    row: ColumnElement[bool],
    values: Mapping[str, object],
) -> None:
    """Change a row, its long values in parts.

    Args:
        connection: The transaction, which is not one of a thread of its own.
        table: The table, with row numbers, as all have.
        row: The condition that at most one row meets, before the change and after it.
        values: The new values by column.
    """
    long = _long_values(connection, values)
    await connection.execute(update(table).where(row).values({**values, **_room(long)}))
    await _fill(connection, table, row, long)


def _long_values(connection: AsyncConnection, values: Mapping[str, object]) -> dict[str, bytes]:
    """Return the values that are written in parts: of a database server none is."""
    if connection.dialect.name != "sqlite":
        return {}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, bytes) and len(value) > _BYTES_AT_ONCE
    }


def _room(long: Mapping[str, bytes]) -> dict[str, object]:
    """Return zeros of the same lengths, which keep the place of long values until they come."""
    return {name: func.zeroblob(len(value)) for name, value in long.items()}


async def _fill(
    connection: AsyncConnection, table: Table, row: ColumnElement[bool], long: Mapping[str, bytes]
) -> None:
    """Write long values of a row into the room that was left for them."""
    if not long:
        return
    query = select(literal_column("rowid", BigInteger)).select_from(table).where(row)
    number = (await connection.execute(query)).scalar()
    if number is None:
        return
    driver = await _driver(connection)
    for name, value in long.items():
        await driver.call(_write, driver, (table.name, name, number), value)


async def _in_parts(connection: AsyncConnection, place: tuple[str, str, int]) -> bytes:
    driver = await _driver(connection)
    text = io.BytesIO()
    await driver.call(_read, driver, place, text)
    return text.getvalue()


async def _driver(connection: AsyncConnection) -> SqliteConnection:
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, SqliteConnection):
        raise TypeError(f"{type(driver).__name__} is no connection of ours.")
    return driver


def _read(connection: SqliteConnection, place: tuple[str, str, int], into: io.BytesIO) -> None:
    """Read a value in parts, in the connection's thread."""
    with connection.driver.blobopen(*place, readonly=True) as value:
        while part := value.read(_BYTES_AT_ONCE):
            into.write(part)


def _write(connection: SqliteConnection, place: tuple[str, str, int], value: bytes) -> None:
    """Write a value in parts into the room that was left for it, in the connection's thread."""
    with connection.driver.blobopen(*place) as room, memoryview(value) as text:
        for start in range(0, len(text), _BYTES_AT_ONCE):
            room.write(text[start : start + _BYTES_AT_ONCE])
