"""Age: the disk of a point of delivery and day, store by store, and what grows with the days.

A server's records age in accelerated time, by the product's own stores. At each age it is started
anew in a process of its own, which tells how long that took, its memory, and how long a person
waits for what pages show. Exponents are slopes of logarithms: 0 where age costs nothing.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.aged_server import AgedServer, Habit
from benchmarks.harness import Row, growth, machine
from benchmarks.store_size import STORES, StoreSize, store_sizes

AGES = (1, 2, 4)
_PODS = 20
_LOOKS = 15
"""How often each question is asked, after a first time; the quickest answer counts."""
_LEAST = 2
"""Ages, the first among them, of which a line has no slope yet."""
_GOAL_KB = 40.0
"""Disk of a point of delivery and day at most, kB: the project's own goal."""


@dataclass(frozen=True, slots=True)
class Aged:
    """A server at an age.

    Attributes:
        days: Market days that it has lived.
        sizes: The sizes of its databases.
        costs: Its start, memory and answers, by what they are.
    """

    days: int
    sizes: Mapping[str, StoreSize]
    costs: Mapping[str, float]


def age(folder: Path, habit: Habit, ages: Sequence[int]) -> Iterator[Aged]:
    """Have a new server age, and yield what it is like at first and at each of some ages, days."""
    asyncio.run(_live(folder, habit, 0, is_new=True))
    yield Aged(0, store_sizes(folder), {})
    for before, days in pairwise([0, *ages]):
        asyncio.run(_live(folder, habit, days - before))
        yield Aged(days, store_sizes(folder), _started(folder, habit))


def bytes_a_day(aged: Sequence[Aged], habit: Habit) -> dict[str, dict[str, float]]:
    """Return the bytes of a point of delivery and day of each store, by table, from first to last.

    ``""`` stands for the whole file.
    """
    first, last = aged[0], aged[-1]
    per = habit.pods * (last.days - first.days)
    found: dict[str, dict[str, float]] = {}
    for name, size in last.sizes.items():
        before = first.sizes[name]
        tables = {
            table: (size.tables[table] - before.tables.get(table, 0)) / per for table in size.tables
        }
        whole, free = size.file - before.file, size.free - before.free
        found[name] = {"": whole / per, "(free, used again)": free / per, **tables}
    return found


def exponents(aged: Sequence[Aged]) -> dict[str, float]:
    """Return by which power of the age each cost grows."""
    old = [each for each in aged if each.days]
    return {
        name: growth([each.days for each in old], [each.costs[name] for each in old])
        for name in old[0].costs
    }


async def _live(folder: Path, habit: Habit, days: int, *, is_new: bool = False) -> None:
    server = AgedServer(folder, habit)
    await server.start()
    if is_new:
        await server.found()
    for _ in range(days):
        await server.live()
    await server.stop()


def _started(folder: Path, habit: Habit) -> dict[str, float]:
    """Return what a server on the folder costs, as a process of its own tells."""
    command = [sys.executable, "-m", "benchmarks.age", "--look", str(folder)]
    told = subprocess.run(  # noqa: S603 - our own program
        [*command, "--pods", str(habit.pods)], check=True, stdout=subprocess.PIPE
    )
    costs: dict[str, float] = json.loads(told.stdout)
    return costs


async def _look(folder: Path, habit: Habit) -> dict[str, float]:
    server = AgedServer(folder, habit)
    begun_s = time.process_time()
    await server.start()
    costs = {"start, processor s": time.process_time() - begun_s}
    for name, (party, path) in _questions(server).items():
        costs[f"{name}, s"] = min([await _asked_s(server, party, path) for _ in range(_LOOKS)])
    costs["memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await server.stop()
    return costs


def _questions(server: AgedServer) -> dict[str, tuple[str, str]]:
    """Return what pages ask for, and who."""
    day, pod = server.yesterday, server.pods[-1]
    span = f"podId={pod}&from={_iso(day.start)}&to={_iso(day.end)}"
    record = f"reading:{server.addresses[-1]}:{server.first_sequence}"
    return {
        "a day's readings of a PoD": ("AGG", f"/api/scd/measurements?{span}"),
        "a day's baseline of a PoD": ("AGG", f"/api/scd/baselines?{span}"),
        "the sessions of a day": ("AGG", f"/api/marketSession?from={_iso(day.start)}"),
        "state of a certification": ("MDA", f"/api/certification/states?id={record}"),
        "proof of a reading": ("MDA", f"/api/certification/proof/{record}"),
    }


def _iso(instant: object) -> str:
    return str(instant).replace(" ", "T").replace("+00:00", "Z")


async def _asked_s(server: AgedServer, party: str, path: str) -> float:
    begun_s = time.perf_counter()
    await server.ask(party, "GET", path)
    return time.perf_counter() - begun_s


def _told(aged: Sequence[Aged], habit: Habit) -> str:
    """Return a report for people."""
    lines = [f"{key}: {value}" for key, value in machine().items()]
    lines += [str(habit), "", "bytes a PoD and day:"]
    for name, tables in bytes_a_day(aged, habit).items():
        lines.append(f"  {name:10} {tables.pop(''):10,.0f}")
        lines += [
            f"    {table:24} {size:8,.0f}"
            for table, size in sorted(tables.items(), key=lambda each: -each[1])
            if size >= 1
        ]
    powers = exponents(aged)
    lines += ["", "days " + " ".join(f"{each.days:>9}" for each in aged[1:]) + "  exponent"]
    for name, power in powers.items():
        values = " ".join(f"{each.costs[name]:9.4g}" for each in aged[1:])
        lines.append(f"{values} {power:9.2f}  {name}")
    return "\n".join(lines)


def measure() -> list[Row]:
    """Return the disk of a point of delivery and day, and the exponents, of a young server."""
    habit = Habit(pods=_PODS)
    with tempfile.TemporaryDirectory() as name:
        aged = list(age(Path(name), habit, AGES))
    note = f"{_PODS} PoDs, a message each quarter-hour, {habit.sold} quarter-hours sold a day"
    stores = bytes_a_day(aged, habit)
    total = sum(tables[""] for tables in stores.values())
    return [
        Row("age: disk of a PoD and day", total / 1e3, "kB", "the goal", _GOAL_KB, note),
        *(Row(f"age: … {store}", stores[store][""] / 1e3, "kB", note=note) for store in STORES),
        *(
            Row(f"age: {name}, exponent of the age", power, "", note=f"{AGES} days")
            for name, power in exponents(aged).items()
        ),
    ]


def _main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.age", description=__doc__)
    parser.add_argument("--pods", type=int, default=_PODS, help="points of delivery")
    parser.add_argument("--days", type=int, nargs="+", default=AGES, help="ages, days")
    parser.add_argument("--readings", type=int, default=1, help="readings in a message")
    parser.add_argument("--sold", type=int, default=8, help="quarter-hours that each sells in")
    parser.add_argument("--tree", type=int, default=0, help="messages certified together; 0: all")
    parser.add_argument("--folder", type=Path, help="where to keep the data folder")
    parser.add_argument("--look", type=Path, help="only look at an aged data folder")
    chosen = parser.parse_args()
    habit = Habit(
        pods=chosen.pods,
        readings=chosen.readings,
        sold=chosen.sold,
        messages_of_tree=chosen.tree,
    )
    if chosen.look is not None:
        print(json.dumps(asyncio.run(_look(chosen.look, habit))))
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = chosen.folder or Path(name)
        aged: list[Aged] = []
        for each in age(folder, habit, chosen.days):
            aged.append(each)
            if len(aged) > _LEAST:
                print(_told(aged, habit), flush=True)


if __name__ == "__main__":
    _main()
