"""Bounds of the broker on its clients: none of them crowds out the others."""

import asyncio
import contextlib
from typing import Any

import pytest

from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.room import Room
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import client_context

A, B = "0x" + "aA" * 20, "0x" + "bB" * 20


async def entered(room: Room, identity: str, count: int) -> bool:
    """Return whether a device finds room for so many more messages at once."""
    try:
        async with asyncio.timeout(0.05):
            for _ in range(count):
                await room.enter(identity)
    except TimeoutError:
        return False
    return True


async def test_one_device_cannot_take_all_the_room() -> None:
    room = Room(BrokerBounds(held=5))
    assert await entered(room, A, 5)
    assert not await entered(room, A, 1)
    assert await entered(room, B, 5)
    room.leave(A)
    assert await entered(room, A, 1)
    assert not await entered(room, A, 1)
    room.forget(A)
    assert await entered(room, A, 5)
    assert await entered(room, "access", 1000)  # our own services do not wait


async def test_room_is_given_back_however_a_connection_ends() -> None:
    room = Room(BrokerBounds(held=50))
    names = [f"0x{number:040x}" for number in range(4)]
    for name in names:
        assert await entered(room, name, 50)
    assert not await entered(room, A, 1)
    for name in names:
        room.forget(name)
        room.leave(name)  # an acknowledgement that comes too late
    for name in names:
        assert await entered(room, name, 50)
    assert not await entered(room, A, 1)


SLOW = 0.001
"""A rate so low that nothing comes back within a test, 1/s."""


@pytest.mark.parametrize(
    ("bounds", "topic", "size"),
    [
        (BrokerBounds(packets=SLOW, packets_at_once=3), f"bal/nodes/{A}/readings", 10),
        (BrokerBounds(packets=SLOW, packets_at_once=3), "", 10),  # subscriptions, pings
        (BrokerBounds(phasors=SLOW, phasors_at_once=3), f"bal/pmu/{A}", 10),
        (BrokerBounds(bytes=SLOW, bytes_at_once=35_000), f"bal/pmu/{A}", 10_000),
    ],
)
async def test_pace_is_a_devices_own_and_outlives_its_connection(
    bounds: BrokerBounds, topic: str, size: int
) -> None:
    room = Room(bounds)

    async def is_held_up(identity: str) -> bool:
        try:
            async with asyncio.timeout(0.05):
                await room.keep_pace(identity, size, topic.replace(A, identity))
        except TimeoutError:
            return True
        return False

    assert [await is_held_up(A) for _ in range(4)] == [False, False, False, True]
    room.forget(A)
    assert await is_held_up(A)
    assert not await is_held_up(B)
    assert not any([await is_held_up("access") for _ in range(10)])


async def test_flood_of_a_device_is_slowed_down_and_another_is_served(authority: Any) -> None:
    bounds = BrokerBounds(packets=1.0, packets_at_once=20)
    broker = MqttBroker(
        authority.issue("localhost", is_server=True), Standing([A, B]), bounds=bounds
    )
    await broker.start()
    links = {}
    for name in ("access", A, B):
        links[name] = MqttLink(BrokerAt("127.0.0.1", broker.port), authority.issue(name), name)
    heard = await links["access"].subscribe(["bal/nodes/+/readings"])
    for link in links.values():
        await link.start()
        await link.wait_up()
    for _ in range(500):
        await links[A].publish(f"bal/nodes/{A}/readings", b"flood", is_acknowledged=False)
    for number in range(10):
        await links[B].publish(f"bal/nodes/{B}/readings", b"%d" % number)
    arrived: list[tuple[str, bytes]] = []
    async with asyncio.timeout(20):
        while sum(B in topic for topic, _ in arrived) < 10:
            message = await anext(heard)
            arrived.append((message.topic, message.payload))
    assert [payload for topic, payload in arrived if B in topic] == [b"%d" % n for n in range(10)]
    assert 0 < sum(A in topic for topic, _ in arrived) < 100
    for link in links.values():
        await link.stop()
    await broker.stop()


async def test_new_connections_of_an_address_wait_for_their_turn(authority: Any) -> None:
    """Two come at once; then one a thousand seconds, which is longer than any client waits."""
    bounds = BrokerBounds(new_by_address=SLOW, new_at_once=2)
    broker = MqttBroker(
        authority.issue("localhost", is_server=True), Standing([A, B]), bounds=bounds
    )
    await broker.start()
    context, body = client_context(authority.issue(A)), b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x2a"
    connect = bytes([0x10, len(body) + 42]) + body + A.encode()

    async def is_let_in() -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.port, ssl=context)
            writer.write(connect)
            answer = await reader.readexactly(4)
            writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError):
            return False
        return answer == b"\x20\x02\x00\x00"

    async with asyncio.timeout(20):
        assert [await is_let_in() for _ in range(2)] == [True, True]
        waiting = asyncio.create_task(is_let_in())  # its turn would come after 1000 s
        await asyncio.sleep(0.1)
        assert [await is_let_in() for _ in range(3)] == [False, False, False]
    await broker.stop()
    async with asyncio.timeout(5):
        assert not await waiting


async def test_refused_crowd_leaves_a_connected_device_in_peace(authority: Any) -> None:
    """Certified strangers who connect again and again: none gets in, and readings go on."""
    broker = MqttBroker(
        authority.issue("localhost", is_server=True),
        Standing([A]),
        bounds=BrokerBounds(new_by_address=20, new_at_once=20),
    )
    await broker.start()
    access = MqttLink(BrokerAt("127.0.0.1", broker.port), authority.issue("access"), "access")
    heard = await access.subscribe(["bal/nodes/+/readings"])
    device = MqttLink(BrokerAt("127.0.0.1", broker.port), authority.issue(A), A)
    for link in (access, device):
        await link.start()
        await link.wait_up()
    strangers = [f"0x{number:040x}" for number in range(1, 11)]
    answers: list[bytes] = []

    async def intrude(name: str) -> None:
        context = client_context(authority.issue(name))
        body = b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x2a" + name.encode()
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", broker.port, ssl=context
                )
                writer.write(b"\x10" + bytes([len(body)]) + body)
                answers.append(await reader.readexactly(4))
                writer.transport.abort()
            await asyncio.sleep(0)

    crowd = [asyncio.create_task(intrude(name)) for name in strangers]
    async with asyncio.timeout(30):
        for number in range(50):
            await device.publish(f"bal/nodes/{A}/readings", b"%d" % number)
            assert (await anext(heard)).payload == b"%d" % number
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert set(answers) == {b"\x20\x02\x00\x05"}
    for link in (access, device):
        await link.stop()
    await broker.stop()
