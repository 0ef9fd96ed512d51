"""Exactly once for whoever reads what is committed, over kills of the server and of brokers."""

import asyncio
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from tests import kafka
from tests.records import ask

from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.problem import KafkaAway
from platone.infra.supervision import LoopState, Supervisor

from .conftest import Told, grant, link_of

PROCESS = Path(__file__).with_name("publisher_process.py")
TOPICS = ["validated_outcome_DSO", "Settlement_ACEAE_2"]
KILLS = 6


def bodies(topic: str, first: int, count: int) -> list[bytes]:
    return [f"{topic}/{number}".encode() for number in range(first, first + count)]


async def read(brokers: kafka.Brokers, party: str, topic: str, count: int) -> list[bytes]:
    """What is committed of a topic, which is numbered without a gap from 1 on."""
    found = await asyncio.to_thread(kafka.read_all, brokers, party, [topic], count=count)
    assert [number for number, _ in found[topic]] == list(range(1, len(found[topic]) + 1))
    return [body for _, body in found[topic]]


def launched(topics: Told, link: KafkaLink) -> "subprocess.Popen[bytes]":
    file = make_url(str(topics.database._engine.url)).database or ""
    files = link.tls.authority, link.tls.certificate, link.tls.key
    command = [sys.executable, str(PROCESS), file, link.servers, link.name, *map(str, files)]
    return subprocess.Popen(command)  # noqa: S603 - our own program


def published(topics: Told) -> int:
    file = str(topics.database._engine.url)
    return int(ask(file, "SELECT coalesce(sum(number), 0) FROM kafka_place")[0][0])


async def test_a_server_killed_at_any_instant_publishes_each_message_once(
    topics: Told, brokers: kafka.Brokers
) -> None:
    drawn = random.Random(77)  # noqa: S311 - instants
    link = link_of(brokers, "market", "killed")
    await asyncio.to_thread(grant, brokers, name="killed")
    told = dict.fromkeys(TOPICS, 0)
    for _ in range(KILLS):
        for topic in TOPICS:
            await topics.tell(topic, *bodies(topic, told[topic], 400))
            told[topic] += 400
        before = published(topics)
        process = launched(topics, link)
        until_s = time.monotonic() + 120
        while published(topics) == before and time.monotonic() < until_s:
            await asyncio.sleep(0.005)
        await asyncio.sleep(drawn.uniform(0, 0.08))
        process.kill()
        process.wait()
        assert published(topics) > before
    await topics.until_published(topics.publisher(link))
    for topic, party in zip(TOPICS, ("DSO", "ACEAE_2"), strict=True):
        got = await read(brokers, party, topic, told[topic])
        assert got == bodies(topic, 0, told[topic])


async def test_a_server_that_dies_before_it_notes_a_commit_goes_on_behind_it(
    made_topics: Callable[[str], Told], granted: kafka.Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics, topic = made_topics("dies"), "Dispute_ACEAE"
    await topics.database.open()
    await topics.tell(topic, *bodies(topic, 0, 100))
    link = link_of(granted, "market")

    async def die(_topic: str, _number: int) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(topics.queue, "passed", die)
        with pytest.raises(SystemExit):
            await topics.publisher(link).turn()
    assert published(topics) == 0
    await topics.until_published(topics.publisher(link))
    assert await read(granted, "ACEAE", topic, 100) == bodies(topic, 0, 100)


async def test_a_second_server_of_the_same_name_ends_the_first_and_doubles_nothing(
    made_topics: Callable[[str], Told], granted: kafka.Brokers
) -> None:
    topics, topic = made_topics("two"), "marketSession_ACEAE"
    await topics.database.open()
    link = link_of(granted, "market")
    first, second = topics.publisher(link), topics.publisher(link)
    await topics.tell(topic, *bodies(topic, 0, 3))
    await first.turn()
    await topics.tell(topic, *bodies(topic, 3, 3))
    await second.turn()
    await topics.tell(topic, *bodies(topic, 6, 3))
    with pytest.raises(KafkaAway, match="fenced"):
        await first.turn()
    await first.turn()
    assert await read(granted, "ACEAE", topic, 9) == bodies(topic, 0, 9)


async def test_after_a_backup_was_put_back_what_is_told_anew_is_published(
    made_topics: Callable[[str], Told], granted: kafka.Brokers, tmp_path: Path
) -> None:
    topics, topic = made_topics("lost"), "Qualification_ACEAE"
    await topics.database.open()
    link = link_of(granted, "market")
    await topics.tell(topic, b"1", b"2")
    await topics.until_published(topics.publisher(link))
    await topics.database.close()
    shutil.copy(tmp_path / "lost.db", tmp_path / "restored.db")
    await topics.tell(topic, b"lost with the disk")
    await topics.until_published(topics.publisher(link))
    restored = made_topics("restored")
    await restored.tell(topic, b"3")
    await restored.tell(topic, b"4")
    await restored.until_published(restored.publisher(link))
    found = await asyncio.to_thread(kafka.read_all, granted, "ACEAE", [topic], count=5)
    expected = [(1, b"1"), (2, b"2"), (3, b"lost with the disk"), (3, b"3"), (4, b"4")]
    assert found[topic] == expected


async def test_kafka_that_is_away_holds_up_nobody_and_is_caught_up_with(
    made_topics: Callable[[str], Told], granted: kafka.Brokers
) -> None:
    topics, topic = made_topics("away"), "validated_outcome_TSO"
    await topics.database.open()
    supervisor, publisher = Supervisor("market"), topics.publisher(link_of(granted, "market"))
    await topics.tell(topic, b"before")
    await topics.until_published(publisher)
    granted.kill(0)
    publisher.start(supervisor)
    await topics.tell(topic, b"meanwhile")
    async with asyncio.timeout(120):
        while next(supervisor.health()).state is not LoopState.FAILING:
            await topics.tell(topic, b"meanwhile")  # what tells does not wait for Kafka
            await asyncio.sleep(0.1)
    granted.start(0)
    async with asyncio.timeout(120):
        while await topics.queue.waiting():
            await asyncio.sleep(0.1)
    await publisher.stop(supervisor)
    count = published(topics)
    told = [b"before", *[b"meanwhile"] * (count - 1)]
    assert await read(granted, "TSO", topic, count) == told


@pytest.fixture
def three(data: Path, tmp_path: Path) -> Iterator[kafka.Brokers]:
    with kafka.running(tmp_path / "three", data, 3) as made:
        yield made


async def test_of_three_brokers_one_may_be_killed(topics: Told, three: kafka.Brokers) -> None:
    topic, publisher = "validated_outcome_DSO", topics.publisher(link_of(three, "market"))
    await asyncio.to_thread(grant, three, replicas=3)
    for first in range(0, 600, 100):
        await topics.tell(topic, *bodies(topic, first, 100))
        if first == 300:
            three.kill(1)
        async with asyncio.timeout(120):
            while await topics.queue.waiting():
                try:
                    await publisher.turn()
                except KafkaAway:  # for some seconds, in which another takes over
                    await asyncio.sleep(0.5)
    assert await read(three, "DSO", topic, 600) == bodies(topic, 0, 600)
