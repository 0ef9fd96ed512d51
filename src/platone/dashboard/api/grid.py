"""Pages of the grid: stored networks, and alarms of a day."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.grid_request import stage_alarms
from platone.dashboard.api.near_day import calculated_near, calculations_on
from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.domain.grid_day import STAGES, drawn_stage, picture_of
from platone.dashboard.domain.job import job_in_words, tone_of_job
from platone.dashboard.service.visit import Visitor
from platone.infra.http.job import JobStatus, JobStatuses
from platone.messages.base import Role
from platone.messages.grid import Alarm, Alarms
from platone.messages.stored_network import StoredNetworks

_MOST = 300
"""Alarms on a page: the worst ones."""


def grid_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of the grid."""

    @router.get("/grid")
    async def get_grid(request: Request, day: str = "", stage: str = "forecast") -> Response:
        """Show stored networks, and the alarms of a day."""
        visitor = await desk.visitor(request)
        stored = await visitor.calls.get("/api/dso/networks", StoredNetworks)
        shown = await day_asked(desk.zone, visitor, day)
        stage = _stage(stage)
        found = await stage_alarms(visitor, shown)
        alarms = found[stage]
        made = {each.stage.value: each for each in await calculations_on(visitor, shown.on)}
        jobs = await visitor.calls.seen("/api/dso/jobs", JobStatuses)
        in_force = next((each.id for each in stored.networks if each.in_force), "")
        return desk.show(
            request,
            "grid.html.j2",
            visitor,
            networks=stored.networks[::-1],
            latest=list({each.id: each for each in stored.networks}.values()),
            in_force=in_force,
            on=shown.on,
            before=shown.previous.on,
            after=shown.next.on,
            stage=stage,
            stages=[(key, name, _count(found[key])) for key, name in STAGES],
            alarms=(alarms or [])[:_MOST],
            pictures=[picture_of(in_force, shown, stage, each) for each in (alarms or [])[:_MOST]],
            is_made=alarms is not None,
            made=made.get(stage),
            near=await calculated_near(visitor, shown.on),
            may_ask=visitor.principal.has(Role.SYSTEM_OPERATOR),
            drawn=drawn_stage(stage),
            jobs=_told(jobs),
            alarm_count=len(alarms or ()),
        )


async def alarms_of(desk: Desk, visitor: Visitor, request: Request) -> list[Alarm]:
    """Return the alarms of the day and calculation that an address asks for."""
    asked = request.query_params
    shown = await day_asked(desk.zone, visitor, asked.get("day", ""))
    query = {"startTime": shown.start.isoformat(), "stage": _stage(asked.get("stage", ""))}
    found = await visitor.calls.get("/api/dso/alarms", Alarms, query)
    return found.alarms


def _stage(text: str) -> str:
    return text if text in dict(STAGES) else STAGES[0][0]


def _count(found: list[Alarm] | None) -> str:
    """Return how many alarms a calculation found; nothing where it was not made."""
    return "" if found is None else str(len(found))


def _told(found: JobStatuses | None) -> list[tuple[JobStatus, str, str]]:
    """Return the visitor's calculations, the latest first, with what they are and their tone."""
    jobs = [] if found is None else found.jobs[::-1]
    return [(each, job_in_words(each.what), tone_of_job(each.state)) for each in jobs]
