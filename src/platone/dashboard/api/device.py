"""The page of devices, and of messages that were refused: read, and taken again when mended."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.domain.problem import FieldWrong
from platone.messages.base import Role
from platone.messages.dead_letter import DeadLetters
from platone.messages.metering import EnrolledDevices

_MOST = 500
"""Devices on a page."""


def device_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of devices, and the replay of a refused message."""

    @router.get("/devices")
    async def get_devices(request: Request) -> Response:
        """List the devices that the visitor may see, and messages that were refused."""
        visitor = await desk.visitor(request)
        found = await visitor.calls.get("/api/access/devices", EnrolledDevices)
        letters = await visitor.calls.seen("/api/access/deadLetters", DeadLetters)
        return desk.show(
            request,
            "devices.html.j2",
            visitor,
            devices=found.devices[:_MOST],
            letters=None if letters is None else letters.dead_letters[::-1],
            may_replay=visitor.principal.has(Role.METERED_DATA_ADMINISTRATOR),
        )

    @router.post("/devices/replay")
    async def post_replay(request: Request) -> Response:
        """Try a refused message again, once what stood against it is mended."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        letter = form.get("id", "")
        if not letter.isdecimal():
            raise FieldWrong("A message is named by its number.", field="id")
        await visitor.calls.send("POST", f"/api/access/deadLetters/{letter}/replay")
        return go_to("/devices")
