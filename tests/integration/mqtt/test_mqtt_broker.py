"""The embedded broker in what is its own: how it answers clients that break its rules.

Raw sockets and paho stand against it: neither shares code with our gate.
"""

import asyncio
import gc
import ssl
from typing import Any

import aiomqtt
import pytest
from tests.integration.mqtt.client import A, B, Raw, connect_bytes, link_of, next_of, opened, text

from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import client_context


@pytest.mark.parametrize("claimed", [B, "access", "", A + "/x"])
async def test_client_id_must_be_the_certificates_name(
    broker: MqttBroker, authority: Any, claimed: str
) -> None:
    raw = await Raw.open(broker, client_context(authority.issue(A)))
    assert await raw.ask(connect_bytes(claimed), 4) == b"\x20\x02\x00\x02"
    assert await raw.is_hung_up()
    await raw.close()


async def test_two_common_names_are_no_name(broker: MqttBroker, authority: Any) -> None:
    raw = await Raw.open(broker, client_context(authority.issue(A, "access")))
    assert await raw.ask(connect_bytes("access"), 4) == b"\x20\x02\x00\x02"
    await raw.close()


async def test_another_clients_session_survives_an_attempt_to_take_it(
    broker: MqttBroker, authority: Any
) -> None:
    victim, receipts = await link_of(broker, authority.issue(A), A, f"bal/nodes/{A}/receipts")
    for flags in (0x02, 0x00):
        raw = await Raw.open(broker, client_context(authority.issue(B)))
        assert await raw.ask(connect_bytes(A, flags), 4) == b"\x20\x02\x00\x02"
        await raw.close()
    access, _ = await link_of(broker, authority.issue("access"), "access")
    await access.publish(f"bal/nodes/{A}/receipts", b"still mine")
    assert (await next_of(receipts)).payload == b"still mine"
    assert victim.is_up
    await victim.stop()
    await access.stop()


async def test_last_wills_are_refused(broker: MqttBroker, authority: Any) -> None:
    raw = await Raw.open(broker, client_context(authority.issue(A)))
    will = text(f"bal/nodes/{B}/readings") + text("forged")
    assert await raw.ask(connect_bytes(A, 0x06, will), 4) == b"\x20\x02\x00\x05"
    await raw.close()


@pytest.mark.parametrize(
    "topic",
    [
        f"bal/nodes/{B}/readings",
        f"bal/nodes/{A}/receipts",
        f"bal/nodes/{A}/setpoints",
        "bal/nodes/+/readings",
        "$SYS/broker",
        "",
    ],
)
@pytest.mark.parametrize("qos", [0, 1])
async def test_publishing_elsewhere_ends_the_connection(
    broker: MqttBroker, authority: Any, topic: str, qos: int
) -> None:
    access, readings = await link_of(
        broker, authority.issue("access"), "access", "bal/nodes/+/readings"
    )
    raw = await opened(broker, authority.issue(A), A)
    body = text(topic) + (b"\x00\x01" if qos else b"") + b"forged"
    assert await raw.is_hung_up(bytes([0x30 | qos << 1, len(body)]) + body)
    with pytest.raises(TimeoutError):
        await next_of(readings, 0.05)
    await access.stop()
    await raw.close()


@pytest.mark.parametrize(
    "topic",
    [
        f"bal/nodes/{B}/receipts",
        f"bal/nodes/{A}/readings",
        f"bal/nodes/{A}/#",
        f"bal/nodes/{A}/+",
        "bal/nodes/+/receipts",
        "bal/nodes/+/readings",
        "#",
        "+/+/+/+",
        "$SYS/#",
    ],
)
async def test_subscribing_elsewhere_is_refused(
    broker: MqttBroker, authority: Any, topic: str
) -> None:
    raw = await opened(broker, authority.issue(A), A)
    body = b"\x00\x07" + text(topic) + b"\x01"
    assert await raw.ask(bytes([0x82, len(body)]) + body, 5) == b"\x90\x03\x00\x07\x80"
    await raw.close()


async def test_qos_2_subscription_is_granted_as_1(broker: MqttBroker, authority: Any) -> None:
    raw = await opened(broker, authority.issue(A), A)
    body = b"\x00\x07" + text(f"bal/nodes/{A}/receipts") + b"\x02"
    assert await raw.ask(bytes([0x82, len(body)]) + body, 5) == b"\x90\x03\x00\x07\x01"
    await raw.close()


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"\x40\x08\x00\x01" + b"\x30\x04\x00\x01xy", id="publish hidden in puback"),
        pytest.param(b"\x82\x05\x00\x01\x00\x30ab", id="filter longer than its packet"),
        pytest.param(
            b"\x31" + bytes([2 + 61 + 1]) + text(f"bal/nodes/{A}/readings") + b"x", id="retained"
        ),
        pytest.param(
            b"\x34" + bytes([2 + 61 + 3]) + text(f"bal/nodes/{A}/readings") + b"\0\1x", id="qos 2"
        ),
        pytest.param(b"\x30\x02\x00\xff", id="topic longer than its packet"),
        pytest.param(connect_bytes(A), id="second connect"),
        pytest.param(b"\x30\xff\xff\xff\xff\x01", id="length of five bytes"),
        pytest.param(b"\x00\x00", id="reserved type"),
        pytest.param(b"\x62\x02\x00\x01", id="pubrel"),
        pytest.param(b"\xc0\x01\x00", id="pingreq with a body"),
        pytest.param(b"\x82\x02\x00\x01", id="subscribe without a filter"),
        pytest.param(b"\x82\x00", id="subscribe without an identifier"),
        pytest.param(b"\x82\x06\x00\x00" + text("a") + b"\x00", id="subscribe as packet 0"),
        pytest.param(b"\x82\x06\x00\x01" + text("a") + b"\x03", id="subscribe with qos 3"),
        pytest.param(b"\x82\x06\x00\x01" + text("a") + b"\x41", id="subscribe with reserved bits"),
        pytest.param(b"\x82\x05\x00\x01" + text("a"), id="subscribe without qos"),
        pytest.param(b"\x82\x05\x00\x01\x00\x00\x00", id="empty filter"),
        pytest.param(b"\x82\x07\x00\x01" + text("a#") + b"\x00", id="wildcard within a level"),
        pytest.param(b"\x82\x08\x00\x01" + text("#/a") + b"\x00", id="rest before the end"),
        pytest.param(b"\x82\x08\x00\x01\x00\x03a\x00b\x00", id="filter with U+0000"),
        pytest.param(b"\x82\x07\x00\x01\x00\x02\xff\xfe\x00", id="filter that is no text"),
        pytest.param(b"\x80\x06\x00\x01" + text("a") + b"\x00", id="subscribe with wrong flags"),
        pytest.param(
            b"\x82\x46\x00\x01" + 17 * (text("a") + b"\x00"), id="more filters than are accepted"
        ),
        pytest.param(b"\xa2\x02\x00\x01", id="unsubscribe without a filter"),
        pytest.param(b"\x40\x02\x00\x00", id="puback of packet 0"),
        pytest.param(
            b"\x32" + bytes([2 + 61 + 3]) + text(f"bal/nodes/{A}/readings") + b"\0\0x",
            id="publish as packet 0",
        ),
        pytest.param(
            b"\x38" + bytes([2 + 61 + 1]) + text(f"bal/nodes/{A}/readings") + b"x",
            id="duplicate of qos 0",
        ),
    ],
)
async def test_packets_that_do_not_hold_together_end_the_connection(
    broker: MqttBroker, authority: Any, packet: bytes
) -> None:
    raw = await opened(broker, authority.issue(A), A)
    assert await raw.is_hung_up(packet)
    await raw.close()


@pytest.mark.parametrize(
    ("flags", "extra"),
    [(0x0A, b""), (0x22, b""), (0x42, b"\x00\x01p"), (0x03, b""), (0x82, b"\x00\x02\xff\xfe")],
    ids=["will qos", "will retained", "password alone", "reserved", "user that is no text"],
)
async def test_malformed_connect_is_refused(
    broker: MqttBroker, authority: Any, flags: int, extra: bytes
) -> None:
    raw = await Raw.open(broker, client_context(authority.issue(A)))
    assert await raw.ask(connect_bytes(A, flags, extra), 4) == b"\x20\x02\x00\x01"
    assert await raw.is_hung_up()
    await raw.close()


async def test_newer_protocol_is_refused_politely(broker: MqttBroker, authority: Any) -> None:
    client = aiomqtt.Client(
        "127.0.0.1",
        broker.port,
        identifier=A,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=client_context(authority.issue(A)),
    )
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            pass


async def test_queue_for_an_absent_client_keeps_the_newest(
    broker: MqttBroker, authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.mqtt.router._MAX_QUEUED_OFFLINE", 5)
    files, topic = authority.issue(A), f"bal/nodes/{A}/setpoints"
    device, _ = await link_of(broker, files, A, topic)
    await device.stop()
    dso, _ = await link_of(broker, authority.issue("dso"), "dso")
    for number in range(12):
        await dso.publish(topic, b"%d" % number)
    again, setpoints = await link_of(broker, files, A, topic)
    assert [(await next_of(setpoints)).payload for _ in range(5)] == [
        b"%d" % number for number in range(7, 12)
    ]
    await again.stop()
    await dso.stop()


async def test_device_that_acknowledges_nothing_holds_up_nobody(
    broker: MqttBroker, authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.mqtt.router._MAX_IN_FLIGHT", 3)
    stuck = await opened(broker, authority.issue(A), A)
    body = b"\x00\x07" + text(f"bal/nodes/{A}/receipts") + b"\x01"
    assert await stuck.ask(bytes([0x82, len(body)]) + body, 5) == b"\x90\x03\x00\x07\x01"
    well, receipts = await link_of(broker, authority.issue(B), B, f"bal/nodes/{B}/receipts")
    access, _ = await link_of(broker, authority.issue("access"), "access")
    for _ in range(20):
        await access.publish(f"bal/nodes/{A}/receipts", b"for the stuck one")
    await access.publish(f"bal/nodes/{B}/receipts", b"for the other")
    assert (await next_of(receipts, 1)).payload == b"for the other"
    sent = await stuck.reader.read(65536)
    assert sent.count(b"for the stuck one") == 3
    await well.stop()
    await access.stop()
    await stuck.close()


async def test_burst_of_a_device_waits_for_the_access_layer_and_loses_nothing(
    authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.mqtt.router._MAX_IN_FLIGHT", 210)
    server = authority.issue("localhost", is_server=True)
    broker = MqttBroker(server, Standing([A]), bounds=BrokerBounds(packets_at_once=2000))
    await broker.start()
    access, readings = await link_of(
        broker, authority.issue("access"), "access", "bal/nodes/+/readings"
    )
    device, _ = await link_of(broker, authority.issue(A), A)
    await asyncio.gather(
        *(device.publish(f"bal/nodes/{A}/readings", b"%d" % number) for number in range(1000))
    )
    arrived = [(await next_of(readings)).payload for _ in range(1000)]
    assert arrived == [b"%d" % number for number in range(1000)]
    await device.stop()
    await access.stop()
    await broker.stop()


def _open_sockets() -> list[ssl.SSLSocket]:
    """Return the TLS sockets of this process that hold a descriptor."""
    return [it for it in gc.get_objects() if isinstance(it, ssl.SSLSocket) and it.fileno() >= 0]


async def test_link_leaves_no_socket_open_where_a_handshake_is_cut(authority: Any) -> None:
    """Whoever is hung up on during TLS holds no descriptor of it, however often it tries."""
    others = _open_sockets()  # of other tests of this process
    hung_up = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hung_up
        await reader.read(1)
        hung_up += 1
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = MqttLink(BrokerAt("127.0.0.1", port), authority.issue(A), A)
    await link.start()
    async with asyncio.timeout(10):
        while hung_up < 4:
            await asyncio.sleep(0.05)
    open_ones = [it for it in _open_sockets() if not any(it is other for other in others)]
    await link.stop()
    server.close()
    await server.wait_closed()
    assert len(open_ones) <= 1  # the one that is being tried
