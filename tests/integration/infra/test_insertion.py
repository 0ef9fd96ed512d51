"""Rows stand as they were given, in either database, however they are inserted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.records import RecordsAt

from platone.infra.db import Database
from platone.infra.insertion import Insertion
from platone.infra.whole import WholeNumber
from platone.market.records.table import InstantColumn

pytestmark = pytest.mark.both_databases

metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", InstantColumn, nullable=False),
    Column("ended", InstantColumn),
    Column("text", LargeBinary, nullable=False),
)
note = Table(
    "note",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("word", String),
)
AT = datetime(2021, 6, 22, 10, 0, 0, 123_456, UTC)
ROWS = [
    ("a", AT, None, b"\x00\xff"),
    ("b'%s:x", AT, AT, b""),
    ("ä\u2028", datetime(1969, 1, 1, tzinfo=UTC), None, b"{}"),
]
_FIELDS = ("name", "at", "ended", "text")


async def _stored(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as connection:
        rows = await connection.execute(select(thing).order_by(thing.c.name))
        return sorted(tuple(row) for row in rows)


async def _inserted(
    database: Database, rows: Sequence[tuple[object, ...]], *, missing: bool
) -> None:
    insertion = Insertion(thing, is_for_missing=missing)
    await database.transact(lambda connection: insertion(connection, rows))


async def test_rows_stand_as_sqlalchemy_inserts_them(tmp_path: Path, records_at: RecordsAt) -> None:
    found = []
    for name in ("ours", "its"):
        database = Database(records_at(tmp_path / f"{name}.db"), metadata)
        try:
            await database.open()
            if name == "ours":
                await _inserted(database, ROWS, missing=False)
            else:
                its = [dict(zip(_FIELDS, row, strict=True)) for row in ROWS]
                async with database.transaction() as connection:
                    await connection.execute(insert(thing), its)
            found.append(await _stored(database))
        finally:
            await database.close()
    assert found == [sorted(ROWS, key=lambda row: row[0])] * 2


async def test_a_row_that_stands_is_refused_or_left_as_it_is(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    database = Database(records_at(tmp_path / "things.db"), metadata)
    others = [("c", AT, None, b"new"), ("a", AT, AT, b"other"), ("c", AT, None, b"again")]
    try:
        await database.open()
        await _inserted(database, ROWS[:1], missing=False)
        with pytest.raises(IntegrityError):
            await _inserted(database, others, missing=False)
        assert await _stored(database) == ROWS[:1]  # nothing of what was refused
        await _inserted(database, others, missing=True)
        assert await _stored(database) == [ROWS[0], others[0]]
    finally:
        await database.close()


async def test_the_database_numbers_rows_whatever_their_number(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    database, add = Database(records_at(tmp_path / "notes.db"), metadata), Insertion(note)
    words = [f"word {number}" for number in range(2_500)]

    async def added(connection: AsyncConnection) -> None:
        await add(connection, ())
        await add(connection, ((word,) for word in words))

    try:
        await database.open()
        async with database.transaction() as connection:
            await added(connection)
        await database.transact(added)
        async with database.reading() as connection:
            query = select(note.c.word).order_by(note.c.number)
            assert list((await connection.execute(query)).scalars()) == words * 2
    finally:
        await database.close()
