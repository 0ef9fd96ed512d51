"""The page of a day's requests: what breaks the grid, what was asked, and what came of it."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.near_day import calculated_near
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.domain.grid_day import (
    STAGES,
    Asked,
    asked_rows,
    broken_limits,
    sold_kwh,
)
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.reason import tone_of
from platone.dashboard.domain.typed import number_in
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.base import Role
from platone.messages.grid import Alarm, Alarms
from platone.messages.grid_request import (
    DEFAULT_PRICE_LIMIT_EUR_PER_KWH,
    LimitsQuestion,
    RequestQuestion,
)
from platone.messages.market import FlexibilityServicePage, MarketSession, MarketSessionPage
from platone.messages.outcome import MarketOutcome, ValidatedOutcome

_SENT: Mapping[str, tuple[str, type[RequestQuestion]]] = {
    "request": ("/api/dso/flexibilityRequest", RequestQuestion),
    "limits": ("/api/dso/gridLimits", LimitsQuestion),
}
"""Questions that may be sent to a session, each with its route."""
_OPEN = "active"
"""The state of a session whose gate is open."""


async def stage_alarms(visitor: Visitor, day: MarketDay) -> dict[str, list[Alarm] | None]:
    """Return the alarms of a day by calculation; none where it was not made, or is not seen."""
    found: dict[str, list[Alarm] | None] = {}
    for stage, _ in STAGES:
        query = {"startTime": day.start.isoformat(), "stage": stage}
        alarms = await visitor.calls.seen("/api/dso/alarms", Alarms, query)
        found[stage] = None if alarms is None else alarms.alarms
    return found


def grid_request_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a day's requests, and the form that makes one."""

    @router.get("/grid/requests")
    async def get_requests(request: Request, day: str = "") -> Response:
        """Show what a day's grid needs, what was asked for it, and what was sold."""
        visitor = await desk.visitor(request)
        shown = await day_asked(desk.zone, visitor, day)
        # who may read no alarms may see nothing of this page: REST says so here
        await visitor.calls.fetch("/api/dso/networks")
        alarms = await stage_alarms(visitor, shown)
        sessions = await visitor.calls.get("/api/marketSession", MarketSessionPage, _span(shown))
        return desk.show(
            request,
            "grid_requests.html.j2",
            visitor,
            on=shown.on,
            before=shown.previous.on,
            after=shown.next.on,
            near=await calculated_near(visitor, shown.on),
            stages=STAGES,
            made=[stage for stage, found in alarms.items() if found is not None],
            limits=broken_limits(alarms),
            sessions=[await _session(visitor, each, desk.zone) for each in sessions.sessions],
            price=DEFAULT_PRICE_LIMIT_EUR_PER_KWH,
            may_ask=visitor.principal.has(Role.SYSTEM_OPERATOR),
        )

    @router.post("/grid/requests")
    async def post_request(request: Request) -> Response:
        """Have the request of a session sized and sent, or the grid's limits told."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        session = await visitor.calls.get(
            f"/api/marketSession/{quote(form.get('session', ''), safe='')}", MarketSession
        )
        price = number_in(form, "price", "The price limit")
        if form.get("how") not in _SENT:
            raise FieldWrong("Choose a request, or the limits of the grid.", field="how")
        path, kind = _SENT[form["how"]]
        question = kind(
            market_type=session.market_type,
            start_time=session.start_time,
            price_limit_eur_per_kwh=price,
        )
        job = await visitor.calls.begin(path, question)
        return go_to(f"/grid/jobs/{quote(job.id, safe='')}")


def _span(day: MarketDay) -> dict[str, str | list[str]]:
    return {"from": day.start.isoformat(), "to": day.end.isoformat()}


async def _session(visitor: Visitor, session: MarketSession, zone: str) -> dict[str, object]:
    """Return a session with the DSO's requests in it, and what was sold for each."""
    calls, name = visitor.calls, quote(session.id, safe="")
    services = await calls.get(f"/api/marketSession/{name}/services", FlexibilityServicePage)
    rows = asked_rows(services.flexibility_services, MarketDay.holding(session.start_time, zone))
    outcome: MarketOutcome | ValidatedOutcome | None = None
    if rows and session.market_outcome is not None:
        outcome = await calls.seen(
            f"/api/validatedOutcome/{name}", ValidatedOutcome
        ) or await calls.seen(f"/api/marketOutcome/{name}", MarketOutcome)
    return {
        "session": session,
        "tone": tone_of(session.status),
        "is_open": session.status == _OPEN,
        "asked": [(row, _sold(row, outcome)) for row in rows],
        "is_final": isinstance(outcome, ValidatedOutcome),
    }


def _sold(row: Asked, outcome: MarketOutcome | ValidatedOutcome | None) -> float | None:
    if outcome is None:
        return None
    service = row.service
    return sold_kwh(outcome.flexibility, service.player_id, service.player_service_id)
