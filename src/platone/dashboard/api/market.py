"""Market pages: sessions, and one session with everything that happened in it (D2.4 3.2)."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.session_section import session_shown
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.reason import tone_of, wait_in_words
from platone.dashboard.domain.typed import day_in
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import REAL_TIME_STARTS, session_windows
from platone.messages.base import MarketType, Role
from platone.messages.market import MarketSession, MarketSessionPage, SessionReference
from platone.messages.session_event import OverrideAction, SessionOverride

_SECTIONS = {
    "services": "/api/marketSession/{}/services",
    "market-outcome": "/api/marketOutcome/{}",
    "technical-outcome": "/api/technicalOutcome/{}",
    "validated-outcome": "/api/validatedOutcome/{}",
    "settlement": "/api/settlement/{}",
}
"""Sections of a session that are files, too, with the route that gives each."""
_MOST = 200
"""Sessions on a page: a month of them."""
_STATUSES = (
    "created",
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
        """List sessions, by day, kind, state, or a text in their identifiers."""
        visitor = await desk.visitor(request)
        asked = {name: value for name, value in request.query_params.items() if value}
        query = _query(asked, desk.zone)
        found = await visitor.calls.get("/api/marketSession", MarketSessionPage, query)
        text = asked.get("text", "").lower()
        sessions = [each for each in found.sessions if not text or text in _text(each)]
        rows = [
            {
                "session": each,
                "tone": tone_of(each.status),
                "waits": wait_in_words(each.waiting_for.value) if each.waiting_for else "",
            }
            for each in sessions[-_MOST:]
        ]
        return desk.show(
            request,
            "market.html.j2",
            visitor,
            rows=rows[::-1],
            asked=asked,
            statuses=_STATUSES,
            starts=[f"{each:%H:%M}" for each in REAL_TIME_STARTS],
            left_out=max(0, len(sessions) - _MOST),
            may_create=visitor.principal.has(Role.MARKET_OPERATOR),
        )

    @router.get("/market/{session_id}")
    async def get_session(request: Request, session_id: str, merit: str = "") -> Response:
        """Show a session with all that the visitor may see of it."""
        visitor = await desk.visitor(request)
        shown = await session_shown(visitor, session_id, desk.zone, merit)
        return desk.show(request, "session.html.j2", visitor, **shown)

    @router.get("/market/{session_id}/{section}.csv")
    async def get_section(request: Request, session_id: str, section: str) -> Response:
        """Give a section of a session as a file."""
        visitor = await desk.visitor(request)
        if section not in _SECTIONS:
            raise FieldWrong(f"There is no section {section[:40]!r}.", field="section")
        named = session_id
        if section == "settlement":  # which its outcome names, not its session
            path = f"/api/marketSession/{quote(session_id, safe='')}"
            named = (await visitor.calls.get(path, MarketSession)).market_outcome or session_id
        path = _SECTIONS[section].format(quote(named, safe=""))
        answer = await visitor.calls.fetch(path, accept="text/csv")
        name = f"{section}-{session_id}.csv".replace('"', "")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(answer.content, headers=headers, media_type="text/csv")


def _operating(router: APIRouter, desk: Desk) -> None:
    @router.post("/market")
    async def post_session(request: Request) -> Response:
        """Create a session that the calendar has."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        day = MarketDay(day_in(form, "day"), desk.zone)
        kind, _, place = form.get("kind", "").partition("-")
        windows = session_windows(_kind(kind), day)
        window = windows[int(place) if place.isdecimal() and int(place) < len(windows) else 0]
        wanted = SessionReference(market_type=_kind(kind), start_time=window.start)
        await visitor.calls.send("POST", "/api/marketSession", wanted)
        return go_to("/market", day=day.on.isoformat())

    @router.post("/market/{session_id}/close")
    async def post_close(request: Request, session_id: str) -> Response:
        """Close a session before its time, and clear it."""
        await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"/api/marketSession/{quote(session_id, safe='')}/close"
        await visitor.calls.send("POST", path)
        return go_to(f"/market/{quote(session_id, safe='')}")

    @router.post("/market/{session_id}/order")
    async def post_order(request: Request, session_id: str) -> Response:
        """Step into a session, with a reason that all whom it concerns read."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            action = OverrideAction(form.get("action", ""))
        except ValueError as error:
            raise FieldWrong("There is no such order.", field="action") from error
        order = SessionOverride(action=action, reason=form.get("reason", "").strip())
        path = f"/api/marketSession/{quote(session_id, safe='')}/override"
        await visitor.calls.send("POST", path, order)
        return go_to(f"/market/{quote(session_id, safe='')}")


def _query(asked: dict[str, str], zone: str) -> dict[str, str]:
    query: dict[str, str] = {
        name: asked[name] for name in ("marketType", "status") if name in asked
    }
    if "day" in asked:
        day = MarketDay(day_in(asked, "day"), zone)
        query |= {"from": day.start.isoformat(), "to": day.end.isoformat()}
    return query


def _text(session: MarketSession) -> str:
    return f"{session.id} {session.market_outcome or ''} {session.status}".lower()


def _kind(text: str) -> MarketType:
    try:
        return MarketType(text)
    except ValueError as error:
        raise FieldWrong("A session is day-ahead or real-time.", field="kind") from error
