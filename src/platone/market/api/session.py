"""Sessions: listed, created, closed, and what was submitted to them."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request, Response

from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part, each_of
from platone.market.api.csv_table import CSV_EXAMPLE, AsCsv, csv_stream, service_rows
from platone.market.api.query import Search, viewer_of
from platone.market.api.role import Operator, Overseer, Participant
from platone.market.service.plan_sessions import CreateSession
from platone.market.service.read_market import ReadMarket
from platone.market.service.run_market import RunMarket
from platone.messages.market import (
    FlexibilityServicePage,
    MarketSession,
    MarketSessionPage,
    RecordedSession,
    SessionReference,
)
from platone.messages.session_event import SessionEventPage, SessionOverride

_SESSIONS, _MOST_SESSIONS = 1000, 5000
"""Sessions in one answer, and how many may be asked for: two years of them, 1.5 MB of JSON."""
_EVENTS = 200
"""Most events in one answer: some 100 kB."""
_SERVICES, _MOST_SERVICES = 100, 1000
"""Requests and offers in one answer, and how many may be asked for."""


def session_routes(
    router: APIRouter, read: ReadMarket, create: CreateSession, run: RunMarket
) -> None:
    """Add the routes under /api/marketSession."""
    _reading(router, read)
    _operating(router, read, create, run)


def _reading(router: APIRouter, read: ReadMarket) -> None:
    @router.get("/api/marketSession", **documented(gives=MarketSessionPage))
    async def list_sessions(
        principal: Participant,
        search: Search,
        part: Annotated[Part, asked_part(_SESSIONS, _MOST_SESSIONS)],
    ) -> Response:
        """List sessions by start of delivery."""
        found = await read.sessions(search, viewer_of(principal), part)
        return answer(MarketSessionPage(sessions=found.items, next=found.next))

    @router.get("/api/marketSession/{session_id}", **documented(gives=MarketSession))
    async def get_session(_principal: Participant, session_id: str) -> Response:
        """Show one session."""
        return answer(await read.session(session_id))

    @router.get("/api/marketSession/{session_id}/events", **documented(gives=SessionEventPage))
    async def get_events(
        _principal: Participant, session_id: str, part: Annotated[Part, asked_part(_EVENTS)]
    ) -> Response:
        """List the operator's orders for a session, and what was not decided in time."""
        found = await read.events(session_id, part)
        return answer(SessionEventPage(events=found.items, next=found.next))

    @router.get(
        "/api/marketSession/{session_id}/services",
        **documented(gives=FlexibilityServicePage, gives_files=CSV_EXAMPLE),
    )
    async def get_services(
        principal: Participant,
        session_id: str,
        as_csv: AsCsv,
        part: Annotated[Part, asked_part(_SERVICES, _MOST_SERVICES)],
    ) -> Response:
        """List the caller's own requests and offers; the operator and the auditor see all.

        By time of submission, fewer than `limit` where they are long. A table holds all of them.
        """
        listed = partial(read.services, session_id, viewer_of(principal))
        if as_csv:
            return await csv_stream(partial(each_of, listed, _SERVICES), service_rows)
        found = await listed(part)
        return answer(FlexibilityServicePage(flexibility_services=found.items, next=found.next))

    @router.get("/api/marketSession/{session_id}/recording", **documented(gives=RecordedSession))
    async def get_recording(_principal: Overseer, session_id: str) -> Response:
        """Show all inputs of the clearing: what `platone market clear` takes."""
        return answer(await read.recording(session_id))


def _operating(router: APIRouter, read: ReadMarket, create: CreateSession, run: RunMarket) -> None:
    @router.post(
        "/api/marketSession",
        **documented(SessionReference, MarketSession, status=201, also={200: MarketSession}),
    )
    async def create_session(
        _principal: Operator, wanted: Annotated[SessionReference, body(SessionReference)]
    ) -> Response:
        """Create a session that the calendar has at this start; 200 where it exists.

        If its gate has closed but delivery has not begun, the new session is open at once, until
        delivery begins or it is closed.
        """
        session, is_new = await create(wanted)
        run.look_again()
        return answer(await read.session(session.id), 201 if is_new else 200)

    @router.post(
        "/api/marketSession/{session_id}/override", **documented(SessionOverride, MarketSession)
    )
    async def override_session(
        request: Request,
        principal: Operator,
        session_id: str,
        order: Annotated[SessionOverride, body(SessionOverride)],
    ) -> Response:
        """Step into a session: extend its gate or decision, close or cancel it, answer for the DSO.

        It is recorded with its reason, certified, and told on the topics `marketSession_[party]`.
        """
        before = await read.session(session_id)
        await run.override(session_id, order, principal.party_id)
        after = await read.session(session_id)
        told = _told(after) | {"order": order.action.value, "reason": order.reason}
        await record_change(request, principal, ("session", session_id), _told(before), told)
        return answer(after)

    @router.post("/api/marketSession/{session_id}/settlement", **documented(gives=MarketSession))
    async def settle_session(_principal: Operator, session_id: str) -> Response:
        """Settle what is due and not settled yet, also lines that the ledger refused before."""
        await run.settle_again(session_id)
        return answer(await read.session(session_id))


def _told(session: MarketSession) -> dict[str, str]:
    """Return a session as the log of changes tells it."""
    return {"status": session.status, "gateCloses": session.gate_closes.isoformat()}
