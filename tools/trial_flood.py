"""Flood the doors of a server: `python tools/trial_flood.py [--seconds 20]`.

One flood after the other, from 127.0.0.1, in a process of its own: plain connections, idle TLS
connections, slow headers and bodies, MQTT clients that are enrolled nowhere. Meanwhile honest
devices send readings, and somebody else (127.0.0.2) asks by REST. It ends with status 1 where an
honest call is not answered, no receipt comes, or the log grows without bound.
"""

import argparse
import asyncio
import contextlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.receipts import (
    NOW,
    _Device,
    _device,
    _Server,
    _token,
)

from platone.bootstrap import spawned_server
from platone.infra.mqtt.enrolment import make_request
from platone.infra.mqtt.tls import TlsFiles, client_context
from platone.kernel.signature import SigningKey

HERE, NEIGHBOUR = "127.0.0.1", "127.0.0.2"
PLAIN, IDLE, SLOW, STRANGERS = 1100, 3000, 300, 40
"""Connections of each flood that are tried at once."""
DEVICES = 4
WARM_S = 3.0
"""How long a flood is under way before it is measured, s."""
MOST_LOG_BYTES = 200_000
"""Growth of the log that a flood may cause, bytes."""
_HEAD = b"POST /api/scd/pods HTTP/1.1\r\nHost: platone\r\nContent-Length: 1000000\r\n"
_BURST = 20
"""Messages that a stranger sends with its CONNECT."""


@dataclass
class Seen:
    """What the honest ones saw during a flood.

    Attributes:
        receipts: Receipts a second.
        calls: Calls of the neighbour that were answered.
        failed: Its calls that were not.
        slowest_s: The slowest of its answers, s.
        descriptors: The most open files of the server.
        log_bytes: Growth of the log, bytes.
    """

    receipts: float = 0.0
    calls: int = 0
    failed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    descriptors: int = 0
    log_bytes: int = 0

    @property
    def holds(self) -> bool:
        """Return whether the doors stood open for the honest ones."""
        return self.receipts > 0 and self.calls > 0 and not self.failed and self.is_quiet

    @property
    def is_quiet(self) -> bool:
        """Return whether the log was bounded."""
        return self.log_bytes < MOST_LOG_BYTES


async def _again(attack: Callable[[], Awaitable[None]], pause_s: float = 0.01) -> None:
    while True:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(60):
                await attack()
        await asyncio.sleep(pause_s)


async def _held(port: int, context: ssl.SSLContext | None) -> None:
    """Connect, send nothing, and stay until the other side hangs up."""
    reader, writer = await asyncio.open_connection(HERE, port, ssl=context)
    try:
        await reader.read(1)
    finally:
        writer.transport.abort()


async def _slow(port: int, context: ssl.SSLContext, *, in_body: bool) -> None:
    """Send a head, or a body, byte by byte."""
    _, writer = await asyncio.open_connection(HERE, port, ssl=context)
    try:
        if in_body:
            writer.write(_HEAD + b"\r\n")
        for number in range(1000):
            writer.write(b"x" if in_body else _HEAD[number % 20 : number % 20 + 1])
            await writer.drain()
            await asyncio.sleep(0.5)
    finally:
        writer.transport.abort()


async def _stranger(port: int, name: str, context: ssl.SSLContext) -> None:
    """Connect with a true certificate, and send a burst of readings at once."""

    def text(value: str) -> bytes:
        return len(value).to_bytes(2, "big") + value.encode()

    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + text(name)
    message = text(f"bal/nodes/{name}/readings") + b"x" * 30
    flood = bytes([0x10, len(body)]) + body + _BURST * (bytes([0x30, len(message)]) + message)
    reader, writer = await asyncio.open_connection(HERE, port, ssl=context)
    try:
        writer.write(flood)
        while await reader.read(4096):
            writer.write(flood)
    finally:
        writer.transport.abort()


def _crowd(kind: str, port: int, folder: Path) -> list[Callable[[], Awaitable[None]]]:
    """Return what each of a crowd does again and again."""
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.check_hostname = False
    if kind == "plain":
        return [partial(_held, port, None)] * PLAIN
    if kind == "idle":
        return [partial(_held, port, context)] * IDLE
    if kind == "slow":
        return [partial(_slow, port, context, in_body=bool(n % 2)) for n in range(SLOW)]
    names = [each.stem for each in folder.glob("0x*.pem")]
    contexts = [client_context(_files(folder, name)) for name in names]
    pairs = zip(names, contexts, strict=True)
    return [partial(_stranger, port, name, own) for name, own in pairs]


async def attack(crowd: list[Callable[[], Awaitable[None]]]) -> None:
    """Flood a door until this process is ended."""
    await asyncio.gather(*(_again(each) for each in crowd))


def _files(folder: Path, name: str) -> TlsFiles:
    return TlsFiles(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")


def _certify(server: _Server, folder: Path) -> None:
    """Have certificates made for devices that are enrolled nowhere."""
    for number in range(STRANGERS):
        key = SigningKey((1000 + number).to_bytes(32, "big"))
        private, csr = make_request(key)
        asked = {"csr": csr.decode(), "commonName": key.address}
        told = server.call("MDA", "POST", "/api/identity/certificates", asked)
        (folder / f"{key.address}.pem").write_text(told["certificate"])
        (folder / f"{key.address}.key").write_bytes(private)


@contextlib.contextmanager
def _flood(kind: str, port: int, folder: Path) -> Iterator[None]:
    if kind == "none":
        yield
        return
    command = [sys.executable, __file__, "--attack", kind, str(port), str(folder)]
    with subprocess.Popen(command) as process:  # noqa: S603 - our own
        try:
            time.sleep(WARM_S)
            yield
        finally:
            process.kill()


async def _ask(server: _Server, token: str, seen: Seen, until_s: float) -> None:
    """Ask as the neighbour, one call after the other."""
    context = ssl.create_default_context(cafile=server.ca_file)
    door = httpx.AsyncHTTPTransport(local_address=NEIGHBOUR, verify=context)
    base = server.http.base_url
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base, transport=door, timeout=30) as http:
        while (begun_s := time.perf_counter()) < until_s:
            try:
                answer = await http.get("/api/scd/pods", headers=headers)
            except httpx.TransportError as error:
                seen.failed.append(repr(error))
            else:
                if answer.is_success:
                    seen.calls += 1
                else:
                    seen.failed.append(answer.text)
                seen.slowest_s = max(seen.slowest_s, time.perf_counter() - begun_s)
            await asyncio.sleep(0.05)


async def _watch(process: int, seen: Seen, until_s: float) -> None:
    while time.perf_counter() < until_s:
        files = len(os.listdir(f"/proc/{process}/fd"))  # noqa: PTH208 - no path may block here
        seen.descriptors = max(seen.descriptors, files)
        await asyncio.sleep(0.2)


async def _span(
    devices: list[_Device], server: _Server, token: str, process: int, length_s: float
) -> Seen:
    seen = Seen()
    until_s = time.perf_counter() + length_s
    await asyncio.gather(
        *(each.send_until(until_s) for each in devices),
        _ask(server, token, seen, until_s),
        _watch(process, seen, until_s),
    )
    seen.receipts = sum(len(each.delays_s) for each in devices) / length_s
    for each in devices:
        each.delays_s.clear()
    return seen


async def _run(server: _Server, folder: Path, process: int, length_s: float) -> bool:
    _certify(server, folder)
    devices = [await _device(server, folder, index) for index in range(DEVICES)]
    door, broker = server.http.base_url.port or 0, devices[0].link._broker.port  # noqa: SLF001
    token = _token(server.http, "DSO", server.secrets["DSO"])
    log, holds = folder / "data" / "server.log", True
    print("flood       receipts/s  REST answers  failed  slowest s  descriptors  log bytes")
    for kind in ("none", "plain", "idle", "slow", "strangers", "none"):
        size = log.stat().st_size if log.exists() else 0
        with _flood(kind, broker if kind == "strangers" else door, folder):
            seen = await _span(devices, server, token, process, length_s)
        seen.log_bytes = (log.stat().st_size if log.exists() else 0) - size
        holds &= seen.holds
        print(
            f"{kind:10}  {seen.receipts:10.1f}  {seen.calls:12}  {len(seen.failed):6}  "
            f"{seen.slowest_s:9.2f}  {seen.descriptors:11}  {seen.log_bytes:9}",
            *seen.failed[:2],
            flush=True,
        )
        await asyncio.sleep(2)  # until the server has hung up on the crowd
    for device in devices:
        await device.link.stop()
    return holds


def main() -> None:
    """Run the trial."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--attack", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.attack:
        kind, port, folder = arguments.attack
        asyncio.run(attack(_crowd(kind, int(port), Path(folder))))
        return
    with (
        tempfile.TemporaryDirectory() as name,
        spawned_server(Path(name) / "data", NOW) as spawned,
    ):
        folder = Path(name)
        told = json.loads((folder / "data" / "credentials.json").read_text())
        (folder / "ca.pem").write_bytes(Path(told["caFile"]).read_bytes())
        context = ssl.create_default_context(cafile=told["caFile"])
        secrets = {each["clientId"]: each["clientSecret"] for each in told["clients"]}
        with httpx.Client(base_url=told["baseUrl"], verify=context, timeout=90) as http:
            server = _Server(http, secrets, told["caFile"])
            pid = spawned.process.pid
            if not asyncio.run(_run(server, folder, pid, arguments.seconds)):
                raise SystemExit("A door was shut for the honest, or the log grew.")


if __name__ == "__main__":
    main()
