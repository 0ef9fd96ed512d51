"""The page of erasures: the data protection officer begins one, and follows all."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.erasure_text import wait_sentence
from platone.dashboard.domain.language import sentences
from platone.dashboard.domain.money_form import message_of
from platone.dashboard.domain.problem import CallRefused, FieldWrong, to_mend
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.messages.erasure import Erasure, ErasureRequest, Erasures

_PAGE, _REST = "/erasures", "/api/scd/erasures"


def erasure_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of erasures."""

    @router.get(_PAGE)
    async def get_erasures(request: Request) -> Response:
        """Show all erasures, and how far each party is."""
        visitor = await desk.visitor(request)
        if is_household(visitor):  # its own stands there in its language
            return go_to("/app/data")
        return await _page(desk, request, visitor)

    @router.post(_PAGE)
    async def post_erasure(request: Request) -> Response:
        """Begin an erasure, by a person's account or by points of delivery."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        pods = form.get("pods", "").replace(",", " ").split()
        wanted = {"customerId": form.get("customer", "").strip() or None, "podIds": pods}
        try:
            order = message_of(ErasureRequest, wanted)
            made = await visitor.calls.make(_REST, Erasure, order)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, refused=refused)
        return go_to(f"{_PAGE}#{made.id}")


async def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    typed: dict[str, str] | None = None,
    *,
    refused: CallRefused | FieldWrong | None = None,
) -> Response:
    listed = await visitor.calls.get(_REST, Erasures)
    clock = await visitor.calls.get("/api/clock", ClockState)
    return desk.show_with(
        200 if refused is None else INVALID,
        request,
        "erasures.html.j2",
        visitor,
        erasures=listed.erasures,
        now=clock.now,
        t=sentences("en"),
        wait_sentence=wait_sentence,
        typed=typed or {},
        reasons=[] if refused is None else to_mend(refused),
    )
