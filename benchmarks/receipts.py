"""Receipts for readings while the grid is calculated: a whole server, without and under full load.

The server is a process of its own, as `platone serve` starts it. Devices send one message after the
other over MQTT. The load is 16 callers, in a process of their own that steps back when others want
the processor, which ask for power flows of a market day of 3,000 buses again and again, and read
all of each answer. Spans without and with load take turns, so that both see the same machine.
"""

import asyncio
import contextlib
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.harness import PER_SECOND, Row
from platone.bootstrap import spawned_server
from platone.infra.mqtt.enrolment import make_request
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading
from platone.node.domain.message import seal_readings

_BUSES, _ALONG = 3000, 300
_CALLERS = 16
"""Power flows that are asked for at once."""
_DEVICES = 4
_SPAN_S, _SPANS = 8.0, 3
"""Length of a span, s, and how many there are of each kind."""
_WARM_S = 5.0
"""How long the load is under way before a span begins, s."""
_MESSAGES = 20_000
NOW = datetime(2021, 6, 22, 13, tzinfo=UTC)
_FIRST = datetime(2021, 6, 1, tzinfo=UTC)
_DAY = {"startTime": "2021-06-22T22:00:00Z"}
_OK = 200


def network(size: int = _BUSES) -> dict[str, Any]:
    """Return a network in our own form: medium-voltage feeders of 300 buses, a load at each."""
    buses = [{"id": f"b{place}", "nominalKv": 20.0} for place in range(size)]
    lines, loads, feeders = [], [], -(-size // _ALONG)
    for place in range(1, size):
        before = place - feeders if place > feeders else 0
        line = {"id": f"l{place}", "from": f"b{before}", "to": f"b{place}", "lengthKm": 0.1}
        line |= {"resistanceOhmPerKm": 0.2, "reactanceOhmPerKm": 0.12, "limitA": 400.0}
        lines.append(line | {"capacitanceNfPerKm": 250.0})
        loads.append({"id": f"c{place}", "bus": f"b{place}", "pKw": 2.0, "qKvar": 0.5})
    return {
        "format": "platone-network/1",
        "id": "large",
        "name": f"{size:,} buses",
        "version": "1",
        "buses": buses,
        "sources": [{"id": "grid", "bus": "b0", "voltagePu": 1.0}],
        "lines": lines,
        "loads": loads,
    }


@dataclass
class _Server:
    """A running server, as parties call it."""

    http: httpx.Client
    secrets: dict[str, str]
    ca_file: str

    def call(self, party: str, method: str, path: str, content: object) -> Any:
        token = _token(self.http, party, self.secrets[party])
        answer = self.http.request(
            method,
            path,
            content=json.dumps(content).encode(),
            headers={"Authorization": f"Bearer {token}", "Prefer": "wait=60"},
        )
        return answer.raise_for_status().json()


@dataclass
class _Device:
    """A device with all its messages made beforehand."""

    link: MqttLink
    receipts: Any
    topic: str
    messages: Iterator[bytes]
    delays_s: list[float] = field(default_factory=list)

    async def send_until(self, until_s: float) -> None:
        """Send one message after the other, and wait for each receipt."""
        while (begun_s := time.perf_counter()) < until_s:
            await self.link.publish(self.topic, next(self.messages))
            await anext(self.receipts)
            self.delays_s.append(time.perf_counter() - begun_s)


def _token(http: httpx.Client, party: str, secret: str) -> str:
    grant = {"grant_type": "client_credentials"}
    answer = http.post("/oauth2/token", data=grant, auth=(party, secret))
    return str(answer.raise_for_status().json()["access_token"])


def _messages(key: SigningKey, pod: str) -> Iterator[bytes]:
    for number in range(_MESSAGES):
        start = _FIRST + number * timedelta(minutes=1)
        reading = Reading(pod_id=pod, start_time=start, duration_minutes=1, energy_wh=1)
        yield next(seal_readings(key, number + 1, NOW, [reading])).envelope


async def _device(server: _Server, folder: Path, index: int) -> _Device:
    key, pod = SigningKey((index + 1).to_bytes(32, "big")), f"POD{index:05d}"
    registration = {"podId": pod, "aggregatorId": "ACEAE", "pnP": 10}
    server.call("ACEAE", "POST", "/api/scd/pods", registration)
    private, csr = make_request(key)
    asked = {"device": key.address, "podId": pod, "csr": csr.decode()}
    told = server.call("ACEAE", "POST", "/api/access/devices", asked)
    files = TlsFiles(*(folder / f"{index}-{name}" for name in ("ca", "certificate", "key")))
    files.authority.write_text(told["ca"])
    files.certificate.write_text(told["certificate"])
    files.key.write_bytes(private)
    link = MqttLink(BrokerAt(told["host"], told["port"]), files, key.address)
    receipts = await link.subscribe([f"bal/nodes/{key.address}/receipts"])
    await link.start()
    await link.wait_up()
    topic = f"bal/nodes/{key.address}/readings"
    return _Device(link, receipts, topic, _messages(key, pod))


@contextlib.contextmanager
def _load(server: _Server, finished: list[int]) -> Iterator[None]:
    """Let all callers ask for power flows as long as the context lasts; note how many end."""
    command = [sys.executable, "-m", "benchmarks.receipts", str(server.http.base_url)]
    command += [server.ca_file, server.secrets["DSO"]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own
    try:
        time.sleep(_WARM_S)
        yield
    finally:
        process.kill()
        finished.append(process.communicate()[0].count(b"done"))


async def _ask(base_url: str, ca_file: str, secret: str) -> None:
    """Ask for power flows from all callers, again and again, until this process is ended."""
    os.nice(10)
    context = ssl.create_default_context(cafile=ca_file)
    with httpx.Client(base_url=base_url, verify=context, timeout=60) as http:
        headers = {"Authorization": f"Bearer {_token(http, 'DSO', secret)}"}

    async def caller(http: httpx.AsyncClient) -> None:
        while True:
            is_done = False
            with contextlib.suppress(httpx.TransportError):  # of a server that is held up
                call = http.stream("POST", "/api/dso/powerFlow", json=_DAY, headers=headers)
                async with call as answer:
                    async for _ in answer.aiter_raw():
                        pass
                is_done = answer.status_code == _OK
            if is_done:
                sys.stdout.write("done\n")
                sys.stdout.flush()
            else:
                await asyncio.sleep(1)

    async with httpx.AsyncClient(base_url=base_url, verify=context, timeout=120) as calls:
        await asyncio.gather(*(caller(calls) for _ in range(_CALLERS)))


async def _span(devices: list[_Device]) -> tuple[float, list[float]]:
    """Return the receipts a second of a span, and the delays, s."""
    begun_s = time.perf_counter()
    await asyncio.gather(*(each.send_until(begun_s + _SPAN_S) for each in devices))
    elapsed_s = time.perf_counter() - begun_s
    delays = [delay for each in devices for delay in each.delays_s]
    for each in devices:
        each.delays_s.clear()
    return len(delays) / elapsed_s, delays


async def _measure(
    server: _Server, folder: Path, finished: list[int]
) -> dict[bool, tuple[float, list[float]]]:
    server.call("DSO", "PUT", "/api/dso/networks/large", network())
    devices = [await _device(server, folder, index) for index in range(_DEVICES)]
    await _span(devices)
    rates: dict[bool, list[float]] = {False: [], True: []}
    delays: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(_SPANS):
        for is_loaded in (False, True):
            if is_loaded:
                with _load(server, finished):
                    rate, each = await _span(devices)
            else:
                rate, each = await _span(devices)
            rates[is_loaded].append(rate)
            delays[is_loaded] += each
    for device in devices:
        await device.link.stop()
    return {each: (statistics.median(rates[each]), delays[each]) for each in rates}


def measure() -> list[Row]:
    """Receipts a second, and the delay of each, under full load of calculations and without."""
    with tempfile.TemporaryDirectory() as folder, spawned_server(Path(folder) / "data", NOW):
        told = json.loads((Path(folder) / "data" / "credentials.json").read_text())
        context = ssl.create_default_context(cafile=told["caFile"])
        secrets = {each["clientId"]: each["clientSecret"] for each in told["clients"]}
        with httpx.Client(base_url=told["baseUrl"], verify=context, timeout=90) as http:
            server = _Server(http, secrets, told["caFile"])
            finished: list[int] = []
            found = asyncio.run(_measure(server, Path(folder), finished))
    (rate, delays), (loaded_rate, loaded) = found[False], found[True]
    note = (
        f"{_DEVICES} devices; {_CALLERS} power flows of {_BUSES:,} buses asked for at once, "
        f"{sum(finished)} answered in {len(finished) * (_WARM_S + _SPAN_S):.0f} s"
    )
    cuts, loaded_cuts = statistics.quantiles(delays, n=20), statistics.quantiles(loaded, n=20)
    beside = "without load"
    return [
        Row("receipts under load of calculations", loaded_rate, PER_SECOND, beside, rate, note),
        Row("… reading to receipt", 1e3 * loaded_cuts[9], "ms", beside, 1e3 * cuts[9], "median"),
        Row(
            "… reading to receipt, slow",
            1e3 * loaded_cuts[18],
            "ms",
            beside,
            1e3 * cuts[18],
            "95 %",
        ),
    ]


if __name__ == "__main__":
    asyncio.run(_ask(*sys.argv[1:]))
