import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from tests.records import RecordsAt

from platone.infra.db import Database
from platone.infra.metric.outbox import OutboxFigures
from platone.infra.outbox import DeliveryRefused, Dispatcher, Entry, Outbox
from platone.infra.request_number import current_request
from platone.infra.supervision import LoopState, Supervisor

pytestmark = pytest.mark.both_databases


class Receiver:
    """Takes what comes, but fails or refuses as told."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.failing: set[str] = set()
        self.refused: set[bytes] = set()

    async def __call__(self, entry: Entry) -> None:
        if entry.body in self.refused:
            raise DeliveryRefused("no")
        if entry.destination in self.failing:
            raise ConnectionError
        self.received.append((entry.destination, entry.body))


async def _until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def metadata() -> MetaData:
    return MetaData()


async def test_messages_leave_in_order_and_survive_a_restart(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox, receiver = Outbox(metadata), Receiver()
    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        for body in (b"1", b"2", b"3"):
            await outbox.put(connection, "POST /a", body)
    await database.close()
    database = Database(records_at(tmp_path / "a.db"), metadata)
    dispatcher = Dispatcher(outbox, database, receiver)
    dispatcher.start()
    async with asyncio.timeout(5):
        while await outbox.waiting(database):
            await asyncio.sleep(0.01)
    await dispatcher.stop()
    assert receiver.received == [("POST /a", body) for body in (b"1", b"2", b"3")]
    assert await outbox.waiting(database) == []
    await database.close()


async def test_one_bad_destination_holds_back_only_itself(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox, receiver = Outbox(metadata), Receiver()
    receiver.failing, receiver.refused = {"POST /down"}, {b"bad"}
    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        for destination, body in (
            ("POST /down", b"1"),
            ("POST /a", b"bad"),
            ("POST /a", b"good"),
            ("POST /down", b"2"),
        ):
            await outbox.put(connection, destination, body)
    dispatcher = Dispatcher(outbox, database, receiver)
    dispatcher.start()
    await _until(lambda: receiver.received == [("POST /a", b"good")])
    receiver.failing = set()
    await _until(lambda: len(receiver.received) == 3)
    assert receiver.received[1:] == [("POST /down", b"1"), ("POST /down", b"2")]
    await dispatcher.stop()
    query = select(outbox.table.c.body, outbox.table.c.answer).where(
        outbox.table.c.state == "refused"
    )
    async with database.reading() as connection:
        assert [tuple(row) for row in await connection.execute(query)] == [(b"bad", "no")]
    await database.close()


async def test_nothing_is_stored_by_halves(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox = Outbox(metadata)
    rows = Table("fact", metadata, Column("id", Integer, primary_key=True))
    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as connection:
            await connection.execute(insert(rows).values(id=1))
            await outbox.put(connection, "POST /a", b"1")
            raise ZeroDivisionError
    async with database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(rows))).scalar() == 0
    assert await outbox.waiting(database) == []
    await database.close()


async def test_many_failing_destinations_hold_up_no_other(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox, receiver = Outbox(metadata), Receiver()
    down = [f"PUT /wallets/{number}" for number in range(200)]
    receiver.failing = set(down)
    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        for destination in [*down, "POST /a"]:
            await outbox.put(connection, destination, b"1")
    dispatcher = Dispatcher(outbox, database, receiver)
    dispatcher.start()
    await _until(lambda: receiver.received == [("POST /a", b"1")])
    receiver.failing = set()
    await _until(lambda: len(receiver.received) == 201)
    await dispatcher.stop()
    await database.close()


@pytest.mark.sqlite_only
async def test_a_failing_write_after_a_delivery_ends_nothing(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    """The disk is full between delivery and note: it is noted, and the rest goes, afterwards."""
    outbox, receiver = Outbox(metadata), Receiver()
    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        await outbox.put(connection, "POST /a", b"1")
        await outbox.put(connection, "POST /a", b"2")
        await connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE DELETE ON outbox "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    supervisor = Supervisor("test")
    dispatcher = Dispatcher(outbox, database, receiver, supervisor)
    dispatcher.start()
    await _until(lambda: any(each.failures > 1 for each in supervisor.health()))
    assert {body for _, body in receiver.received} == {b"1"}
    async with database.transaction() as connection:
        await connection.exec_driver_sql("DROP TRIGGER full")
    async with asyncio.timeout(10):
        while await outbox.waiting(database):
            await asyncio.sleep(0.01)
    assert receiver.received[-1] == ("POST /a", b"2")
    assert [each.state for each in supervisor.health()] == [LoopState.RUNNING]
    await dispatcher.stop()
    await database.close()


async def test_a_receiver_that_hangs_holds_up_no_other(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    """One never answers; others have theirs, in order, and later ones; then it has its own."""
    outbox, received = Outbox(metadata), list[tuple[str, bytes]]()
    released = asyncio.Event()

    async def deliver(entry: Entry) -> None:
        if entry.destination == "POST /hangs":
            await released.wait()
        received.append((entry.destination, entry.body))

    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()

    async def put(destination: str, body: bytes) -> None:
        async with database.transaction() as connection:
            await outbox.put(connection, destination, body)

    for body in (b"1", b"2"):
        await put("POST /hangs", body)
        await put("POST /fine", body)
    dispatcher = Dispatcher(outbox, database, deliver)
    dispatcher.start()
    fine = [("POST /fine", b"1"), ("POST /fine", b"2")]
    await _until(lambda: received == fine, 30)
    await put("POST /fine", b"3")
    dispatcher.wake()
    fine.append(("POST /fine", b"3"))
    await _until(lambda: received == fine, 30)
    released.set()
    await _until(lambda: len(received) == 5, 30)
    assert received[3:] == [("POST /hangs", b"1"), ("POST /hangs", b"2")]
    await dispatcher.stop()
    assert await outbox.waiting(database) == []
    await database.close()


async def test_each_message_is_delivered_under_its_own_number(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox, numbers = Outbox(metadata), list[str]()

    async def deliver(_entry: Entry) -> None:
        numbers.append(current_request())

    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        await outbox.put(connection, "POST /a", b"1")
        await outbox.put(connection, "POST /b", b"2")
    dispatcher = Dispatcher(outbox, database, deliver, Supervisor("market"))
    dispatcher.start()
    await _until(lambda: len(numbers) == 2, 30)
    await dispatcher.stop()
    assert numbers == ["market.outbox-1", "market.outbox-2"]
    await database.close()


async def test_a_stop_waits_for_no_receiver_that_hangs(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox, begun = Outbox(metadata), asyncio.Event()

    async def deliver(_entry: Entry) -> None:
        begun.set()
        await asyncio.Event().wait()

    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        await outbox.put(connection, "POST /hangs", b"1")
    dispatcher = Dispatcher(outbox, database, deliver)
    dispatcher.start()
    await begun.wait()
    async with asyncio.timeout(30):
        await dispatcher.stop(0.1)
    assert [each.body for each in await outbox.waiting(database)] == [b"1"]
    await database.close()


async def test_figures_tell_what_waits_and_since_when_its_first_does(
    tmp_path: Path, metadata: MetaData, records_at: RecordsAt
) -> None:
    outbox, now = Outbox(metadata), [100.0]
    database = Database(records_at(tmp_path / "a.db"), metadata)
    await database.open()
    figures = OutboxFigures("market", outbox, database, lambda: now[0])

    async def told() -> list[float]:
        return [each.samples[0].value for each in await figures.measure()]

    assert await told() == [0, 0, 0]
    async with database.transaction() as connection:
        for body in (b"1", b"2", b"3"):
            await outbox.put(connection, "POST /a", body)
    assert await told() == [3, 0, 0]
    now[0] += 60
    assert await told() == [3, 60, 0]
    first, second, _ = await outbox.waiting(database)
    await outbox.settle(database, first, "delivered")
    await outbox.settle(database, second, "refused", "no")
    assert await told() == [1, 0, 1]
    now[0] += 5
    assert await told() == [1, 5, 1]
    await database.close()
