"""The outbox's pauses by a clock that the test moves, its idleness, and how it stops."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import MetaData, event, select
from tests.records import RecordsAt

from platone.infra.db import Database
from platone.infra.outbox import DeliveryRefused, Dispatcher, Entry, Outbox
from platone.infra.supervision import Supervisor

pytestmark = pytest.mark.both_databases

DOWN, UP = "POST /down", "POST /up"
PAUSES_S = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
"""Doubled from half a second, never beyond half a minute."""


class Post:
    """An outbox on disk, its dispatcher, a clock moved by hand, and a receiver."""

    def __init__(self, path: Path, records_at: RecordsAt) -> None:
        metadata = MetaData()
        self.outbox = Outbox(metadata)
        self.database = Database(records_at(path / "post.db"), metadata)
        self.now_s = 1000.0
        self.tries: list[tuple[str, bytes]] = []
        self.is_down = True
        self.hanging: set[bytes] = set()
        self.refusing: set[bytes] = set()
        self.supervisor = Supervisor("post")
        self.dispatcher = Dispatcher(
            self.outbox, self.database, self.deliver, self.supervisor, lambda: self.now_s
        )

    async def deliver(self, entry: Entry) -> None:
        self.tries.append((entry.destination, entry.body))
        if entry.body in self.hanging:
            await asyncio.sleep(3600)
        if entry.body.startswith(b"refused") or entry.body in self.refusing:
            raise DeliveryRefused("never")
        if entry.destination == DOWN and self.is_down:
            raise ConnectionError

    async def put(self, destination: str, *bodies: bytes) -> None:
        async with self.database.transaction() as connection:
            for body in bodies:
                await self.outbox.put(connection, destination, body)

    async def turn(self) -> None:
        """A whole turn: what is due before the probe has been tried when the second arrives.

        The first may come into a turn that had begun, and looked at the clock, before.
        """
        for number in (1, 2):
            probe = UP, f"probe {len(self.tries)}.{number}".encode()
            await self.put(*probe)
            self.dispatcher.wake()
            await until(partial(self.tries.__contains__, probe))

    def statements(self) -> list[str]:
        """The statements that the database gets from now on."""
        found: list[str] = []
        event.listen(
            self.database._engine.sync_engine,
            "before_cursor_execute",
            lambda *arguments: found.append(arguments[2]),
        )
        return found

    def failures(self) -> int:
        return self.tries.count((DOWN, b"1"))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def post(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Post]:
    post = Post(tmp_path, records_at)
    await post.database.open()
    yield post
    await post.supervisor.stop()
    await post.database.close()


async def test_a_failing_destination_is_left_alone_for_twice_as_long_each_time(post: Post) -> None:
    await post.put(DOWN, b"1", b"2")
    post.dispatcher.start()
    await post.turn()
    for number, pause_s in enumerate(PAUSES_S, 1):
        assert post.failures() == number
        post.now_s += pause_s * 0.999
        await post.turn()
        assert post.failures() == number, f"tried again before {pause_s} s"
        post.now_s += pause_s * 0.001
        await post.turn()
    assert post.failures() == len(PAUSES_S) + 1
    assert (DOWN, b"2") not in post.tries  # it waits behind the first


async def fail_three_times(post: Post) -> None:
    """Have a first message fail three times: the next pause would be of two seconds."""
    await post.put(DOWN, b"1")
    post.dispatcher.start()
    await post.turn()
    for pause_s in PAUSES_S[:2]:
        post.now_s += pause_s
        await post.turn()
    assert post.failures() == 3


async def test_a_success_ends_the_pauses(post: Post) -> None:
    await fail_three_times(post)
    post.is_down, post.now_s = False, post.now_s + 2.0
    await post.turn()
    await post.put(DOWN, b"2")
    await post.turn()
    post.is_down = True
    await post.put(DOWN, b"3")
    await post.turn()
    post.now_s += 0.5  # and is of half a second again
    await post.turn()
    assert [post.tries.count((DOWN, body)) for body in (b"1", b"2", b"3")] == [4, 1, 2]


async def test_a_refusal_ends_the_pauses_too(post: Post) -> None:
    """A receiver that says no is there again: later failures are paused from the start."""
    await fail_three_times(post)
    post.refusing, post.now_s = {b"1"}, post.now_s + 2.0
    await post.turn()
    await post.put(DOWN, b"2")
    await post.turn()
    post.now_s += 0.5
    await post.turn()
    assert [post.tries.count((DOWN, body)) for body in (b"1", b"2")] == [4, 2]


async def test_more_slow_receivers_than_lanes_are_waited_for_one_after_another(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.outbox._MOST_LANES", 2)
    monkeypatch.setattr("platone.infra.outbox._MOMENT_S", 0.01)
    go_on, taking, most = asyncio.Event(), set[str](), 0
    taken: list[str] = []

    async def slow(entry: Entry) -> None:
        nonlocal most
        taking.add(entry.destination)
        most = max(most, len(taking))
        await go_on.wait()
        taking.remove(entry.destination)
        taken.append(entry.destination)

    places = [f"POST /slow/{number}" for number in range(5)]
    for place in places:
        await post.put(place, b"1")
    dispatcher = Dispatcher(post.outbox, post.database, slow)
    dispatcher.start()
    await until(lambda: len(taking) == 2)
    await asyncio.sleep(0.1)
    assert most == 2
    go_on.set()
    await until(lambda: sorted(taken) == places)
    await dispatcher.stop()


async def test_one_failure_in_a_batch_skips_only_its_destination(post: Post) -> None:
    await post.put(DOWN, b"1", b"2", b"3")
    await post.put(UP, b"4", b"refused 5", b"6")
    post.dispatcher.start()
    await post.turn()
    assert post.tries[:4] == [(DOWN, b"1"), (UP, b"4"), (UP, b"refused 5"), (UP, b"6")]


async def test_only_what_was_not_taken_is_kept(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    await post.put(DOWN, b"1")
    await post.put(UP, b"2", b"refused 3")
    post.dispatcher.start()
    await post.turn()
    await post.dispatcher.stop()
    table = post.outbox.table
    query = select(table.c.body, table.c.state, table.c.answer).order_by(table.c.id).limit(3)
    async with post.database.reading() as connection:
        rows = [tuple(row) for row in await connection.execute(query)]
    assert rows == [
        (b"1", "waiting", None),
        (b"", "delivered", rows[1][2]),  # when: tests/integration/infra/test_delivered.py
        (b"refused 3", "refused", "never"),
    ]
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert told == ["POST /up refused message 3: never"]


async def test_more_than_one_batch_leaves_in_order_without_a_wait(post: Post) -> None:
    bodies = [f"{number}".encode() for number in range(300)]
    await post.put(UP, *bodies)
    statements = post.statements()
    post.dispatcher.start()
    await until(lambda: len(post.tries) == 300)
    assert post.tries == [(UP, body) for body in bodies]
    read = [each for each in statements if each.startswith("SELECT") and "outbox" in each]
    assert len(read) < 30  # the queue is not looked through for each message


async def test_a_full_queue_and_a_slow_receiver_are_not_waited_for_by_the_clock(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a pause of an hour all still goes out: what is there, and after a slow answer the rest.

    The receiver takes longer than the moment for which others wait, so that its second message
    goes when its first has been taken, and nobody else wakes the dispatcher.
    """
    monkeypatch.setattr("platone.infra.outbox._FIRST_PAUSE_S", 3600.0)
    monkeypatch.setattr("platone.infra.outbox._MOMENT_S", 0.05)
    go_on, taken = asyncio.Event(), list[bytes]()

    async def slow(entry: Entry) -> None:
        if entry.body == b"slow":
            await go_on.wait()
        taken.append(entry.body)

    bodies = [f"{number}".encode() for number in range(150)]
    await post.put(UP, *bodies)
    dispatcher = Dispatcher(post.outbox, post.database, slow)
    dispatcher.start()
    await until(lambda: taken == bodies)
    await post.put(DOWN, b"slow", b"next")
    dispatcher.wake()
    await until(lambda: len(dispatcher._lanes) == 1)
    await asyncio.sleep(0.1)  # it has gone to rest
    go_on.set()
    await until(lambda: taken[-2:] == [b"slow", b"next"])
    await dispatcher.stop()


async def test_a_delivery_ends_with_the_loop_that_is_broken_off(post: Post) -> None:
    """Within the moment for which others wait: it must not go on behind a closed database."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hangs(_: Entry) -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    await post.put(UP, b"1")
    dispatcher = Dispatcher(post.outbox, post.database, hangs, post.supervisor)
    dispatcher.start()
    await begun.wait()
    async with asyncio.timeout(20):
        await dispatcher.stop(0.0)
    assert ended.is_set()


async def test_an_idle_dispatcher_looks_seldom(post: Post) -> None:
    """When woken, and twice a second: never again and again, as fast as it can."""
    await post.put(UP, b"1")
    post.dispatcher.start()
    await post.turn()
    await asyncio.sleep(0.05)
    statements = post.statements()
    post.dispatcher.wake()
    await asyncio.sleep(0.3)
    assert 1 <= len([each for each in statements if "outbox" in each]) <= 10


async def test_an_idle_dispatcher_looks_by_itself(post: Post) -> None:
    post.dispatcher.start()
    await asyncio.sleep(0.05)
    await post.put(UP, b"1")  # and nobody wakes it
    await until(lambda: post.tries == [(UP, b"1")])


async def test_a_stop_lets_the_delivery_under_way_end_and_begins_no_other(post: Post) -> None:
    go_on, begun = asyncio.Event(), asyncio.Event()
    taken: list[bytes] = []

    async def slow(entry: Entry) -> None:
        begun.set()
        await go_on.wait()
        taken.append(entry.body)

    await post.put(UP, b"1", b"2")
    dispatcher = Dispatcher(post.outbox, post.database, slow)
    dispatcher.start()
    await begun.wait()
    stopping = asyncio.create_task(dispatcher.stop(20))
    await asyncio.sleep(0.05)
    go_on.set()
    async with asyncio.timeout(20):
        await stopping
    assert taken == [b"1"]
    assert [entry.body for entry in await post.outbox.waiting(post.database)] == [b"2"]
    dispatcher.start()  # what is left goes after the next start
    await until(lambda: taken == [b"1", b"2"])
    await dispatcher.stop()


async def test_a_delivery_that_hangs_does_not_hold_up_the_stop(post: Post) -> None:
    post.hanging = {b"1"}
    await post.put(UP, b"1", b"2")
    post.dispatcher.start()
    await until(lambda: post.tries == [(UP, b"1")])
    async with asyncio.timeout(20):
        await post.dispatcher.stop(0.05)
    assert [entry.body for entry in await post.outbox.waiting(post.database)] == [b"1", b"2"]
    assert list(post.supervisor.health()) == []


async def test_each_delivery_says_that_the_loop_gets_on(post: Post) -> None:
    """A long batch is no stalled turn: each message counts, not only the end of the batch."""
    post.hanging = {b"2"}
    await post.put(UP, b"1", b"2")
    post.dispatcher.start()
    await until(lambda: (UP, b"2") in post.tries)
    (health,) = post.supervisor.health()
    assert health.last_turn_at is not None


@pytest.mark.sqlite_only
async def test_a_slow_receivers_result_that_is_not_stored_is_told_and_sent_again(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk is full when a receiver answers for which the others no longer wait."""
    go_on, tried = asyncio.Event(), list[bytes]()

    async def deliver(entry: Entry) -> None:
        tried.append(entry.body)
        if entry.destination == DOWN:
            await go_on.wait()

    await post.put(DOWN, b"1")
    await post.put(UP, b"2")
    async with post.database.transaction() as connection:
        await connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE DELETE ON outbox WHEN old.id = 1 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    dispatcher = Dispatcher(
        post.outbox, post.database, deliver, post.supervisor, lambda: post.now_s
    )
    dispatcher.start()
    await until(lambda: tried == [b"1", b"2"])
    go_on.set()
    await until(lambda: any(each.levelno == logging.WARNING for each in caplog.records))
    (told,) = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert told.startswith("POST /down: the result of a message is not stored: ")
    assert "disk is full" in told
    async with post.database.transaction() as connection:
        await connection.exec_driver_sql("DROP TRIGGER full")
    await post.put(UP, b"3")
    dispatcher.wake()
    await until(lambda: tried == [b"1", b"2", b"3"])  # the other is left alone for now
    post.now_s += PAUSES_S[0]
    dispatcher.wake()
    await until(lambda: tried == [b"1", b"2", b"3", b"1"])
    async with asyncio.timeout(20):
        await dispatcher.stop()
    assert await post.outbox.waiting(post.database) == []
