"""Pages of disputes about settled lines: opened, answered and closed."""

import secrets
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_by_reader
from platone.dashboard.api.line_dispute import DISPUTES, line_of
from platone.dashboard.api.money import DISPUTING, payments_by_line
from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.api.session_section import OF_READINGS
from platone.dashboard.domain.line_dispute import DisputedLines, LineDispute
from platone.dashboard.domain.money_form import read_answer, read_closing, read_opening
from platone.dashboard.domain.problem import CallRefused, FieldWrong, slug_of, to_mend
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.line_version import version_of
from platone.kernel.market_time import MarketDay
from platone.messages.base import Role
from platone.messages.dispute import Dispute, DisputePage, DisputeReason

_MOST = 200
"""Disputes on a page: the newest."""
_ROUTE = DISPUTES
_ANSWERING = (*DISPUTING, Role.MARKET_OPERATOR, Role.METERED_DATA_ADMINISTRATOR)
"""Roles that may say something in a dispute that they see."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """A form as it was typed, and why it was not taken.

    Attributes:
        fields: What was typed.
        reasons: Why it was not taken, in words; none where nothing was sent.
        slug: The name of the refusal.
    """

    fields: dict[str, str]
    reasons: list[str] = field(default_factory=list)
    slug: str = ""

    @classmethod
    def refused(cls, fields: dict[str, str], refused: CallRefused | FieldWrong) -> Self:
        """Return a form that was refused; raises as :func:`to_mend`."""
        return cls(fields, to_mend(refused), slug_of(refused))


def dispute_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of disputes, and their forms."""

    @router.get("/money/disputes")
    async def get_disputes(request: Request, line: str = "") -> Response:
        """List disputes, with the form that opens one."""
        return await _list(desk, request, await desk.visitor(request), _Typed({"line": line}))

    @router.post("/money/disputes")
    async def post_dispute(request: Request) -> Response:
        """Open a dispute."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            await visitor.calls.send("POST", _ROUTE, read_opening(form))
        except (CallRefused, FieldWrong) as refused:
            return await _list(desk, request, visitor, _Typed.refused(form, refused))
        return go_to("/money/disputes")

    @router.get("/money/disputes/{dispute_id}")
    async def get_dispute(request: Request, dispute_id: str) -> Response:
        """Show a dispute with all that was said."""
        return await _one(desk, request, await desk.visitor(request), dispute_id, _Typed({}))

    @router.post("/money/disputes/{dispute_id}/{step}")
    async def post_step(request: Request, dispute_id: str, step: str) -> Response:
        """Answer a dispute, or end it."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"{_ROUTE}/{quote(dispute_id, safe='')}"
        try:
            if step == "closing":
                await visitor.calls.send("POST", f"{path}/closing", read_closing(form))
            else:
                await visitor.calls.send("POST", f"{path}/answer", read_answer(form))
        except (CallRefused, FieldWrong) as refused:
            typed = _Typed.refused(form, refused)
            return await _one(desk, request, visitor, dispute_id, typed)
        return go_to(f"/money/disputes/{quote(dispute_id, safe='')}")


async def _list(desk: Desk, request: Request, visitor: Visitor, typed: _Typed) -> Response:
    found = await visitor.calls.get(_ROUTE, DisputePage)
    now = (await visitor.calls.get("/api/clock", ClockState)).now
    line = typed.fields.get("line", "")
    last = DisputedLines(found.disputes)(line) if line else None
    return show_by_reader(
        INVALID if typed.reasons else 200,
        desk,
        request,
        "disputes.html.j2",
        visitor,
        disputes=[LineDispute(each) for each in found.disputes[:_MOST]],
        now=now,
        runs=last if last is not None and last.is_running(now) else None,
        may_open=visitor.principal.has(*DISPUTING),
        parts=[each.value for each in DisputeReason],
        typed={"id": f"dispute-{secrets.token_hex(6)}"}
        | typed.fields,  # a second press is the same one
        payment=(await payments_by_line(visitor)).get(line) if line else None,
        reasons=typed.reasons,
        slug=typed.slug,
    )


async def _one(
    desk: Desk, request: Request, visitor: Visitor, dispute_id: str, typed: _Typed
) -> Response:
    found = await visitor.calls.get(f"{_ROUTE}/{quote(dispute_id, safe='')}", Dispute)
    now = (await visitor.calls.get("/api/clock", ClockState)).now
    who, state = visitor.principal, LineDispute(found)
    decides = who.has(Role.MARKET_OPERATOR)
    opened = found.opened_by == who.party_id
    endings = ["upheld", "rejected"] if decides else ["withdrawn"] if opened else []
    payments = await payments_by_line(visitor)
    name = version_of(found.line_id)[0]
    ours = [each for line, each in payments.items() if version_of(line)[0] == name]
    return show_by_reader(
        INVALID if typed.reasons else 200,
        desk,
        request,
        "dispute.html.j2",
        visitor,
        dispute=found,
        state=state,
        now=now,
        row=await line_of(visitor, found, desk.zone),
        payment=ours[0] if ours else None,
        sees_readings=who.has(*OF_READINGS),
        on=MarketDay.holding(found.start_time, desk.zone).on if found.start_time else None,
        may_answer=state.due is not None and who.has(*_ANSWERING),
        may_dispute=who.has(*DISPUTING) and not state.is_running(now),
        endings=endings if state.is_undecided else [],
        typed=typed.fields,
        reasons=typed.reasons,
        slug=typed.slug,
    )
