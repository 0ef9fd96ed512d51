"""The databus over Kafka, over kills of the DSO's server, and with Kafka away: once, and whole."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from tests import kafka
from tests.phasor import AT, ONE, frame
from tests.records import ask

from platone.dso.domain.databus import PROCESSED, RAW
from platone.dso.domain.problem import DatabusFull
from platone.dso.records.databus import DatabusQueue, Waiting
from platone.dso.records.table import metadata
from platone.identity.context import Identity
from platone.infra.db import Database, sqlite_url
from platone.infra.kafka.link import KafkaLink
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.standing import Standing
from platone.infra.supervision import LoopState

from .conftest import BASE, grant, link_of
from .databus_side import DatabusSide, started

ROOT = Path(__file__).parents[3]
PROCESS = "tests.integration.kafka.databus_process"
NOON = datetime.fromisoformat(AT)
KILLS = 5
EACH = 120
"""Messages of a device between two kills."""


class Outside:
    """The broker of devices, and a device at it."""

    def __init__(self, identity: Identity, broker: MqttBroker, device: MqttLink) -> None:
        self.identity, self.broker, self.device = identity, broker, device
        self.said: list[datetime] = []
        days = random.SystemRandom().uniform(1, 3000)  # instants that no other test has said
        self._first = NOON - timedelta(days=days)

    async def measure(self, count: int) -> None:
        """Say so many messages, each of another instant, and wait until the broker has each."""
        for _ in range(count):
            at = self._first + timedelta(milliseconds=20 * len(self.said))
            payload = json.dumps(frame(ONE, at=at.isoformat())).encode()
            await self.device.publish(f"bal/pmu/{ONE}", payload)
            self.said.append(at)


@pytest.fixture
async def outside(data: Path) -> AsyncIterator[Outside]:
    identity = Identity(data, BASE)
    await identity.start()
    broker = MqttBroker(await identity.server_certificate(["127.0.0.1"]), Standing([ONE]))
    await broker.start()
    device = MqttLink(
        BrokerAt("127.0.0.1", broker.port), await identity.transport_credentials(ONE), ONE
    )
    await device.start()
    await device.wait_up()
    yield Outside(identity, broker, device)
    await device.stop()
    await broker.stop()
    await identity.stop()


async def side_of(
    outside: Outside, stack: AsyncExitStack, file: Path, link: KafkaLink, back: str = ""
) -> DatabusSide:
    tls = await outside.identity.transport_credentials("dso")
    side = await started(file, outside.broker.port, tls, link, back)
    stack.push_async_callback(side.stop)
    await side.link.wait_up()
    return side


async def read(brokers: kafka.Brokers, topic: str, said: list[datetime]) -> list[datetime]:
    """The instants of a device's messages that the DSO reads as committed, in order."""
    found: list[datetime] = []
    async with asyncio.timeout(120):
        while len(found) < len(said):
            got = await asyncio.to_thread(kafka.read_all, brokers, "DSO", [topic], count=len(said))
            found = [at for _, body in got[topic] if (at := instant(body)) and at in said]
    return found


def instant(body: bytes) -> datetime | None:
    """The instant of a message of phasors; other tests say other things on the same databus."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return datetime.fromisoformat(told["timestamp"]) if isinstance(told, dict) else None


def processed(file: Path) -> int:
    """How many messages of the processed side have been stored, or are already in Kafka."""
    query = f"SELECT count(*) FROM databus_message WHERE topic = '{PROCESSED}'"  # noqa: S608
    return int(ask(sqlite_url(file), query)[0][0]) if file.exists() else 0


def launched(outside: Outside, file: Path, link: KafkaLink) -> "subprocess.Popen[bytes]":
    data, port = str(outside.identity.ca_file.parent), str(outside.broker.port)
    command = [sys.executable, "-m", PROCESS, str(file), data, port, link.servers, link.name]
    return subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own program


async def test_a_platform_killed_at_any_instant_loses_and_doubles_nothing(
    outside: Outside, data: Path, tmp_path: Path
) -> None:
    """A broker of its own: readers find what this test has said, and nothing else."""
    drawn, file = random.Random(82), tmp_path / "dso.db"  # noqa: S311 - instants
    stack = AsyncExitStack()
    brokers = await asyncio.to_thread(stack.enter_context, kafka.running(tmp_path / "own", data))
    async with stack:
        await asyncio.to_thread(grant, brokers)
        link = link_of(brokers, "dso")
        # once, so that its session is there when the device speaks
        await (await side_of(outside, AsyncExitStack(), file, link)).stop()
        for _ in range(KILLS):
            before = processed(file)
            process = launched(outside, file, link)
            saying = asyncio.create_task(outside.measure(EACH))
            until_s = time.monotonic() + 120
            while processed(file) == before and time.monotonic() < until_s:
                await asyncio.sleep(0.01)
            await asyncio.sleep(drawn.uniform(0, 0.4))
            process.kill()
            await asyncio.to_thread(process.wait)
            await saying
        async with AsyncExitStack() as last:
            await side_of(outside, last, file, link)
            for topic in (RAW, PROCESSED):
                assert sorted(await read(brokers, topic, outside.said)) == outside.said, topic
            record = "SELECT count(*) FROM phasors"
            assert ask(sqlite_url(file), record) == [(KILLS * EACH,)]


async def test_kafka_that_is_away_is_caught_up_with(
    outside: Outside, granted: kafka.Brokers, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        side = await side_of(outside, stack, tmp_path / "dso.db", link_of(granted, "dso"))
        await outside.measure(3)
        async with asyncio.timeout(60):
            while processed(tmp_path / "dso.db") < 3:
                await asyncio.sleep(0.05)
        granted.kill(0)
        async with asyncio.timeout(120):
            while not any(each.state is LoopState.FAILING for each in side.supervisor.health()):
                await outside.measure(1)  # what the device says does not wait for Kafka
                await asyncio.sleep(0.1)
        granted.start(0)
        await asyncio.to_thread(granted.wait)
        assert await read(granted, PROCESSED, outside.said) == outside.said


async def test_what_is_processed_comes_back_to_the_broker_and_goes_round_no_more(
    outside: Outside, granted: kafka.Brokers, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        link = link_of(granted, "dso")
        back = "processed/bal/pmu/# -> processed/bal/back/#, raw/bal/# -> raw/bal/#"
        side = await side_of(outside, stack, tmp_path / "dso.db", link, back)
        heard = await side.link.subscribe(["processed/bal/#", "raw/bal/#"])
        await outside.measure(2)
        found: list[tuple[str, datetime]] = []
        async with asyncio.timeout(60):
            while len(found) < 4:
                message = await anext(heard)
                at = instant(message.payload)
                # this group reads for the first time: other instants are of earlier tests
                if at and at in outside.said:
                    found.append((message.topic, at))
        expected = [
            (name, at)
            for name in (f"processed/bal/back/{ONE}", f"raw/bal/pmu/{ONE}")
            for at in outside.said
        ]
        assert sorted(found) == sorted(expected)
        assert await read(granted, RAW, outside.said) == outside.said


async def test_too_much_that_waits_is_lost_and_told_and_holds_up_nobody(
    outside: Outside, granted: kafka.Brokers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = KafkaLink("127.0.0.1:1", link_of(granted, "dso").tls, "full")
    monkeypatch.setattr("platone.dso.records.databus._MOST_BYTES", 10_000)
    async with AsyncExitStack() as stack:
        side = await side_of(outside, stack, tmp_path / "dso.db", nowhere)
        monkeypatch.setattr(side.databuses._queue, "_most_bytes", 10_000)
        await outside.measure(60)  # 20 may be under way that nobody has acknowledged
        async with asyncio.timeout(30):
            while True:
                passed, lost = (
                    each.samples[0].value for each in await side.databuses.figures[0].measure()
                )
                if passed + lost == 60:
                    break
                await asyncio.sleep(0.05)
    kept = "SELECT count(*), sum(length(content)) FROM databus_message"
    ((count, size),) = ask(sqlite_url(tmp_path / "dso.db"), kept)
    assert (count, lost) == (passed, 60 - passed)
    assert 0 < size <= 10_000


async def test_nobody_but_the_dso_reads_the_databus_and_only_its_platform_writes_it(
    granted: kafka.Brokers,
) -> None:
    for topic in (RAW, PROCESSED):
        with pytest.raises(KafkaException) as refused:
            await asyncio.to_thread(kafka.read_all, granted, "TSO", [topic], count=1)
        assert refused.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    told: list[KafkaError | None] = []
    producer = Producer(granted.client("DSO"))
    producer.produce(RAW, b"forged", on_delivery=lambda error, _: told.append(error))
    await asyncio.to_thread(producer.flush, 30)
    assert [error and error.code() for error in told] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[DatabusQueue]:
    database = Database(sqlite_url(tmp_path / "queue.db"), metadata)
    await database.open()
    yield DatabusQueue(database, most_bytes=100)
    await database.close()


async def test_what_comes_again_is_left_out_also_when_it_is_published(queue: DatabusQueue) -> None:
    async def add(*sources: str, topic: str = RAW) -> None:
        await queue.add([Waiting(topic, "x", b"1234567890", source) for source in sources])

    async def waiting() -> dict[str, int]:
        return {each.name: each.count for each in await queue.waiting()}

    await add("a", "b", "a")
    await add("b", "c")
    await add("a", topic=PROCESSED)
    assert await waiting() == {RAW: 3, PROCESSED: 1}
    found = await queue.after(RAW, 0)
    assert [(it.mark, it.key, it.body) for it in found] == [
        (source, "x", b"1234567890") for source in "abc"
    ]
    await queue.passed(RAW, found[1].number)
    await add("a", "b", "c")
    assert await waiting() == {RAW: 1, PROCESSED: 1}
    assert [it.mark for it in await queue.after(RAW, found[1].number)] == ["c"]
    assert await queue.mark_of(RAW, found[0].number) == "a"
    await add(*"defghijk")  # two and eight of ten bytes each
    with pytest.raises(DatabusFull):
        await add("l")
    await queue.passed(RAW, (await queue.after(RAW, found[1].number))[0].number)
    await add("l")
    with pytest.raises(DatabusFull):
        await add("m")


async def test_the_newest_published_messages_are_known_and_no_others_kept(
    queue: DatabusQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.dso.records.databus._KEPT", 3)
    await queue.add([Waiting(RAW, "x", b"1", f"{number}") for number in range(10)])
    await queue.passed(RAW, 8)
    assert [await queue.mark_of(RAW, number) for number in range(1, 11)] == [
        *[None] * 5,
        *[f"{number}" for number in range(5, 10)],
    ]
