"""The first page: what runs here, and what a visitor may want to know today."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import home_of, show_translated
from platone.dashboard.api.household_choice import tomorrow_of
from platone.dashboard.api.line_dispute import disputes_seen
from platone.dashboard.api.money import proposals_waiting
from platone.dashboard.api.page import FACTOR, Desk, onward
from platone.dashboard.api.role_overview import role_overview
from platone.dashboard.api.session_row import session_rows
from platone.dashboard.api.translation import in_language, is_household, reader_of
from platone.dashboard.domain.clock_move import next_moves
from platone.dashboard.domain.first_day import last_paid
from platone.dashboard.domain.outlook import gates_due, next_gate, waits_of, worth_a_row
from platone.dashboard.domain.problem import SignInNeeded
from platone.dashboard.domain.typed import instant_in
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockMove, ClockState
from platone.infra.page.word import roles_in_words
from platone.kernel.market_time import MarketDay
from platone.messages.base import Instant, Role
from platone.messages.books import BookAccounts
from platone.messages.market import MarketSessionPage
from platone.messages.second_factor import SecondFactorView

_LOOKED_BACK = timedelta(days=31)
"""How far back the last session that was paid is looked for: a month, two hundred sessions."""
_SHOWN_DISPUTES = 3
"""Disputes of a household whose state its first page tells: those of the month, the newest."""
_SHOWN_PODS = 5
"""Points of delivery of a household whose tomorrow the first page tells."""


def overview_pages(router: APIRouter, desk: Desk) -> None:
    """Add the first page, and the move of a simulated clock."""

    @router.get("/")
    async def get_overview(request: Request) -> Response:
        """Show what runs here; and, to who is signed in, its day."""
        try:
            visitor = await desk.visitor(request)
        except SignInNeeded:
            told = in_language(reader_of(request, desk.zone))
            return desk.show(request, "welcome.html.j2", None, **told, version=desk.version)
        if is_household(visitor):
            return await _of_household(desk, request, visitor)
        clock = await visitor.calls.get("/api/clock", ClockState)
        day = MarketDay.holding(clock.now, desk.zone)
        shown = await _today(desk, visitor, clock, day)
        shown |= await role_overview(visitor, day)
        factor = await visitor.calls.seen(FACTOR, SecondFactorView)
        shown["is_advised"] = factor is not None and factor.is_advised
        return desk.show(request, "overview.html.j2", visitor, version=desk.version, **shown)

    @router.post("/clock")
    async def post_clock(request: Request) -> Response:
        """Move a simulated clock forward, by a usual step or to an instant."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        clock = await visitor.calls.get("/api/clock", ClockState)
        moves = {each.name: each.to for each in next_moves(clock.now, desk.zone)}
        to: Instant = moves.get(form.get("move", ""), clock.now)
        if "to" in form:  # another may have moved it there already
            to = max(instant_in(form, "to"), clock.now)
        await visitor.calls.send("PUT", "/api/clock", ClockMove(now=to))
        return onward(form, "/")


async def _of_household(desk: Desk, request: Request, visitor: Visitor) -> Response:
    clock = await visitor.calls.get("/api/clock", ClockState)
    accounts = await visitor.calls.seen("/api/books/accounts", BookAccounts)
    home = await home_of(desk, request, "")
    day = MarketDay.holding(clock.now, desk.zone).next
    pods = home.pods[:_SHOWN_PODS]
    return show_translated(
        desk,
        request,
        "home_overview.html.j2",
        visitor,
        clock=clock,
        balance=_balance(visitor, accounts),
        days=[(pod, await tomorrow_of(replace(home, pod=pod), day)) for pod in pods],
        waiting=await proposals_waiting(visitor),
        disputes=[
            each
            for each in await disputes_seen(visitor) or ()
            if each.dispute.steps[-1].at > clock.now - _LOOKED_BACK or each.is_running(clock.now)
        ][:_SHOWN_DISPUTES],
    )


async def _today(
    desk: Desk, visitor: Visitor, clock: ClockState, day: MarketDay
) -> dict[str, object]:
    calls, roles = visitor.calls, visitor.principal.roles
    span = {"from": (day.start - _LOOKED_BACK).isoformat(), "to": day.next.end.isoformat()}
    found = await calls.seen("/api/marketSession", MarketSessionPage, span)
    known = None if found is None else found.sessions
    sessions = None if known is None else [each for each in known if each.start_time >= day.start]
    accounts = await calls.seen("/api/books/accounts", BookAccounts)
    health = await calls.health()
    may_move = clock.simulated and visitor.principal.has(Role.MARKET_OPERATOR)
    return {
        "clock": clock,
        "loop_count": len(health.loops),
        "failing": [
            (name, loop.state) for name, loop in health.loops.items() if loop.state != "running"
        ],
        "moves": next_moves(clock.now, desk.zone) if may_move else (),
        "today": day.on,
        "tomorrow": day.next.on,
        "paid": last_paid(known or ()),
        "session_count": None if sessions is None else len(sessions),
        "sessions": session_rows(worth_a_row(sessions or [], clock.now)),
        "waits": waits_of(known or (), roles, is_dso=visitor.principal.party_id == desk.dso),
        "coming": next_gate(sessions or (), clock.now),
        "due_count": gates_due(sessions or (), clock.now),
        "open_count": sum(each.status == "active" for each in sessions or ()),
        "accounts": None if accounts is None else accounts.accounts,
        "balance": _balance(visitor, accounts),
        "roles": roles_in_words(roles, "en"),
    }


def _balance(visitor: Visitor, accounts: BookAccounts | None) -> Decimal | None:
    """Return the balance of the visitor's party; for who sees all, the sum of all that is owed."""
    if accounts is None or not accounts.accounts:
        return None
    amounts = [Decimal(each.balance) for each in accounts.accounts]
    if visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR):
        return sum((each for each in amounts if each > 0), Decimal(0))
    return sum(amounts, Decimal(0))
