"""Measuring: medians of repeated runs, the machine described, ratios to what bounds us."""

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

PER_SECOND = "1/s"


class NotThere(Exception):
    """Something that is compared with is not on this machine; the message says how to have it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure.

    Attributes:
        what: What was measured.
        value: The median.
        unit: Its unit; ``PER_SECOND`` for a rate, of which more is better.
        beside: What it is compared with: the bare limit or a peer.
        beside_value: The other's median, in the same unit.
        note: Sizes and circumstances.
    """

    what: str
    value: float
    unit: str
    beside: str = ""
    beside_value: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """What ours costs in units of the other's cost; a rate is the inverse of a cost."""
        if not self.beside_value:
            return None
        ratio = self.value / self.beside_value
        return 1 / ratio if self.unit == PER_SECOND else ratio

    def as_json(self) -> dict[str, object]:
        """The row as a JSON object."""
        return asdict(self) | {"ratio": self.ratio}


def median_s(work: Callable[[], object], runs: int = 5) -> float:
    """Median wall time of some work, seconds, after one run that does not count."""
    work()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def paired_s(
    ours: Callable[[], object], other: Callable[[], object], runs: int = 5
) -> tuple[float, float]:
    """Median wall times of two works that take turns, so that both see the same machine."""
    ours(), other()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for work, into in zip((ours, other), times, strict=True):
            begin = time.perf_counter()
            work()
            into.append(time.perf_counter() - begin)
    return statistics.median(times[0]), statistics.median(times[1])


def growth(sizes: Sequence[float], times_s: Sequence[float]) -> float:
    """The exponent by which time grows with size: slope of a line through the logarithms."""
    exponent, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(time_s) for time_s in times_s]
    )
    return exponent


def machine() -> dict[str, str]:
    """What it was measured on."""
    info = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (info.read_text().splitlines() if info.exists() else ())
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "power-grid-model", "py-evm", "coincurve")},
    }
