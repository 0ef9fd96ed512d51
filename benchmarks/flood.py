"""Receipts of honest devices while strangers flood the broker, and while they do not.

The strangers hold true certificates of the authority, and are enrolled nowhere: each connects as
often as it can, and sends a burst of messages at once with its CONNECT, and no answer awaited.
The server is this process, the honest devices are another one, the strangers a third.
"""

import asyncio
import contextlib
import ssl
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Row
from benchmarks.ingest import (
    _connected,
    _envelopes,
    _key,
    _pod,
    _server,
)
from platone.infra.mqtt.tls import TlsFiles, client_context

_STRANGERS = 40
_DEVICES, _MESSAGES = 10, 60
"""Honest devices, and messages that each sends, one after the receipt of the other."""
_BURST = 20


def _stranger(index: int) -> str:
    return f"0x{index + 1:040x}"


def _tls(folder: Path, name: str) -> TlsFiles:
    private = folder / "identity" / f"client-{name}"
    return TlsFiles(folder / "ca.pem", Path(f"{private}.pem"), Path(f"{private}-key.pem"))


def _text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


async def _intrude(port: int, name: str, context: ssl.SSLContext) -> None:
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + _text(name)
    message = _text(f"bal/nodes/{name}/readings") + b"x" * 30
    flood = bytes([0x10, len(body)]) + body + _BURST * (bytes([0x30, len(message)]) + message)
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writer.write(flood)
            while await reader.read(4096):  # admitted: it goes on
                writer.write(flood)
            writer.transport.abort()
        await asyncio.sleep(0.001)


async def _strangers(folder: Path, port: int) -> None:
    names = [_stranger(index) for index in range(_STRANGERS)]
    contexts = [client_context(_tls(folder, name)) for name in names]
    await asyncio.gather(
        *(_intrude(port, name, context) for name, context in zip(names, contexts, strict=True))
    )


async def _devices(folder: Path, port: int, first: int) -> None:
    """Send one message after the other from each device, and print the receipts a second."""
    links = [await _connected(folder, port, index) for index in range(_DEVICES)]

    async def send(index: int) -> None:
        link, receipts = links[index]
        topic = f"bal/nodes/{_key(index).address}/readings"
        for envelope in _envelopes(_key(index), _pod(index), _MESSAGES, first):
            await link.publish(topic, envelope, timeout_s=60)
            await receipts.get()

    begun_s = time.perf_counter()
    await asyncio.gather(*(send(index) for index in range(_DEVICES)))
    sys.stdout.write(f"{_DEVICES * _MESSAGES / (time.perf_counter() - begun_s)}\n")
    for link, _ in links:
        await link.stop()


async def _process(*arguments: object) -> asyncio.subprocess.Process:
    words = [sys.executable, "-m", "benchmarks.flood", *map(str, arguments)]
    return await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)


async def _receipts(folder: Path, port: int, first: int) -> float:
    output, _ = await (await _process("devices", folder, port, first)).communicate()
    return float(output)


async def _measure(folder: Path) -> tuple[float, float]:
    async with _server(folder) as (broker, identity):
        for index in range(_STRANGERS):
            await identity.transport_credentials(_stranger(index))
        alone = await _receipts(folder, broker.port, 0)
        strangers = await _process("strangers", folder, broker.port)
        await asyncio.sleep(2)  # until they flood
        under_flood = await _receipts(folder, broker.port, _MESSAGES)
        strangers.kill()
        await strangers.wait()
    return under_flood, alone


def measure() -> list[Row]:
    """Receipts a second under a flood of strangers, beside those without it."""
    with tempfile.TemporaryDirectory() as folder:
        under_flood, alone = asyncio.run(_measure(Path(folder)))
    note = (
        f"{_DEVICES} devices, each waits for its receipt; {_STRANGERS} strangers with certificates"
    )
    return [Row("receipts under a flood", under_flood, "1/s", "without it", alone, note)]


if __name__ == "__main__":
    _role, _folder, _port, *_first = sys.argv[1:]
    if _role == "strangers":
        asyncio.run(_strangers(Path(_folder), int(_port)))
    else:
        asyncio.run(_devices(Path(_folder), int(_port), int(_first[0])))
