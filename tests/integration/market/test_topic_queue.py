"""The market's topics as Kafka gets them, on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.records import RecordsAt

from platone.infra.db import Database
from platone.market.domain.deadline import Deadlines
from platone.market.records.kafka_queue import MarketQueue
from platone.market.records.table import metadata, outbox
from platone.market.records.unit import MarketRecords

pytestmark = pytest.mark.both_databases
NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Database]:
    made = Database(records_at(tmp_path / "market.db"), metadata)
    await made.open()
    yield made
    await made.close()


async def tell(database: Database, topic: str, *bodies: bytes) -> None:
    records = MarketRecords(database, outbox, "Europe/Rome", Deadlines())
    async with records.writing() as unit:
        for body in bodies:
            await unit.outgoing.publish_text(topic, body, NOON)


async def test_each_topic_waits_from_its_place_on(database: Database) -> None:
    queue = MarketQueue(database)
    assert await queue.waiting() == []
    for topic in ("c", "a", "b"):
        await tell(database, topic, b"1", b"2")
    await queue.passed("a", 1)
    await queue.passed("b", 2)
    found = [(each.name, each.place, each.count) for each in await queue.waiting()]
    assert found == [("a", 1, 1), ("c", 0, 2)]
    assert [(each.number, each.body) for each in await queue.after("c", 1)] == [(2, b"2")]
    assert await queue.after("b", 2) == []


async def test_a_mark_tells_messages_of_one_number_apart(database: Database) -> None:
    queue = MarketQueue(database)
    await tell(database, "a", b"1", b"2")
    one, other = await queue.after("a", 0)
    assert one.mark != other.mark
    assert await queue.mark_of("a", 2) == other.mark
    assert await queue.mark_of("a", 3) is None


async def test_long_messages_go_by_themselves(database: Database) -> None:
    queue = MarketQueue(database)
    long = bytes(9_000_000)
    await tell(database, "a", long, long, b"3")
    assert [each.number for each in await queue.after("a", 0)] == [1]
    assert [each.number for each in await queue.after("a", 1)] == [2, 3]
