"""Market pages: sessions, and one session with everything that happened in it (D2.4 3.2)."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import INVALID, Desk, go_to, onward
from platone.dashboard.api.session_row import session_rows
from platone.dashboard.api.session_section import section_rows, session_shown
from platone.dashboard.domain.problem import CallRefused, FieldWrong, to_mend
from platone.dashboard.domain.typed import day_in, instant_in
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import REAL_TIME_STARTS, session_windows
from platone.messages.base import MarketType, Role
from platone.messages.market import MarketSession, MarketSessionPage, SessionReference
from platone.messages.session_event import OverrideAction, SessionOverride

_MOST = 200
"""Sessions on a page: a month of them."""
_PLANNED = "created"
"""The state of a session whose gate has not opened yet."""
_UNTRADED = frozenset({"notTraded", "cancelled"})
"""The states of sessions in which there was nothing to trade: they stand behind all others."""
_STATUSES = (
    _PLANNED,
    "active",
    "closed",
    "outcome",
    "validated",
    "settled",
    "partlyPaid",
    "notPaid",
    "notTraded",
    "notValidated",
    "cancelled",
)


def market_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of sessions."""
    _reading(router, desk)
    _operating(router, desk)


def _reading(router: APIRouter, desk: Desk) -> None:
    @router.get("/market")
    async def get_sessions(request: Request) -> Response:
        """List sessions, by day, kind, state, or a text in their names or what was sent."""
        return await _page(desk, request, await desk.visitor(request))

    @router.get("/market/{session_id}")
    async def get_session(request: Request, session_id: str, merit: str = "") -> Response:
        """Show a session with all that the visitor may see of it."""
        visitor = await desk.visitor(request)
        shown = await session_shown(visitor, session_id, desk.zone, merit)
        asks = visitor.principal.has(Role.SYSTEM_OPERATOR) and not shown["sees_all"]
        is_dso = visitor.principal.party_id == desk.dso
        shown |= {
            "sees_others": asks and is_dso,  # its rows are all parties', its payments its own
            "sees_pods": is_dso or not asks,
        }
        return desk.show(request, "session.html.j2", visitor, **shown)

    @router.get("/market/{session_id}/{section}.csv")
    async def get_section(request: Request, session_id: str, section: str) -> Response:
        """Give a section of a session as a file."""
        visitor = await desk.visitor(request)
        columns, rows = await section_rows(visitor, session_id, section, desk.zone)
        return desk.file(f"{section}-{session_id}", columns, rows)


def _operating(router: APIRouter, desk: Desk) -> None:
    @router.post("/market")
    async def post_session(request: Request) -> Response:
        """Create a session that the calendar has."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            wanted = _wanted(form, desk.zone)
            session = await visitor.calls.make("/api/marketSession", MarketSession, wanted)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, to_mend(refused))
        return go_to(f"/market/{quote(session.id, safe='')}")

    @router.post("/market/{session_id}/order")
    async def post_order(request: Request, session_id: str) -> Response:
        """Step into a session, with a reason that all whom it concerns read."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            action = OverrideAction(form.get("action", ""))
        except ValueError as error:
            raise FieldWrong("There is no such order.", field="action") from error
        until = instant_in(form, "until") if "until" in form else None
        order = SessionOverride(action=action, reason=form.get("reason", "").strip(), until=until)
        path = f"/api/marketSession/{quote(session_id, safe='')}/override"
        await visitor.calls.send("POST", path, order)
        return onward(form, f"/market/{quote(session_id, safe='')}")


async def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    typed: dict[str, str] | None = None,
    reasons: Sequence[str] = (),
) -> Response:
    sessions = await sessions_asked(desk, visitor, request)
    asked, shown = _asked(request), sessions[: -_MOST - 1 : -1]
    planned, untraded = (
        [each for each in shown if not asked and each.status in folded]
        for folded in ({_PLANNED}, _UNTRADED)
    )
    others = [each for each in shown if asked or each.status not in {_PLANNED, *_UNTRADED}]
    return desk.show_with(
        INVALID if reasons else 200,
        request,
        "market.html.j2",
        visitor,
        rows=session_rows(others),
        planned=session_rows(reversed(planned)),
        untraded=session_rows(untraded),
        asked=asked,
        statuses=_STATUSES,
        starts=[f"{each:%H:%M}" for each in REAL_TIME_STARTS],
        left_out=max(0, len(sessions) - _MOST),
        may_create=visitor.principal.has(Role.MARKET_OPERATOR),
        typed=typed or {},
        reasons=reasons,
    )


def _wanted(form: Mapping[str, str], zone: str) -> SessionReference:
    kind, _, place = form.get("kind", "").partition("-")
    windows = session_windows(_kind(kind), MarketDay(day_in(form, "day"), zone))
    window = windows[int(place) if place.isdecimal() and int(place) < len(windows) else 0]
    return SessionReference(market_type=_kind(kind), start_time=window.start)


async def sessions_asked(desk: Desk, visitor: Visitor, request: Request) -> list[MarketSession]:
    """Return the sessions that an address asks for, by day, kind, state and text."""
    query = _query(_asked(request), desk.zone)
    return (await visitor.calls.get("/api/marketSession", MarketSessionPage, query)).sessions


def _asked(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if value}


def _query(asked: dict[str, str], zone: str) -> dict[str, str]:
    query: dict[str, str] = {
        name: asked[name] for name in ("marketType", "status", "text") if name in asked
    }
    if "day" in asked:
        day = MarketDay(day_in(asked, "day"), zone)
        query |= {"from": day.start.isoformat(), "to": day.end.isoformat()}
    return query


def _kind(text: str) -> MarketType:
    try:
        return MarketType(text)
    except ValueError as error:
        raise FieldWrong("A session is day-ahead or real-time.", field="kind") from error
