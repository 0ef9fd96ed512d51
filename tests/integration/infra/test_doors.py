"""Doors that a crowd cannot block: bounded connections, deadlines, and a log that stays small."""

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import uvicorn

from platone.infra.bounded_listener import (
    BoundedListener,
    TooFewDescriptors,
    listen,
    reserve_descriptors,
)
from platone.infra.http.deadline import DeadlineProtocol
from platone.infra.log_rate import LogRate

SHORT_S = 0.4


async def connect(address: tuple[str, int], source: str) -> tuple[Any, Any]:
    return await asyncio.open_connection(*address, local_addr=(source, 0))


async def is_open(reader: asyncio.StreamReader, wait_s: float = 0.3) -> bool:
    """Nothing has come, and the other side has not hung up."""
    try:
        async with asyncio.timeout(wait_s):
            return bool(await reader.read(1))
    except TimeoutError:
        return True
    except ConnectionError:
        return False


@pytest.fixture
async def door() -> AsyncIterator[BoundedListener]:
    """A server that echoes, for 12 connections, 5 of one address."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    listener = listen("127.0.0.1", 0, most=12, most_by_address=5)
    server = await asyncio.start_server(echo, sock=listener)
    yield listener
    server.close()


async def test_one_address_cannot_take_the_room_of_another(door: BoundedListener) -> None:
    crowd = [await connect(door.getsockname(), "127.0.0.1") for _ in range(30)]
    alive = [await is_open(reader) for reader, _ in crowd]
    assert sum(alive) == 5
    assert door.refused == 25
    reader, writer = await connect(door.getsockname(), "127.0.0.2")
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    for _, each in crowd:
        each.close()
    writer.close()


async def test_all_addresses_together_are_bounded(door: BoundedListener) -> None:
    crowd = [
        await connect(door.getsockname(), f"127.0.0.{source}")
        for source in range(1, 9)
        for _ in range(3)
    ]
    assert sum([await is_open(reader, 0.05) for reader, _ in crowd]) == 12
    assert door.connections == 12
    for _, writer in crowd:
        writer.close()


def test_each_connection_is_counted_once_and_forgotten_whole() -> None:
    with listen("127.0.0.1", 0, most=5, most_by_address=5) as door, ExitStack() as crowd:
        for _ in range(3):
            crowd.enter_context(socket.create_connection(door.getsockname(), timeout=5))
        accepted = [crowd.enter_context(door.accept()[0]) for _ in range(3)]
        for left in (2, 1, 0):
            accepted[left].close()
            assert door.connections == left
        assert dict(door._by_address) == {}  # addresses that are gone take no memory


class FromAfar(BoundedListener):
    """A listener whose connections seem to come from other addresses than they do."""

    addresses: Iterator[str]

    def _accept(self) -> tuple[int, tuple[str, int, int, int]]:
        descriptor, _ = super()._accept()  # type: ignore[misc]  # as socket has it
        return descriptor, (next(self.addresses), 1, 0, 0)


def test_a_host_is_counted_by_its_subnet_however_many_addresses_it_has() -> None:
    with FromAfar(most=20, most_by_address=3) as door, ExitStack() as crowd:
        one = [f"2001:db8:0:1::{host:x}" for host in (1, 2, 0xFFFF, 0xABCD, 5)]
        other = ["2001:db8:0:2::1"]
        door.addresses = iter([*one, *other])
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.settimeout(5)
        for _ in range(6):
            crowd.enter_context(socket.create_connection(door.getsockname(), timeout=5))
        taken = []
        for _ in range(4):
            connection, address = door.accept()
            crowd.enter_context(connection)
            taken.append(address[0])
        assert taken == [*one[:3], *other]  # told whole, as the log shows them
        assert door.refused == 2
        connection.close()
        assert door.connections == 3


async def test_who_leaves_makes_room(door: BoundedListener) -> None:
    for _ in range(4):
        crowd = [await connect(door.getsockname(), "127.0.0.1") for _ in range(5)]
        assert all([await is_open(reader, 0.05) for reader, _ in crowd])
        for _, writer in crowd:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(5):
            while door.connections:
                await asyncio.sleep(0.01)


def test_more_connections_than_the_system_allows_are_refused_at_the_start() -> None:
    with pytest.raises(TooFewDescriptors, match="open files"):
        reserve_descriptors(1 << 40)


_RESERVE = """
import resource, sys
from platone.infra.bounded_listener import TooFewDescriptors, reserve_descriptors
soft, hard, connections = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
try:
    reserve_descriptors(connections)
except TooFewDescriptors as few:
    print("refused", few.fields["wanted"], few.fields["allowed"])
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "told"),
    [
        (300, 900, 100, "356 900"),  # raised to what is needed: 256 are kept for all else
        (300, 900, 44, "300 900"),  # as many as are there are enough
        (300, 900, 644, "900 900"),  # all that may be had is enough
        (300, 900, 645, "refused 901 900\n300 900"),
    ],
)
def test_open_files_are_reserved_as_far_as_needed(
    soft: int, hard: int, connections: int, told: str
) -> None:
    numbers = [str(number) for number in (soft, hard, connections)]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _RESERVE, *numbers],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == told


def test_a_crowd_is_refused_by_turns_and_who_is_counted_is_forgotten() -> None:
    """A hundred connections of which one may stay: 64 refusals in a turn, at most."""
    with (
        listen("127.0.0.1", 0, most=1, most_by_address=1, backlog=200) as door,
        ExitStack() as crowd,
    ):
        door.settimeout(0)
        for _ in range(100):
            crowd.enter_context(socket.create_connection(door.getsockname(), timeout=5))
        first, _ = door.accept()
        assert (door.connections, door.refused) == (1, 0)
        with pytest.raises(BlockingIOError):
            door.accept()
        assert door.refused == 64
        with pytest.raises(BlockingIOError):
            door.accept()
        assert door.refused == 99
        first.close()
        first.close()  # again: nothing
        assert door.connections == 0
        crowd.enter_context(socket.create_connection(door.getsockname(), timeout=5))
        again, address = door.accept()
        assert address[0] == "127.0.0.1"
        assert door.connections == 1
        again.close()


class Hasty(DeadlineProtocol):
    head_s = SHORT_S
    body_s = SHORT_S


Serve = Callable[[Any], Awaitable[tuple[str, int]]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with contextlib.AsyncExitStack() as running:

        async def start(app: Any) -> tuple[str, int]:
            listener = listen("127.0.0.1", 0)
            config = uvicorn.Config(app, http=Hasty, log_level="critical", lifespan="off")
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))

            async def stop() -> None:
                server.should_exit = True
                await task

            running.push_async_callback(stop)
            address: tuple[str, int] = listener.getsockname()
            return address

        yield start


async def slow_answer(_scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, and answers only after twice the deadline."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(2 * SHORT_S)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


async def dribble(writer: asyncio.StreamWriter, text: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(SHORT_S / 8)


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"a" * 100],
    ids=["silent", "header in dribs"],
)
async def test_a_request_that_does_not_come_ends(serve: Serve, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection(*await serve(slow_answer))
    dribbling = asyncio.create_task(dribble(writer, sent))
    assert not await is_open(reader, 5)
    dribbling.cancel()
    writer.close()


async def test_a_body_in_dribs_ends(serve: Serve) -> None:
    reader, writer = await asyncio.open_connection(*await serve(slow_answer))
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
    dribbling = asyncio.create_task(dribble(writer, b"a" * 1000))
    assert not await is_open(reader, 5)
    dribbling.cancel()
    writer.close()


async def test_a_slow_answer_is_nobodys_fault(serve: Serve) -> None:
    host, port = await serve(slow_answer)
    async with httpx.AsyncClient(base_url=f"http://{host}:{port}") as http:
        for body in (b"", b"a" * 100_000):
            answer = await http.post("/", content=body)
            assert (answer.status_code, answer.text) == (200, "done")


def record(message: str, name: str = "platone") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, (), None)


def test_lines_that_repeat_are_counted() -> None:
    now = [0.0]
    rate = LogRate(allowed=3, window_s=60, monotonic_s=lambda: now[0])
    written = [rate.filter(record("the disk is full")) for _ in range(1000)]
    assert written.count(True) == 3
    assert rate.filter(record("something else"))
    assert rate.filter(record("the disk is full", "another"))
    now[0] = 60.0
    later = record("the disk is full")
    assert rate.filter(later)
    assert later.getMessage() == "the disk is full (and 997 more like it before)"


def test_an_address_in_use_is_told(door_port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", door_port)


@pytest.fixture
def door_port() -> Any:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]
