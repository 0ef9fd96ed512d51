"""Two workers on one PostgreSQL schema: each step is one worker's, also where that one hangs."""

import asyncio
import contextlib
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, String, Table, insert, select

from platone.infra.db import Database, sqlite_url
from platone.infra.lease.fence import LeaseLost
from platone.infra.lease.keeper import Leases
from platone.infra.lease.table import lease_table, tell_news
from platone.infra.postgresql import Place
from platone.infra.storage import StorageUnavailable
from platone.infra.supervision import Supervisor

metadata = MetaData()
LEASE = lease_table(metadata)
DONE = Table("done", metadata, Column("what", String, primary_key=True))
STEPS = ("steps", "outbox", "webhooks", "kafka")
LASTS_S = 1.0


class Worker:
    """A worker with records and leases, which looks when it is told to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url, metadata)
        self.told: list[int] = []
        self.supervisor = Supervisor("worker")
        self.leases = Leases(
            "market",
            url,
            LEASE,
            STEPS,
            is_shared=True,
            on_news={"readings": self.told.append},
            lasts_s=LASTS_S,
        )

    @property
    def held(self) -> set[str]:
        return {name for name in STEPS if self.leases[name].is_held}

    async def do(self, what: str) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(insert(DONE).values(what=what))


@pytest.fixture
async def made(postgresql_address: str) -> AsyncIterator[Callable[[], Worker]]:
    """Makes workers of one schema."""
    url = Place(postgresql_address, f"w{secrets.token_hex(6)}").url
    first = Database(url, metadata)
    await first.open()
    workers: list[Worker] = []

    def make() -> Worker:
        workers.append(Worker(url))
        return workers[-1]

    yield make
    for each in workers:
        await each.leases.stop(each.supervisor)
        await each.database.close()
    await first.close()


async def until(probe: Callable[[], bool], *looking: Worker) -> None:
    async with asyncio.timeout(60):
        while not probe():
            for each in looking:
                with contextlib.suppress(StorageUnavailable):  # their loop would try again
                    await each.leases.look()
            await asyncio.sleep(LASTS_S / 20)


async def test_a_first_worker_does_all_and_two_share_it(made: Callable[[], Worker]) -> None:
    one, other = made(), made()
    await one.leases.look()
    assert one.held == set(STEPS)
    await until(lambda: len(one.held) == len(other.held) == 2, other, one)
    assert one.held | other.held == set(STEPS)
    await other.leases.stop(other.supervisor)
    await until(lambda: one.held == set(STEPS), one)


async def test_what_a_hanging_worker_did_is_taken_over_and_it_stores_no_more(
    made: Callable[[], Worker],
) -> None:
    hanging, other = made(), made()
    await hanging.leases.look()
    step = hanging.leases["outbox"]
    with step.doing():
        await hanging.do("before")
        await until(lambda: other.held == set(STEPS), other)  # it looks no more itself
        with pytest.raises(LeaseLost, match="outbox is another worker's"):
            await hanging.do("after")
    with other.leases["outbox"].doing():
        await other.do("by the other")
    assert not hanging.held
    await hanging.do("a request")  # what is no step needs no lease
    async with other.database.reading() as connection:
        found = set((await connection.execute(select(DONE.c.what))).scalars())
    assert found == {"before", "by the other", "a request"}


async def test_a_worker_that_stands_still_in_a_transaction_holds_nobody_up(
    made: Callable[[], Worker],
) -> None:
    other = made()
    command = [sys.executable, "-m", "tests.integration.infra.hanging_worker", other.url]
    with subprocess.Popen(  # noqa: ASYNC220, S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == "stands still\n"
        await until(lambda: other.held == set(STEPS), other)
        with other.leases["outbox"].doing():
            await other.do("by the other")
        process.stdin.write("\n")
        process.stdin.flush()
        assert await asyncio.to_thread(process.stdout.readline) == "StorageUnavailable\n"
    async with other.database.reading() as connection:
        found = list((await connection.execute(select(DONE.c.what))).scalars())
    assert found == ["by the other"]


async def test_a_step_that_goes_on_in_a_task_is_fenced_too(made: Callable[[], Worker]) -> None:
    """As the lanes of an outbox, which outlive the turn that began them."""
    hanging, other = made(), made()
    await hanging.leases.look()
    goes_on = asyncio.Event()

    async def lane() -> None:
        await goes_on.wait()
        await hanging.do("late")

    with hanging.leases["outbox"].doing():
        task = asyncio.create_task(lane())
    await until(lambda: other.held == set(STEPS), other)
    goes_on.set()
    with pytest.raises(LeaseLost):
        await task


async def test_a_long_transaction_of_a_worker_costs_it_no_lease(
    made: Callable[[], Worker],
) -> None:
    one, other = made(), made()
    await one.leases.start(one.supervisor)
    with one.leases["steps"].doing():
        async with one.database.transaction() as connection:
            await connection.execute(insert(DONE).values(what="long"))
            other_looks = asyncio.create_task(other.leases.look())
            await asyncio.sleep(3 * LASTS_S)
        assert one.leases["steps"].is_held
    await asyncio.gather(other_looks, return_exceptions=True)  # it was told to wait too long


async def test_news_reach_every_worker(made: Callable[[], Worker]) -> None:
    one, other = made(), made()
    await one.leases.look()
    await other.leases.look()
    async with one.database.transaction() as connection:
        await tell_news(connection, LEASE, "readings")
    await until(lambda: one.told == other.told == [1], one, other)


async def test_who_does_a_step_is_told_that_there_is_something(
    made: Callable[[], Worker],
) -> None:
    one, other = made(), made()
    await one.leases.look()
    await other.leases.look()
    before = await news_of(one, "steps")
    one.leases["steps"].tell()  # its own: nobody has to be told
    await one.leases.look()
    assert await news_of(one, "steps") == before
    other.leases["steps"].tell()
    await other.leases.look()
    assert await news_of(one, "steps") == before + 1


async def news_of(worker: Worker, name: str) -> int:
    async with worker.database.reading() as connection:
        query = select(LEASE.c.news).where(LEASE.c.name == name)
        return int((await connection.execute(query)).scalar_one())


async def test_where_there_is_one_server_all_steps_are_its_own() -> None:
    """Nothing is asked: the file is not even there."""
    url = sqlite_url(Path("/nowhere/at.all"))
    leases = Leases("market", url, LEASE, STEPS, is_shared=False)
    supervisor = Supervisor("worker")
    await leases.start(supervisor)
    assert all(leases[name].is_held for name in STEPS)
    assert not list(supervisor.health())
    (told,) = await leases.measure()
    assert {each.value for each in told.samples} == {1.0}
    await leases.stop(supervisor)
