"""Requests and offers by hand: made, amended and withdrawn until the gate closes."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.offer_form import offer_form, offerable_pods
from platone.dashboard.api.page import INVALID, Desk, onward
from platone.dashboard.api.service_outcome import what_came_of
from platone.dashboard.domain.group_choice import WHOLE, is_search
from platone.dashboard.domain.offer_form import as_sent, read_service, typed_again
from platone.dashboard.domain.problem import CallRefused, FieldWrong, by_field, to_mend
from platone.dashboard.domain.told_index import with_times
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.market import (
    FlexibilityService,
    MarketSession,
    ServiceHistory,
    ServiceType,
)

_LOOK = {"look", "all", "page"}
"""The buttons of the form that show it anew, and send nothing."""
_NO_PLATFORM = {"unknown-tenant", "about:blank"}
"""Refusals where no platform of the aggregator's runs: it is not served, or there is no route."""


def offer_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of requests and offers."""

    @router.get("/market/{session_id}/offer")
    async def get_offer(request: Request, session_id: str) -> Response:
        """Show the form of a request or offer, empty."""
        visitor = await desk.visitor(request)
        return await _form(desk, request, visitor, session_id, {})

    @router.post("/market/{session_id}/offer")
    async def post_offer(request: Request, session_id: str) -> Response:
        """Submit a request or offer, or look again; refused, the form stays as it was typed."""
        form = await desk.form(request, is_long=True)
        visitor = await desk.visitor(request)
        if _LOOK & form.keys() or is_search(form):
            return await _form(desk, request, visitor, session_id, form)
        session = await _session(visitor, session_id)
        try:
            day = MarketDay.holding(session.start_time, desk.zone)
            portfolio = await offerable_pods(visitor, day) if WHOLE in form else []
            service = read_service(form, session, visitor.principal.party_id, desk.zone, portfolio)
            await _send(visitor, service)
        except (CallRefused, FieldWrong) as refused:
            return await _form(desk, request, visitor, session_id, form, refused)
        return onward(form, f"/market/{quote(session_id, safe='')}#services")

    @router.get("/service/{service_id:path}")
    async def get_history(request: Request, service_id: str) -> Response:
        """Show all versions of a request or offer."""
        visitor = await desk.visitor(request)
        return await _history(desk, request, visitor, service_id)

    @router.post("/service/{service_id:path}/withdraw")
    async def post_withdrawal(request: Request, service_id: str) -> Response:
        """Withdraw a request or offer."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        await visitor.calls.send("DELETE", f"/api/flexibilityService/{quote(service_id)}")
        return onward(form, f"/service/{quote(service_id)}")


async def _history(desk: Desk, request: Request, visitor: Visitor, service_id: str) -> Response:
    path = f"/api/flexibilityService/{quote(service_id)}"
    found = await visitor.calls.get(path, ServiceHistory)
    versions = [
        {"version": each, "day": MarketDay.holding(each.service.start_time, desk.zone)}
        for each in found.versions
        if each.service.start_time is not None
    ]
    stands = next((each for each in found.versions if each.state.value == "stands"), None)
    if stands is not None and stands.service.player_id != visitor.principal.party_id:
        stands = None
    session = await _session(visitor, stands.session) if stands is not None else None
    again = None
    if stands is not None and session is not None:
        start = stands.service.start_time or session.start_time
        portfolio = await offerable_pods(visitor, MarketDay.holding(start, desk.zone))
        again = typed_again(as_sent(stands.service), desk.zone, portfolio)
    return desk.show(
        request,
        "service.html.j2",
        visitor,
        service_id=service_id,
        versions=versions[::-1],
        stands=stands,
        session=session,
        came=await what_came_of(visitor, found.versions, desk.zone),
        again=again,
    )


async def _send(visitor: Visitor, service: FlexibilityService) -> None:
    """Send an offer by the aggregator's own platform, which keeps to its customers' wishes.

    Requests have no platform between, nor has the offer of an aggregator that runs none here.
    """
    if service.service_type is ServiceType.OFFER:
        try:
            await visitor.calls.send("POST", "/api/aggregator/handOffers", service)
        except CallRefused as refused:
            if refused.told_slug not in _NO_PLATFORM:
                raise
        else:
            return
    await visitor.calls.send("POST", "/api/flexibilityService", service)


async def _session(visitor: Visitor, session_id: str) -> MarketSession:
    path = f"/api/marketSession/{quote(session_id, safe='')}"
    return await visitor.calls.get(path, MarketSession)


async def _form(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    session_id: str,
    typed: dict[str, str],
    refused: CallRefused | FieldWrong | None = None,
) -> Response:
    session = await _session(visitor, session_id)
    shown = await offer_form(desk, visitor, session, dict(request.query_params) | typed)
    status = INVALID if refused is not None else 200
    day = MarketDay.holding(session.start_time, desk.zone)
    reasons = to_mend(refused) if refused is not None else []
    shown["reasons"] = [with_times(each, day) for each in reasons]
    shown["wrong"] = by_field(refused) if refused is not None else {}
    return desk.show_with(status, request, "offer.html.j2", visitor, **shown)
