"""From a phasor measurement unit over a real broker to `processed/bal`."""

import asyncio
import contextlib
import json
import math
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.phasor import AT, ONE, OTHER, PHASES, frame, values
from tests.records import RecordsAt

from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.domain.phasor import BusMessage
from platone.dso.records.phasor import PhasorRecords
from platone.dso.records.table import metadata
from platone.dso.service.phasor import CalculatePower
from platone.dso.service.phasor_device import PhasorDeviceState, ReadingRules, RecentProblems
from platone.identity.context import Identity
from platone.infra.db import Database
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, LinkDown, MqttLink, Subscription
from platone.infra.mqtt.standing import Standing
from platone.infra.supervision import Supervisor
from platone.kernel.clock import SimulatedClock, SystemClock
from platone.kernel.errors import Kind


@dataclass
class Bus:
    """The databus as the DSO runs it, with a listener on the processed values."""

    identity: Identity
    broker: MqttBroker
    link: MqttLink
    processed: Subscription
    answers: Subscription
    knowledge: PhasorDeviceState
    stack: AsyncExitStack
    links: dict[str, MqttLink] = field(default_factory=dict)

    async def link_of(self, identity: str, *topics: str) -> tuple[MqttLink, Subscription]:
        tls = await self.identity.transport_credentials(identity)
        link = MqttLink(BrokerAt("127.0.0.1", self.broker.port), tls, identity)
        messages = await link.subscribe(topics)
        await link.start()
        self.stack.push_async_callback(link.stop)
        return link, messages

    async def say(self, device: str, message: Any, topic: str | None = None) -> None:
        if device not in self.links:
            self.links[device], _ = await self.link_of(device)
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        await self.links[device].publish(topic or f"bal/pmu/{device}", raw)

    async def heard(self) -> tuple[str, Any]:
        async with asyncio.timeout(5):
            message = await anext(self.processed)
        return message.topic, json.loads(message.payload)


@pytest.fixture
async def bus(founded_dso: Path, tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Bus]:
    identity = Identity(shutil.copytree(founded_dso, tmp_path / "data"), "https://platone.test")
    await identity.start()
    broker = MqttBroker(await identity.server_certificate(["127.0.0.1"]), Standing([ONE, OTHER]))
    await broker.start()
    database = Database(records_at(tmp_path / "dso.db"), metadata)
    await database.open()
    record = PhasorRecords(database)
    knowledge = PhasorDeviceState(record, ReadingRules(record), RecentProblems())
    async with AsyncExitStack() as stack:
        tls = await identity.transport_credentials("dso")
        link = MqttLink(BrokerAt("127.0.0.1", broker.port), tls, "dso")
        databus = MqttDatabus(link)
        answers = await link.subscribe(["bal/nodes/+/acknowledgements"])
        await databus.listen()
        processed = await link.subscribe(["processed/bal/#"])
        await link.start()
        await link.wait_up()
        supervisor = Supervisor("dso")
        databus.start(supervisor, CalculatePower(knowledge, databus, SystemClock()), record.keep)
        yield Bus(identity, broker, link, processed, answers, knowledge, stack)
        await supervisor.stop()
        await link.stop()
    await database.close()
    await broker.stop()
    await identity.stop()


async def test_power_of_a_device_comes_processed(bus: Bus) -> None:
    await bus.say(ONE, frame(ONE))
    topic, message = await bus.heard()
    assert topic == f"processed/bal/pmu/{ONE}"
    assert (message["device"], datetime.fromisoformat(message["timestamp"])) == (
        ONE,
        datetime.fromisoformat(AT),
    )
    assert set(message) == {"device", "timestamp", "readings"}
    found = values(message)
    per_phase = {  # S = 2300 VA, 30 degrees behind: P = S sqrt(3)/2, Q = S/2
        "activepower": 2300 * math.sqrt(3) / 2,
        "reactivepower": 1150.0,
        "apparentpower": 2300.0,
    }
    assert len(found) == 12
    for measurand, expected in per_phase.items():
        for phase in PHASES:
            assert found["line/3", measurand, phase] == pytest.approx(expected, rel=1e-12)
        assert found["line/3", measurand, "ABC"] == pytest.approx(3 * expected, rel=1e-12)


async def test_the_bridge_renames_what_the_access_layer_shares(bus: Bus) -> None:
    access, _ = await bus.link_of("access")
    await access.publish("platone/dsotp/pmu/PMU1", json.dumps(frame("PMU1")).encode())
    topic, message = await bus.heard()
    assert (topic, message["device"]) == ("processed/bal/pmu/PMU1", "PMU1")
    await access.publish("platone/dsotp/demo/field/PMU2", json.dumps(frame("PMU2")).encode())
    assert (await bus.heard())[0] == "processed/bal/demo/field/PMU2"


async def test_what_is_meant_for_other_services_is_passed_over(bus: Bus) -> None:
    access, _ = await bus.link_of("access")
    for other in (b"<MeterReadings/>", b'{"a": 1}', b"\xff", b""):
        await access.publish("platone/dsotp/servers/S1/meterReadings", other)
    await bus.say(ONE, frame(ONE))
    assert (await bus.heard())[0] == f"processed/bal/pmu/{ONE}"
    assert bus.knowledge.problems.of("meterReadings") == []


async def test_phasors_that_came_early_are_taken_when_their_time_has_come(bus: Bus) -> None:
    """A minute ahead of the platform's clock, and the same again a minute later."""
    at = datetime(2021, 6, 22, 13, tzinfo=UTC)
    clock = SimulatedClock(at - timedelta(minutes=1), speed=0.0)
    calculate = CalculatePower(bus.knowledge, MqttDatabus(bus.link), clock)
    arrival = BusMessage(f"pmu/{ONE}", json.dumps(frame(ONE, at=at.isoformat())).encode())
    assert await calculate([arrival]) == []
    (seen,) = bus.knowledge.problems.of(ONE)
    assert (seen.problem.slug, seen.problem.kind) == ("phasor-in-future", Kind.TOO_EARLY)
    clock.move_to(at)
    assert {sample.at for sample in await calculate([arrival])} == {at}
    _, message = await bus.heard()
    assert datetime.fromisoformat(message["timestamp"]) == at
    assert [each.count for each in bus.knowledge.problems.of(ONE)] == [1]


async def test_a_clock_that_is_ahead_is_refused_beyond_its_tolerance(bus: Bus) -> None:
    now = datetime.now(UTC)
    for seconds in (3600, 20, 5):
        ahead = (now + timedelta(seconds=seconds)).isoformat()
        await bus.say(ONE, frame(ONE, at=ahead))
    _, message = await bus.heard()
    assert datetime.fromisoformat(message["timestamp"]) == now + timedelta(seconds=5)
    (seen,) = bus.knowledge.problems.of(ONE)
    assert (seen.problem.slug, seen.count) == ("phasor-in-future", 2)
    assert all(each.at < now + timedelta(seconds=10) for each in await latest(bus))


async def latest(bus: Bus) -> Any:
    """Return the device's latest record, as soon as there is one."""
    async with asyncio.timeout(5):
        while not (found := await bus.knowledge.record.latest(ONE)):
            await asyncio.sleep(0.02)
    return found


async def test_a_bad_message_or_reading_does_not_stop_the_rest(bus: Bus) -> None:
    spoilt = frame(ONE)
    spoilt["readings"][3]["data"] = "NaN"
    bad = [b"", b"{", b"[]", b"\xff\xfe", b'{"device": NaN}', json.dumps(frame(OTHER)).encode()]
    for each in bad:
        await bus.say(ONE, each)
    await bus.say(ONE, spoilt)
    await bus.say(ONE, frame(ONE, unit=math.pi / 180))  # radians
    await bus.say(ONE, frame(ONE))
    found = values((await bus.heard())[1])
    assert {phase for _, _, phase in found} == {"B", "C"}
    assert len((await bus.heard())[1]["readings"]) == 12
    seen = {it.problem.slug: it.count for it in bus.knowledge.problems.of(ONE)}
    assert seen == {
        "malformed-message": 5,
        "phasor-device-mismatch": 1,
        "phasor-reading-malformed": 1,
        "phasor-incomplete": 1,
        "phasor-angle-unit": 1,
    }
    assert bus.knowledge.problems.of(OTHER) == []


@pytest.mark.parametrize(
    "topic", [f"bal/pmu/{OTHER}", "raw/bal/pmu/x", "processed/bal/x", "platone/dsotp/x", "raw/bal"]
)
async def test_a_device_that_publishes_elsewhere_is_hung_up_on(bus: Bus, topic: str) -> None:
    with pytest.raises(LinkDown):
        await bus.say(ONE, frame(OTHER), topic)
    await bus.say(OTHER, frame(OTHER, amperes=1.0))
    _, message = await bus.heard()  # the first that comes is the true one
    assert values(message)["line/3", "apparentpower", "ABC"] == pytest.approx(690.0)


@pytest.mark.parametrize("topic", ["raw/bal/#", "processed/bal/#", f"processed/bal/pmu/{ONE}"])
async def test_nobody_else_listens_to_the_databus(bus: Bus, topic: str) -> None:
    listening = [await bus.link_of(identity, topic) for identity in (ONE, "access", "market")]
    await bus.say(OTHER, frame(OTHER))
    await bus.heard()
    await asyncio.sleep(0.2)
    assert [link.is_up for link, _ in listening] == [False] * 3  # their subscription is refused
    for _, messages in listening:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                pytest.fail(f"heard: {await anext(messages)}")


async def test_a_burst_is_processed_whole(bus: Bus) -> None:
    await bus.say(ONE, frame(ONE))
    burst = json.dumps(frame(ONE)).encode()
    for _ in range(600):
        await bus.links[ONE].publish(f"bal/pmu/{ONE}", burst, is_acknowledged=False)
    for _ in range(601):
        await bus.heard()


async def test_what_was_acknowledged_arrives_though_its_device_goes_at_once(bus: Bus) -> None:
    for _ in range(3):
        link, _ = await bus.link_of(ONE)
        raw = json.dumps(frame(ONE)).encode()
        await asyncio.gather(*(link.publish(f"bal/pmu/{ONE}", raw) for _ in range(20)))
        await link.stop()
        for _ in range(20):
            await bus.heard()


async def test_phasors_that_nobody_takes_do_not_drown_acknowledgements(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.mqtt.link._QUEUED", 3)
    access, phasors = await bus.link_of("access", "bal/pmu/+")
    readings = await access.subscribe(["bal/nodes/+/readings"])
    await access.wait_up()
    await bus.say(ONE, frame(ONE))
    for number in range(20):
        await bus.links[ONE].publish(f"bal/pmu/{ONE}", str(number).encode())
    await bus.links[ONE].publish(f"bal/nodes/{ONE}/readings", b"signed")
    async with asyncio.timeout(5):
        assert (await anext(readings)).payload == b"signed"
    assert len(await phasors.batch(100)) == 3


async def test_measured_phasors_are_there_for_the_state_estimation(bus: Bus) -> None:
    at = datetime(2021, 6, 22, 13, tzinfo=UTC)
    later = (at + timedelta(seconds=20)).isoformat()
    await bus.say(ONE, frame(ONE, component="bus/1"))
    await bus.say(ONE, frame(ONE, component="bus/1", at=later, amperes=20.0))
    await bus.say(OTHER, frame(OTHER, component="bus/2", at=later))
    for _ in range(3):
        await bus.heard()
    record = bus.knowledge.record

    async def amperes(seconds: float, within: float) -> dict[str, float]:
        instant = at + timedelta(seconds=seconds)
        taken = await record.last_before(instant, timedelta(seconds=within))
        return {it.component.id: abs(it.component.currents["A"]) for it in taken}  # type: ignore[index] # a StrEnum

    async with asyncio.timeout(5):
        while len(await amperes(30, 60)) < 2:
            await asyncio.sleep(0.02)
    assert await amperes(30, 60) == pytest.approx({"bus/1": 20.0, "bus/2": 10.0})
    assert await amperes(10, 60) == pytest.approx({"bus/1": 10.0})
    assert await amperes(30, 5) == {}
    assert await amperes(-1, 60) == {}
