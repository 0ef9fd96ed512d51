"""Who waits for the disk lets others write meanwhile; nobody is told before the disk has answered.

The disk is what is stood in for: the system's call that asks it.
"""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database, sqlite_url
from platone.infra.shared_sync import LogInUse
from platone.infra.storage import StorageUnavailable

metadata = MetaData()
number = Table("number", metadata, Column("id", Integer, primary_key=True))
PATIENCE_S = 30.0


class Disk:
    """A disk that answers when it is let, and counts what it was asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.let = threading.Event()
        self.asked: list[str] = []
        self.fails = 0
        self._real = os.fdatasync
        patch.setattr(os, "fdatasync", self)

    def __call__(self, descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        self.asked.append(name)
        assert self.let.wait(PATIENCE_S)
        if self.fails:
            self.fails -= 1
            raise OSError(errno.EIO, "Input/output error")
        self._real(descriptor)

    async def until_asked(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.asked) < count:
                await asyncio.sleep(0.001)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(sqlite_url(tmp_path / "x.db"), metadata)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def _stored(folder: Path) -> list[int]:
    """What another program reads."""
    with sqlite3.connect(folder / "x.db") as other:
        return [row[0] for row in other.execute("SELECT id FROM number ORDER BY id")]


async def _put(database: Database, name: int) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(number), [{"id": name}])

    await database.transact(work)


async def _ids(connection: AsyncConnection) -> list[int]:
    return list((await connection.execute(select(number.c.id).order_by(number.c.id))).scalars())


async def test_others_write_while_one_waits_for_the_disk_which_is_asked_once_for_them(
    database: Database, disk: Disk, tmp_path: Path
) -> None:
    first = asyncio.create_task(_put(database, 1))
    await disk.until_asked(1)
    others = [asyncio.create_task(_put(database, name)) for name in range(2, 12)]
    async with asyncio.timeout(PATIENCE_S):
        while await database.look(_ids) != list(range(1, 12)):
            await asyncio.sleep(0.001)
    assert _stored(tmp_path) == list(range(1, 12))  # committed, but nobody is told yet
    assert not first.done()
    assert not any(each.done() for each in others)
    disk.let.set()
    await asyncio.gather(first, *others)
    # what was asked before the others were committed is not taken for them
    assert [name for name in disk.asked if name.endswith("-wal")] == ["x.db-wal"] * 2


async def test_a_log_that_the_disk_failed_at_is_begun_anew_before_anything_else_is_written(
    database: Database, disk: Disk, tmp_path: Path
) -> None:
    disk.let.set()
    disk.fails = 1
    told = await asyncio.gather(_put(database, 1), return_exceptions=True)
    assert isinstance(told[0], StorageUnavailable)
    assert told[0].detail == (
        "What was stored may not outlast a power cut, send the same again: input/output error."
    )
    log = tmp_path / "x.db-wal"
    assert log.stat().st_size > 0
    reader = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM number").fetchall()  # holds the log
    with pytest.raises(LogInUse):
        await _put(database, 2)
    reader.close()
    await _put(database, 2)
    assert _stored(tmp_path) == [1, 2]
    with sqlite3.connect(tmp_path / "x.db") as alone:  # the first is in the file, not in the log
        alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert log.stat().st_size == 0
    async with database.transaction() as connection:
        await connection.execute(insert(number), [{"id": 3}])
    assert _stored(tmp_path) == [1, 2, 3]


async def test_a_transaction_of_statements_is_not_built_on_a_log_in_doubt(
    database: Database, disk: Disk, tmp_path: Path
) -> None:
    disk.let.set()
    disk.fails = 1
    with pytest.raises(StorageUnavailable):
        await _put(database, 1)
    before = (tmp_path / "x.db-wal").read_bytes()[16:24]  # the salts, which each new log changes
    async with database.transaction() as connection:
        await connection.execute(insert(number), [{"id": 2}])
    assert (tmp_path / "x.db-wal").read_bytes()[16:24] != before
    assert _stored(tmp_path) == [1, 2]
