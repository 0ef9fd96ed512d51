"""The page of a network's day: how loaded its branches are from quarter-hour to quarter-hour."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.near_day import calculated_near, calculations_on
from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.domain.grid_day import DRAWN, drawn_stage
from platone.dashboard.domain.problem import CallRefused, StillCalculated
from platone.dashboard.domain.told_image import told_image
from platone.dashboard.service.person_call import Query
from platone.dashboard.service.visit import Visitor
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.http.problem import STATUS
from platone.messages.base import Role

IMAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; font-src data:",
    "Cache-Control": "no-store",
}
"""Headers of an image: it may style itself, and load nothing."""

_UNAUTHENTICATED = 401
"""The status of a call whose sign-in was ended elsewhere."""


def heat_map_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a network's day, and its image."""

    @router.get("/grid/{network_id}/day")
    async def get_day(
        request: Request, network_id: str, day: str = "", stage: str = ""
    ) -> Response:
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
            stage=drawn_stage(stage),
            stages=DRAWN,
            near=await calculated_near(visitor, shown.on, network_id),
            is_made=bool(await calculations_on(visitor, shown.on, network_id)),
            may_ask=visitor.principal.has(Role.SYSTEM_OPERATOR),
            on=shown.on,
            before=shown.previous.on,
            after=shown.next.on,
        )

    @router.get("/grid/{network_id}/day.svg")
    async def get_image(
        request: Request, network_id: str, day: str = "", stage: str = ""
    ) -> Response:
        """Draw how loaded a network's branches are over a day."""
        visitor = await desk.visitor(request)
        shown = await day_asked(desk.zone, visitor, day)
        path = f"/api/dso/networks/{quote(network_id, safe='')}/heatMap"
        asked = {"startTime": shown.start.isoformat(), "format": "svg"}
        return await image_of(visitor, path, asked | {"trades": trades_count(stage)})


def trades_count(stage: str) -> str:
    """Return whether the trades of a day count in a calculation, as REST has it."""
    return "true" if drawn_stage(stage) == DRAWN[-1][0] else "false"


async def image_of(visitor: Visitor, path: str, asked: Query) -> Response:
    """Return an image as REST draws it; where it cannot, an image of the words that say why.

    A browser shows a broken image for anything else, and nobody learns the reason.

    Raises:
        CallRefused: A case is missing, or the sign-in has ended: the page asks for it.
    """
    try:
        found = await visitor.calls.fetch(path, asked, accept="image/svg+xml")
    except CallRefused as refused:
        if refused.status == _UNAUTHENTICATED or refused.told_slug == "case-missing":
            raise
        content, status = told_image(f"{refused.told_title}. {refused.detail}"), refused.status
    except (StillCalculated, PartnerUnavailable) as late:
        told = f"{late.title}. Open the page again in a while."
        content, status = told_image(told), STATUS[late.kind]
    else:
        content, status = found.content, found.status_code
    return Response(content, status, dict(IMAGE_HEADERS), "image/svg+xml")
