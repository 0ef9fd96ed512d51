"""Calculations in processes of their own: bounds, order, and that one's death harms no other."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.calculation.desk import CalculationBounds, CalculationDesk, Following, following
from platone.infra.calculation.job import Job, JobResult, Jobs
from platone.infra.calculation.problem import (
    CalculationLost,
    CalculationQueueFull,
    CalculationTooLarge,
    CalculationTooLong,
    CalculationUnavailable,
)
from platone.infra.calculation.process import ProcessBounds
from platone.infra.calculation.result import ResultFile, Written, write_result
from platone.infra.supervision import LoopState
from platone.kernel.errors import MalformedMessage

LONG_S = 600
Run = Callable[..., "asyncio.Task[Any]"]
PROCESS = ProcessBounds(memory_mib=1024, result_mib=1, nice=0)


def refuse() -> None:
    raise MalformedMessage("no", place=3)


def stray_output() -> str:
    print("a library's word")  # noqa: T201
    os.write(1, b"another's")
    return "done"


@pytest.fixture
def bounds() -> CalculationBounds:
    return CalculationBounds(processes=1, queue=2, process=PROCESS)


@pytest.fixture
async def own(tmp_path: Path, bounds: CalculationBounds) -> AsyncIterator[CalculationDesk]:
    desk = CalculationDesk(tmp_path / "calculation", bounds)
    await desk.start()
    yield desk
    await desk.stop()
    assert not (tmp_path / "calculation").exists()


def handed_in(
    desk: CalculationDesk, *call: Any, urgent: bool = False
) -> "tuple[asyncio.Task[Any], Following]":
    """A calculation in the making, and what follows its ticket."""
    followed = Following()

    async def run() -> Any:
        with following(followed):
            return await desk.run(*call, urgent=urgent)

    return asyncio.create_task(run()), followed


async def running(desk: CalculationDesk, *call: Any) -> "asyncio.Task[Any]":
    """A calculation that has begun to run."""
    task, followed = handed_in(desk, *call)
    async with asyncio.timeout(60):
        while followed.ticket is None or followed.ticket.process is None:
            await asyncio.sleep(0.01)
    return task


async def waiting(desk: CalculationDesk, *call: Any) -> "asyncio.Task[Any]":
    task, _ = handed_in(desk, *call)
    await asyncio.sleep(0)
    return task


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        if state != "Z":
            return True
        # its first thread has ended; our own child is gone when the last of them has
        return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except (FileNotFoundError, ProcessLookupError, ChildProcessError):
        return False


async def gone(process: int) -> None:
    async with asyncio.timeout(30):
        while lives(process):
            await asyncio.sleep(0.05)


async def cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_process_is_started_with_the_first_calculation(own: CalculationDesk) -> None:
    assert own.processes == []
    assert await own.run(pow, 3, 4) == 81
    (process,) = own.processes
    assert await own.run(os.getpid) == process != os.getpid()


async def test_problems_come_back_as_they_are(own: CalculationDesk) -> None:
    with pytest.raises(MalformedMessage) as told:
        await own.run(refuse)
    assert (told.value.detail, told.value.fields) == ("no", {"place": 3})
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        await own.run(divmod, 1, 0)
    assert await own.run(stray_output) == "done"


async def test_a_killed_process_is_told_and_the_next_calculation_works(
    own: CalculationDesk,
) -> None:
    task = await running(own, time.sleep, LONG_S)
    after = await waiting(own, pow, 2, 5)
    (process,) = own.processes
    os.kill(process, signal.SIGKILL)
    with pytest.raises(CalculationLost):
        await task
    assert await after == 32
    assert process not in own.processes
    assert {each.state for each in own.supervisor.health()} == {LoopState.RUNNING}


async def test_a_process_that_was_killed_while_idle_harms_nobody(own: CalculationDesk) -> None:
    await own.run(pow, 2, 5)
    (process,) = own.processes
    os.kill(process, signal.SIGKILL)
    await gone(process)
    assert await own.run(pow, 2, 6) == 64


async def test_a_full_queue_refuses_and_urgent_ones_go_first(own: CalculationDesk) -> None:
    task = await running(own, time.sleep, LONG_S)
    slow, slow_one = handed_in(own, pow, 2, 1)
    await asyncio.sleep(0)
    urgent, urgent_one = handed_in(own, pow, 2, 2, urgent=True)
    await asyncio.sleep(0)
    assert slow_one.ticket is not None
    assert urgent_one.ticket is not None
    assert (own.place(urgent_one.ticket), own.place(slow_one.ticket)) == (1, 2)
    with pytest.raises(CalculationQueueFull) as full:
        await own.run(pow, 2, 3)
    assert full.value.fields["retryAfterS"] == 5
    await cancelled(slow)  # leaves its place
    third = await waiting(own, pow, 2, 3)
    await cancelled(task)
    assert [await urgent, await third] == [4, 8]


class TestJobs:
    """Jobs of several parties: none fills the queue alone, and who comes first is first."""

    @pytest.fixture
    def bounds(self) -> CalculationBounds:
        return CalculationBounds(processes=1, queue=8, by_party=3, process=PROCESS)

    async def test_one_party_leaves_room_for_another(self, own: CalculationDesk) -> None:
        jobs = Jobs(own)
        held = asyncio.Event()

        async def work() -> JobResult:
            await held.wait()
            return JobResult(b"")

        for _ in range(3):
            jobs.begin("ONE", "flow", work)
        with pytest.raises(CalculationQueueFull, match="3 calculations of ONE") as full:
            jobs.begin("ONE", "flow", work)
        assert full.value.fields["retryAfterS"] == 5
        other = jobs.begin("OTHER", "flow", work)
        held.set()
        await other.task
        assert jobs.begin("ONE", "flow", work).owner == "ONE"  # what is finished counts no more
        await jobs.stop()

    async def test_jobs_are_calculated_as_they_began_whoever_gathers_faster(
        self, own: CalculationDesk
    ) -> None:
        jobs, made = Jobs(own), list[int]()
        gathered = [asyncio.Event() for _ in range(4)]
        held = await running(own, time.sleep, LONG_S)

        def job(number: int) -> Job:
            async def work() -> JobResult:
                await gathered[number].wait()
                made.append(await own.run(pow, number, 1))
                return JobResult(b"")

            return jobs.begin(f"P{number % 2}", "flow", work)

        begun = [job(number) for number in range(4)]
        for number in (2, 0, 3, 1):
            await asyncio.sleep(0)
            gathered[number].set()
            async with asyncio.timeout(10):
                while begun[number].followed.ticket is None:
                    await asyncio.sleep(0.001)
        assert [jobs.place(each) for each in begun] == [1, 2, 3, 4]
        await cancelled(held)
        await asyncio.gather(*(each.task for each in begun))
        assert made == [0, 1, 2, 3]
        await jobs.stop()


async def test_a_cancelled_calculation_frees_its_process(own: CalculationDesk) -> None:
    task = await running(own, time.sleep, LONG_S)
    (process,) = own.processes
    await cancelled(task)
    assert await own.run(pow, 2, 7) == 128
    await gone(process)


class TestBounds:
    """One that passes a bound of time, memory or length is ended, and the next one works."""

    @pytest.fixture
    def bounds(self) -> CalculationBounds:
        return CalculationBounds(processes=1, longest_s=5.0, process=PROCESS)

    async def test_time(self, own: CalculationDesk) -> None:
        with pytest.raises(CalculationTooLong):
            await own.run(time.sleep, LONG_S)
        assert await own.run(pow, 2, 8) == 256

    async def test_memory(self, own: CalculationDesk) -> None:
        with pytest.raises(CalculationTooLarge):
            await own.run(bytearray, 2 * 1024**3)
        assert await own.run(pow, 2, 9) == 512

    async def test_result(self, own: CalculationDesk) -> None:
        path = own.folder / "large"
        with pytest.raises(CalculationTooLarge):
            await own.run(write_result, path, Written, bytes(3 * 1024**2))
        assert not path.exists()
        assert await own.run(pow, 2, 9) == 512


async def test_a_stop_answers_what_waits_and_runs(tmp_path: Path) -> None:
    desk = CalculationDesk(tmp_path / "own", CalculationBounds(processes=1, process=PROCESS))
    await desk.start()
    task = await running(desk, time.sleep, LONG_S)
    after = await waiting(desk, pow, 2, 5)
    (process,) = desk.processes
    await desk.stop()
    for each in (task, after, desk.run(pow, 2, 6)):
        with pytest.raises(CalculationUnavailable):
            await each
    await gone(process)


_SERVER = """
import asyncio, sys, time
from pathlib import Path
from platone.infra.calculation.desk import CalculationBounds, CalculationDesk
from platone.infra.calculation.process import ProcessBounds

async def main():
    bounds = CalculationBounds(processes=1, process=ProcessBounds(nice=0))
    desk = CalculationDesk(Path(sys.argv[1]), bounds)
    await desk.start()
    await desk.run(pow, 2, 2)
    print(*desk.processes, flush=True)
    await desk.run(time.sleep, 600)

asyncio.run(main())
"""


async def test_a_killed_server_leaves_no_process_that_calculates(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SERVER, str(tmp_path / "own")]
    settings = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: ASYNC220, S603 - our own program
        command, stdout=subprocess.PIPE, text=True, env=settings
    ) as server:
        assert server.stdout is not None
        process = int(await asyncio.to_thread(server.stdout.readline))
        server.kill()
    await gone(process)


@given(
    items=st.lists(st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), max_size=6),
    first=st.integers(0, 8),
    count=st.none() | st.integers(1, 8),
)
def test_a_page_is_the_whole_with_some_of_the_items(
    tmp_path_factory: pytest.TempPathFactory,
    items: list[dict[str, int]],
    first: int,
    count: int | None,
) -> None:
    path = tmp_path_factory.mktemp("page") / "result"
    written = Written(
        b'{"results":[', [json.dumps(each).encode() for each in items], b'],"alarms":[1]}'
    )
    _, made = write_result(path, lambda: written)
    assert json.loads(path.read_bytes()) == {"results": items, "alarms": [1]}
    content = asyncio.run(_read(made, first, count))
    end = len(items) if count is None else first + count
    assert json.loads(content) == {"results": items[first:end], "alarms": [1]}


async def _read(made: ResultFile, first: int, count: int | None) -> bytes:
    return b"".join([part async for part in made.read(made.page(first, count))])
