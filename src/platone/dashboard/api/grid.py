"""Pages of the grid: stored networks, alarms of a day, and the picture of a network."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.service.visit import Visitor
from platone.infra.http.job import JobStatuses
from platone.messages.grid import Alarm, Alarms
from platone.messages.stored_network import StoredNetworks

_STAGES = (("forecast", "forecast"), ("afterMarket", "after the market"), ("validated", "checked"))
_MOST = 300
"""Alarms on a page: the worst ones."""
_APART = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)
"""Policy of the picture of a network: a page of its own script, which can reach nothing of ours."""


def grid_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of the grid."""

    @router.get("/grid")
    async def get_grid(request: Request, day: str = "", stage: str = "forecast") -> Response:
        """Show stored networks, and the alarms of a day."""
        visitor = await desk.visitor(request)
        stored = await visitor.calls.get("/api/dso/networks", StoredNetworks)
        shown = await day_asked(desk.zone, visitor, day)
        stage = _stage(stage)
        found = {
            each: await visitor.calls.seen(
                "/api/dso/alarms", Alarms, {"startTime": shown.start.isoformat(), "stage": each}
            )
            for each, _ in _STAGES
        }
        alarms = found[stage]
        jobs = await visitor.calls.seen("/api/dso/jobs", JobStatuses)
        return desk.show(
            request,
            "grid.html.j2",
            visitor,
            networks=stored.networks[::-1],
            on=shown.on,
            before=shown.previous.on,
            after=shown.next.on,
            stage=stage,
            stages=[(key, name, _count(found[key])) for key, name in _STAGES],
            alarms=None if alarms is None else alarms.alarms[:_MOST],
            jobs=[] if jobs is None else jobs.jobs[::-1],
            alarm_count=0 if alarms is None else len(alarms.alarms),
        )

    @router.get("/grid/{network_id}/picture")
    async def get_picture(
        request: Request, network_id: str, before: str = "", after: str = "", day: str = ""
    ) -> Response:
        """Show a network to look around in: over a day, or with what changed between versions."""
        visitor = await desk.visitor(request)
        path = f"/api/dso/networks/{quote(network_id, safe='')}/picture"
        asked = {"changedSince": before, "version": after}
        if day:
            shown = await day_asked(desk.zone, visitor, day)
            asked["startTime"] = shown.start.isoformat()
        named = {name: value for name, value in asked.items() if value}
        answer = await visitor.calls.fetch(path, named, accept="text/html")
        headers = {"Content-Security-Policy": _APART, "Cache-Control": "no-store"}
        kind = answer.headers.get("content-type", "text/html")
        return Response(answer.content, headers=headers, media_type=kind)


async def alarms_of(desk: Desk, visitor: Visitor, request: Request) -> list[Alarm]:
    """Return the alarms of the day and calculation that an address asks for."""
    asked = request.query_params
    shown = await day_asked(desk.zone, visitor, asked.get("day", ""))
    query = {"startTime": shown.start.isoformat(), "stage": _stage(asked.get("stage", ""))}
    found = await visitor.calls.get("/api/dso/alarms", Alarms, query)
    return found.alarms


def _stage(text: str) -> str:
    return text if text in dict(_STAGES) else _STAGES[0][0]


def _count(found: Alarms | None) -> str:
    """Return how many alarms a calculation found; nothing where it was not made."""
    return "" if found is None else str(len(found.alarms))
