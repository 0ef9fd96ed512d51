"""What the DSO's databus promises, over MQTT and over Kafka: the same tests for either."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException
from tests import kafka
from tests.phasor import AT, ONE, frame, values

from platone.dso.domain.phasor import BusMessage
from platone.identity.context import Identity
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink, Subscription
from platone.infra.mqtt.standing import Standing

from .conftest import BASE, link_of
from .databus_side import DatabusSide, started

NOON = datetime.fromisoformat(AT)


@dataclass
class Field:
    """The broker of devices, with links of devices and of the access layer."""

    identity: Identity
    broker: MqttBroker
    stack: AsyncExitStack
    links: dict[str, MqttLink] = field(default_factory=dict)

    async def link_of(self, identity: str, *topics: str) -> tuple[MqttLink, Subscription]:
        tls = await self.identity.transport_credentials(identity)
        link = MqttLink(BrokerAt("127.0.0.1", self.broker.port), tls, identity)
        heard = await link.subscribe(topics)
        await link.start()
        self.stack.push_async_callback(link.stop)
        self.links[identity] = link
        return link, heard

    async def say(self, identity: str, topic: str, payload: bytes) -> None:
        if identity not in self.links:
            await self.link_of(identity)
        await self.links[identity].publish(topic, payload)


@pytest.fixture
async def outside(data: Path) -> AsyncIterator[Field]:
    identity = Identity(data, BASE)
    await identity.start()
    broker = MqttBroker(await identity.server_certificate(["127.0.0.1"]), Standing([ONE]))
    await broker.start()
    async with AsyncExitStack() as stack:
        yield Field(identity, broker, stack)
    await broker.stop()
    await identity.stop()


class MqttReader:
    """A listener on `processed/bal/#` over MQTT."""

    def __init__(self, heard: Subscription) -> None:
        self._heard = heard

    async def next(self) -> tuple[str, bytes]:
        async with asyncio.timeout(30):
            message = await anext(self._heard)
        return message.topic.removeprefix("processed/bal/"), message.payload

    async def close(self) -> None:
        pass


class CommittedReader:
    """A reader of `processed.bal` that sees what is committed, with the DSO's own certificate."""

    def __init__(self, brokers: kafka.Brokers, group: str) -> None:
        told = {"isolation.level": "read_committed", "auto.offset.reset": "latest"}
        self._consumer = Consumer(brokers.client("DSO") | told | {"group.id": f"DSO.{group}"})
        self._assigned = False
        self._consumer.subscribe(["processed.bal"], on_assign=self._on_assign)

    def _on_assign(self, _consumer: Any, partitions: list[Any]) -> None:
        for each in partitions:  # a place that is settled before anything is said
            each.offset = self._consumer.get_watermark_offsets(each)[1]
        self._consumer.assign(partitions)
        self._assigned = True

    async def ready(self) -> None:
        async with asyncio.timeout(60):
            while not self._assigned:
                await asyncio.to_thread(self._consumer.poll, 0.2)

    async def next(self) -> tuple[str, bytes]:
        async with asyncio.timeout(60):
            while (message := await asyncio.to_thread(self._consumer.poll, 0.5)) is None:
                pass
        if message.error() is not None:
            raise KafkaException(message.error())
        return (message.key() or b"").decode(), message.value() or b""

    async def close(self) -> None:
        await asyncio.to_thread(self._consumer.close)


@dataclass
class Databus:
    """A databus, what is outside of it, and a reader of what is processed."""

    side: DatabusSide
    outside: Field
    reader: MqttReader | CommittedReader

    async def share(self, place: str, payload: bytes) -> None:
        await self.outside.say("access", f"platone/dsotp/{place}", payload)

    async def measure(self, *amperes: float) -> None:
        for number, each in enumerate(amperes):
            at = (NOON + timedelta(seconds=number)).isoformat()
            payload = json.dumps(frame(ONE, at=at, amperes=each)).encode()
            await self.outside.say(ONE, f"bal/pmu/{ONE}", payload)

    async def next(self) -> tuple[str, Any]:
        place, payload = await self.reader.next()
        return place, json.loads(payload)


@pytest.fixture(params=["mqtt", "kafka"])
async def bus(
    outside: Field, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Databus]:
    tls, port = await outside.identity.transport_credentials("dso"), outside.broker.port
    reader: MqttReader | CommittedReader
    if request.param == "mqtt":
        side = await started(tmp_path / "dso.db", port, tls, None)
        reader = MqttReader(await side.link.subscribe(["processed/bal/#"]))
    else:
        brokers: kafka.Brokers = await asyncio.to_thread(request.getfixturevalue, "granted")
        link = link_of(brokers, "dso")
        side = await started(tmp_path / "dso.db", port, tls, link)
        reader = await asyncio.to_thread(CommittedReader, brokers, request.node.name)
        await reader.ready()
    await side.link.wait_up()
    yield Databus(side, outside, reader)
    await reader.close()
    await side.stop()


async def test_power_of_a_device_comes_processed_and_is_kept(bus: Databus) -> None:
    await bus.measure(10.0)
    place, message = await bus.next()
    assert place == f"pmu/{ONE}"
    assert datetime.fromisoformat(message["timestamp"]) == NOON
    found = values(message)  # 3 * 230 V * 10 A, and its half is reactive: 30 degrees behind
    assert found["line/3", "apparentpower", "ABC"] == pytest.approx(6900.0)
    assert found["line/3", "reactivepower", "ABC"] == pytest.approx(3450.0)
    async with asyncio.timeout(10):
        while not (kept := await bus.side.knowledge.record.latest(ONE)):
            await asyncio.sleep(0.02)
    assert [(each.device, each.at) for each in kept] == [(ONE, NOON.astimezone(UTC))]


async def test_what_the_access_layer_shares_keeps_its_place(bus: Databus) -> None:
    await bus.share("servers/S1/meterReadings", b"<MeterReadings/>")  # another service's
    await bus.share("demo/field/PMU2", json.dumps(frame("PMU2")).encode())
    place, message = await bus.next()
    assert (place, message["device"]) == ("demo/field/PMU2", "PMU2")


async def test_messages_come_in_order_each_once_and_bad_ones_hold_up_nobody(bus: Databus) -> None:
    await bus.outside.say(ONE, f"bal/pmu/{ONE}", b"{")
    await bus.measure(*(1.0 + number for number in range(150)))
    found = [values((await bus.next())[1])["line/3", "apparentpower", "ABC"] for _ in range(150)]
    assert found == pytest.approx([690.0 * (1 + number) for number in range(150)])
    assert [each.problem.slug for each in bus.side.knowledge.problems.of(ONE)] == [
        "malformed-message"
    ]
    told = {
        each.name: each.samples[0].value
        for part in bus.side.databuses.figures
        for each in await part.measure()
    }
    assert (told["platone_databus_passed"], told["platone_databus_lost"]) == (151, 0)


async def test_what_a_service_publishes_comes_to_its_place(bus: Databus) -> None:
    for number in (1, 2, 2):  # two that are alike are two
        await bus.side.databus.publish([BusMessage("stateEstimation", b"%d" % number)])
    assert [await bus.next() for _ in range(3)] == [("stateEstimation", n) for n in (1, 2, 2)]
