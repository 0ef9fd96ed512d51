"""Doors behind TLS: who is silent, in the handshake or after it, loses the connection, not others.

Both doors are tried, HTTPS and the broker of devices. Nothing is asserted of how long it takes: a
connection that no deadline ends would stay until the test gives up.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.integration.mqtt.conftest import Authority

from platone.infra.bounded_listener import BoundedListener, listen
from platone.infra.http.deadline import DeadlineProtocol
from platone.infra.http.server import DeadlineServer
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles, client_context

SHORT_S = 0.4
"""The deadline that is tried, s."""
LONG_S = 600.0
"""The deadlines that are not, s: longer than a test may take."""
PATIENCE_S = 20.0
"""How long a test waits for the other side to hang up, s."""
MOST, BY_ADDRESS = 40, 10
HERE, NEIGHBOUR = "127.0.0.1", "127.0.0.2"
DEVICE = "0x" + "aA" * 20


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


@contextlib.asynccontextmanager
async def https_door(
    tls: TlsFiles, handshake: float, silence: float
) -> AsyncIterator[BoundedListener]:
    """Our HTTPS server, with these deadlines of the handshake and of a first request."""

    class Server(DeadlineServer):
        handshake_s = handshake

    class Protocol(DeadlineProtocol):
        head_s = silence

    listener = listen(HERE, 0, most=MOST, most_by_address=BY_ADDRESS)
    config = uvicorn.Config(
        answer,
        http=Protocol,
        log_level="critical",
        lifespan="off",
        ssl_certfile=tls.certificate,
        ssl_keyfile=tls.key,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield listener
    finally:
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def broker_door(tls: TlsFiles, handshake: float, silence: float) -> AsyncIterator[MqttBroker]:
    """The broker of devices, with these deadlines of the handshake and of CONNECT."""
    bounds = BrokerBounds(
        handshake_s=handshake,
        connect_s=silence,
        connections=MOST,
        connections_by_address=BY_ADDRESS,
    )
    broker = MqttBroker(tls, Standing([DEVICE]), bounds=bounds)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


def client_hello() -> bytes:
    """The first bytes that a client of TLS sends, as the system's own library makes them."""
    context = ssl.create_default_context()
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(received, sent, server_hostname="localhost").do_handshake()
    return sent.read()


async def dribble(writer: asyncio.StreamWriter, text: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(SHORT_S / 8)


async def has_hung_up(reader: asyncio.StreamReader, within_s: float = PATIENCE_S) -> bool:
    """The other side ends the connection without a word of its own."""
    try:
        async with asyncio.timeout(within_s):
            while await reader.read(4096):
                pass  # of TLS 1.3, tickets of the session
    except TimeoutError:
        return False
    except (ConnectionError, ssl.SSLError):
        pass
    return True


Door = Callable[[float, float], Any]


@pytest.fixture(params=["https", "mqtt"])
async def door(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[Door]:
    """Opens a door with deadlines of handshake and first message; gives its port."""
    tls = authority.issue("localhost", is_server=True)
    async with AsyncExitStack() as doors:

        async def opened(handshake: float, silence: float) -> int:
            if request.param == "mqtt":
                broker = await doors.enter_async_context(broker_door(tls, handshake, silence))
                return broker.port
            listener = await doors.enter_async_context(https_door(tls, handshake, silence))
            return int(listener.getsockname()[1])

        yield opened


HELLO = client_hello()


@pytest.mark.parametrize(
    "sent",
    [b"", HELLO[: len(HELLO) // 2], HELLO[:5]],
    ids=["nothing", "half a hello", "five bytes"],
)
async def test_a_handshake_that_does_not_come_ends(door: Door, sent: bytes) -> None:
    port = await door(SHORT_S, LONG_S)
    reader, writer = await asyncio.open_connection(HERE, port)
    writer.write(sent)
    assert await has_hung_up(reader)
    writer.close()


async def test_a_handshake_in_dribs_ends(door: Door) -> None:
    """Bytes that come one by one put nothing off."""
    port = await door(SHORT_S, LONG_S)
    reader, writer = await asyncio.open_connection(HERE, port)
    dribbling = asyncio.create_task(dribble(writer, HELLO))
    assert await has_hung_up(reader)
    dribbling.cancel()
    writer.close()


async def test_who_says_nothing_after_the_handshake_is_hung_up_on(
    door: Door, authority: Authority
) -> None:
    port = await door(LONG_S, SHORT_S)
    tls = client_context(authority.issue(DEVICE))
    reader, writer = await asyncio.open_connection(HERE, port, ssl=tls)
    assert await has_hung_up(reader)
    writer.close()


async def idle(port: int, tls: ssl.SSLContext, count: int) -> list[Any]:
    """Open connections of TLS, one after the other, that send nothing after their handshake."""
    crowd = []
    for _ in range(count):
        try:
            crowd.append(await asyncio.open_connection(HERE, port, ssl=tls))
        except (ConnectionError, ssl.SSLError):
            continue
    return crowd


async def test_a_flood_of_idle_tls_does_not_lock_out_others(authority: Authority) -> None:
    """A crowd of one address that never asks: another is answered, and in time it is, too."""
    tls = client_context(authority.issue(DEVICE))
    async with https_door(authority.issue("localhost", is_server=True), LONG_S, 3.0) as listener:
        port = listener.getsockname()[1]
        crowd = await idle(port, tls, 4 * BY_ADDRESS)
        assert listener.connections == BY_ADDRESS
        assert listener.refused == 3 * BY_ADDRESS
        other = httpx.AsyncHTTPTransport(verify=tls, local_address=NEIGHBOUR)
        async with httpx.AsyncClient(transport=other) as neighbour:
            assert (await neighbour.get(f"https://{HERE}:{port}")).text == "here"
        for reader, _ in crowd:
            assert await has_hung_up(reader)
        async with httpx.AsyncClient(verify=tls) as same:
            assert (await same.get(f"https://{HERE}:{port}")).text == "here"
        for _, writer in crowd:
            writer.close()


async def test_a_flood_of_idle_tls_does_not_lock_out_other_devices(authority: Authority) -> None:
    tls = client_context(authority.issue(DEVICE))
    server = authority.issue("localhost", is_server=True)
    async with broker_door(server, LONG_S, LONG_S) as broker:
        crowd = await idle(broker.port, tls, 3 * BY_ADDRESS)
        device = client_context(authority.issue(DEVICE))
        reader, writer = await asyncio.open_connection(
            HERE, broker.port, ssl=device, local_addr=(NEIGHBOUR, 0)
        )
        name = DEVICE.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
        writer.write(bytes([0x10, len(body)]) + body)
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.readexactly(4) == b"\x20\x02\x00\x00"  # CONNACK, accepted
        for _, each in [*crowd, (reader, writer)]:
            each.close()
