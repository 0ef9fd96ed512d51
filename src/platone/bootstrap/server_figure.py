"""Figures of a server as a whole: its loops, its disk, its certificates and its clock."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from prometheus_client import Metric, ProcessCollector

from platone import __version__
from platone.bootstrap.certificate_end import certificate_ends
from platone.bootstrap.records_place import places_of
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.database_look import by_address, look_at
from platone.infra.metric.figure import Measured, count, gauge
from platone.infra.metric.request import RequestFigures
from platone.infra.postgresql import Place
from platone.infra.supervision import LoopHealth, LoopState
from platone.kernel.errors import PlatoneError

_STARTED = "platone_start_timestamp_seconds"


def server_parts(
    folder: Path,
    loops: Callable[[], Iterable[LoopHealth]],
    desk: CalculationDesk,
    requests: RequestFigures,
    offsets: Callable[[], Mapping[str, float]] = dict,
) -> dict[str, Measured]:
    """Return the parts with figures that every server has, by name.

    Args:
        folder: The data folder.
        loops: Tells the health of all background loops.
        desk: Where long calculations are made.
        requests: Where requests are counted.
        offsets: Tells by how much partners' clocks were ahead at their last answers, by name, s.
    """
    return {
        "program": ProgramFigures(offsets),
        "loops": LoopFigures(loops),
        "folder": FolderFigures(folder),
        "calculations": DeskFigures(desk),
        "requests": requests,
    }


class LoopFigures:
    """The figures of background loops.

    Args:
        loops: Tells the health of all of them.
    """

    def __init__(self, loops: Callable[[], Iterable[LoopHealth]]) -> None:
        self._loops = loops

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        loops = list(self._loops())
        runs = {each.name: float(each.state is LoopState.RUNNING) for each in loops}
        failures = {each.name: float(each.all_failures) for each in loops}
        running = "1 where a background loop runs as it should, else 0 (see /health)."
        return [
            gauge("platone_loop_running", running, runs, "loop"),
            count("platone_loop_failures", "Failed turns of a loop.", failures, "loop"),
        ]


class DeskFigures:
    """The figures of long calculations.

    Args:
        desk: Where they are made.
    """

    def __init__(self, desk: CalculationDesk) -> None:
        self._desk = desk

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        waiting, running = self._desk.load
        bound = self._desk.bounds.queue
        return [
            gauge("platone_calculations_waiting", "Calculations that wait.", waiting),
            gauge("platone_calculations_running", "Calculations that run.", running),
            gauge("platone_calculations_waiting_most", "As many may wait at most.", bound),
        ]


class FolderFigures:
    """The figures of a data folder: its databases, its disk, and its certificates' ends.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        sizes: dict[str, float] = {}
        up: dict[str, float] = {}
        parts = list(by_address(places_of(self._folder)))
        for those, found in zip(parts, await asyncio.gather(*map(_looked, parts)), strict=True):
            sizes |= found
            up |= {each.schema: float(each.schema in found) for each in those}
        if not parts:
            sizes = await asyncio.to_thread(_sizes, self._folder)
            up = dict.fromkeys(sizes, 1.0)
        text = (
            "1 where the records in a database answered at this look, else 0; a file always does."
        )
        reached = gauge("platone_database_up", text, up, "database")
        return [reached, *await asyncio.to_thread(self._measured, sizes)]

    def _measured(self, sizes: Mapping[str, float]) -> Sequence[Metric]:
        disk = os.statvfs(self._folder)
        free, size = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
        ends = {name: at.timestamp() for name, at in certificate_ends(self._folder).items()}
        return [
            gauge("platone_disk_free_bytes", "Free space of the data folder's disk.", free),
            gauge("platone_disk_size_bytes", "Size of that disk.", size),
            gauge(
                "platone_database_bytes",
                "Size of a database: a file with its log of changes, or a schema with its indexes.",
                sizes,
                "database",
            ),
            gauge(
                "platone_certificate_end_timestamp_seconds",
                "When a certificate ends, s since 1970.",
                ends,
                "certificate",
            ),
        ]


async def _looked(places: list[Place]) -> dict[str, float]:
    """Return the sizes of schemas by name, bytes; of none where their database is away."""
    try:
        found = await look_at(places)
    except PlatoneError:
        return {}
    return {name: float(size) for name, size in found.sizes.items()}


def _sizes(folder: Path) -> dict[str, float]:
    """Return the sizes of a folder's databases with their logs by name, bytes."""
    files = [*folder.glob("*.db"), *folder.glob("*/*.db")]
    found: dict[str, float] = {}
    for file in files:
        parts = (file, file.with_name(file.name + "-wal"))
        name = str(file.relative_to(folder)).removesuffix(".db")
        found[name] = float(sum(each.stat().st_size for each in parts if each.exists()))
    return found


class ProgramFigures:
    """The figures of the program: its version, its process, and its partners' clocks.

    Args:
        offsets: Tells by how much partners' clocks were ahead at their last answers, by name, s.
    """

    def __init__(self, offsets: Callable[[], Mapping[str, float]]) -> None:
        self._offsets = offsets
        self._process = ProcessCollector(registry=None)
        self._started_s = time.time()

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        return [
            gauge("platone_build_info", "The program's version.", {__version__: 1}, "version"),
            gauge(_STARTED, "When the server started, s since 1970.", self._started_s),
            gauge(
                "platone_partner_clock_offset_seconds",
                "How far a partner's clock was ahead of ours at its last answer, to a second.",
                self._offsets(),
                "partner",
            ),
            *self._process.collect(),
        ]
