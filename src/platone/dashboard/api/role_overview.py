"""The part of the first page that one role's work begins with: what waits for it."""

from urllib.parse import quote

from platone.dashboard.api.grid_outlook import STAGE_NAMES, grid_outlook
from platone.dashboard.api.line_dispute import disputes_to_do
from platone.dashboard.domain.device_count import device_count
from platone.dashboard.domain.mending import age_in_words, health_of_device
from platone.dashboard.domain.reason import tone_of
from platone.dashboard.domain.sale import bought_of, sale_of, sum_of, times_of
from platone.dashboard.domain.trade import paid_rows, trade_rows
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.market_time import MarketDay
from platone.messages.access import Accesses
from platone.messages.base import Role
from platone.messages.books import Reconciliation
from platone.messages.erasure import Erasures
from platone.messages.market import (
    FlexibilityServicePage,
    MarketSession,
    MarketSessionPage,
    ServiceType,
)
from platone.messages.metering import DeviceHealth, EnrolledDevices
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import Settlement

_SESSIONS = 16
"""Sessions in which a party's own requests are looked for, the latest: each takes two calls."""
_OFFERED = 3
"""Sessions whose outcome an aggregator is told: each may hold trades of a thousand customers."""
_SHOWN = 5
"""Rows of a list on the first page: the rest stands on a page of its own."""


async def role_overview(visitor: Visitor, today: MarketDay) -> dict[str, object]:
    """Return the figures and lists that the work of the visitor's role begins with.

    Args:
        visitor: Who visits.
        today: The day of the market's clock.
    """
    found: dict[str, object] = dict.fromkeys(
        ("requests", "offers", "grid_days", "devices", "unwell", "chain", "accesses", "erasures")
    )
    found["stage_names"] = STAGE_NAMES
    found["disputes"] = await disputes_to_do(visitor)
    who, calls = visitor.principal, visitor.calls
    if who.has(Role.SYSTEM_OPERATOR):
        found["grid_days"] = await grid_outlook(visitor, today)
        found["requests"] = await _requests(visitor, today)
    if who.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
        found["offers"] = await _offers(visitor, today)
    if who.has(Role.METERED_DATA_ADMINISTRATOR):
        found |= await _devices(visitor)
    if who.has(Role.AUDITOR, Role.MARKET_OPERATOR):
        found["chain"] = await calls.seen("/api/books/reconciliation", Reconciliation)
    if who.has(Role.DATA_PROTECTION_OFFICER):
        told = await calls.seen("/api/identity/accesses", Accesses)
        found["accesses"] = told.accesses[::-1] if told is not None else []
        asked = await calls.seen("/api/scd/erasures", Erasures)
        found["erasures"] = asked.erasures if asked is not None else []
    return found


async def _devices(visitor: Visitor) -> dict[str, object]:
    """Return devices counted, and the first of those that are not well."""
    now = (await visitor.calls.get("/api/clock", ClockState)).now
    listed = await visitor.calls.seen("/api/access/devices", EnrolledDevices)
    devices = listed.devices if listed is not None else []
    unwell = [
        each for each in devices if each.health not in (DeviceHealth.WELL, DeviceHealth.REVOKED)
    ]
    return {
        "devices": device_count(devices),
        "unwell": [
            (each, *health_of_device(each), age_in_words(each.last_message_at, now))
            for each in unwell[:_SHOWN]
        ],
    }


async def _begun(visitor: Visitor, today: MarketDay) -> list[MarketSession]:
    """Return the sessions since yesterday that have opened, the latest first."""
    span = {"from": today.previous.start.isoformat(), "to": today.next.end.isoformat()}
    listed = await visitor.calls.seen("/api/marketSession", MarketSessionPage, span)
    begun = [each for each in (listed.sessions if listed else ()) if each.status != "created"]
    return begun[: -_SESSIONS - 1 : -1]


async def _requests(visitor: Visitor, today: MarketDay) -> list[dict[str, object]]:
    """Return the visitor's own requests, and what came of each."""
    shown: list[dict[str, object]] = []
    for session in await _begun(visitor, today):
        name = quote(session.id, safe="")
        page = await visitor.calls.seen(
            f"/api/marketSession/{name}/services", FlexibilityServicePage
        )
        own = [
            each
            for each in (page.flexibility_services if page is not None else ())
            if each.service_type is not ServiceType.OFFER
            and each.player_id == visitor.principal.party_id
        ]
        if not own:
            continue
        final = await visitor.calls.seen(f"/api/validatedOutcome/{name}", ValidatedOutcome)
        shown += [
            {
                "service": each,
                "session": session,
                "tone": tone_of(session.status),
                "times": times_of(each),
                "bought": None if final is None else bought_of(each, final.flexibility),
            }
            for each in own
        ]
    return shown


async def _offers(visitor: Visitor, today: MarketDay) -> list[dict[str, object]]:
    """Return the latest sessions in which the visitor has offered, and what came of it."""
    shown: list[dict[str, object]] = []
    for session in await _begun(visitor, today):
        name = quote(session.id, safe="")
        path = f"/api/marketSession/{name}/services"
        first = await visitor.calls.seen(path, FlexibilityServicePage, {"after": "", "limit": "1"})
        if first is None or not first.flexibility_services:
            continue
        final = await visitor.calls.seen(f"/api/validatedOutcome/{name}", ValidatedOutcome)
        settled = None
        if final is not None:
            path = f"/api/settlement/{quote(final.market_outcome, safe='')}"
            settled = await visitor.calls.seen(path, Settlement)
        day = MarketDay.holding(session.start_time, today.zone)
        shown.append(
            {
                "session": session,
                "tone": tone_of(session.status),
                "sold": None if final is None else sale_of(trade_rows(final.flexibility, day)),
                "paid": None if settled is None else sum_of(paid_rows(settled.flexibility, day)),
            }
        )
        if len(shown) == _OFFERED:
            break
    return shown
