"""The Italian day over five servers of five parties, each killed once (kill -9) in mid-day."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import platone.demo.italy
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario

from .five_servers import CONTEXTS, PartyServer, five_servers
from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
KILLED_AFTER = {
    "Connect the Light Nodes": "metering",
    "Offer flexibility": "aceae-2",
    "Close the session and clear the market": "market",
    "Check the outcome on the grid": "dso",
    "Activate, and measure the day": "aceae",
}
"""Whose server dies a moment after a step, while the next one is under way."""
AWAY = ("aceae", "aceae-2")
"""Who does not come back before the day is over and settled: one of them since the day before."""


class Caller:
    """A party at its own server."""

    def __init__(self, server: PartyServer) -> None:
        told = msgspec.json.decode(server.credentials.read_bytes())
        (self._client,) = told["clients"]
        trusted = ssl.create_default_context(cafile=told["caFile"])
        self.http = httpx.Client(base_url=told["baseUrl"], verify=trusted, timeout=60)

    def get(self, path: str) -> Any:
        form = {"grant_type": "client_credentials"}
        auth = (self._client["clientId"], self._client["clientSecret"])
        token = self.http.post("/oauth2/token", data=form, auth=auth).json()["access_token"]
        answer = self.http.get(path, headers={"Authorization": f"Bearer {token}"})
        return answer.raise_for_status().json()

    def close(self) -> None:
        self.http.close()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    scenario = load_scenario(ITALY)
    root = tmp_path_factory.mktemp("five")
    with five_servers(root, scenario.day.clock_start) as running:
        yield running


def earnings(caller: Caller) -> Any:
    return caller.get("/api/aggregator/remuneration")["pods"]


def wait_for(probe: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 60
    while not probe():
        assert time.monotonic() < until_s, "waited in vain"
        time.sleep(0.2)


async def die_and_return(server: PartyServer) -> None:
    await asyncio.sleep(0.15)
    server.die()
    if server.name not in AWAY:
        await asyncio.to_thread(server.start)


async def test_the_day_completes_although_each_is_killed(
    servers: dict[str, PartyServer], italy: Any, tmp_path: Path
) -> None:
    files = [each.credentials for each in servers.values()]
    async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

        def say(title: str, _said: str) -> None:
            if title in KILLED_AFTER:
                deaths.create_task(die_and_return(servers[KILLED_AFTER[title]]))

        result = await run_day(load_scenario(ITALY), files, tmp_path, say)
    assert {name: server.deaths for name, server in servers.items()} == dict.fromkeys(CONTEXTS, 1)
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert_same_day(tmp_path, italy)


def test_who_was_away_catches_up(servers: dict[str, PartyServer]) -> None:
    """All was settled and paid without them; now they read their topics, each message once."""
    for name in AWAY:
        assert servers[name].running.process.returncode is not None
        servers[name].start()
    with contextlib.closing(Caller(servers["aceae-2"])) as other:
        wait_for(lambda: other.http.get("/health").json()["status"] == "ready")
    with contextlib.closing(Caller(servers["aceae"])) as caller:
        wait_for(lambda: len(earnings(caller)) == len(EARNED_EUR))
        pods = earnings(caller)
    earned = {each["podId"]: float(each["netEur"]) for each in pods}
    assert earned == pytest.approx(EARNED_EUR, abs=2e-4)


EARNED_EUR = {
    "IT002E61899978": 250.0 * 0.03,
    "IT002E60974469": 87.5923 * 0.03 - 6.5929 * 0.05,
    "IT002E60550189": 34.3205 * 0.07,
}
"""Delivered and missing kilowatt-hours by their prices, as in `test_italy.py`, by hand."""
