"""A session's page: what is read for it, and how it is laid out."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from platone.dashboard.api.line_dispute import disputed_lines
from platone.dashboard.domain.grid_day import pictures_at
from platone.dashboard.domain.merit import Merit, merit_orders, merit_titles
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.reason import COURSE, tone_of, wait_in_words
from platone.dashboard.domain.sale import Sale, sale_of, sum_of
from platone.dashboard.domain.session_file import CHECKS, PAYMENTS, POINTS, TRADES, points_of
from platone.dashboard.domain.session_order import OfferedOrder, offered_orders
from platone.dashboard.domain.table_file import Columns
from platone.dashboard.domain.trade import (
    MOST_ROWS,
    check_rows,
    paid_rows,
    service_rows,
    trade_rows,
)
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.market_time import MarketDay
from platone.messages.base import Role
from platone.messages.market import FlexibilityServicePage, MarketSession, RecordedSession
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.messages.session_event import SessionEventPage
from platone.messages.settlement import Settlement
from platone.messages.stored_network import StoredNetworks

OF_READINGS = (Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR, Role.METERED_DATA_ADMINISTRATOR)
"""Roles to which REST shows the proofs of readings; who asked for flexibility has the payment's."""


async def session_shown(
    visitor: Visitor, session_id: str, zone: str, merit: str
) -> dict[str, object]:
    """Return the contents of a session's page: all that the visitor may see of it.

    Args:
        visitor: Who visits.
        session_id: Which session.
        zone: Zone of the market.
        merit: Which merit order is drawn; empty for the first one with a trade.
    """
    calls, name = visitor.calls, quote(session_id, safe="")
    session = await calls.get(f"/api/marketSession/{name}", MarketSession)
    events = await calls.get(f"/api/marketSession/{name}/events", SessionEventPage)
    services = await calls.get(f"/api/marketSession/{name}/services", FlexibilityServicePage)
    outcome = await calls.seen(f"/api/marketOutcome/{name}", MarketOutcome)
    technical = await calls.seen(f"/api/technicalOutcome/{name}", TechnicalOutcome)
    validated = await calls.seen(f"/api/validatedOutcome/{name}", ValidatedOutcome)
    settled = await _settled(visitor, validated)
    day = MarketDay.holding(session.start_time, zone)
    merits = await _merits(visitor, name, outcome)
    paid = paid_rows(settled.flexibility, day) if settled else []
    drawn, titles = _chosen(merits, merit), merit_titles(merits, day)
    return {
        "session": session,
        "on": day.on,
        "is_provider": visitor.principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER),
        "tone": tone_of(session.status),
        "waits": wait_in_words(session.waiting_for.value) if session.waiting_for else "",
        "is_over": session.status not in {"created", "active", "closed", "outcome", "validated"},
        "steps": _steps(session),
        "events": events.events,
        "services": _part(service_rows(services.flexibility_services, day)),
        "outcome": outcome,
        "trades": _part(trade_rows(outcome.flexibility, day)) if outcome else None,
        "checks": _part(check_rows(technical.flexibility, day)) if technical else None,
        "pictures": await _pictures(visitor, validated, day),
        "finals": _part(trade_rows(validated.flexibility, day)) if validated else None,
        "sold": _sold(validated or outcome, day),
        "bill": sum_of(paid) if settled else None,
        "has_erased": any(row.is_of_erased for row in paid),
        "sees_readings": visitor.principal.has(*OF_READINGS),
        "sees_outcome": visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR),
        "validated": validated,
        "payments": _part(paid) if settled else None,
        "settled": settled,
        "disputed": await disputed_lines(visitor),
        "merits": list(titles.items()),
        "drawn": drawn,
        "drawn_title": titles[drawn.key] if drawn is not None else "",
        "sees_all": visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR),
        "orders": await _orders(visitor, session),
        "may_offer": visitor.principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.SYSTEM_OPERATOR),
    }


async def section_rows(
    visitor: Visitor, session_id: str, section: str, zone: str
) -> tuple[Columns[Any], Sequence[Any]]:
    """Return the columns and all rows of a section of a session.

    Raises:
        FieldWrong: There is no such section.
        CallRefused: The visitor may not see it, or there is none yet.
    """
    calls, name = visitor.calls, quote(session_id, safe="")
    session = await calls.get(f"/api/marketSession/{name}", MarketSession)
    day = MarketDay.holding(session.start_time, zone)
    match section:
        case "services":
            page = await calls.get(f"/api/marketSession/{name}/services", FlexibilityServicePage)
            return POINTS, points_of(service_rows(page.flexibility_services, day))
        case "market-outcome":
            outcome = await calls.get(f"/api/marketOutcome/{name}", MarketOutcome)
            return TRADES, trade_rows(outcome.flexibility, day)
        case "technical-outcome":
            technical = await calls.get(f"/api/technicalOutcome/{name}", TechnicalOutcome)
            return CHECKS, check_rows(technical.flexibility, day)
        case "validated-outcome":
            validated = await calls.get(f"/api/validatedOutcome/{name}", ValidatedOutcome)
            return TRADES, trade_rows(validated.flexibility, day)
        case "settlement":  # which its outcome names, not its session
            named = quote(session.market_outcome or session_id, safe="")
            settled = await calls.get(f"/api/settlement/{named}", Settlement)
            return PAYMENTS, paid_rows(settled.flexibility, day)
    raise FieldWrong(f"There is no section {section[:40]!r}.", field="section")


def _sold(outcome: MarketOutcome | ValidatedOutcome | None, day: MarketDay) -> Sale | None:
    """Return the fate of the offers; none where there were none, or it is not cleared."""
    rows = trade_rows(outcome.flexibility, day) if outcome is not None else []
    return sale_of(rows) if rows else None


async def _orders(visitor: Visitor, session: MarketSession) -> list[OfferedOrder]:
    """Return the orders that the session's page offers to the market operator."""
    if not visitor.principal.has(Role.MARKET_OPERATOR):
        return []
    clock = await visitor.calls.get("/api/clock", ClockState)
    return offered_orders(session, clock.now)


async def _pictures(
    visitor: Visitor, validated: ValidatedOutcome | None, day: MarketDay
) -> list[tuple[str, str]]:
    """Return where the grid is seen before and after the first of the final trades."""
    rows = trade_rows(validated.flexibility, day) if validated is not None else []
    if not rows or not visitor.principal.has(Role.SYSTEM_OPERATOR, Role.AUDITOR):
        return []
    stored = await visitor.calls.seen("/api/dso/networks", StoredNetworks)
    in_force = [each.id for each in stored.networks if each.in_force] if stored else []
    return pictures_at(in_force[0], day, min(each.at for each in rows)) if in_force else []


async def _settled(visitor: Visitor, validated: ValidatedOutcome | None) -> Settlement | None:
    if validated is None:
        return None
    outcome = quote(validated.market_outcome, safe="")
    return await visitor.calls.seen(f"/api/settlement/{outcome}", Settlement)


async def _merits(visitor: Visitor, name: str, outcome: MarketOutcome | None) -> list[Merit]:
    if outcome is None or not visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR):
        return []
    recorded = await visitor.calls.seen(f"/api/marketSession/{name}/recording", RecordedSession)
    return [] if recorded is None else merit_orders(recorded, outcome)


def _chosen(merits: Sequence[Merit], key: str) -> Merit | None:
    by_key = {each.key: each for each in merits}
    with_trade = next((each for each in merits if each.cleared is not None), None)
    return by_key.get(key) or with_trade or (merits[0] if merits else None)


def _part(rows: Sequence[object]) -> dict[str, object]:
    """Return the rows that a page shows, and how many there are."""
    return {"rows": rows[:MOST_ROWS], "count": len(rows), "left_out": max(0, len(rows) - MOST_ROWS)}


def _steps(session: MarketSession) -> list[dict[str, object]]:
    """Return the states of a session's course, with how far it has come."""
    status = "settled" if session.status in {"partlyPaid", "notPaid"} else session.status
    at = list(COURSE).index(status) if status in COURSE else -1
    return [
        {
            "name": name.capitalize(),
            "is_past": place < at or status == "settled",
            "is_now": place == at,
        }
        for place, name in enumerate(COURSE.values())
    ]
