"""What both brokers promise, the embedded one and Mosquitto: the same tests for either.

How they refuse differs: the embedded one hangs up, Mosquitto acknowledges and throws away. So these
tests ask what comes through. Raw sockets and paho stand against them.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.mqtt.client import (
    A,
    B,
    Raw,
    connect_bytes,
    link_of,
    next_of,
    opened,
    publication,
    text,
    until_heard,
)

from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.link import BrokerAddress, LinkDown, MqttLink, Subscription
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import client_context

C = "0x" + "cC" * 20
"""A device that is not enrolled, though it has a certificate."""
READINGS = "bal/nodes/+/readings"


async def is_stranger(broker: BrokerAddress, context: ssl.SSLContext) -> bool:
    """Whether TLS ends before MQTT begins (under TLS 1.3 the client learns it by reading)."""
    try:
        raw = await Raw.open(broker, context)
    except (ssl.SSLError, ConnectionError):
        return True
    try:
        return not await raw.ask(connect_bytes(A), 4)
    except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError):
        return True
    finally:
        await raw.close()


def subscription(topic: str) -> bytes:
    body = b"\x00\x07" + text(topic) + b"\x01"
    return bytes([0x82, len(body)]) + body


async def published(raw: Raw, topic: str, payload: bytes) -> None:
    """Publish, and wait until the broker has dealt with it: by an answer, or by hanging up."""
    try:
        await raw.ask(publication(topic, payload), 4)
    except (ConnectionError, asyncio.IncompleteReadError):
        return


async def heard_by(raw: Raw) -> bytes:
    """Return all that comes within a moment."""
    found = b""
    try:
        async with asyncio.timeout(0.3):
            while chunk := await raw.reader.read(4096):
                found += chunk
    except (TimeoutError, ConnectionError):
        pass
    return found


async def test_readings_reach_the_access_layer_and_receipts_their_device(
    any_broker: DeviceBroker, authority: Any
) -> None:
    access, readings = await link_of(any_broker, authority.issue("access"), "access", READINGS)
    device, receipts = await link_of(any_broker, authority.issue(A), A, f"bal/nodes/{A}/receipts")
    await device.publish(f"bal/nodes/{A}/readings", b"one")
    arrived = await next_of(readings)
    assert (arrived.topic, arrived.payload) == (f"bal/nodes/{A}/readings", b"one")
    await access.publish(f"bal/nodes/{A}/receipts", b"stored")
    assert (await next_of(receipts)).payload == b"stored"
    await device.stop()
    await access.stop()


@pytest.mark.parametrize("is_foreign", [False, True])
async def test_strangers_get_no_answer(
    any_broker: DeviceBroker,
    authority: Any,
    make_authority: Callable[[str], Any],
    is_foreign: bool,  # noqa: FBT001
) -> None:
    context = ssl.create_default_context(cafile=authority.file)
    if is_foreign:
        foreign = make_authority("theirs").issue(A)
        context.load_cert_chain(foreign.certificate, foreign.key)
    assert await is_stranger(any_broker, context)


async def test_servers_certificate_is_no_client_certificate(
    any_broker: DeviceBroker, authority: Any
) -> None:
    assert await is_stranger(any_broker, client_context(authority.issue(A, is_server=True)))


async def test_nobody_takes_anothers_session_or_rights_by_claiming_its_name(
    any_broker: DeviceBroker, authority: Any
) -> None:
    victim, receipts = await link_of(
        any_broker, authority.issue(A), A, f"bal/nodes/{A}/receipts", f"bal/nodes/{A}/setpoints"
    )
    access, readings = await link_of(any_broker, authority.issue("access"), "access", READINGS)
    for name, flags in ((A, 0x02), (A, 0x00), ("access", 0x02), ("", 0x02)):
        raw = await Raw.open(any_broker, client_context(authority.issue(B)))
        if await raw.ask(connect_bytes(name, flags), 4) == b"\x20\x02\x00\x00":
            await raw.ask(subscription(READINGS), 5)
            await published(raw, f"bal/nodes/{A}/receipts", b"forged")
            await published(raw, f"bal/nodes/{A}/readings", b"forged")
        await victim.publish(f"bal/nodes/{A}/readings", name.encode())
        assert (await next_of(readings)).payload == name.encode()
        assert await heard_by(raw) == b""
        await raw.close()
    await access.publish(f"bal/nodes/{A}/receipts", b"still mine")
    assert (await next_of(receipts)).payload == b"still mine"
    assert victim.is_up
    await victim.stop()
    await access.stop()


@pytest.mark.parametrize(
    "topic",
    [
        f"bal/nodes/{B}/readings",
        f"bal/nodes/{A}/setpoints",
        f"bal/pmu/{B}",
        "platone/dsotp/x",
        "raw/bal/x",
    ],
)
async def test_what_is_published_elsewhere_reaches_nobody(
    any_broker: DeviceBroker, authority: Any, topic: str
) -> None:
    access, readings = await link_of(any_broker, authority.issue("access"), "access", READINGS)
    dso, heard = await link_of(
        any_broker, authority.issue("dso"), "dso", "bal/pmu/+", "platone/dsotp/#", "raw/bal/#"
    )
    device, commands = await link_of(any_broker, authority.issue(A), A, f"bal/nodes/{A}/setpoints")
    await device.stop()  # its session goes on: what comes for it waits
    sender = A if B in topic else B
    raw = await opened(any_broker, authority.issue(sender), sender)
    await published(raw, topic, b"forged")
    await raw.close()
    again, commands = await link_of(any_broker, authority.issue(A), A, f"bal/nodes/{A}/setpoints")
    for messages in (readings, heard, commands):
        with pytest.raises(TimeoutError):
            await next_of(messages, 0.1)
    for link in (again, access, dso):
        await link.stop()


@pytest.mark.parametrize(
    "pattern",
    [
        f"bal/nodes/{B}/receipts",
        f"bal/nodes/{B}/#",
        "bal/nodes/+/receipts",
        READINGS,
        "#",
        "$SYS/#",
    ],
)
async def test_who_listens_elsewhere_hears_nothing(
    any_broker: DeviceBroker, authority: Any, pattern: str
) -> None:
    access, readings = await link_of(any_broker, authority.issue("access"), "access", READINGS)
    device, receipts = await link_of(any_broker, authority.issue(B), B, f"bal/nodes/{B}/receipts")
    raw = await opened(any_broker, authority.issue(A), A)
    await raw.ask(subscription(pattern), 5)
    await device.publish(f"bal/nodes/{B}/readings", b"secret")
    await access.publish(f"bal/nodes/{B}/receipts", b"secret")
    assert {(await next_of(each)).payload for each in (readings, receipts)} == {b"secret"}
    assert await heard_by(raw) == b""
    await raw.close()
    await device.stop()
    await access.stop()


async def test_no_last_will_speaks_for_another(any_broker: DeviceBroker, authority: Any) -> None:
    access, readings = await link_of(any_broker, authority.issue("access"), "access", READINGS)
    raw = await Raw.open(any_broker, client_context(authority.issue(A)))
    will = text(f"bal/nodes/{B}/readings") + text("forged")
    await raw.ask(connect_bytes(A, 0x06, will), 4)
    await raw.close()
    with pytest.raises(TimeoutError):
        await next_of(readings, 0.3)
    await access.stop()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x30\x80\x80\x80\x01" + bytes(8), id="longer than it may be"),
        pytest.param(publication(f"bal/nodes/{A}/readings", b"x", 0x31), id="retained"),
    ],
)
async def test_forbidden_packets_end_the_connection(
    any_broker: DeviceBroker, authority: Any, sent: bytes
) -> None:
    raw = await opened(any_broker, authority.issue(A), A)
    assert await raw.is_hung_up(sent)
    await raw.close()


async def test_silent_client_is_hung_up_on(any_broker: DeviceBroker, authority: Any) -> None:
    raw = await Raw.open(any_broker, client_context(authority.issue(A)))
    packet = bytearray(connect_bytes(A))
    packet[11] = 1  # keep-alive of one second
    assert await raw.ask(bytes(packet), 4) == b"\x20\x02\x00\x00"
    async with asyncio.timeout(10):
        assert await raw.reader.read(1) == b""
    await raw.close()


async def test_session_outlives_a_disconnection(any_broker: DeviceBroker, authority: Any) -> None:
    files = authority.issue(A)
    device, _ = await link_of(any_broker, files, A, f"bal/nodes/{A}/setpoints")
    await device.stop()
    dso, _ = await link_of(any_broker, authority.issue("dso"), "dso")
    await dso.publish(f"bal/nodes/{A}/setpoints", b"while away")
    again, setpoints = await link_of(any_broker, files, A, f"bal/nodes/{A}/setpoints")
    assert (await next_of(setpoints)).payload == b"while away"
    await again.stop()
    await dso.stop()


async def test_newer_connection_of_a_client_takes_over_from_the_older(
    any_broker: DeviceBroker, authority: Any
) -> None:
    files = authority.issue(A)
    old = await opened(any_broker, files, A)
    new, receipts = await link_of(any_broker, files, A, f"bal/nodes/{A}/receipts")
    assert await old.is_hung_up()
    access, _ = await link_of(any_broker, authority.issue("access"), "access")
    await access.publish(f"bal/nodes/{A}/receipts", b"to the newer")
    assert (await next_of(receipts)).payload == b"to the newer"
    await new.stop()
    await access.stop()
    await old.close()


async def test_link_comes_back_after_a_restart_of_the_broker(
    make_broker: Any, authority: Any
) -> None:
    first = make_broker(Standing([A]))
    await first.start()
    device, receipts = await link_of(first, authority.issue(A), A, f"bal/nodes/{A}/receipts")
    await first.stop()
    with pytest.raises(LinkDown):
        await device.publish(f"bal/nodes/{A}/readings", b"lost", timeout_s=0.2)
    second = make_broker(Standing([A]), first.port)
    await second.start()
    await device.wait_up()
    access, _ = await link_of(second, authority.issue("access"), "access")
    await access.publish(f"bal/nodes/{A}/receipts", b"again")
    assert (await next_of(receipts)).payload == b"again"
    await device.stop()
    await access.stop()
    await second.stop()


async def test_burst_of_a_device_loses_nothing(any_broker: DeviceBroker, authority: Any) -> None:
    access, readings = await link_of(any_broker, authority.issue("access"), "access", READINGS)
    device, _ = await link_of(any_broker, authority.issue(A), A)
    await asyncio.gather(
        *(device.publish(f"bal/nodes/{A}/readings", b"%d" % number) for number in range(300))
    )
    arrived = [(await next_of(readings)).payload for _ in range(300)]
    assert arrived == [b"%d" % number for number in range(300)]
    await device.stop()
    await access.stop()


async def tries(broker: BrokerAddress, authority: Any, name: str) -> Raw | None:
    """Connect in a name of its own; None where that is refused."""
    raw = await Raw.open(broker, client_context(authority.issue(name)))
    if (await raw.ask(connect_bytes(name, 0), 4))[3] == 0:
        return raw
    await raw.close()
    return None


async def is_refused(broker: BrokerAddress, authority: Any, name: str) -> bool:
    """Whether it is refused, or let in only to be hung up on.

    Mosquitto may begin to hand out in that moment what waited before it was told.
    """
    raw = await tries(broker, authority, name)
    if raw is None:
        return True
    try:
        async with asyncio.timeout(5):
            await raw.reader.read()
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    else:
        return True
    finally:
        await raw.close()


async def test_certificate_alone_opens_nothing(any_broker: DeviceBroker, authority: Any) -> None:
    dso, heard = await link_of(any_broker, authority.issue("dso"), "dso", "bal/pmu/+")
    for name in (C, "market"):
        raw = await tries(any_broker, authority, name)
        if raw is not None:
            raw.writer.write(publication(f"bal/pmu/{name}", b"of a stranger", 0x30))
            await raw.is_hung_up()
            await raw.close()
        assert await is_refused(any_broker, authority, name)
    with pytest.raises(TimeoutError):
        await next_of(heard, 0.1)
    await dso.stop()


async def test_device_that_is_enrolled_is_let_in(any_broker: DeviceBroker, authority: Any) -> None:
    dso, heard = await link_of(any_broker, authority.issue("dso"), "dso", "bal/pmu/+")
    assert await is_refused(any_broker, authority, C)
    any_broker.standing.admit(C)
    device = MqttLink(any_broker, authority.issue(C), C)
    await device.start()
    await until_heard(device, f"bal/pmu/{C}", b"enrolled", heard)
    await device.stop()
    await dso.stop()


async def test_revoked_device_is_hung_up_on_and_its_session_forgotten(
    any_broker: DeviceBroker, authority: Any
) -> None:
    dso, heard = await link_of(any_broker, authority.issue("dso"), "dso", "bal/pmu/+")
    raw = await tries(any_broker, authority, A)
    assert raw is not None
    await raw.ask(subscription(f"bal/nodes/{A}/setpoints"), 5)
    any_broker.standing.withdraw(A)
    assert await raw.is_hung_up()
    await dso.publish(f"bal/nodes/{A}/setpoints", b"secret")
    assert await is_refused(any_broker, authority, A)
    any_broker.standing.admit(A)  # as if: nothing waits for who comes in this name
    again, setpoints = await link_of(any_broker, authority.issue(A), A, f"bal/nodes/{A}/receipts")
    with pytest.raises(TimeoutError):
        await next_of(setpoints, 0.2)
    assert [message async for message in _rest(heard)] == []
    for link in (again, dso):
        await link.stop()


async def _rest(messages: Any) -> Any:
    while True:
        try:
            yield await next_of(messages, 0.1)
        except TimeoutError:
            return


async def test_session_of_an_absent_device_is_forgotten_when_it_is_revoked(
    any_broker: DeviceBroker, authority: Any
) -> None:
    files, topic = authority.issue(A), f"bal/nodes/{A}/setpoints"
    device, _ = await link_of(any_broker, files, A, topic)
    await device.stop()
    dso, heard = await link_of(any_broker, authority.issue("dso"), "dso", "bal/pmu/+")
    await dso.publish(topic, b"secret")
    any_broker.standing.withdraw(A)
    assert await is_refused(any_broker, authority, A)
    any_broker.standing.admit(A)
    async with asyncio.timeout(10):
        while (raw := await tries(any_broker, authority, A)) is None:
            await asyncio.sleep(0.05)
    await until_heard(raw, f"bal/pmu/{A}", b"it stands again", heard)
    await dso.publish(topic, b"secret")
    assert await heard_by(raw) == b""  # neither what waited, nor by the old subscription
    await raw.close()
    await dso.stop()


async def test_devices_wait_until_they_are_known_and_services_need_not(
    make_broker: Any, authority: Any
) -> None:
    broker = make_broker(Standing())
    await broker.start()
    access, readings = await link_of(broker, authority.issue("access"), "access", READINGS)
    assert await is_refused(broker, authority, A)
    broker.standing.begin([A])
    device, _ = await link_of(broker, authority.issue(A), A)
    await until_heard(device, f"bal/nodes/{A}/readings", b"known", readings)
    for link in (device, access):
        await link.stop()
    await broker.stop()


async def connected(broker: DeviceBroker) -> float:
    figures = {each.name: each.samples[0].value for each in await broker.measure()}
    assert figures["platone_mqtt_refused_connections"] == 0
    return figures["platone_mqtt_connections"]


async def test_clients_are_counted_as_they_come_and_go(
    any_broker: DeviceBroker, authority: Any
) -> None:
    device, _ = await link_of(any_broker, authority.issue(A), A)
    other, _ = await link_of(any_broker, authority.issue(B), B)
    for link, expected in ((device, 2), (other, 1), (None, 0)):
        async with asyncio.timeout(10):  # a broker learns of an end a moment later
            while await connected(any_broker) != expected:
                await asyncio.sleep(0.01)
        if link is not None:
            await link.stop()


async def test_what_is_not_acknowledged_comes_again_after_the_next_connection(
    any_broker: DeviceBroker, authority: Any
) -> None:
    device, _ = await link_of(any_broker, authority.issue(A), A, f"bal/nodes/{A}/receipts")

    async def taken(count: int, *, acknowledged: int) -> list[bytes]:
        """What a service takes in a connection of its own, of which it acknowledges the first."""
        link = MqttLink(any_broker, authority.issue("dso"), "dso")
        phasors = await link.subscribe(["bal/pmu/+"], is_held=True)
        await link.start()
        await link.wait_up()
        for number in range(count):
            if count == 3:
                await device.publish(f"bal/pmu/{A}", b"%d" % number)
        found = [await next_of(phasors) for _ in range(count)]
        for each in found[:acknowledged]:
            each.acknowledge()
        await asyncio.sleep(0.2)
        assert len(await heard_within(phasors, 0.3)) == 0
        await link.stop()
        return [each.payload for each in found]

    assert await taken(3, acknowledged=1) == [b"0", b"1", b"2"]
    assert sorted(await taken(2, acknowledged=2)) == [b"1", b"2"]
    assert await taken(0, acknowledged=0) == []
    await device.stop()


async def heard_within(messages: Subscription, seconds: float) -> list[bytes]:
    """What comes within some seconds."""
    found: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                found.append((await anext(messages)).payload)
    except TimeoutError:
        return found
