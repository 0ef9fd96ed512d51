"""Runs the Italian day: nine steps, then the files, the comparison and the report."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from platone import bootstrap
from platone.demo.comparison import Row, compare
from platone.demo.connection import Connection, DayFailed
from platone.demo.field import DayClock
from platone.demo.fleet import Fleet
from platone.demo.follower import Follower
from platone.demo.italy import collection, delivery, preparation, trading
from platone.demo.italy.day import Day
from platone.demo.italy.report import write_report
from platone.demo.scenario import Scenario

Step = Callable[[Day], Awaitable[str]]
Say = Callable[[str, str], None]
_LOOK_S = 1.0
"""Pause between two looks at a kept server's clock, s: what a person notices as at once."""

STEPS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("Register the points of delivery", (preparation.register, preparation.associate)),
    ("Connect the Light Nodes", (preparation.connect,)),
    ("Forecast the grid and ask for flexibility", (trading.request,)),
    ("Offer flexibility", (trading.offer,)),
    ("Close the session and clear the market", (trading.clear,)),
    ("Check the outcome on the grid", (trading.validate,)),
    ("Certify and publish the final outcome", (trading.publish,)),
    ("Activate, and measure the day", (delivery.activate, delivery.measure)),
    ("Settle and pay", (delivery.settle,)),
)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run: its figures and proofs.

    Attributes:
        rows: Each expected figure and what came out; empty where nothing is expected.
        proofs: Each proof's file, and whether it verifies.
        report: The report.
    """

    rows: list[Row]
    proofs: list[collection.CheckedProof]
    report: Path

    @property
    def is_good(self) -> bool:
        """Return whether every figure came out and every proof verifies."""
        return all(row.is_met for row in self.rows) and all(proof.is_valid for proof in self.proofs)


async def run_day(
    scenario: Scenario,
    credentials_files: Sequence[Path],
    out: Path,
    say: Say,
    base_url: str | None = None,
    afterwards: Callable[[Result, Day], Awaitable[None]] | None = None,
) -> Result:
    """Drive the day against running servers. Again: what was done is left as it is.

    Args:
        scenario: What to run.
        credentials_files: credentials.json of each server.
        out: Where files are written; the Light Nodes keep theirs there, too.
        say: Told each step's title and what came of it.
        base_url: The address of a single server; those of the files where omitted.
        afterwards: What follows while the field is still there.

    Raises:
        DayFailed: The day cannot go on.
    """
    connecting = Connection(credentials_files, base_url)
    async with connecting as connection, _field(scenario, out / "nodes" / connection.mark) as field:
        clock, fleet = field
        day = Day(scenario, connection, clock, fleet, out)
        await day.move_clock(clock.now())
        for title, steps in STEPS:
            said = [await step(day) for step in steps]
            say(title, "; ".join(said))
        await collection.write_files(day)
        proofs = await collection.write_proofs(day)
        say("Collect the messages and check the proofs", f"{len(proofs)} proofs")
        rows = compare(scenario.expected or (), out)
        day.write("comparison.json", {"isMet": all(row.is_met for row in rows), "rows": rows})
        result = Result(rows, proofs, write_report(out, scenario))
        if afterwards is not None:
            await afterwards(result, day)
    return result


@asynccontextmanager
async def _field(scenario: Scenario, nodes: Path) -> AsyncIterator[tuple[DayClock, Fleet]]:
    """Make the field, whose devices have their folders where those of other servers have none."""
    clock = DayClock(scenario.day.clock_start)
    fleet = Fleet(scenario, nodes, clock)
    try:
        yield clock, fleet
    finally:
        await fleet.stop()


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A server that was started for one run: its credentials file, and its process."""

    credentials: Path
    running: "bootstrap.RunningServer"

    async def keep(self, day: Day, say: Callable[[str], None]) -> None:
        """Have the field go on by the server's clock until the server ends, or is interrupted.

        Args:
            day: The day that was run, with its Light Nodes. Points of delivery that are registered
                from now on have simulated nodes, too.
            say: Told what went wrong, each sentence once.
        """
        others = Follower(day.connection, day.out / "nodes" / "others", lambda _: None)
        told: set[str] = set()
        try:
            while self.running.process.poll() is None:
                try:
                    await day.follow_clock()
                    await day.fleet.deliver()
                    await others.look()
                except DayFailed as failed:
                    if str(failed) not in told:
                        told.add(str(failed))
                        say(str(failed))
                await asyncio.sleep(_LOOK_S)
        finally:
            await others.stop()


@contextmanager
def own_server(scenario: Scenario, out: Path) -> Iterator[OwnServer]:
    """Start a fresh server for one run.

    Args:
        scenario: Says when its simulated clock starts.
        out: Where earlier runs have left the Light Nodes of servers that are gone.

    Raises:
        DayFailed: It did not start.
    """
    shutil.rmtree(out / "nodes", ignore_errors=True)
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="platone-demo-")))
        try:
            running = stack.enter_context(bootstrap.spawned_server(data, scenario.day.clock_start))
        except bootstrap.ServerFailed as failed:
            raise DayFailed(failed.detail) from failed
        yield OwnServer(data / "credentials.json", running)
