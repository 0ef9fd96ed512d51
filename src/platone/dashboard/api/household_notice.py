"""Notices on a household's own devices: switched on and off from its page."""

from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.api.translation import reader_of
from platone.dashboard.domain.problem import CallRefused, FieldWrong
from platone.messages.notice import NoticeEndpoint, endpoint_name

_PATH = "/api/scd/notices"
_DONE, _NOT_FOUND = 204, 404
"""HTTP statuses: done, with nothing to show; and nothing there."""


def household_notice_pages(router: APIRouter, desk: Desk) -> None:
    """Add what the script of a household's page sends when notices are switched on or off."""

    @router.post("/app/notices")
    async def post_notices(request: Request) -> Response:
        """Tell this browser from now on."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        wanted = {
            "endpoint": form.get("endpoint", ""),
            "keys": {name: form.get(name, "") for name in ("p256dh", "auth")},
            "language": reader_of(request, desk.zone).language,
        }
        try:
            browser = msgspec.convert(wanted, NoticeEndpoint)
        except msgspec.ValidationError as error:
            raise FieldWrong(f"The browser cannot be told: {error}", field="endpoint") from error
        await visitor.calls.send("PUT", _PATH, browser)
        return Response(status_code=_DONE)

    @router.post("/app/notices/end")
    async def post_end(request: Request) -> Response:
        """Tell this browser nothing more."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        name = endpoint_name(form.get("endpoint", ""))
        try:
            await visitor.calls.send("DELETE", f"{_PATH}/{quote(name, safe='')}")
        except CallRefused as refused:
            if refused.status != _NOT_FOUND:  # it was forgotten before
                raise
        return Response(status_code=_DONE)
