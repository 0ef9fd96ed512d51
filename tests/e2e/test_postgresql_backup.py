"""A server with its records in PostgreSQL: copied under load, killed, and put back elsewhere."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from tests.postgresql import Server

from platone.bootstrap import LightNode, light_node
from platone.kernel.clock import SimulatedClock
from platone.messages.metering import DeviceCredentials, Reading

START = datetime(2021, 10, 30, 7, 59, tzinfo=UTC)
NOW = datetime(2021, 10, 30, 11, 5, tzinfo=UTC)
LATEST = datetime(2021, 10, 30, 11, tzinfo=UTC)
POD = "IT001E00000001"
COPIES = 2
LOOKED_AT = 5
"""Measurements, the first ones, whose proofs are looked at."""
PAUSE_S = 0.2
"""Pause between two messages of the household, s."""
QUARTER = timedelta(minutes=15)


class Meter:
    """A meter that has one more reading, of an older quarter-hour, each time that it is read."""

    def __init__(self) -> None:
        self.read_last = LATEST

    async def read(self, since: datetime | None) -> Sequence[Reading]:  # noqa: ARG002 - its own
        self.read_last -= QUARTER
        return [
            Reading(pod_id=POD, start_time=self.read_last, duration_minutes=15, energy_wh=15_000)
        ]


class Ems:
    async def apply(self, command: Any) -> None:
        """Do nothing."""


class Household:
    """A Light Node that signs and sends without a pause, and what it has receipts for."""

    def __init__(self, server: Any, folder: Path) -> None:
        self._meter = Meter()
        self._node: LightNode = light_node(folder, self._meter, Ems(), SimulatedClock(NOW, speed=0))
        request = msgspec.json.encode(self._node.enrolment(POD))
        answer = server.call("ACEAE", "POST", "/api/access/devices", request)
        assert answer.status_code == 201, answer.text
        self._node.install(msgspec.json.decode(answer.content, type=DeviceCredentials))
        self.acknowledged: list[datetime] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()))
        self._thread.start()

    async def _send(self) -> None:
        await self._node.start()
        while not self._done.is_set():
            await self._node.collect()
            await self._node.wait_received(60)
            assert (await self._node.status()).refused == 0
            self.acknowledged.append(self._meter.read_last)
            await asyncio.sleep(PAUSE_S)
        await self._node.stop()

    def end(self) -> None:
        self._done.set()
        self._thread.join()


def command(*arguments: object) -> tuple[int, str]:
    line = [sys.executable, "-m", "platone", *map(str, arguments)]
    done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=120)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


def measured(server: Any) -> dict[datetime, dict[str, Any]]:
    """The measurements that the customers' system has, by when they begin."""
    found = server.get("MDA", "/api/scd/measurements", params={"podId": POD})["measurements"]
    return {datetime.fromisoformat(each["startTime"]): each for each in found}


def roots(server: Any) -> dict[str, dict[str, Any]]:
    """The proofs of the first measurements: Merkle root, block and transaction."""
    found = {}
    told = measured(server)
    for start in sorted(told, reverse=True)[:LOOKED_AT]:
        name = told[start]["certificationId"]
        answer = server.call("MDA", "GET", f"/api/certification/proof/{name}")
        if answer.status_code == 200:
            found[name] = answer.json()
    return found


def test_a_server_on_postgresql_is_backed_up_under_load_and_comes_back_elsewhere(
    server_on: Callable[..., Any], postgresql_server: Server, tmp_path: Path
) -> None:
    """What was acknowledged before a backup began is in it, under the same Merkle roots."""
    address = postgresql_server.database()
    server = server_on(tmp_path / "data", START, PLATONE_DATABASE=address)
    server.furnish()
    household = Household(server, tmp_path / "node")
    copies = [tmp_path / f"copy-{number}" for number in range(COPIES)]
    before: list[tuple[list[datetime], dict[str, Any]]] = []
    try:
        for copy in copies:
            more = len(household.acknowledged) + 5
            server.wait(lambda: len(household.acknowledged) > more, 60)  # noqa: B023 - waited for here
            proofs = server.wait(lambda: roots(server), 60)
            before.append(([*household.acknowledged], proofs))
            code, said = command("backup", copy, "--data", server.data)
            assert code == 0, said
    finally:
        household.end()
        server.process.kill()
        server.close()
    code, said = command("restore", copies[0], "--data", tmp_path / "back")
    assert code == 1, "the old database is not written over"
    assert "is not empty" in said
    assert not (tmp_path / "back").exists()
    for copy, (acknowledged, proofs) in zip(copies, before, strict=True):
        folder, fresh = tmp_path / f"data-of-{copy.name}", postgresql_server.database()
        code, said = command("restore", copy, "--data", folder, "--database", fresh)
        assert code == 0, said
        assert f'start it as before, but with the setting database = "{fresh}"' in said
        again = server_on(folder, START, PLATONE_DATABASE=fresh)
        try:
            assert again.http.get("/health").status_code == 200
            again.wait(lambda: set(acknowledged) <= measured(again).keys(), 60)  # noqa: B023 - likewise
            after = roots(again)
            assert {name: after[name] for name in proofs} == proofs
            again._number = server._number  # names of offers go on
            again.works()
        finally:
            again.close()
