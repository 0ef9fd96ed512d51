"""The picture of a network to look around in, with the ways back and to other days above it."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.heat_map import trades_count
from platone.dashboard.api.near_day import calculated_near
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.domain.grid_day import DRAWN, drawn_stage
from platone.dashboard.domain.problem import CallRefused

_APART = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)
"""Policy of the picture of a network: a page of its own script, which can reach nothing of ours."""
_TOO_LITTLE = "pod-data-missing"
"""The problem of a day that cannot be drawn: its own page says why, and leads to days that can."""
_BODY = b"<body>"
"""Where a page's content begins: the ways back stand before all else of it."""


def network_picture_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a network's picture."""

    @router.get("/grid/{network_id}/picture")
    async def get_picture(
        request: Request,
        network_id: str,
        *,
        before: str = "",
        after: str = "",
        day: str = "",
        stage: str = "",
    ) -> Response:
        """Show a network to look around in: over a day, or with what changed between versions."""
        visitor = await desk.visitor(request)
        path = f"/api/dso/networks/{quote(network_id, safe='')}/picture"
        asked = {"changedSince": before, "version": after}
        head: dict[str, object] = {"network": network_id, "changes": before, "version": after}
        if day:
            shown = await day_asked(desk.zone, visitor, day)
            asked |= {"startTime": shown.start.isoformat(), "trades": trades_count(stage)}
            head |= {"on": shown.on, "before": shown.previous.on, "after": shown.next.on}
            head["near"] = await calculated_near(visitor, shown.on, network_id)
            head |= {"stage": drawn_stage(stage), "stages": DRAWN}
        named = {name: value for name, value in asked.items() if value}
        try:
            answer = await visitor.calls.fetch(path, named, accept="text/html")
        except CallRefused as refused:
            if not day or refused.told_slug != _TOO_LITTLE:
                raise
            led = f"/grid/{quote(network_id, safe='')}/day"
            return go_to(led, day=day, stage=drawn_stage(stage))
        above = desk.pages.page("picture_head.html.j2", {"on": None} | head).body
        content = answer.content.replace(_BODY, _BODY + bytes(above), 1)
        headers = {"Content-Security-Policy": _APART, "Cache-Control": "no-store"}
        kind = answer.headers.get("content-type", "text/html")
        return Response(content, headers=headers, media_type=kind)
