"""A disk that takes nothing: a documented problem, nothing stored by halves, and recovery."""

import errno
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Response
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, func, insert, select

from platone.infra.db import Database, sqlite_url
from platone.infra.http.problem import install_problems
from platone.infra.outbox import Outbox
from platone.infra.storage import StorageUnavailable

METADATA = MetaData()
FACTS = Table(
    "fact", METADATA, Column("id", Integer, primary_key=True), Column("body", LargeBinary)
)
OUTBOX = Outbox(METADATA)
UNBOUNDED = 2**30


class Store:
    """A database whose pages can be bounded, as a full disk bounds them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.most_pages = UNBOUNDED

    async def add(self, size: int) -> None:
        async with self.database.transaction() as connection:
            await connection.exec_driver_sql(f"PRAGMA max_page_count={self.most_pages}")
            await OUTBOX.put(connection, "POST /a", b"told")
            await connection.execute(insert(FACTS).values(body=bytes(size)))

    async def count(self) -> tuple[int, int]:
        async with self.database.reading() as connection:
            facts = (await connection.execute(select(func.count()).select_from(FACTS))).scalar_one()
        return facts, len(await OUTBOX.waiting(self.database))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    database = Database(sqlite_url(tmp_path / "a.db"), METADATA)
    await database.open()
    yield Store(database)
    await database.close()


@pytest.fixture
async def http(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)

    @app.post("/fact")
    async def post_fact() -> Response:
        await store.add(100_000)
        return Response(status_code=201)

    @app.post("/chain")
    async def post_block(code: int) -> Response:
        raise OSError(code, "the disk says no")

    @app.post("/block")
    async def post_sqlite() -> Response:
        raise sqlite3.OperationalError("database or disk is full")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://platone.test") as client:
        yield client


async def test_a_full_disk_is_a_problem_and_stores_nothing(
    store: Store, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await http.post("/fact")).status_code == 201
    store.most_pages = 1
    for _ in range(5):
        answer = await http.post("/fact")
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/storage-unavailable"
    assert await store.count() == (1, 1)
    assert not [record for record in caplog.records if record.exc_info]
    store.most_pages = UNBOUNDED
    assert (await http.post("/fact")).status_code == 201
    assert await store.count() == (2, 2)


async def test_a_full_disk_has_a_name_of_its_own(store: Store) -> None:
    store.most_pages = 1
    with pytest.raises(StorageUnavailable, match="full"):
        await store.add(100_000)


async def test_what_the_disk_refuses_outside_the_records_is_the_same_problem(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for path in (f"/chain?code={errno.ENOSPC}", f"/chain?code={errno.EIO}", "/block"):
        answer = await http.post(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/storage-unavailable")
    assert not [record for record in caplog.records if record.exc_info]
    assert (await http.post(f"/chain?code={errno.EPERM}")).status_code == 500  # that is a fault
