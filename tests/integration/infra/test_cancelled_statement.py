"""A statement that is cancelled again and again leaves nothing that hangs behind."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, event, text

from platone.infra.db import Database, sqlite_url
from platone.infra.ending import end_tasks

_BUSY_S = 0.4
"""As long as a slow disk takes for one statement, s."""


def _make_slow(connection: Any, _record: object) -> None:
    connection.create_function("slow", 0, lambda: time.sleep(_BUSY_S))


async def _read(database: Database) -> None:
    async with database.reading() as connection:
        await connection.execute(text("SELECT slow()"))


@pytest.mark.parametrize("cancellations", [1, 2, 3])
def test_the_loop_ends_after_a_slow_statement_was_cancelled(
    tmp_path: Path, cancellations: int
) -> None:
    left: list[str] = []

    async def work() -> None:
        database = Database(sqlite_url(tmp_path / "a.db"), MetaData())
        event.listen(database._engine.sync_engine, "connect", _make_slow)
        await database.open()

        reading = asyncio.create_task(_read(database))
        await asyncio.sleep(_BUSY_S / 4)
        for _ in range(cancellations):
            reading.cancel()
            await asyncio.sleep(_BUSY_S / 10)
        await asyncio.wait([reading])
        await database.close()
        # As asyncio's runner does at its end: it cancels what is left once, and waits for ever.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        _, pending = await asyncio.wait(others, timeout=10) if others else (set(), set())
        left.extend(repr(task.get_coro()) for task in pending)
        await end_tasks(pending)

    asyncio.run(work())
    assert not left


@pytest.mark.parametrize("cancellations", [1, 2, 3])
async def test_closing_the_database_ends_the_connection_of_a_cancelled_statement(
    tmp_path: Path, cancellations: int
) -> None:
    database = Database(sqlite_url(tmp_path / "a.db"), MetaData())
    made: list[Any] = []
    event.listen(
        database._engine.sync_engine, "connect", lambda each, _: made.append(each.driver_connection)
    )
    event.listen(database._engine.sync_engine, "connect", _make_slow)
    await database.open()

    reading = asyncio.create_task(_read(database))
    await asyncio.sleep(_BUSY_S / 4)
    for _ in range(cancellations):
        reading.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([reading])
    await database.close()
    assert made
    assert [each for each in made if each._connection is not None] == []
