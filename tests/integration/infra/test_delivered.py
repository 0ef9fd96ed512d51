"""What is left of delivered messages goes by its age; nothing else of an outbox does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, delete, insert, select, text
from tests.records import RecordsAt

from platone.infra.db import Database
from platone.infra.delivered import DeliveredRecords
from platone.infra.outbox import Entry, Outbox

pytestmark = pytest.mark.both_databases
NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
metadata = MetaData()
outbox = Outbox(metadata)


@pytest.fixture
async def database(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Database]:
    opened = Database(records_at(tmp_path / "some.db"), metadata)
    await opened.open()
    yield opened
    await opened.close()


async def put(database: Database, state: str, answer: str | None, number: int = 1) -> None:
    row = {"destination": "POST /x", "body": b"{}", "state": state, "answer": answer}
    async with database.transaction() as connection:
        await connection.execute(insert(outbox.table), [row] * number)


async def stored(database: Database) -> list[tuple[int, str, str | None]]:
    row = outbox.table.c
    async with database.reading() as connection:
        query = select(row.id, row.state, row.answer).order_by(row.id)
        return [tuple(each) for each in await connection.execute(query)]


def at(days: int) -> str:
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%S}+00:00"


async def test_only_old_deliveries_go_and_the_count_foretells_it(database: Database) -> None:
    await put(database, "delivered", at(31), 2_500)
    await put(database, "delivered", at(29))
    await put(database, "waiting", None)
    await put(database, "refused", "2001: no")
    await put(database, "delivered", at(40))
    await put(database, "delivered", at(40))  # the newest stays
    records = DeliveredRecords(outbox, database)
    foretold = await records.count(NOW, MONTH)
    gone = [number async for number in records.remove(NOW, MONTH)]
    assert foretold == sum(gone) == 2_501
    assert max(gone) <= 1_000
    assert [each[1] for each in await stored(database)] == [
        "delivered",
        "waiting",
        "refused",
        "delivered",
    ]
    await put(database, "waiting", None)
    assert (await stored(database))[-1][0] == 2_506  # no number is given twice


async def test_deliveries_without_a_date_are_dated_and_go_a_limit_later(database: Database) -> None:
    await put(database, "delivered", "", 2)
    await put(database, "delivered", None, 2)
    await put(database, "waiting", None)
    records = DeliveredRecords(outbox, database)
    assert await records.count(NOW, MONTH) == 0
    assert sum([number async for number in records.remove(NOW, MONTH)]) == 0
    assert len(await stored(database)) == 5
    later = NOW + MONTH + timedelta(seconds=1)
    assert sum([number async for number in records.remove(later, MONTH)]) == 4
    assert [each[1] for each in await stored(database)] == ["waiting"]


async def test_a_delivery_is_dated_by_the_machines_clock(database: Database) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    await put(database, "waiting", None)
    await outbox.settle(database, Entry(1, "POST /x", b"{}"), "delivered")
    ((_, state, answer),) = await stored(database)
    assert state == "delivered"
    assert answer is not None
    assert before <= datetime.fromisoformat(answer) <= datetime.now(UTC)


@pytest.mark.sqlite_only
async def test_the_pages_of_delivered_bodies_are_free_again(database: Database) -> None:
    """Some wait at once: what SQLite counts as the table's is little more than the traces."""
    destination = "POST /api/scd/measurements"
    for first in range(1, 301, 5):
        async with database.transaction() as connection:
            for number in range(first, first + 5):  # a page or less: it lies in the row
                await outbox.put(connection, destination, b"x" * (2_000 + number))
        for number in range(first, first + 5):
            await outbox.settle(database, Entry(number, destination, b""), "delivered")
    pages = text("SELECT SUM(pgsize), SUM(payload) FROM dbstat WHERE name = 'outbox'")
    async with database.reading() as connection:
        taken, traces = (await connection.execute(pages)).one()
    assert traces < taken < 3 * traces
    assert [each[0] for each in await stored(database)] == list(range(1, 301))


async def test_a_message_that_was_erased_meanwhile_leaves_no_trace(database: Database) -> None:
    await put(database, "waiting", None, 2)
    async with database.transaction() as connection:
        await connection.execute(delete(outbox.table).where(outbox.table.c.id == 1))
    for number in (1, 2):
        await outbox.settle(database, Entry(number, "POST /x", b"{}"), "delivered")
    assert [each[:2] for each in await stored(database)] == [(2, "delivered")]
