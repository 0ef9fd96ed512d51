"""Mosquitto in what is its own: how it is started, kept, and told who stands."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from tests.component import mosquitto_or_skip
from tests.integration.mqtt.client import (
    A,
    B,
    Raw,
    connect_bytes,
    link_of,
    opened,
    text,
    until_heard,
)

from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.device_broker import BrokerFailed
from platone.infra.mqtt.mosquitto import MosquittoBroker
from platone.infra.mqtt.mosquitto_control import take_over
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles, client_context


def made(authority: Any, folder: Path, *devices: str, **more: Any) -> MosquittoBroker:
    tls: TlsFiles = authority.issue("localhost", is_server=True)
    more.setdefault("program", mosquitto_or_skip())
    return MosquittoBroker(tls, Standing(devices), folder / "mosquitto", **more)


async def kill(broker: MosquittoBroker) -> None:
    """Kill its process, and wait until another one runs."""
    old = broker.pid
    assert old is not None
    os.kill(old, signal.SIGKILL)
    async with asyncio.timeout(30):
        while broker.pid in {old, None}:
            await asyncio.sleep(0.01)


async def test_missing_program_is_named(authority: Any, tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match="no program mosquitto-of-tests: install Mosquitto"):
        await made(authority, tmp_path, program="mosquitto-of-tests").start()


async def test_port_that_is_taken_is_told_in_its_own_words(authority: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        broker = made(authority, tmp_path, port=other.getsockname()[1])
        with pytest.raises(BrokerFailed, match="Address already in use"):
            await broker.start()
    await broker.stop()


async def test_killed_mosquitto_comes_back_and_knows_who_stands(
    authority: Any, tmp_path: Path
) -> None:
    broker = made(authority, tmp_path, A, B)
    await broker.start()
    access, readings = await link_of(
        broker, authority.issue("access"), "access", "bal/nodes/+/readings"
    )
    broker.standing.withdraw(B)
    await kill(broker)
    device, _ = await link_of(broker, authority.issue(A), A)
    await access.wait_up()
    await until_heard(device, f"bal/nodes/{A}/readings", b"again", readings)
    raw = await Raw.open(broker, client_context(authority.issue(B)))
    raw.writer.write(connect_bytes(B))
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(20):
            assert await raw.reader.read() in {b"", b"\x20\x02\x00\x00"}  # and then hung up on
    await raw.close()
    for link in (device, access):
        await link.stop()
    await broker.stop()


async def test_its_files_are_private_and_hold_no_secret(authority: Any, tmp_path: Path) -> None:
    broker = made(authority, tmp_path, A)
    await broker.start()
    files = list((tmp_path / "mosquitto").iterdir())
    assert {file.name for file in files} == {"acl", "mosquitto.conf", "nothing", "password"}
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        assert broker._secret not in file.read_text()
    await broker.stop()


async def test_inner_door_opens_to_this_server_only(authority: Any, tmp_path: Path) -> None:
    broker = made(authority, tmp_path, A)
    await broker.start()
    device = await opened(broker, authority.issue(A), A)
    for extra, flags in (
        (b"", 0x02),
        (text("platone") + text("guessed"), 0xC2),
        (text(A), 0x82),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", broker._control_port)
        writer.write(connect_bytes(A, flags, extra))
        async with asyncio.timeout(5):
            assert await reader.read(4) in {b"\x20\x02\x00\x05", b""}
        writer.transport.abort()
    assert await device.ask(b"\xc0\x00", 2) == b"\xd0\x00"  # it is still connected
    await device.close()
    await broker.stop()


async def test_a_thousand_enrolments_at_once_are_all_told(authority: Any, tmp_path: Path) -> None:
    broker = made(authority, tmp_path, A)
    await broker.start()
    devices = [f"0x{number:040x}" for number in range(1000)]
    for device in devices:
        broker.standing.admit(device)
    files = authority.issue(devices[-1])
    dso, heard = await link_of(broker, authority.issue("dso"), "dso", "bal/pmu/+")
    last, _ = await link_of(broker, files, devices[-1])
    await until_heard(last, f"bal/pmu/{devices[-1]}", b"told", heard)
    for link in (last, dso):
        await link.stop()
    await broker.stop()


async def test_no_more_clients_than_are_allowed(authority: Any, tmp_path: Path) -> None:
    broker = made(authority, tmp_path, A, B, bounds=BrokerBounds(connections=2))
    await broker.start()
    clients = [await opened(broker, authority.issue(name), name) for name in (A, B)]
    context = client_context(authority.issue("access"))
    assert await is_turned_away(broker, context)
    await clients[0].close()
    async with asyncio.timeout(10):
        while await is_turned_away(broker, context):
            await asyncio.sleep(0.05)
    await clients[1].close()
    await broker.stop()


async def is_turned_away(broker: MosquittoBroker, context: ssl.SSLContext) -> bool:
    """Whether the door is shut before MQTT begins."""
    try:
        raw = await Raw.open(broker, context)
    except OSError:
        return True
    try:
        return await raw.ask(connect_bytes("access"), 4) != b"\x20\x02\x00\x00"
    except (OSError, asyncio.IncompleteReadError):
        return True
    finally:
        await raw.close()


async def test_mosquitto_that_dies_before_it_answers_is_not_waited_for() -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(die, "127.0.0.1", 0)
    async with asyncio.timeout(10):
        with pytest.raises(BrokerFailed, match="does not answer"):
            await take_over(A, server.sockets[0].getsockname()[1], "secret")
    server.close()
    await server.wait_closed()
