"""kill -9 of the server in the middle of the day: it completes, nothing lost, nothing doubled."""

import asyncio
from pathlib import Path
from typing import Any

import platone.demo.italy
from platone import bootstrap
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario
from platone.infra.free_port import free_port

from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
KILLED_AFTER = (
    "Connect the Light Nodes",
    "Offer flexibility",
    "Check the outcome on the grid",
    "Activate, and measure the day",
)
"""The server dies a moment after each of these steps, while the next one is under way."""


class Server:
    """A server that dies and comes back at the same place."""

    def __init__(self, data: Path, clock: Any) -> None:
        self._data, self._clock, self._port = data, clock, free_port("127.0.0.1")
        self.process = self._spawn()
        self.deaths = 0

    def _spawn(self) -> bootstrap.RunningServer:
        return bootstrap.spawn_server(self._data, self._clock, self._port)

    def forget(self) -> None:
        """Close what is left of the dead process."""
        if self.process.process.stdout is not None:
            self.process.process.stdout.close()

    async def die_and_return(self) -> None:
        await asyncio.sleep(0.15)
        self.process.kill()
        self.forget()
        self.deaths += 1
        self.process = await asyncio.to_thread(self._spawn)


async def test_the_day_completes_although_the_server_is_killed(italy: Any, tmp_path: Path) -> None:
    scenario = load_scenario(ITALY)
    server = await asyncio.to_thread(Server, tmp_path / "data", scenario.day.clock_start)
    out = tmp_path / "out"
    try:
        # In a group, a server that does not come back ends the day, which would wait for it.
        async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

            def say(title: str, _said: str) -> None:
                if title in KILLED_AFTER:
                    deaths.create_task(server.die_and_return())

            files = [tmp_path / "data" / "credentials.json"]
            result = await run_day(scenario, files, out, say)
    finally:
        server.process.stop()
        server.forget()
    assert server.deaths == len(KILLED_AFTER)
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert_same_day(out, italy)
