"""Start-up time and memory of `platone serve`, and of the whole Italian day.

Memory is read from Linux's /proc. Resident pages that processes share count in each of them, so
sums are upper bounds.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import Row
from platone.bootstrap import spawn_server

_BOUND_MIB = 1024
_LATER_STARTS = 3
_SAMPLE_S = 0.05
_IMPORT = """
import time
import platone.bootstrap.server
status = open("/proc/self/status").read()
print(time.process_time(), status.partition("VmRSS:")[2].split()[0])
"""


def memory_mib(process: int, name: str) -> float:
    """VmRSS (now) or VmHWM (peak) of a process, MiB; 0 where it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    kib = [line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:")]
    return int(kib[0]) / 1024 if kib else 0.0  # a process that has ended has no memory


def _family(process: int) -> list[int]:
    """A process and all that it started."""
    children: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children += map(int, task.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [process, *(each for child in children for each in _family(child))]


@dataclass
class _Peak:
    """The greatest memory of a family of processes.

    Attributes:
        together_mib: The greatest sum of what they held at one sampled moment.
        alone_mib: Each one's own peak, as the system has kept it.
    """

    together_mib: float = 0.0
    alone_mib: dict[int, float] = field(default_factory=dict)

    def sample(self, process: int) -> None:
        """Look once."""
        family = _family(process)
        now_mib = sum(memory_mib(each, "VmRSS") for each in family)
        self.together_mib = max(self.together_mib, now_mib)
        for each in family:
            peak_mib = memory_mib(each, "VmHWM")
            self.alone_mib[each] = max(peak_mib, self.alone_mib.get(each, 0.0))


@dataclass(frozen=True, slots=True)
class _Start:
    """A start: seconds until it answered, processor seconds of it, memory then and its peak."""

    elapsed_s: float
    cpu_s: float
    memory_mib: float
    peak_mib: float


def _cpu_s(process: int) -> float:
    """Processor time of a process, user and system, seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _start(data: Path) -> _Start:
    begun_s = time.perf_counter()
    server = spawn_server(data)
    elapsed_s = time.perf_counter() - begun_s
    pid = server.process.pid
    now_mib, peak_mib = memory_mib(pid, "VmRSS"), memory_mib(pid, "VmHWM")
    start = _Start(elapsed_s, _cpu_s(pid), now_mib, peak_mib)
    server.stop()
    return start


def _import() -> _Start:
    """A Python that only imports what the server is made of."""
    begun_s = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", _IMPORT], check=True, capture_output=True, text=True
    )
    elapsed_s = time.perf_counter() - begun_s
    cpu_s, memory_kib = map(float, done.stdout.split())
    return _Start(elapsed_s, cpu_s, memory_kib / 1024, memory_kib / 1024)


def _median(starts: list[_Start]) -> _Start:
    """The start of median duration."""
    return sorted(starts, key=lambda start: start.elapsed_s)[len(starts) // 2]


def _starts() -> list[Row]:
    imports, later_ones = [], []
    with tempfile.TemporaryDirectory() as folder:
        first = _start(Path(folder))
        for _ in range(_LATER_STARTS):  # they take turns, so that both see the same machine
            imports.append(_import())
            later_ones.append(_start(Path(folder)))
    bare, later = _median(imports), _median(later_ones)
    beside, fresh = "importing its code", "makes keys, contracts and chain; once"
    checks = "checks contracts and chain"
    return [
        Row("serve: first start", first.elapsed_s, "s", note=fresh),
        Row("serve: later start", later.elapsed_s, "s", note=checks),
        Row(
            "serve: first start, processor",
            first.cpu_s,
            "s",
            beside,
            bare.cpu_s,
            "processor time, which other programs disturb less",
        ),
        Row("serve: later start, processor", later.cpu_s, "s", beside, bare.cpu_s, checks),
        Row(
            "serve: memory after first start",
            first.memory_mib,
            "MiB",
            beside,
            bare.memory_mib,
            f"VmRSS; peak {first.peak_mib:.0f}: it has compiled the contracts",
        ),
        Row(
            "serve: memory after later start",
            later.memory_mib,
            "MiB",
            beside,
            bare.memory_mib,
            f"VmRSS; peak {later.peak_mib:.0f}",
        ),
    ]


def _demonstration() -> list[Row]:
    peak = _Peak()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "platone", "demo", "italy", "--out", f"{folder}/italy"]
        begun_s = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as driver:  # noqa: S603 - our own
            while driver.poll() is None:
                peak.sample(driver.pid)
                time.sleep(_SAMPLE_S)
        elapsed_s = time.perf_counter() - begun_s
        if driver.returncode:
            raise RuntimeError(f"platone demo italy ended with {driver.returncode}")
    driver_mib = peak.alone_mib.pop(driver.pid)
    server_mib = max(peak.alone_mib.values())
    bound = "bound"
    return [
        Row("demo italy: whole run", elapsed_s, "s", bound, 120, "server's first start to report"),
        Row("demo italy: server's peak", server_mib, "MiB", note="VmHWM"),
        Row("demo italy: driver's peak", driver_mib, "MiB", note="VmHWM; drives, draws the report"),
        Row(
            "demo italy: peak of all together",
            peak.together_mib,
            "MiB",
            bound,
            _BOUND_MIB,
            f"sum of VmRSS, sampled every {_SAMPLE_S * 1e3:.0f} ms",
        ),
    ]


def measure() -> list[Row]:
    """Start-up, memory, and the whole demonstration.

    Raises:
        RuntimeError: The demonstration failed.
    """
    return _starts() + _demonstration()
