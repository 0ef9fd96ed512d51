"""Jobs: calculations of callers, with an address each, from the first second to the last byte.

A job gathers its inputs, has them calculated at the desk, and keeps its result for a while::

    queued (place) ─► running ─► done ─► forgotten after some minutes, or when others need the room
          │              │
          └──────────────┴─────► failed (problem), cancelled
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from platone.infra.calculation.desk import CalculationDesk, Following, following, queue_full
from platone.infra.calculation.problem import JobUnfinished, UnknownJob
from platone.infra.calculation.result import ResultFile, Written, write_result
from platone.infra.ending import end_tasks

_KEPT_S = 900.0
"""How long a result is kept for whoever asked for it, s."""
_KEPT = 64
"""Finished jobs that are kept at most."""
_KEPT_BYTES = 4 * 1024**3
"""Length of all results that are kept at most, bytes: two of the longest."""


class JobState(Enum):
    """The states of a job."""

    QUEUED = "queued"
    """It gathers its inputs, or waits for a process."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of a job: what its caller is answered.

    Attributes:
        content: Bytes, or a file.
        status: HTTP status of the answer.
        headers: Further headers of the answer.
    """

    content: bytes | ResultFile
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Job:
    """A calculation of a caller.

    Attributes:
        id: Its name.
        owner: The party that asked for it.
        what: What is calculated.
        made_at: When it was asked for, by the machine's clock.
        task: What works on it.
        followed: The calculation that it waits for now.
        finished_s: When it ended, by the monotonic clock; None before.
    """

    id: str
    owner: str
    what: str
    made_at: datetime
    task: asyncio.Task[JobResult]
    followed: Following
    finished_s: float | None = None

    @property
    def state(self) -> JobState:
        """Return how it stands."""
        if self.task.done():
            is_done = not self.task.cancelled() and self.task.exception() is None
            return JobState.DONE if is_done else JobState.FAILED
        ticket = self.followed.ticket
        is_running = ticket is not None and ticket.started_s is not None
        return JobState.RUNNING if is_running else JobState.QUEUED

    @property
    def problem(self) -> BaseException | None:
        """Return why it failed; None where it did not."""
        if not self.task.done() or self.task.cancelled():
            return None
        return self.task.exception()


class Jobs:
    """The calculations that callers have asked for, and their results.

    Args:
        desk: Makes the calculations; results lie in its folder.
    """

    def __init__(self, desk: CalculationDesk) -> None:
        self._desk = desk
        self._jobs: dict[str, Job] = {}

    async def stop(self) -> None:
        """Cancel all jobs, and delete all results."""
        jobs = list(self._jobs.values())
        await end_tasks(job.task for job in jobs)
        for job in jobs:
            self.forget(job)

    async def calculate(
        self, do: Callable[..., Written], *args: Any, urgent: bool = False
    ) -> tuple[Any, ResultFile]:
        """Have a calculation made and its result written; return what it kept, and the file."""
        path = self._desk.folder / uuid.uuid4().hex
        try:
            return await self._desk.run(write_result, path, do, *args, urgent=urgent)
        except BaseException:
            path.unlink(missing_ok=True)  # of a process that was killed while it wrote
            raise

    def begin(self, owner: str, what: str, work: Callable[[], Awaitable[JobResult]]) -> Job:
        """Begin a job.

        Raises:
            CalculationQueueFull: As many jobs as may wait or run do so already, in all or of
                this owner.
        """
        self._forget_old()
        bounds = self._desk.bounds
        unfinished = [job.owner for job in self._jobs.values() if not job.task.done()]
        if len(unfinished) >= bounds.queue + bounds.processes:
            raise queue_full(bounds.queue)
        if unfinished.count(owner) >= bounds.by_party:
            raise queue_full(bounds.by_party, owner)
        followed = Following(self._desk.next_number())
        task = asyncio.create_task(_followed(work, followed), name=f"job {what}")
        job = Job(uuid.uuid4().hex, owner, what, datetime.now(UTC), task, followed)
        self._jobs[job.id] = job
        task.add_done_callback(lambda _task: self._finish(job))
        return job

    def of(self, owner: str) -> list[Job]:
        """Return the jobs of a party, the latest last."""
        self._forget_old()
        return [job for job in self._jobs.values() if job.owner == owner]

    def find(self, owner: str, job_id: str) -> Job:
        """Return a job of a party.

        Raises:
            UnknownJob: There is none, or it is another party's.
        """
        self._forget_old()
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise UnknownJob(f"There is no calculation {job_id!r} of yours.", id=job_id)
        return job

    def result(self, job: Job) -> JobResult:
        """Return a job's result.

        Raises:
            JobUnfinished: It has none yet.
            UnknownJob: It was cancelled.
            PlatoneError: The problem that it ended with.
        """
        if not job.task.done():
            raise JobUnfinished(f"The calculation {job.id} is {job.state.value}.", id=job.id)
        if job.task.cancelled():
            raise UnknownJob(f"The calculation {job.id} was cancelled.", id=job.id)
        return job.task.result()

    def place(self, job: Job) -> int:
        """Return a job's place in the queue, from 1; 0 where it does not wait for a process."""
        ticket = job.followed.ticket
        return 0 if ticket is None else self._desk.place(ticket)

    async def cancel(self, job: Job) -> None:
        """End a job, by force where it runs, and forget it."""
        await end_tasks([job.task])
        self.forget(job)

    def forget(self, job: Job) -> None:
        """Keep a finished job and its result no longer."""
        self._jobs.pop(job.id, None)
        if job.state is JobState.DONE:
            content = job.task.result().content
            if isinstance(content, ResultFile):
                content.forget()

    def _finish(self, job: Job) -> None:
        job.finished_s = time.monotonic()
        if not job.task.cancelled():
            job.task.exception()  # it is told when it is asked for
        self._forget_old()

    def _forget_old(self) -> None:
        """Forget finished jobs that are old, and the oldest ones beyond the bounds."""
        now = time.monotonic()
        kept, length = 0, 0
        for job in reversed(list(self._jobs.values())):
            if job.finished_s is None:
                continue
            kept, length = kept + 1, length + _length(job)
            is_old = now - job.finished_s > _KEPT_S
            if is_old or kept > _KEPT or (length > _KEPT_BYTES and kept > 1):
                self.forget(job)


async def _followed(work: Callable[[], Awaitable[JobResult]], followed: Following) -> JobResult:
    with following(followed):
        return await work()


def _length(job: Job) -> int:
    """Return the length of a finished job's result, bytes."""
    if job.state is not JobState.DONE:
        return 0
    content = job.task.result().content
    return len(content) if isinstance(content, bytes) else content.length
