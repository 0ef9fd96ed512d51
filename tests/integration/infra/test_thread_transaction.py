"""Rows come whole through the connection's own cursor, and short work through a thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database, sqlite_url

metadata = MetaData()
number = Table("number", metadata, Column("id", Integer, primary_key=True), Column("word", String))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(sqlite_url(tmp_path / "x.db"), metadata)
    await made.open()
    yield made
    await made.close()


def _stored(folder: Path) -> list[int]:
    """What another program reads."""
    with sqlite3.connect(folder / "x.db") as other:
        return [row[0] for row in other.execute("SELECT id FROM number ORDER BY id")]


async def _put(connection: AsyncConnection, *ids: int) -> None:
    await connection.execute(insert(number), [{"id": each, "word": str(each)} for each in ids])


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 128, 129, 1000])
async def test_all_rows_come_at_once_or_one_by_one(database: Database, count: int) -> None:
    if count:
        async with database.transaction() as connection:
            await _put(connection, *range(count))
    query = select(number.c.id).order_by(number.c.id)
    async with database.reading() as connection:
        assert list((await connection.execute(query)).scalars()) == list(range(count))
        assert [row.id async for row in await connection.stream(query)] == list(range(count))
        first = (await connection.execute(query)).first()
        assert (None if first is None else first.id) == (0 if count else None)
        half = await connection.stream(query)
        assert [row.id for row in await half.fetchmany(70)] == list(range(count))[:70]
        await half.close()
    assert await database.look(_ids) == list(range(count))


async def _ids(connection: AsyncConnection) -> list[int]:
    return list((await connection.execute(select(number.c.id).order_by(number.c.id))).scalars())


async def test_a_work_is_durable_when_it_is_told_and_nothing_of_it_where_it_fails(
    database: Database, tmp_path: Path
) -> None:
    async def twice(connection: AsyncConnection) -> None:
        await _put(connection, 5)
        await _put(connection, 1)

    await database.transact(lambda connection: _put(connection, 1, 2))
    assert _stored(tmp_path) == [1, 2]
    with pytest.raises(IntegrityError):
        await database.transact(twice)
    assert _stored(tmp_path) == [1, 2]
    await database.transact(lambda connection: _put(connection, 5))
    assert _stored(tmp_path) == [1, 2, 5]


async def test_a_work_that_waits_for_something_else_is_no_such_work(
    database: Database, tmp_path: Path
) -> None:
    async def waits(connection: AsyncConnection) -> None:
        await _put(connection, 1)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="wait for nothing"):
        await database.transact(waits)
    assert _stored(tmp_path) == []


async def test_works_and_transactions_come_one_after_the_other(
    database: Database, tmp_path: Path
) -> None:
    async def next_one(connection: AsyncConnection) -> None:
        await _put(connection, len(await _ids(connection)))

    async def by_statement() -> None:
        async with database.transaction() as connection:
            await next_one(connection)

    works: list[Any] = [database.transact(next_one) for _ in range(20)]
    await asyncio.gather(*works, *(by_statement() for _ in range(20)))
    assert _stored(tmp_path) == list(range(40))


async def test_a_work_whose_caller_goes_is_over_before_the_next_begins(
    database: Database, tmp_path: Path
) -> None:
    task = asyncio.create_task(database.transact(lambda connection: _put(connection, *range(50))))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    before = len(_stored(tmp_path))
    assert before in {0, 50}
    await database.transact(lambda connection: _put(connection, 99))
    assert len(_stored(tmp_path)) == before + 1
