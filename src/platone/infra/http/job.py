"""Calculations over REST: answered at once where they are short, else by the address of a job.

A caller says how long it waits (RFC 7240): ``Prefer: wait=30`` (seconds), or
``Prefer: respond-async``, which is not at all.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from platone.infra.calculation.job import Job, JobResult, Jobs, JobState
from platone.infra.calculation.result import JSON
from platone.infra.http.listing import asked_part
from platone.infra.http.problem import problem_of
from platone.infra.http.security import Principal, caller
from platone.infra.http.wire import answer, documented
from platone.infra.listing import Key, Part, part_of
from platone.kernel.errors import PlatoneError
from platone.messages.base import Instant, ListPart, Message

PATIENCE_S = 20.0
"""How long a caller that says nothing waits for its answer, s: most clients wait for longer."""
LONGEST_S = 60.0
"""How long a caller may wait at most, s: proxies cut connections that are silent for longer."""
_RESULTS = {
    "application/json": "",
    "application/zip": "",
    "text/html": "<!DOCTYPE html><html>…</html>",
    "image/svg+xml": "",
    "image/png": "",
}
"""The media types of results, those of text with an example."""
_JOBS = 200
"""Most calculations in one answer: more than are kept of a party."""
_LOOK_S = 1.0
"""Pause between two looks if the caller is still there, s."""
_WAIT = re.compile(r"\bwait\s*=\s*(\d{1,6})\b")
_ACCEPTED, _NO_CONTENT = 202, 204
"""HTTP statuses of a calculation that is not finished yet, and of one that is given up."""


class Page:
    """The part of a long result that a caller asks for.

    Args:
        first: Number of its first item, from 0.
        count: How many items; all where none is said.
    """

    def __init__(
        self,
        first: Annotated[
            int, Query(alias="from", ge=0, description="First quarter-hour of the result, from 0")
        ] = 0,
        count: Annotated[
            int | None, Query(ge=1, description="Quarter-hours of the result; default: all")
        ] = None,
    ) -> None:
        self.first, self.count = first, count


@dataclass(frozen=True, slots=True)
class Call:
    """A call for a calculation.

    Attributes:
        request: The call; its ``Prefer`` says how long the caller waits.
        owner: The party that calls.
    """

    request: Request
    owner: str


def calling(check: Callable[..., Awaitable[Principal]]) -> Callable[..., Awaitable[Call]]:
    """Return a dependency that gives the call of a caller who passes a check."""

    async def call(request: Request, principal: Annotated[Principal, Depends(check)]) -> Call:
        return Call(request, principal.party_id)

    return call


class JobStatus(Message):
    """A calculation, and how it stands.

    Attributes:
        id: Its name.
        what: What is calculated.
        state: queued, running, done or failed.
        made_at: When it was asked for, by the machine's clock.
        place: Its place in the queue, from 1, while it waits for a process.
        result: Where its result is, when it is done.
        problem: Why it failed.
    """

    id: str
    what: str
    state: str
    made_at: Instant
    place: int | None = None
    result: str | None = None
    problem: dict[str, Any] | None = None


class JobStatuses(ListPart):
    """A party's calculations, the latest last.

    Attributes:
        jobs: Those in this part of the list.
    """

    jobs: list[JobStatus]


LATER = {202: JobStatus}
"""The answer of a calculation that takes longer than its caller waits, for OpenAPI."""


class CalculationDoor:
    """The way of calculations to their callers.

    Args:
        jobs: The calculations.
        prefix: Where the routes of jobs are, such as ``/api/dso/jobs``.
    """

    def __init__(self, jobs: Jobs, prefix: str) -> None:
        self.jobs, self.prefix = jobs, prefix

    async def answer(
        self,
        call: Call,
        work: Callable[[], Awaitable[JobResult]],
        page: Page | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Response:
        """Have a calculation made; answer with its result, or after a while with its address.

        Args:
            call: The call.
            work: Makes the result.
            page: Which part of a long result is answered.
            patience_s: How long a caller that says nothing waits, s.

        Raises:
            CalculationQueueFull: No more are taken now.
            PlatoneError: The calculation ended with it.
        """
        request = call.request
        job = self.jobs.begin(call.owner, f"{request.method} {request.url.path}", work)
        is_gone = True
        try:
            is_gone = await _wait(request, job, _wanted_s(request, patience_s))
        finally:
            if is_gone:
                await self.jobs.cancel(job)
        if is_gone:
            return Response(status_code=_NO_CONTENT)  # to nobody
        if not job.task.done():
            return self._accepted(job)
        if job.state is not JobState.DONE:
            self.jobs.forget(job)
        response = _response(self.jobs.result(job), page)
        response.background = BackgroundTask(self.jobs.forget, job)
        return response

    def status(self, job: Job) -> JobStatus:
        """Return how a job stands."""
        state = job.state
        return JobStatus(
            id=job.id,
            what=job.what,
            state=state.value,
            made_at=job.made_at,
            place=self.jobs.place(job) or None,
            result=f"{self.prefix}/{job.id}/result" if state is JobState.DONE else None,
            problem=_problem(job),
        )

    def _accepted(self, job: Job) -> Response:
        accepted = answer(self.status(job), _ACCEPTED)
        accepted.headers["Location"] = f"{self.prefix}/{job.id}"
        accepted.headers["Retry-After"] = "1"
        return accepted


def job_router(door: CalculationDoor, tag: str) -> APIRouter:
    """Make the routes of jobs: each party sees its own."""
    router = APIRouter(prefix=door.prefix, tags=[tag])
    principal_type = Annotated[Principal, Depends(caller)]

    @router.get("", **documented(gives=JobStatuses))
    async def get_jobs(
        principal: principal_type, part: Annotated[Part, asked_part(_JOBS)]
    ) -> Response:
        """List the caller's calculations that run, wait, or ended some minutes ago at most."""
        jobs = door.jobs.of(principal.party_id)
        found = part_of(jobs, _place_of, part, (int, str)).of(door.status)
        return answer(JobStatuses(jobs=found.items, next=found.next))

    @router.get("/{job_id}", **documented(gives=JobStatus))
    async def get_job(principal: principal_type, job_id: str) -> Response:
        """Tell how a calculation stands: its place in the queue, its result's address, or why not.

        Ask some seconds apart. A result is kept for a quarter of an hour at most, and not beyond
        a restart of the server.
        """
        return answer(door.status(door.jobs.find(principal.party_id, job_id)))

    @router.get("/{job_id}/result", **documented(gives_files=_RESULTS))
    async def get_result(
        principal: principal_type, job_id: str, page: Annotated[Page, Depends()]
    ) -> Response:
        """Return the answer that the call would have had, or a part of it; also a problem."""
        job = door.jobs.find(principal.party_id, job_id)
        return _response(door.jobs.result(job), page)

    @router.delete("/{job_id}", **documented(status=_NO_CONTENT))
    async def delete_job(principal: principal_type, job_id: str) -> Response:
        """Cancel a calculation, by force where it runs, or give up its result."""
        await door.jobs.cancel(door.jobs.find(principal.party_id, job_id))
        return Response(status_code=_NO_CONTENT)

    return router


def _place_of(job: Job) -> Key:
    """Return the place of a job among others: when it was made, µs since 1970, and its name."""
    return round(job.made_at.timestamp() * 1e6), job.id


def _wanted_s(request: Request, patience_s: float) -> float:
    """Return how long the caller waits for its answer, s."""
    preferred = request.headers.get("prefer", "")
    if (found := _WAIT.search(preferred)) is not None:
        return min(float(found[1]), LONGEST_S)
    return 0.0 if "respond-async" in preferred else patience_s


async def _wait(request: Request, job: Job, longest_s: float) -> bool:
    """Wait for a job to end, and return whether its caller has hung up meanwhile."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + longest_s
    while not job.task.done() and (left_s := until_s - loop.time()) > 0:
        await asyncio.wait([job.task], timeout=min(left_s, _LOOK_S))
        if not job.task.done() and await request.is_disconnected():
            return True
    return False


def _response(result: JobResult, page: Page | None) -> Response:
    content = result.content
    if isinstance(content, bytes):
        return Response(content, result.status, result.headers, JSON)
    pieces = content.page(page.first, page.count) if page else content.page()
    length = sum(end - begin for begin, end in pieces)
    headers = result.headers | {"Content-Length": str(length)}
    return StreamingResponse(content.read(pieces), result.status, headers, content.media_type)


def _problem(job: Job) -> dict[str, object] | None:
    error = job.problem
    if error is None:
        return None
    if isinstance(error, PlatoneError):
        return problem_of(error)
    return {"type": "about:blank", "title": "Internal error", "status": 500}
