"""Kill a server again and again while it works: `python tools/trial_kill.py [--kills 61]`.

Two parts, drawn by a seed. In the first, offers, baselines, readings and the clock are written all the
time; whatever was acknowledged must be there in the end, and once. In the second, whole market days are
run, from the first reading to the paid tokens, with their figures and proofs checked.
"""

import argparse
import asyncio
import json
import random
import signal
import ssl
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

import platone.demo.italy
from platone import bootstrap
from platone.demo.field import DayClock
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario
from platone.messages.metering import DeviceCredentials, Reading

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.e2e.conftest import DAY_AHEAD, NOW, pod
from tests.e2e.test_italy_killed import ITALY, free_port

START = NOW
PODS = [f"IT001E1{number:07d}" for number in range(40)]
INDICES = 100
"""Quarter-hours of the day that is traded, the longest of the year."""
LIVES_S = (0.2, 3.0)
"""The time that a server lives after it answers, drawn evenly, s."""
QUARTER_HOUR = timedelta(minutes=15)


class MortalServer:
    """A server that is killed and comes back at the same address."""

    def __init__(self, data: Path, start: datetime) -> None:
        self._data, self._start, self.port, self.deaths = data, start, free_port(), 0
        self._server = self._spawn()

    def _spawn(self) -> bootstrap.RunningServer:
        return bootstrap.spawn_server(self._data, self._start, self.port)

    async def die_again_and_again(self, kills: int, lives: random.Random) -> None:
        while self.deaths < kills:
            await asyncio.sleep(lives.uniform(*LIVES_S))
            self._server.process.send_signal(signal.SIGKILL)
            self._server.kill()
            self.deaths += 1
            self._server = await asyncio.to_thread(self._spawn)

    def stop(self) -> None:
        self._server.stop()


class Parties:
    """Calls of several parties; a call that is not answered is made again until it is."""

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

    async def call(self, party: str, method: str, path: str, body: object = None) -> Any:
        while True:
            try:
                if party not in self._tokens:
                    grant = {"grant_type": "client_credentials"}
                    auth = party, self._secrets[party]
                    answer = await self.http.post("/oauth2/token", data=grant, auth=auth)
                    self._tokens[party] = answer.raise_for_status().json()["access_token"]
                headers = {"Authorization": f"Bearer {self._tokens[party]}"}
                answer = await self.http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self.unanswered += 1
                await asyncio.sleep(0.1)
                continue
            if answer.status_code < 300:  # noqa: PLR2004 - any success
                return answer.json()
            if answer.status_code == 401:  # noqa: PLR2004 - it has ended meanwhile
                self._tokens.pop(party)
            elif answer.status_code != 503:  # noqa: PLR2004 - later
                raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(0.1)


class Meter:
    """A meter of quarter-hours long past, four more at each reading."""

    def __init__(self, pod_id: str) -> None:
        self._pod_id, self.told = pod_id, 0

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        del since
        first, self.told = self.told, self.told + 4
        begin = START - timedelta(days=300)
        return [
            Reading(
                pod_id=self._pod_id,
                start_time=begin.replace(minute=0) + number * QUARTER_HOUR,
                duration_minutes=15,
                energy_wh=number,
            )
            for number in range(first, self.told)
        ]


class NoPlant:
    """No energy management: no setpoint comes."""

    async def apply(self, command: object) -> None:
        raise NotImplementedError(command)


@dataclass
class Acknowledged:
    """What the server has said that it keeps."""

    offers: list[str] = field(default_factory=list)
    baselines_kw: dict[str, list[float]] = field(default_factory=dict)
    clock: datetime = START
    readings: int = 0


async def furnish(parties: Parties) -> None:
    await parties.call("ACEAE", "POST", "/api/scd/pods", {"pods": [pod(name) for name in PODS]})
    start = DAY_AHEAD["startTime"]
    series = [{"podId": name, "startTime": start, "values": [100.0] * INDICES} for name in PODS]
    await parties.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
    await parties.call("MO", "POST", "/api/marketSession", DAY_AHEAD)
    await asyncio.sleep(2)  # the market learns of them a moment later


async def send_offers(parties: Parties, kept: Acknowledged) -> None:
    for number in range(len(PODS) * INDICES):
        power = [{"index": number % INDICES, "p": 90.0, "pPrice": 0.05}]
        offer = {
            "playerId": "ACEAE",
            "serviceType": "offer",
            "playerServiceId": f"offer-{number}",
            "flexibility": [{"pod": [PODS[number // INDICES]], "power": power}],
            **DAY_AHEAD,
        }
        await parties.call("ACEAE", "POST", "/api/flexibilityService", offer)
        kept.offers.append(f"offer-{number}")


async def send_baselines(parties: Parties, kept: Acknowledged) -> None:
    for number in range(1, 10**6):
        name = PODS[number % len(PODS)]
        start = "2021-11-01T23:00:00Z"
        series = [{"podId": name, "startTime": start, "values": [float(number)] * 96}]
        await parties.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
        kept.baselines_kw.setdefault(name, []).append(float(number))


async def move_clock(parties: Parties, kept: Acknowledged) -> None:
    for number in range(1, 10**6):
        now = START + timedelta(milliseconds=100 * number)
        await parties.call("MO", "PUT", "/api/clock", {"now": now.isoformat()})
        kept.clock = now
        await asyncio.sleep(0.05)


async def write_under_kills(kills: int, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        data = Path(folder) / "data"
        server = await asyncio.to_thread(MortalServer, data, START)
        parties, kept = Parties(data, server.port), Acknowledged()
        try:
            await furnish(parties)
            node, meter = await enrolled_node(parties, Path(folder) / "node")
            await node.start()

            async def measure() -> None:
                while True:
                    await node.collect()
                    await asyncio.sleep(0.1)

            writers = [
                asyncio.create_task(each)
                for each in (
                    send_offers(parties, kept),
                    send_baselines(parties, kept),
                    move_clock(parties, kept),
                    measure(),
                )
            ]
            await server.die_again_and_again(kills, random.Random(seed))  # noqa: S311 - a trial
            for writer in writers:
                writer.cancel()
            await asyncio.gather(*writers, return_exceptions=True)
            await node.wait_received(120)
            kept.readings = meter.told
            await check(parties, kept, server, (await node.status()).refused)
            await node.stop()
        finally:
            await parties.http.aclose()
            server.stop()


async def enrolled_node(parties: Parties, folder: Path) -> tuple[Any, Meter]:
    meter = Meter(PODS[0])
    node = bootstrap.light_node(folder, meter, NoPlant(), DayClock(START))
    request = json.loads(__import__("msgspec").json.encode(node.enrolment(PODS[0])))
    answer = await parties.call("ACEAE", "POST", "/api/access/devices", request)
    node.install(__import__("msgspec").convert(answer, DeviceCredentials))
    return node, meter


async def check(parties: Parties, kept: Acknowledged, server: MortalServer, refused: int) -> None:
    """Ask for all that was acknowledged, and tell what is lost or stands twice."""
    session = await parties.call("MO", "POST", "/api/marketSession", DAY_AHEAD)
    path = f"/api/marketSession/{session['id']}/services"
    told = await parties.call("ACEAE", "GET", path)
    names = [each["playerServiceId"] for each in told["flexibilityServices"]]
    lost = set(kept.offers) - set(names)
    twice = len(names) - len(set(names))
    print(f"offers: {len(kept.offers)} acknowledged, {len(lost)} lost, {twice} twice")
    stale = 0
    for name, values in kept.baselines_kw.items():
        query = f"/api/scd/baselines?podId={name}&from=2021-11-01T23:00:00Z&to=2021-11-02T23:00:00Z"
        (series,) = (await parties.call("ACEAE", "GET", query))["series"]
        stale += series["values"][0] < values[-1]
    count = sum(len(values) for values in kept.baselines_kw.values())
    print(f"baselines: {count} acknowledged, {stale} not the newest")
    now = datetime.fromisoformat((await parties.call("MO", "GET", "/api/clock"))["now"])
    print(f"clock: {'kept' if now >= kept.clock else 'LOST'}")
    energies = await measured(parties)
    missing = set(range(kept.readings)) - set(energies)
    twice = len(energies) - len(set(energies))
    print(
        f"readings: {kept.readings} with receipts, {refused} refused, {len(missing)} lost, {twice} twice"
    )
    print(
        f"kills: {server.deaths}; calls that got no answer and were made again: {parties.unanswered}"
    )
    if lost or stale or now < kept.clock or missing or twice or refused:
        raise SystemExit("Something that was acknowledged is not there.")


async def measured(parties: Parties) -> list[int]:
    """Return the energies of all readings, which are their numbers."""
    found: list[int] = []
    begin = (START - timedelta(days=300)).replace(minute=0)
    for day in range(0, 60, 5):
        since, until = begin + timedelta(days=day), begin + timedelta(days=day + 5)
        span = f"from={since:%Y-%m-%dT%H:%M:%SZ}&to={until:%Y-%m-%dT%H:%M:%SZ}"
        answer = await parties.call("ACEAE", "GET", f"/api/scd/measurements?podId={PODS[0]}&{span}")
        found += [each["energyWh"] for each in answer["measurements"]]
    return found


async def days_under_kills(kills: int, seed: int) -> None:
    """Run whole days until enough servers have died in them."""
    scenario, lives, done, deaths = load_scenario(ITALY), random.Random(seed), 0, 0  # noqa: S311
    while deaths < kills:
        with tempfile.TemporaryDirectory(prefix="trial-") as folder:
            data = Path(folder) / "data"
            server = await asyncio.to_thread(MortalServer, data, scenario.day.clock_start)
            killer = asyncio.create_task(server.die_again_and_again(kills - deaths, lives))
            try:
                async with asyncio.timeout(900):
                    result = await run_day(
                        scenario, data / "credentials.json", Path(folder) / "out", lambda *_: None
                    )
            finally:
                killer.cancel()
                await asyncio.gather(killer, return_exceptions=True)
                server.stop()
            if not result.is_good:
                raise SystemExit(f"The day went wrong: {[r for r in result.rows if not r.is_met]}")
            deaths, done = deaths + server.deaths, done + 1
            print(f"days: {done}, with all figures and proofs right; kills: {deaths}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=61, help="in each part")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--part", choices=["write", "days"], help="both by default")
    arguments = parser.parse_args()
    if arguments.part != "days":
        asyncio.run(write_under_kills(arguments.kills, arguments.seed))
    if arguments.part != "write":
        asyncio.run(days_under_kills(arguments.kills, arguments.seed))


if __name__ == "__main__":
    main()
