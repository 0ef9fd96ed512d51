"""The page of a network's day: how loaded its branches are from quarter-hour to quarter-hour."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked

IMAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; font-src data:",
    "Cache-Control": "no-store",
}
"""Headers of an image: it may style itself, and load nothing."""


def heat_map_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a network's day, and its image."""

    @router.get("/grid/{network_id}/day")
    async def get_day(request: Request, network_id: str, day: str = "") -> Response:
        """Show how loaded a network's branches are over a day."""
        visitor = await desk.visitor(request)
        name = quote(network_id, safe="")
        await visitor.calls.fetch(f"/api/dso/networks/{name}")
        shown = await day_asked(desk.zone, visitor, day)
        return desk.show(
            request,
            "heat_map.html.j2",
            visitor,
            network=network_id,
            on=shown.on,
            before=shown.previous.on,
            after=shown.next.on,
        )

    @router.get("/grid/{network_id}/day.svg")
    async def get_image(request: Request, network_id: str, day: str = "") -> Response:
        """Draw how loaded a network's branches are over a day."""
        visitor = await desk.visitor(request)
        shown = await day_asked(desk.zone, visitor, day)
        path = f"/api/dso/networks/{quote(network_id, safe='')}/heatMap"
        asked = {"startTime": shown.start.isoformat(), "form": "svg"}
        found = await visitor.calls.fetch(path, asked, accept="image/svg+xml")
        return Response(found.content, headers=dict(IMAGE_HEADERS), media_type="image/svg+xml")
