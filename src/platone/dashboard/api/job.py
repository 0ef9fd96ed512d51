"""The page of a calculation: its place in the queue, how it ended, and what came out."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.day_calculation import power_flow_shown
from platone.dashboard.api.outage import outages_shown
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.domain.job import job_in_words, tone_of_job
from platone.dashboard.service.visit import Visitor
from platone.infra.http.job import JobStatus
from platone.messages.grid_request import GridLimitsAnswer, RequestAnswer

_JOBS = "/api/dso/jobs"


async def _request_shown(visitor: Visitor, path: str, _zone: str) -> dict[str, object]:
    """Read the answer to a request for flexibility."""
    return {"answer": await visitor.calls.get(path, RequestAnswer)}


async def _limits_shown(visitor: Visitor, path: str, _zone: str) -> dict[str, object]:
    """Read the limits that the market was told."""
    return {"answer": await visitor.calls.get(path, GridLimitsAnswer)}


_Read = Callable[[Visitor, str, str], Awaitable[dict[str, object]]]

_RESULTS: Mapping[str, tuple[str, _Read]] = {
    "POST /api/dso/outages": ("outage_result.html.j2", outages_shown),
    "POST /api/dso/powerFlow": ("power_flow_result.html.j2", power_flow_shown),
    "POST /api/dso/flexibilityRequest": ("request_result.html.j2", _request_shown),
    "POST /api/dso/gridLimits": ("limits_result.html.j2", _limits_shown),
}
"""The calculations whose results have a page, by what is calculated."""


def job_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a calculation."""

    @router.get("/grid/jobs/{job_id}")
    async def get_job(request: Request, job_id: str) -> Response:
        """Show how a calculation stands, and its result when it is done."""
        visitor = await desk.visitor(request)
        path = f"{_JOBS}/{quote(job_id, safe='')}"
        job = await visitor.calls.get(path, JobStatus)
        template, read = _RESULTS.get(job.what, ("job.html.j2", None))
        result: dict[str, object] = {}
        if job.state == "done" and read is not None:
            result = await read(visitor, f"{path}/result", desk.zone)
        shown = {"job": job, "what": job_in_words(job.what), "tone": tone_of_job(job.state)}
        return desk.show(request, template if result else "job.html.j2", visitor, **shown, **result)

    @router.post("/grid/jobs/{job_id}/cancel")
    async def post_cancel(request: Request, job_id: str) -> Response:
        """Cancel a calculation, or give up its result."""
        await desk.form(request)
        visitor = await desk.visitor(request)
        await visitor.calls.send("DELETE", f"{_JOBS}/{quote(job_id, safe='')}")
        return go_to("/grid#calculations")
