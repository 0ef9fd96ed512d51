"""Signed readings to signed receipts, through the embedded broker: delay and rate.

The server (broker, access layer, SQLite with synchronous=FULL) is this process; the devices are
another one, so that two cores are used as they would be.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from fastapi import FastAPI, Response

from benchmarks.harness import Row
from platone.access.context import Access
from platone.access.domain.message import IncomingMessage, authenticate_all
from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.device import DeviceRecords
from platone.access.records.table import metadata
from platone.identity.context import Identity
from platone.infra.db import Database, sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import SystemClock
from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading
from platone.node.domain.message import seal_readings

_DEVICES, _MESSAGES, _READINGS = 20, 100, 12
_ALONE = 200
_BASE = "https://platone.test"
_START = datetime(2021, 1, 1, tzinfo=UTC)


def _key(index: int) -> SigningKey:
    return SigningKey((index + 1).to_bytes(32, "big"))


def _envelopes(key: SigningKey, pod: str, count: int, first: int = 0) -> list[bytes]:
    readings = [
        Reading(
            pod_id=pod,
            start_time=_START + index * timedelta(minutes=1),
            duration_minutes=1,
            energy_wh=index,
        )
        for index in range(first * _READINGS, (first + count) * _READINGS)
    ]
    parts = (readings[at : at + _READINGS] for at in range(0, len(readings), _READINGS))
    return [
        next(seal_readings(key, first + number, _START, part)).envelope
        for number, part in enumerate(parts)
    ]


def _pod(index: int) -> str:
    return f"POD{index:05d}"


def _others() -> FastAPI:
    """The other parties' systems: they take everything."""
    app = FastAPI()

    @app.post("/oauth2/token")
    async def token() -> Response:
        answer = {"access_token": "t", "token_type": "Bearer", "expires_in": 900, "scope": ""}
        return Response(msgspec.json.encode(answer))

    @app.post("/api/{path:path}")
    async def take(path: str) -> Response:
        del path
        return Response(b'{"results": []}')

    return app


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[tuple[MqttBroker, Identity]]:
    identity = Identity(folder, _BASE)
    await identity.start()
    broker = MqttBroker(await identity.server_certificate(["127.0.0.1"]), Standing())
    await broker.start()
    database = Database(sqlite_url(folder / "access.db"), metadata)
    await database.open()
    for index in range(_DEVICES):
        key = _key(index)
        await identity.transport_credentials(key.address)
        device = Device(key.address, _pod(index), "A", 0.0, DeviceStatus.ACTIVE)
        await DeviceRecords(database).save(device, _START, _START)
    await database.close()
    transport = httpx.ASGITransport(_others())
    async with httpx.AsyncClient(transport=transport, base_url=_BASE) as http:
        access = Access(
            sqlite_url(folder / "access.db"),
            folder / "access.key",
            broker,
            await identity.transport_credentials("access"),
            PartyClient(http, "MDA", ""),
            SystemClock(),
        )
        await access.start()
        try:
            yield broker, identity
        finally:
            await access.stop()
            await broker.stop()
            await identity.stop()


async def _devices(folder: Path, port: int) -> None:
    """The devices' process: prints the median and 95th percentile delay (ms), and the rate."""
    delays = await _one_by_one(folder, port)
    rate = await _all_at_once(folder, port)
    cuts = statistics.quantiles(delays, n=20)
    sys.stdout.write(f"{1000 * cuts[9]} {1000 * cuts[18]} {rate}\n")


async def _connected(folder: Path, port: int, index: int) -> tuple[MqttLink, asyncio.Queue[bytes]]:
    address = _key(index).address
    private = folder / "identity" / f"client-{address}"
    tls = TlsFiles(folder / "ca.pem", Path(f"{private}.pem"), Path(f"{private}-key.pem"))
    link = MqttLink(BrokerAt("127.0.0.1", port), tls, address)
    receipts = await link.subscribe([f"bal/nodes/{address}/receipts"])
    await link.start()
    await link.wait_up()
    return link, receipts._received  # type: ignore[return-value] # noqa: SLF001


async def _one_by_one(folder: Path, port: int) -> list[float]:
    link, receipts = await _connected(folder, port, 0)
    topic, delays = f"bal/nodes/{_key(0).address}/readings", []
    for envelope in _envelopes(_key(0), _pod(0), _ALONE, first=_MESSAGES):
        begun_s = time.perf_counter()
        await link.publish(topic, envelope)
        await receipts.get()
        delays.append(time.perf_counter() - begun_s)
    await link.stop()
    return delays


async def _all_at_once(folder: Path, port: int) -> float:
    links = [await _connected(folder, port, index) for index in range(_DEVICES)]
    batches = [_envelopes(_key(index), _pod(index), _MESSAGES) for index in range(_DEVICES)]

    async def send(index: int) -> None:
        link, receipts = links[index]
        topic = f"bal/nodes/{_key(index).address}/readings"
        await asyncio.gather(
            *(link.publish(topic, envelope, timeout_s=120) for envelope in batches[index])
        )
        for _ in range(_MESSAGES):
            await receipts.get()

    begun_s = time.perf_counter()
    await asyncio.gather(*(send(index) for index in range(_DEVICES)))
    elapsed_s = time.perf_counter() - begun_s
    for link, _ in links:
        await link.stop()
    return _DEVICES * _MESSAGES / elapsed_s


async def _measure(folder: Path) -> tuple[float, float, float]:
    async with _server(folder) as (broker, _):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.ingest",
            str(folder),
            str(broker.port),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    median_ms, late_ms, rate = map(float, output.split())
    return median_ms, late_ms, rate


def _verified_per_second() -> float:
    arrivals = [IncomingMessage(_key(0).address, it) for it in _envelopes(_key(0), _pod(0), 1000)]
    begun_s = time.perf_counter()
    authenticate_all(arrivals)
    return len(arrivals) / (time.perf_counter() - begun_s)


def measure() -> list[Row]:
    """Delay and rate from a signed message to its signed receipt."""
    with tempfile.TemporaryDirectory() as folder:
        median_ms, late_ms, rate = asyncio.run(_measure(Path(folder)))
    note = f"{_READINGS} readings a message; TLS, SQLite FULL"
    return [
        Row("reading to receipt, one device", median_ms, "ms", note=f"{note}; median"),
        Row("reading to receipt, one device, slow", late_ms, "ms", note=f"{note}; 95 %"),
        Row(
            "readings messages with receipts",
            rate,
            "1/s",
            "verification alone",
            _verified_per_second(),
            f"{_DEVICES} devices at once; {note}",
        ),
    ]


if __name__ == "__main__":
    asyncio.run(_devices(Path(sys.argv[1]), int(sys.argv[2])))
