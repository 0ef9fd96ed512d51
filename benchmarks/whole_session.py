"""A session of thousands of points of delivery through the whole server, from gate to setpoints.

A server of its own process runs all contexts with their defaults: market, DSO with its power
flow, aggregator, customer database, ledger. Everything comes over HTTPS, as from outside. While
the session goes through, another client asks a question every few ms that costs nothing: how long
it waits for an answer is how long any other request waits.
"""

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row
from benchmarks.serve import memory_mib
from platone.bootstrap import spawn_server
from platone.demo.connection import Connection, Party, wait_for

PODS = int(os.environ.get("PLATONE_BENCH_WHOLE_PODS", "300"))
"""Points of delivery; 10,000 for the whole goal, which takes a quarter of an hour."""
_AGGREGATOR = "ACEAE"
_START = datetime(2021, 6, 22, 22, tzinfo=UTC)
_BEFORE = datetime(2021, 6, 22, 9, 30, tzinfo=UTC)
_CLOSED = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
"""The market day's begin, an instant at which its session is open, and one after its gate."""
_QUARTER_HOURS = 96
_PODS_AT_ONCE = 250
"""Points of delivery of one message: 1 MB."""
_PODS_OF_BUS = 20
_TURN_S = 0.01
_GOAL_S = 0.2
_PATIENCE_S = 1_800.0


class Probe:
    """Another client, and how long it waited at most, s."""

    def __init__(self, party: Party) -> None:
        self._party = party
        self.longest_s = 0.0

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Ask as long as the context lasts."""
        task = asyncio.create_task(self._ask())
        try:
            yield
        finally:
            task.cancel()

    async def _ask(self) -> None:
        while True:
            begun_s = time.perf_counter()
            await self._party.get("/api/clock")
            self.longest_s = max(self.longest_s, time.perf_counter() - begun_s)
            await asyncio.sleep(_TURN_S)


def _pods() -> list[str]:
    return [f"POD{number:06d}" for number in range(PODS)]


def _network() -> dict[str, Any]:
    """Return a substation with feeders that bear all of its points of delivery."""
    count = -(-PODS // _PODS_OF_BUS)
    return {
        "format": "platone-network/1",
        "id": "many",
        "name": "Many feeders of one bus",
        "version": "1",
        "buses": [
            {"id": name, "name": name, "nominalKv": 20.0}
            for name in ("source", *(f"bus{number}" for number in range(count)))
        ],
        "sources": [{"id": "substation", "bus": "source", "voltagePu": 1.0}],
        "lines": [
            {
                "id": f"line{number}",
                "name": f"line{number}",
                "from": "source",
                "to": f"bus{number}",
                "lengthKm": 0.1,
                "resistanceOhmPerKm": 0.1,
                "reactanceOhmPerKm": 0.1,
                "capacitanceNfPerKm": 0.0,
                "limitA": 1000.0,
            }
            for number in range(count)
        ],
        "connectionPoints": [
            {"podId": pod, "bus": f"bus{number // _PODS_OF_BUS}"}
            for number, pod in enumerate(_pods())
        ],
    }


def _some(items: list[Any]) -> Iterable[list[Any]]:
    return (items[first : first + _PODS_AT_ONCE] for first in range(0, len(items), _PODS_AT_ONCE))


async def _prepare(at: Connection, folder: Path, baseline_kw: Any) -> None:
    """Register the network and the points of delivery with their baselines."""
    aggregator, dso = at.party(_AGGREGATOR), at.party("DSO")
    start = _START.isoformat()
    pods = [{"podId": pod, "aggregatorId": _AGGREGATOR} for pod in _pods()]
    for some in _some(pods):
        await aggregator.post("/api/scd/pods", {"pods": some})
    series = [
        {"podId": pod, "startTime": start, "values": baseline_kw[row].tolist()}
        for row, pod in enumerate(_pods())
    ]
    for some in _some(series):
        await aggregator.put("/api/scd/baselines", {"series": some})
    await dso.put("/api/dso/networks/many", _network())
    await wait_for("the market", lambda: _told(folder, "customers"), _PATIENCE_S)


def _service(kind: str, name: str, entries: list[Any]) -> dict[str, Any]:
    player = _AGGREGATOR if kind == "offer" else kind.partition("_")[0]
    return {
        "playerId": player,
        "serviceType": kind,
        "playerServiceId": name,
        "marketType": "dayAhead",
        "startTime": _START.isoformat(),
        "flexibility": entries,
    }


async def _trade(at: Connection, baseline_kw: Any) -> None:
    """Offer all day, half of all points to reduce and half to raise; ask for half of each."""
    random = np.random.default_rng(PODS)
    change_kw = random.uniform(1, 4, baseline_kw.shape).round(3)
    change_kw[: PODS // 2] *= -1
    price = random.integers(10, 200, baseline_kw.shape) / 1000
    total_kw = (baseline_kw + change_kw).round(3)

    def power(kw: Any, prices: Any) -> list[Any]:
        told = enumerate(zip(kw.tolist(), prices.tolist(), strict=True))
        return [{"index": index, "p": p, "pPrice": each} for index, (p, each) in told]

    entries = [
        {"pod": [pod], "power": power(total_kw[row], price[row])} for row, pod in enumerate(_pods())
    ]
    for number, some in enumerate(_some(entries)):
        offer = _service("offer", f"offer-{number}", some)
        await at.party(_AGGREGATOR).post("/api/flexibilityService", offer)
    for kind, side in (("DSO_request", change_kw < 0), ("TSO_request", change_kw > 0)):
        need_kw = baseline_kw.sum(0) + (change_kw * side).sum(0) / 2
        asked = {"pod": _pods(), "power": power(need_kw.round(3), np.full(_QUARTER_HOURS, 0.25))}
        request = _service(kind, kind, [asked])
        await at.party(kind.partition("_")[0]).post("/api/flexibilityService", request)


async def _status(at: Connection, *wanted: str) -> str | None:
    page = await at.party("MO").get("/api/marketSession", {"from": _START.isoformat()})
    at_start = _START.isoformat().replace("+00:00", "Z")
    for each in page["sessions"]:
        if each["marketType"] == "dayAhead" and each["startTime"] == at_start:
            return each["status"] if each["status"] in wanted else None
    return None


def _count(file: Path, query: str) -> int:
    """Return what a query of a context's database counts."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query).fetchone()[0])


async def _told(folder: Path, *names: str) -> bool | None:
    """Return whether nothing of some contexts waits to be told to others; None until then."""
    query = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
    return None if any(_count(folder / f"{name}.db", query) for name in names) else True


async def _setpoints(folder: Path) -> int | None:
    """Return how many setpoints the DSO has; None while anybody has something to tell."""
    if not await _told(folder, "market", "dso", "aggregator"):
        return None
    return _count(folder / "dso.db", "SELECT count(*) FROM setpoints") or None


async def _run(folder: Path) -> tuple[list[tuple[str, float, float]], int]:
    """Return the steps, each with its seconds and the longest wait of another; and setpoints."""
    steps: list[tuple[str, float, float]] = []
    baseline_kw = np.random.default_rng(1).uniform(10, 20, (PODS, _QUARTER_HOURS)).round(3)
    async with (
        Connection([folder / "credentials.json"], patience_s=_PATIENCE_S) as at,
        Connection([folder / "credentials.json"]) as other,
    ):
        probe = Probe(other.party("MO"))

        @asynccontextmanager
        async def step(name: str) -> AsyncIterator[None]:
            probe.longest_s, begun_s = 0.0, time.perf_counter()
            async with probe.asking():
                yield
            steps.append((name, time.perf_counter() - begun_s, probe.longest_s))

        async with step("points registered"):
            await _prepare(at, folder, baseline_kw)
        async with step("orders taken"):
            await _trade(at, baseline_kw)
        await at.party("MO").put("/api/clock", {"now": _CLOSED.isoformat()})
        async with step("gate to outcome"):
            await wait_for("clearing", lambda: _status(at, "outcome", "validated"), _PATIENCE_S)
        async with step("outcome to final outcome"):
            await wait_for("the final outcome", lambda: _status(at, "validated"), _PATIENCE_S)
        async with step("final outcome to setpoints"):
            setpoints = await wait_for("setpoints", lambda: _setpoints(folder), _PATIENCE_S)
    return steps, setpoints


def measure() -> list[Row]:
    """Each step's time, and the longest wait of another beside the goal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = spawn_server(folder, clock=_BEFORE)
        try:
            steps, setpoints = asyncio.run(_run(folder))
            peak_gib = memory_mib(server.process.pid, "VmHWM") / 1024
        finally:
            server.stop()
    note = f"{PODS:,} PoDs, {setpoints:,} setpoints; server's peak {peak_gib:.2f} GiB"
    return [
        row
        for what, seconds, longest_s in steps
        for row in (
            Row(f"whole session: {what}", seconds, "s", note=note),
            Row("whole session: … longest wait of another", longest_s, "s", "goal", _GOAL_S, note),
        )
    ]
