"""The guided first market day: each step, ticked by what REST tells, with what it waits for."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.first_day import (
    EXAMPLE,
    EXAMPLE_KW,
    EXAMPLE_PRICES,
    FIRST_PARTIES,
    Sight,
    asked_kw,
    clock_moves,
    guided_session,
    next_session,
    paid_from,
    steps_of,
    trade_starts,
)
from platone.dashboard.domain.pod_day import baseline_curve
from platone.dashboard.domain.reason import wait_in_words
from platone.dashboard.domain.sale import Sale, sale_of
from platone.dashboard.domain.trade import ServiceRow, paid_rows, service_rows, trade_rows
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.infra.page.word import roles_in_words
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.base import Role
from platone.messages.market import (
    FlexibilityServicePage,
    MarketSession,
    MarketSessionPage,
    ServiceType,
)
from platone.messages.outcome import MarketOutcome, ValidatedOutcome
from platone.messages.people import People
from platone.messages.portfolio import PortfolioPage
from platone.messages.registry import MeasurementBatch, PodPage, PointOfDelivery, SeriesBatch
from platone.messages.settlement import Settlement

_SEEN = (timedelta(days=2), timedelta(days=3))
"""How far back and ahead the guide looks for its session: sessions are made two days ahead."""

_REGISTERING = frozenset({"registration", "baseline"})
"""Steps of a point of delivery that the customer database answers."""
_OPENED = time(11)
"""Time of the day from which a simulated clock is proposed: the day-ahead gate has just opened."""


def first_day_pages(router: APIRouter, desk: Desk) -> None:
    """Add the guide."""

    @router.get("/first-day")
    async def get_guide(request: Request, session: str = "") -> Response:
        """Show the way through a first market day, and how far it has come."""
        visitor = await desk.visitor(request)
        if is_household(visitor):  # it takes no step of a session
            return go_to("/")
        is_trial = await _is_for_trial(visitor)
        clock = await visitor.calls.get("/api/clock", ClockState)
        sessions = await _sessions(visitor, clock.now)
        chosen = guided_session(sessions, session)
        if chosen is None:
            return desk.show(
                request, "first_day.html.j2", visitor, clock=clock, steps=[], is_trial=is_trial
            )
        sight = await _sight(visitor, chosen, clock.now, desk.zone)
        day = MarketDay.holding(chosen.start_time, desk.zone)
        here = f"/first-day?{urlencode({'session': chosen.id})}"
        return desk.show(
            request,
            "first_day.html.j2",
            visitor,
            clock=clock,
            session=chosen,
            sight=sight,
            steps=steps_of(sight),
            is_trial=is_trial,
            parties=FIRST_PARTIES,
            here=here,
            customer_day=f"/app?day={day.on}",
            next_one=next_session(sessions, chosen.id),
            waits=wait_in_words(chosen.waiting_for.value) if chosen.waiting_for else "",
            roles={each.value for each in visitor.principal.roles},
            role_words=roles_in_words(visitor.principal.roles, "en"),
            moves=clock_moves(sight, desk.zone) if clock.simulated else (),
            may_move=visitor.principal.has(Role.MARKET_OPERATOR),
            day=day.on,
            due=paid_from(sight.delivery[1], desk.zone) if sight.delivery else None,
            opened=MarketDay.holding(clock.now, desk.zone).at(_OPENED),
            **_forms(sight, here, desk.zone, EXAMPLE if is_trial else {}),
        )


async def _is_for_trial(visitor: Visitor) -> bool:
    """Return whether people act for the parties of the first start: on a real one for their own."""
    people = await visitor.calls.seen("/api/identity/people", People)
    return people is not None and any(each.for_development for each in people.people)


def _forms(sight: Sight, here: str, zone: str, example: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of the forms that the guide leads to, filled in.

    Args:
        sight: How far the day has come.
        here: The guide's own address, to which the forms lead back.
        zone: Zone of the site.
        example: The point of delivery that is proposed for registration; empty for none.
    """
    session, begins = sight.session, trade_starts(sight.session, zone)
    day = MarketDay.holding(session.start_time, zone)
    pod = sight.pod.pod_id if sight.pod is not None else EXAMPLE["pod"]
    wall = [f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for at in (begins, begins + QUARTER_HOUR)]
    typed = {
        "then": here,
        "pods": pod,
        "from": wall[0],
        "to": wall[1],
        "p": f"{asked_kw(sight.baseline_kw):g}",
    }
    mark = f"{begins.astimezone(ZoneInfo(zone)):%Y-%m-%d-%H%M}"
    offer = f"/market/{quote(session.id, safe='')}/offer"
    given = {"then": here, "pod": pod, "day": day.on.isoformat(), "power": f"{EXAMPLE_KW:g}"}
    return {
        "register_form": f"/portfolio?{urlencode({**example, 'then': here})}#register",
        "baseline": f"/portfolio?{urlencode(given)}#baseline",
    } | {
        key: f"{offer}?{urlencode(typed | {'id': f'first-{name}-{mark}', 'price': price})}"
        for (key, price), name in zip(EXAMPLE_PRICES.items(), ("request", "offer"), strict=True)
    }


async def _sessions(visitor: Visitor, now: datetime) -> list[MarketSession]:
    back, ahead = _SEEN
    span = {"from": (now - back).isoformat(), "to": (now + ahead).isoformat()}
    found = await visitor.calls.seen("/api/marketSession", MarketSessionPage, span)
    return [] if found is None else found.sessions


async def _sight(visitor: Visitor, session: MarketSession, now: datetime, zone: str) -> Sight:
    """Return the visitor's view of a session, by REST in its own name."""
    calls, name = visitor.calls, quote(session.id, safe="")
    path = f"/api/marketSession/{name}/services"
    services = await calls.seen(path, FlexibilityServicePage)
    outcome = await calls.seen(f"/api/marketOutcome/{name}", MarketOutcome)
    final = await calls.seen(f"/api/validatedOutcome/{name}", ValidatedOutcome)
    pods = await calls.seen("/api/scd/pods", PodPage)
    known = services.flexibility_services if services is not None else []
    named = {each for one in known for entry in one.flexibility for each in entry.pod or ()}
    pod = _taking_part(pods.pods if pods is not None else (), named)
    day = MarketDay.holding(session.start_time, zone)
    delivery = _delivery(final, day)
    measured = await _measured(visitor, pod, now, delivery)
    asked, offered = _sent(visitor, service_rows(known, day))
    baseline_kw = await _baseline_kw(visitor, pod, day, trade_starts(session, zone))
    return Sight(
        now=now,
        session=session,
        sees_pods=pods is not None,
        pod=pod,
        baseline_kw=baseline_kw,
        is_handed_over=baseline_kw is None and await _is_handed_over(visitor, pod),
        last_reading=max(measured, default=None),
        requests=asked,
        offers=offered,
        cleared=_fate(outcome, day),
        final=_fate(final, day),
        delivery=delivery,
        is_measured=delivery is not None
        and set(_quarters(delivery)) <= {each.replace(second=0) for each in measured},
        overridden_by=(final.decided_by or "") if final is not None else "",
        paid_eur=await _paid(visitor, final, day),
    )


def _taking_part(pods: Iterable[PointOfDelivery], named: set[str]) -> PointOfDelivery | None:
    """Return the point of delivery that the guide is about: one that was named, else any."""
    found = sorted(pods, key=lambda each: (each.pod_id not in named, each.pod_id))
    return found[0] if found else None


def _sent(
    visitor: Visitor, rows: Iterable[ServiceRow]
) -> tuple[tuple[ServiceRow, ...] | None, tuple[ServiceRow, ...] | None]:
    """Return the requests and the offers of a session; none of which a visitor sees none."""
    parts: list[list[ServiceRow]] = [[], []]
    for each in rows:
        parts[each.service.service_type is ServiceType.OFFER].append(each)
    sees_all = visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR)
    asks = sees_all or visitor.principal.has(Role.SYSTEM_OPERATOR)
    offers = sees_all or visitor.principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER)
    return tuple(parts[0]) if asks else None, tuple(parts[1]) if offers else None


def _fate(outcome: MarketOutcome | ValidatedOutcome | None, day: MarketDay) -> Sale | None:
    """Return the fate of the offers; none where it is not decided, or not shown."""
    rows = trade_rows(outcome.flexibility, day) if outcome is not None else []
    return sale_of(rows) if rows else None


def _delivery(final: ValidatedOutcome | None, day: MarketDay) -> tuple[datetime, datetime] | None:
    """Return from when until when is delivered what became final; none where nothing did."""
    taken = [row.at for row in trade_rows(final.flexibility, day) if row.is_taken] if final else []
    return (min(taken), max(taken) + QUARTER_HOUR) if taken else None


def _quarters(span: tuple[datetime, datetime]) -> Iterable[datetime]:
    return (span[0] + place * QUARTER_HOUR for place in range((span[1] - span[0]) // QUARTER_HOUR))


async def _measured(
    visitor: Visitor,
    pod: PointOfDelivery | None,
    now: datetime,
    delivery: tuple[datetime, datetime] | None,
) -> list[datetime]:
    """Return the starts of the readings of a point of delivery, of the last day and the trade."""
    if pod is None:
        return []
    first = now - timedelta(days=1)
    span = {
        "podId": pod.pod_id,
        "from": (min(first, delivery[0]) if delivery else first).isoformat(),
        "to": now.isoformat(),
    }
    found = await visitor.calls.seen("/api/scd/measurements", MeasurementBatch, span)
    return [] if found is None else [each.start_time for each in found.measurements]


async def _is_handed_over(visitor: Visitor, pod: PointOfDelivery | None) -> bool:
    """Return whether the customer database has yet to answer what the visitor's platform told."""
    if not visitor.principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
        return False
    own = await visitor.calls.seen("/api/aggregator/pods", PortfolioPage)
    steps = [
        step
        for each in (own.pods if own is not None else ())
        if pod is None or each.entry.pod.pod_id == pod.pod_id
        for step in each.progress
    ]
    return any(each.step in _REGISTERING and each.state == "waiting" for each in steps)


async def _baseline_kw(
    visitor: Visitor, pod: PointOfDelivery | None, day: MarketDay, at: datetime
) -> float | None:
    if pod is None:
        return None
    span = {"podId": pod.pod_id, "from": day.start.isoformat(), "to": day.end.isoformat()}
    found = await visitor.calls.seen("/api/scd/baselines", SeriesBatch, span)
    return None if found is None else baseline_curve(day, pod.pod_id, found.series)[day.index(at)]


async def _paid(visitor: Visitor, final: ValidatedOutcome | None, day: MarketDay) -> Decimal | None:
    """Return the payment for the final trades, EUR, as far as the visitor sees it."""
    if final is None:
        return None
    path = f"/api/settlement/{quote(final.market_outcome, safe='')}"
    settled = await visitor.calls.seen(path, Settlement)
    if settled is None:
        return None
    rows = paid_rows(settled.flexibility, day)
    return sum((Decimal(str(each.paid_eur)) for each in rows), Decimal(0))
