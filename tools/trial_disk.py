"""Let the disk fail at random while a server works: `python tools/trial_disk.py [--rounds 30]`.

A library that is loaded before the server (tools/failing_disk.c, made here with `cc`) lets a part
of all writes into the data folder fail, for a moment, again and again: no space left, or an
input/output error. Parties write all the time; whatever was acknowledged must be there in the end,
and once.
"""

import argparse
import asyncio
import errno
import logging
import os
import random
import subprocess
import tempfile
from pathlib import Path

from trial_party import ROOT, START, SUCCESS, Work

from platone import bootstrap
from platone.infra.free_port import free_port

ERRORS = (errno.ENOSPC, errno.EIO)
SICK_S, WELL_S = (0.5, 2.0), (1.0, 3.0)
"""How long the disk fails, and how long it works, drawn evenly, s."""
RECOVERY_S = 90.0
"""How long the server may take until all of it says that it is well again, s."""
MOST_LOG = 2_000_000
"""Bytes that the server may have logged in all, so that what fails is told now and then."""


def build(folder: Path) -> Path:
    """Make the library."""
    library = folder / "failing_disk.so"
    source = str(ROOT / "tools" / "failing_disk.c")
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), source, "-ldl"]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own source
    return library


async def fall_ill(switch: Path, rounds: int, draw: random.Random) -> None:
    """Let the disk fail for a moment, again and again."""
    draft = switch.with_suffix(".draft")
    for _ in range(rounds):
        await asyncio.sleep(draw.uniform(*WELL_S))
        draft.write_text(f"{draw.choice(ERRORS)} {draw.choice([20, 60, 100])}")
        draft.replace(switch)
        await asyncio.sleep(draw.uniform(*SICK_S))
        switch.unlink()  # noqa: ASYNC240


async def write_on_a_failing_disk(rounds: int, seed: int) -> None:
    """Write all the time while the disk fails, and count what is kept."""
    with tempfile.TemporaryDirectory(prefix="trial-") as name:
        folder = Path(name)
        data, switch, port = folder / "data", folder / "switch", free_port("127.0.0.1")
        shim = {
            "LD_PRELOAD": str(build(folder)),
            "FAILING_DISK_FOLDER": str(data),
            "FAILING_DISK_SWITCH": str(switch),
        }
        os.environ.update(shim)
        server = bootstrap.spawn_server(data, START, port)
        for each in shim:
            os.environ.pop(each)
        try:
            work = await Work.begin(data, port, folder / "node")
            async with work.going_on():
                await fall_ill(switch, rounds, random.Random(seed))  # noqa: S311 - a trial
            await recovered(work)
            await work.check()
            await work.end()
            size = (data / "server.log").stat().st_size
            print(f"rounds: {rounds}; log of the server: {size} bytes")
            if size > MOST_LOG:
                raise SystemExit("That is too much to read.")
        finally:
            server.stop()


async def recovered(work: Work) -> None:
    """Wait until each loop of the server runs again."""
    async with asyncio.timeout(RECOVERY_S):
        while (await work.parties.http.get("/health")).status_code not in SUCCESS:  # noqa: ASYNC110
            await asyncio.sleep(0.5)


def main() -> None:
    """Run the trial."""
    logging.disable(logging.WARNING)  # the node tells of each lost connection
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    asyncio.run(write_on_a_failing_disk(arguments.rounds, arguments.seed))


if __name__ == "__main__":
    main()
