"""Phasor power: messages a second, calculated alone and over the databus.

Beside the calculation: the bare decoding of the same messages into the same structs. Over the
databus, the server (broker, bridge, power service, SQLite with synchronous=FULL) is this process
and the devices are another one, so that two cores are used as they would be.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from benchmarks.harness import PER_SECOND, Row, paired_s
from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.records.phasor import PhasorRecords
from platone.dso.records.table import metadata
from platone.dso.service.phasor import CalculatePower
from platone.dso.service.phasor_device import PhasorDeviceState, ReadingRules, RecentProblems
from platone.grid.phasor.component import DeviceRule
from platone.grid.phasor.power import measure as measure_message
from platone.grid.phasor.power import power_message
from platone.identity.context import Identity
from platone.infra.db import Database, sqlite_url
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink, Subscription
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.supervision import Supervisor
from platone.kernel.clock import SystemClock
from platone.messages.phasor import PhasorMessage

_MESSAGES, _ALONE = 5000, 200
_DEVICES, _PER_DEVICE, _AT_ONCE = 20, 250, 10
_BASE = "https://platone.test"


def _payload(device: str, number: int) -> bytes:
    """Twelve readings: three phases, magnitude and angle of voltage and current."""
    readings = [
        {"component": "bus/12", "measurand": measurand, "phase": phase, "data": value}
        for phase, turn in (("A", 0.0), ("B", -120.0), ("C", 120.0))
        for measurand, value in (
            ("voltmagnitude", 230.12),
            ("voltangle", turn + 5.0 + number * 1e-4),
            ("currmagnitude", 10.5),
            ("currangle", turn - 25.0),
        )
    ]
    at = f"2021-06-22T13:{number // 6000:02d}:{number % 6000 / 100:06.3f}000+00:00"
    return json.dumps({"device": device, "timestamp": at, "readings": readings}).encode()


def _calculated() -> list[Row]:
    payloads = [_payload("PMU1", number) for number in range(_MESSAGES)]
    decoder, rule = msgspec.json.Decoder(PhasorMessage), DeviceRule()
    encode = msgspec.json.Encoder().encode

    def bare() -> None:
        for payload in payloads:
            decoder.decode(payload)

    def calculate() -> None:
        for payload in payloads:
            measure_message(payload, rule)

    def all_of_it() -> None:
        for payload in payloads:
            encode(power_message(measure_message(payload, rule)))

    beside, note = "msgspec decode", f"12 readings, {len(payloads[0])} bytes; one core"
    rows = []
    for what, work in (("decode, compute", calculate), ("decode, compute, encode", all_of_it)):
        ours_s, bare_s = paired_s(work, bare)
        rates = _MESSAGES / ours_s, _MESSAGES / bare_s
        rows.append(Row(f"phasor power: {what}", rates[0], PER_SECOND, beside, rates[1], note))
    return rows


@asynccontextmanager
async def _databus(folder: Path) -> AsyncIterator[tuple[MqttBroker, Subscription]]:
    identity = Identity(folder, _BASE)
    await identity.start()
    broker = MqttBroker(
        await identity.server_certificate(["127.0.0.1"]), Standing(map(_device, range(_DEVICES)))
    )
    await broker.start()
    for index in range(_DEVICES):
        await identity.transport_credentials(_device(index))
    database = Database(sqlite_url(folder / "dso.db"), metadata)
    await database.open()
    record = PhasorRecords(database)
    tls = await identity.transport_credentials("dso")
    link = MqttLink(BrokerAt("127.0.0.1", broker.port), tls, "dso")
    databus = MqttDatabus(link)
    await databus.listen()
    processed = await link.subscribe(["processed/bal/#"], is_acknowledged=False)
    await link.start()
    await link.wait_up()
    knowledge = PhasorDeviceState(record, ReadingRules(record), RecentProblems())
    calculate = CalculatePower(knowledge, databus, SystemClock())
    supervisor = Supervisor("dso")
    databus.start(supervisor, calculate, record.keep)
    try:
        yield broker, processed
    finally:
        await supervisor.stop()
        await link.stop()
        await broker.stop()
        await database.close()
        await identity.stop()


def _device(index: int) -> str:
    return f"0x{index + 1:040x}"


async def _send(folder: Path, port: int) -> None:
    """The devices' process: all at once."""
    links = [await _connected(folder, port, index) for index in range(_DEVICES)]

    async def send(index: int) -> None:
        name = f"bal/pmu/{_device(index)}"
        payloads = [_payload(_device(index), number) for number in range(_PER_DEVICE)]
        for at in range(0, _PER_DEVICE, _AT_ONCE):
            some = payloads[at : at + _AT_ONCE]
            await asyncio.gather(*(links[index].publish(name, it, 120) for it in some))

    sys.stdin.readline()
    await asyncio.gather(*(send(index) for index in range(_DEVICES)))
    for link in links:
        await link.stop()


async def _connected(folder: Path, port: int, index: int) -> MqttLink:
    private = folder / "identity" / f"client-{_device(index)}"
    tls = TlsFiles(folder / "ca.pem", Path(f"{private}.pem"), Path(f"{private}-key.pem"))
    link = MqttLink(BrokerAt("127.0.0.1", port), tls, _device(index))
    await link.start()
    await link.wait_up()
    return link


async def _delay_ms(folder: Path, broker: MqttBroker, processed: Subscription) -> float:
    """Median from a device's message to its processed one, one at a time."""
    link, times = await _connected(folder, broker.port, 0), []
    for number in range(_ALONE):
        begun_s = time.perf_counter()
        await link.publish(
            f"bal/pmu/{_device(0)}", _payload(_device(0), number), is_acknowledged=False
        )
        await anext(processed)
        times.append(time.perf_counter() - begun_s)
    await link.stop()
    return 1000 * statistics.median(times)


async def _rate(folder: Path, broker: MqttBroker, processed: Subscription) -> tuple[float, int]:
    """Processed messages a second, and how many were lost."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.phasor", str(folder), str(broker.port)),
        stdin=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    async with asyncio.timeout(60):
        await anext(processed)
    count, begun_s = 1, time.perf_counter()
    last_s = begun_s
    while count < _DEVICES * _PER_DEVICE:
        try:
            async with asyncio.timeout(10):
                count += len(await processed.batch(1000))
        except TimeoutError:
            break
        last_s = time.perf_counter()
    await process.communicate()
    return (count - 1) / (last_s - begun_s), _DEVICES * _PER_DEVICE - count


async def _over_the_databus() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with _databus(folder) as (broker, processed):
            delay_ms = await _delay_ms(folder, broker, processed)
            rate, lost = await _rate(folder, broker, processed)
    note = "TLS, bridge, calculation, SQLite FULL, and back to a listener"
    return [
        Row("phasor power: device to processed/bal", delay_ms, "ms", note=note),
        Row(
            "phasor power: messages over the databus",
            rate,
            PER_SECOND,
            note=f"{_DEVICES} devices at once, {lost} of {_DEVICES * _PER_DEVICE} lost; {note}",
        ),
    ]


def measure() -> list[Row]:
    """Rates and the delay."""
    return [*_calculated(), *asyncio.run(_over_the_databus())]


if __name__ == "__main__":
    asyncio.run(_send(Path(sys.argv[1]), int(sys.argv[2])))
