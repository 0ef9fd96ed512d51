"""The first page: what runs here, and what a visitor may want to know today."""

from decimal import Decimal

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import is_household, show_translated
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.domain.clock_move import next_moves
from platone.dashboard.domain.problem import SignInNeeded
from platone.dashboard.domain.reason import tone_of, wait_in_words
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockMove, ClockState
from platone.kernel.market_time import MarketDay
from platone.messages.base import Instant, Role
from platone.messages.books import BookAccounts
from platone.messages.grid import Alarms
from platone.messages.market import MarketSession, MarketSessionPage

_SHOWN_ALARMS = 5
"""Alarms of the grid that the first page shows: the worst ones."""


def overview_pages(router: APIRouter, desk: Desk) -> None:
    """Add the first page, the guide, and the move of a simulated clock."""

    @router.get("/")
    async def get_overview(request: Request) -> Response:
        """Show what runs here; and, to who is signed in, its day."""
        try:
            visitor = await desk.visitor(request)
        except SignInNeeded:
            return desk.show(request, "welcome.html.j2", None, version=desk.version)
        if is_household(visitor):
            return await _of_household(desk, request, visitor)
        shown = await _today(desk, visitor)
        return desk.show(request, "overview.html.j2", visitor, version=desk.version, **shown)

    @router.get("/first-day")
    async def get_guide(request: Request) -> Response:
        """Show the way through a first market day, and how far it has come."""
        visitor = await desk.visitor(request)
        shown = await _today(desk, visitor)
        return desk.show(request, "first_day.html.j2", visitor, **shown)

    @router.post("/clock")
    async def post_clock(request: Request) -> Response:
        """Move a simulated clock forward."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        clock = await visitor.calls.get("/api/clock", ClockState)
        moves = {each.name: each.to for each in next_moves(clock.now, desk.zone)}
        to: Instant = moves.get(form.get("move", ""), clock.now)
        await visitor.calls.send("PUT", "/api/clock", ClockMove(now=to))
        return go_to("/first-day" if form.get("then") == "/first-day" else "/")


async def _of_household(desk: Desk, request: Request, visitor: Visitor) -> Response:
    clock = await visitor.calls.get("/api/clock", ClockState)
    accounts = await visitor.calls.seen("/api/books/accounts", BookAccounts)
    balance = _balance(visitor, accounts)
    return show_translated(
        desk, request, "home_overview.html.j2", visitor, clock=clock, balance=balance
    )


async def _today(desk: Desk, visitor: Visitor) -> dict[str, object]:
    calls = visitor.calls
    clock = await calls.get("/api/clock", ClockState)
    day = MarketDay.holding(clock.now, desk.zone)
    span = {"from": day.start.isoformat(), "to": day.next.end.isoformat()}
    sessions = await calls.seen("/api/marketSession", MarketSessionPage, span)
    accounts = await calls.seen("/api/books/accounts", BookAccounts)
    alarms = None
    if visitor.principal.has(Role.SYSTEM_OPERATOR):
        at = {"startTime": day.next.start.isoformat()}
        alarms = await calls.seen("/api/dso/alarms", Alarms, at)
    health = await calls.health()
    may_move = clock.simulated and visitor.principal.has(Role.MARKET_OPERATOR)
    return {
        "clock": clock,
        "loop_count": len(health.loops),
        "failing": [
            (name, loop.state) for name, loop in health.loops.items() if loop.state != "running"
        ],
        "moves": next_moves(clock.now, desk.zone) if may_move else (),
        "sessions": None if sessions is None else _with_tone(sessions.sessions),
        "open_count": sum(
            each.status == "active" for each in (sessions.sessions if sessions is not None else ())
        ),
        "alarms": None if alarms is None else alarms.alarms[:_SHOWN_ALARMS],
        "alarm_count": None if alarms is None else len(alarms.alarms),
        "accounts": None if accounts is None else accounts.accounts,
        "balance": _balance(visitor, accounts),
        "roles": ", ".join(sorted(role.value for role in visitor.principal.roles)),
    }


def _balance(visitor: Visitor, accounts: BookAccounts | None) -> Decimal | None:
    """Return the balance of the visitor's party; for who sees all, the sum of all that is owed."""
    if accounts is None or not accounts.accounts:
        return None
    amounts = [Decimal(each.balance) for each in accounts.accounts]
    if visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR):
        return sum((each for each in amounts if each > 0), Decimal(0))
    return sum(amounts, Decimal(0))


def _with_tone(sessions: list[MarketSession]) -> list[dict[str, object]]:
    return [
        {
            "session": each,
            "tone": tone_of(each.status),
            "waits": wait_in_words(each.waiting_for.value) if each.waiting_for else "",
        }
        for each in sessions
    ]
