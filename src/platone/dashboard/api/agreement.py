"""Pages of agreements: what stands, what is proposed, and the customer's answer."""

from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_by_reader
from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.money_form import MICRO, PPM_A_PERCENT, read_terms
from platone.dashboard.domain.payment_story import rule_in_words, terms_in_words
from platone.dashboard.domain.problem import CallRefused, FieldWrong, to_mend
from platone.dashboard.service.visit import Visitor
from platone.messages.base import Role
from platone.messages.ledger import AgreementProposals, Agreements
from platone.messages.registry import PodPage

_MOST = 500
"""Agreements on a page."""
_ANSWERS = {"acceptance", "refusal"}
_PROPOSALS = "/api/contracts/agreementProposals"


def agreement_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of agreements, and its forms."""

    @router.get("/money/agreements")
    async def get_agreements(request: Request) -> Response:
        """Show agreements on the chain, and proposals of others."""
        return await _page(desk, request, await desk.visitor(request), {}, [])

    @router.post("/money/agreements")
    async def post_proposal(request: Request) -> Response:
        """Propose terms to a customer."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            terms = read_terms(form, visitor.principal.party_id)
            await visitor.calls.send("POST", _PROPOSALS, terms)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, to_mend(refused))
        return go_to("/money/agreements")

    @router.post("/money/agreements/answer")
    async def post_answer(request: Request) -> Response:
        """Accept, refuse or withdraw a proposal."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"{_PROPOSALS}/{quote(form.get('number', ''), safe='')}"
        if form.get("answer") in _ANSWERS:
            await visitor.calls.send("POST", f"{path}/{form['answer']}")
        else:
            await visitor.calls.send("DELETE", path)
        return go_to("/money/agreements")

    @router.post("/money/agreements/end")
    async def post_end(request: Request) -> Response:
        """End an agreement."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"/api/contracts/agreements/{quote(form.get('id', ''), safe='')}"
        await visitor.calls.send("DELETE", path)
        return go_to("/money/agreements")


async def _page(
    desk: Desk, request: Request, visitor: Visitor, typed: dict[str, str], reasons: list[str]
) -> Response:
    calls, who = visitor.calls, visitor.principal
    found = await calls.get("/api/contracts/agreements", Agreements)
    proposals = await calls.get(_PROPOSALS, AgreementProposals)
    proposes = who.has(Role.FLEXIBILITY_SERVICE_PROVIDER)
    pods = await calls.seen("/api/scd/pods", PodPage) if proposes else None
    return show_by_reader(
        INVALID if reasons else 200,
        desk,
        request,
        "agreements.html.j2",
        visitor,
        agreements=sorted(found.agreements, key=lambda each: (not each.active, each.pod))[:_MOST],
        proposals=proposals.proposals[:_MOST],
        may_propose=proposes,
        may_answer=who.has(Role.CUSTOMER),
        may_end=who.has(Role.MARKET_OPERATOR),
        pods=[each.pod_id for each in pods.pods][:_MOST] if pods is not None else [],
        percent=PPM_A_PERCENT,
        micro=MICRO,
        typed=typed,
        reasons=reasons,
        terms_in_words=terms_in_words,
        rule_in_words=partial(rule_in_words, reader=Reader("en", desk.zone)),
    )
