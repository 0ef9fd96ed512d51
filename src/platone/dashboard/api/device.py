"""The page of devices, and of messages that were refused: read, taken again, or closed."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.domain.mending import age_in_words, health_of_device, mending_of
from platone.dashboard.domain.problem import CallRefused, FieldWrong, to_mend
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.messages.base import Role
from platone.messages.dead_letter import DeadLetters, DeadLetterView, LetterClosing
from platone.messages.metering import EnrolledDevices

_MOST = 500
"""Devices on a page."""
_PATH = "/api/access/deadLetters"


def device_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of devices, and what is done about a refused message."""

    @router.get("/devices")
    async def get_devices(request: Request, after: str = "", done: str = "") -> Response:
        """List the devices that the visitor may see, and messages that were refused."""
        told = {"taken": "It was taken.", "closed": "It was closed."}.get(done, "")
        return await _page(desk, request, await desk.visitor(request), after, told=told)

    @router.post("/devices/replay")
    async def post_replay(request: Request) -> Response:
        """Try a refused message again, once what stood against it is mended."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"{_PATH}/{_number(form)}/replay"
        try:
            await visitor.calls.send("POST", path)
        except CallRefused as refused:
            return await _page(desk, request, visitor, "", reasons=to_mend(refused))
        return go_to("/devices", done="taken")

    @router.post("/devices/close")
    async def post_closing(request: Request) -> Response:
        """Close a refused message that nothing will mend, with a reason."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path, reason = f"{_PATH}/{_number(form)}/closing", form.get("reason", "").strip()
        try:
            await visitor.calls.send("POST", path, LetterClosing(reason=reason))
        except CallRefused as refused:
            return await _page(desk, request, visitor, "", reasons=to_mend(refused))
        return go_to("/devices", done="closed")


async def all_letters(_desk: Desk, visitor: Visitor, _request: Request) -> list[DeadLetterView]:
    """Return all refused messages."""
    return (await visitor.calls.get(_PATH, DeadLetters)).dead_letters


def _number(form: dict[str, str]) -> str:
    """Return the number of the message that a form is about.

    Raises:
        FieldWrong: It is none.
    """
    letter = form.get("id", "")
    if not (letter.isascii() and letter.isdecimal()):
        raise FieldWrong("A message is named by its number.", field="id")
    return letter


async def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    after: str,
    *,
    told: str = "",
    reasons: list[str] | None = None,
) -> Response:
    found = await visitor.calls.get("/api/access/devices", EnrolledDevices)
    letters = await visitor.calls.seen(_PATH, DeadLetters, {"after": after})
    now = (await visitor.calls.get("/api/clock", ClockState)).now
    listed = letters.dead_letters if letters is not None else []
    return desk.show_with(
        INVALID if reasons else 200,
        request,
        "devices.html.j2",
        visitor,
        devices=[
            (each, *health_of_device(each), age_in_words(each.last_message_at, now))
            for each in found.devices[:_MOST]
        ],
        letters=None if letters is None else [(each, *mending_of(each)) for each in listed],
        further=letters.next if letters is not None else None,
        may_replay=visitor.principal.has(Role.METERED_DATA_ADMINISTRATOR),
        told=told,
        reasons=reasons or [],
    )
