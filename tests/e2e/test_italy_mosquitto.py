"""The Italian day with Mosquitto for a broker, which is killed while meters are read."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from tests.component import mosquitto_or_skip

import platone.demo.italy
from platone.bootstrap import spawn_server
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario

from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
KILLED_AFTER = ("Connect the Light Nodes", "Activate, and measure the day")
"""Mosquitto dies a moment after each of these steps, while the next one is under way."""


def mosquitto_of(data: Path) -> int | None:
    """Return the number of the Mosquitto that runs by a data folder's configuration."""
    wanted = str(data / "mosquitto" / "mosquitto.conf").encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if words[0].endswith(b"mosquitto") and wanted in words:
            return int(entry.name)
    return None


async def test_the_day_comes_out_over_mosquitto_although_it_is_killed(
    italy: Any, tmp_path: Path
) -> None:
    scenario, data, out = load_scenario(ITALY), tmp_path / "data", tmp_path / "out"
    chosen = {"PLATONE_MQTT": "mosquitto", "PLATONE_MOSQUITTO": mosquitto_or_skip()}
    server = await asyncio.to_thread(
        spawn_server, data, scenario.day.clock_start, environment=chosen
    )
    killed: list[int] = []

    async def kill() -> None:
        await asyncio.sleep(0.15)
        found = mosquitto_of(data)
        assert found is not None
        os.kill(found, signal.SIGKILL)
        killed.append(found)

    try:
        async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

            def say(title: str, _said: str) -> None:
                if title in KILLED_AFTER:
                    deaths.create_task(kill())

            result = await run_day(scenario, [data / "credentials.json"], out, say)
        devices = sum(line.startswith("user 0x") for line in _rules(data))
        last = mosquitto_of(data)
    finally:
        server.kill()
        if server.process.stdout is not None:
            server.process.stdout.close()
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert len({*killed, last}) == len(KILLED_AFTER) + 1
    assert devices == len(scenario.plants)
    assert_same_day(out, italy)
    async with asyncio.timeout(10):  # it ends with its server, however that ends
        while mosquitto_of(data) is not None:
            await asyncio.sleep(0.05)


def _rules(data: Path) -> list[str]:
    return (data / "mosquitto" / "acl").read_text().splitlines()
