"""What the trials share: parties that write all the time, note what was acknowledged, and count it.

Offers, baselines, the clock and the readings of a Light Node; a call that gets no answer, or is
told to come again, is made again until it is taken.
"""

import asyncio
import json
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from platone import bootstrap
from platone.demo.field import DayClock
from platone.messages.metering import DeviceCredentials, Reading

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.e2e.conftest import DAY_AHEAD, NOW, Outside, pod  # noqa: E402 - by the line above
from tests.e2e.test_italy_killed import ITALY  # noqa: E402

__all__ = ["ITALY", "START", "SUCCESS", "UNAVAILABLE", "Outside", "Work", "pod"]
START = NOW
PODS = [f"IT001E1{number:07d}" for number in range(40)]
INDICES = 100
"""Quarter-hours of the day that is traded, the longest of the year."""
ANOTHER_DAY = "2021-11-01T23:00:00Z"
"""Start of a day of which the baselines are written again and again."""
FIRST_READING = datetime(2021, 1, 10, tzinfo=UTC)
QUARTER_HOUR = timedelta(minutes=15)
AT_ONCE = 4
"""Readings in a message of the Light Node."""
MOST_WAITING = 50
"""Messages without a receipt beyond which the meter is left alone, while no server is there."""
LONGEST_RECEIPT_S = 300.0
"""How long the last receipts may take, s."""
SUCCESS, UNAUTHENTICATED, UNAVAILABLE = range(200, 300), 401, 503


class Parties:
    """Calls of several parties, each made again until it is answered with success."""

    def __init__(self, data: Path, port: int) -> None:
        told = json.loads((data / "credentials.json").read_text())
        self._secrets = {each["clientId"]: each["clientSecret"] for each in told["clients"]}
        self._tokens: dict[str, str] = {}
        self.http = httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{port}",
            verify=ssl.create_default_context(cafile=told["caFile"]),
            timeout=20,
        )
        self.unanswered = 0
        self.statuses: Counter[int] = Counter()

    async def call(self, party: str, method: str, path: str, body: object = None) -> Any:
        """Make a call until it succeeds.

        Raises:
            SystemExit: It is answered with something else than success or "later".
        """
        while True:
            try:
                answer = await self._once(party, method, path, body)
            except httpx.TransportError:
                self.unanswered += 1
                answer = None
            if answer is not None:
                self.statuses[answer.status_code] += 1
                if answer.status_code in SUCCESS:
                    return answer.json()
                if answer.status_code == UNAUTHENTICATED:  # it has ended meanwhile
                    self._tokens.pop(party, None)
                elif answer.status_code != UNAVAILABLE:
                    raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(0.1)

    async def _once(self, party: str, method: str, path: str, body: object) -> httpx.Response:
        if party not in self._tokens:
            answer = await self.http.post(
                "/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(party, self._secrets[party]),
            )
            if answer.status_code not in SUCCESS:
                return answer
            self._tokens[party] = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._tokens[party]}"}
        return await self.http.request(method, path, json=body, headers=headers)


class Meter:
    """A meter of quarter-hours long past, some more at each reading; the energy is the number."""

    def __init__(self, pod_id: str) -> None:
        self._pod_id, self.told = pod_id, 0

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """Return the next readings."""
        del since
        first, self.told = self.told, self.told + AT_ONCE
        return [
            Reading(
                pod_id=self._pod_id,
                start_time=FIRST_READING + number * QUARTER_HOUR,
                duration_minutes=15,
                energy_wh=number,
            )
            for number in range(first, self.told)
        ]


class NoPlant:
    """No energy management: no setpoint comes."""

    async def apply(self, command: object) -> None:
        """Refuse a setpoint."""
        raise NotImplementedError(command)


@dataclass
class Work:
    """Writers of all kinds, and what was acknowledged to them."""

    parties: Parties
    node: Any
    meter: Meter
    offers: list[str] = field(default_factory=list)
    baselines_kw: dict[str, list[float]] = field(default_factory=dict)
    clock: datetime = START

    @classmethod
    async def begin(cls, data: Path, port: int, node_folder: Path) -> "Work":
        """Register points of delivery, open a session, and enrol a Light Node."""
        parties = Parties(data, port)
        call, start = parties.call, DAY_AHEAD["startTime"]
        await call("ACEAE", "POST", "/api/scd/pods", {"pods": [pod(name) for name in PODS]})
        series = [{"podId": name, "startTime": start, "values": [100.0] * INDICES} for name in PODS]
        await call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
        await call("MO", "POST", "/api/marketSession", DAY_AHEAD)
        meter = Meter(PODS[0])
        node = bootstrap.light_node(node_folder, meter, NoPlant(), DayClock(START))
        request = msgspec.to_builtins(node.enrolment(PODS[0]))
        answer = await call("ACEAE", "POST", "/api/access/devices", request)
        node.install(msgspec.convert(answer, DeviceCredentials))
        await asyncio.sleep(2)  # the market learns of points of delivery a moment later
        return cls(parties, node, meter)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Write all the time, and note what is acknowledged."""
        await self.node.start()
        writers = [
            asyncio.create_task(each)
            for each in (
                self._offer(),
                self._write_baselines(),
                self._move_clock(),
                self._measure(),
            )
        ]
        try:
            yield
            for writer in writers:
                if writer.done():
                    await writer
        finally:
            for writer in writers:
                writer.cancel()
            await asyncio.gather(*writers, return_exceptions=True)

    async def _offer(self) -> None:
        for number in range(len(PODS) * INDICES):
            power = [{"index": number % INDICES, "p": 90.0, "pPrice": 0.05}]
            offer = {
                "playerId": "ACEAE",
                "serviceType": "offer",
                "playerServiceId": f"offer-{number}",
                "flexibility": [{"pod": [PODS[number // INDICES]], "power": power}],
                **DAY_AHEAD,
            }
            await self.parties.call("ACEAE", "POST", "/api/flexibilityService", offer)
            self.offers.append(f"offer-{number}")

    async def _write_baselines(self) -> None:
        for number in range(1, 10**6):
            name = PODS[number % len(PODS)]
            series = [{"podId": name, "startTime": ANOTHER_DAY, "values": [float(number)] * 96}]
            await self.parties.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
            self.baselines_kw.setdefault(name, []).append(float(number))

    async def _move_clock(self) -> None:
        for number in range(1, 10**6):
            now = START + timedelta(milliseconds=100 * number)
            await self.parties.call("MO", "PUT", "/api/clock", {"now": now.isoformat()})
            self.clock = now
            await asyncio.sleep(0.05)

    async def _measure(self) -> None:
        while True:
            if (await self.node.status()).waiting < MOST_WAITING:
                await self.node.collect()
            await asyncio.sleep(0.1)

    async def check(self, patience: float = 1.0) -> None:
        """Ask for all that was acknowledged, and tell what is lost or stands twice.

        Args:
            patience: The times that the last receipts may take longer than usual.

        Raises:
            SystemExit: Something is.
        """
        await self.node.wait_received(LONGEST_RECEIPT_S * patience)
        faults = await self._count_offers() + await self._count_baselines()
        now = datetime.fromisoformat((await self.parties.call("MO", "GET", "/api/clock"))["now"])
        print(f"clock: {'kept' if now >= self.clock else 'LOST'}")
        faults += await self._count_readings() + (now < self.clock)
        print(f"answers by status: {dict(self.parties.statuses)}")
        print(f"calls without an answer, made again: {self.parties.unanswered}")
        if faults:
            raise SystemExit("Something that was acknowledged is not there, or stands twice.")

    async def _count_offers(self) -> int:
        session = await self.parties.call("MO", "POST", "/api/marketSession", DAY_AHEAD)
        path = f"/api/marketSession/{session['id']}/services"
        names: list[str] = []
        after: str | None = ""
        while after is not None:
            part = await self.parties.call("ACEAE", "GET", f"{path}?{urlencode({'after': after})}")
            names += [each["playerServiceId"] for each in part["flexibilityServices"]]
            after = part["next"]
        lost, twice = len(set(self.offers) - set(names)), len(names) - len(set(names))
        print(f"offers: {len(self.offers)} acknowledged, {lost} lost, {twice} twice")
        return lost + twice

    async def _count_baselines(self) -> int:
        stale = 0
        for name, values in self.baselines_kw.items():
            query = f"podId={name}&from={ANOTHER_DAY}&to=2021-11-02T23:00:00Z"
            answer = await self.parties.call("ACEAE", "GET", f"/api/scd/baselines?{query}")
            (series,) = answer["series"]
            stale += series["values"][0] < values[-1]
        count = sum(len(values) for values in self.baselines_kw.values())
        print(f"baselines: {count} acknowledged, {stale} older than acknowledged")
        return stale

    async def _count_readings(self) -> int:
        found: list[int] = []
        for day in range(self.meter.told // 96 + 1):
            since, until = (FIRST_READING + timedelta(days=day + more) for more in (0, 1))
            span = f"from={since:%Y-%m-%dT%H:%M:%SZ}&to={until:%Y-%m-%dT%H:%M:%SZ}"
            path = f"/api/scd/measurements?podId={PODS[0]}&{span}"
            answer = await self.parties.call("ACEAE", "GET", path)
            found += [each["energyWh"] for each in answer["measurements"]]
        refused: int = (await self.node.status()).refused
        lost = len(set(range(self.meter.told)) - set(found))
        twice = len(found) - len(set(found))
        print(f"readings: {self.meter.told} with receipts, {lost} lost, {twice} twice", end="")
        print(f"; {refused} messages refused")
        return lost + twice + refused

    async def end(self) -> None:
        """Disconnect."""
        await self.node.stop()
        await self.parties.http.aclose()
