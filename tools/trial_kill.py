"""Kill a server again and again while it works: `python tools/trial_kill.py [--kills 61]`.

Two parts, drawn by a seed. In the first, parties write all the time, and whatever was acknowledged
must be there in the end, and once. In the second, whole market days are run, from the first reading
to the paid tokens, with their figures and proofs checked.
"""

import argparse
import asyncio
import logging
import random
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trial_party import ITALY, START, Work

from platone import bootstrap
from platone.demo.italy import day as italian_day
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario
from platone.infra.free_port import free_port

LIVES_S = (0.2, 3.0)
"""The time that a server lives after it answers while parties write, drawn evenly, s."""
LIVES_OF_DAYS_S = (2.0, 15.0)
"""The same in a market day, whose driver gives up where nobody answers for long, s."""
MOST_STARTS = 3
"""How often a start may take longer than a minute and a half before it counts as failed."""
LONGEST_DAY_S = 900.0
"""How long a day may take with its deaths, s."""


@dataclass(frozen=True)
class Patience:
    """How much longer the trial waits than on a quiet machine; the product waits as ever.

    Attributes:
        factor: The times that each of its waits is longer.
    """

    factor: float

    @property
    def starts(self) -> int:
        """Return how often a start may be too slow."""
        return round(MOST_STARTS * self.factor)

    def lend_to_driver(self) -> None:
        """Let the day's driver, who plays the parties, wait as much longer."""
        italian_day.LIMIT_S *= self.factor


class MortalServer:
    """A server that is killed and comes back at the same address."""

    def __init__(self, data: Path, start: datetime, patience: Patience) -> None:
        self._data, self._start, self.port, self.deaths = data, start, free_port("127.0.0.1"), 0
        self._most_starts = patience.starts
        self.is_over = asyncio.Event()
        self._server = self._spawn()

    def _spawn(self) -> bootstrap.RunningServer:
        for _ in range(self._most_starts - 1):
            with suppress(bootstrap.ServerFailed):  # too slow, where others use the machine
                return bootstrap.spawn_server(self._data, self._start, self.port)
        return bootstrap.spawn_server(self._data, self._start, self.port)

    async def die_again_and_again(
        self, kills: int, draw: random.Random, lives_s: tuple[float, float]
    ) -> None:
        """Die so often, each time a while after the start, until all is over."""
        while self.deaths < kills:
            with suppress(TimeoutError):
                async with asyncio.timeout(draw.uniform(*lives_s)):
                    await self.is_over.wait()
                    return
            self._server.kill()
            self.deaths += 1
            self._server = await asyncio.to_thread(self._spawn)

    def stop(self) -> None:
        """Stop in order."""
        self._server.stop()


async def write_under_kills(kills: int, seed: int, patience: Patience) -> None:
    """Write all the time while the server dies, and count what is kept."""
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        data = Path(folder) / "data"
        server = await asyncio.to_thread(MortalServer, data, START, patience)
        try:
            work = await Work.begin(data, server.port, Path(folder) / "node")
            async with work.going_on():
                draw = random.Random(seed)  # noqa: S311 - a trial
                await server.die_again_and_again(kills, draw, LIVES_S)
            await work.check(patience.factor)
            await work.end()
            print(f"kills: {server.deaths}", flush=True)
        finally:
            server.stop()


async def days_under_kills(kills: int, seed: int, patience: Patience) -> None:
    """Run whole days until enough servers have died in them."""
    scenario, draw = load_scenario(ITALY), random.Random(seed)  # noqa: S311 - a trial
    days = deaths = 0
    while deaths < kills:
        with tempfile.TemporaryDirectory(prefix="trial-") as folder:
            data = Path(folder) / "data"
            server = await asyncio.to_thread(MortalServer, data, scenario.day.clock_start, patience)
            dying = server.die_again_and_again(kills - deaths, draw, LIVES_OF_DAYS_S)
            try:
                # A server that does not come back ends the group, and so the day.
                async with (
                    asyncio.timeout(LONGEST_DAY_S * patience.factor),
                    asyncio.TaskGroup() as group,
                ):
                    group.create_task(dying)
                    files, out = [data / "credentials.json"], Path(folder) / "out"
                    result = await run_day(scenario, files, out, lambda *_: None)
                    server.is_over.set()
            finally:
                server.stop()
            if not result.is_good:
                raise SystemExit(f"Wrong: {[row for row in result.rows if not row.is_met]}")
            deaths, days = deaths + server.deaths, days + 1
            print(f"days: {days}, all figures and proofs right; kills: {deaths}", flush=True)


def main() -> None:
    """Run both parts, or one."""
    logging.disable(logging.WARNING)  # the node tells of each lost connection
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=61, help="in each part")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--part", choices=["write", "days"], help="both by default")
    parser.add_argument("--patience", type=float, default=1.0, help="times that waits are longer")
    arguments = parser.parse_args()
    patience = Patience(arguments.patience)
    patience.lend_to_driver()
    if arguments.part != "days":
        asyncio.run(write_under_kills(arguments.kills, arguments.seed, patience))
    if arguments.part != "write":
        asyncio.run(days_under_kills(arguments.kills, arguments.seed, patience))


if __name__ == "__main__":
    main()
