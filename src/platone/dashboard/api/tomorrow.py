"""An aggregator's page of what is offered for a day, and what it would earn."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.api.pod_wish import read_wishes
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.offer_worth import offered_quarters
from platone.dashboard.domain.offered_session import Offered, SessionOffers
from platone.dashboard.domain.pod_day import baseline_curves
from platone.dashboard.domain.pod_wish import PodWish
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.market import (
    FlexibilityService,
    FlexibilityServicePage,
    MarketSession,
    MarketSessionPage,
    PowerKind,
    ServiceType,
)
from platone.messages.plan import PodForecastPage
from platone.messages.portfolio import PortfolioPage
from platone.messages.registry import SeriesBatch

_MOST = 500
"""Rows of a session on the page."""
_PPM = 1_000_000
"""Parts per million in one."""


@dataclass(frozen=True, slots=True)
class DayOffers:
    """The offers of a market day.

    Attributes:
        day: The market day.
        sessions: What is offered, by session; none where the visitor sees no sessions.
        idle: Points of delivery of which nothing is offered.
        wishes: What customers wish of the day, by point of delivery, where they wish anything.
    """

    day: MarketDay
    sessions: list[SessionOffers] | None
    idle: list[str]
    wishes: dict[str, PodWish]


def tomorrow_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of what is offered for a day."""

    @router.get("/portfolio/tomorrow")
    async def get_tomorrow(request: Request) -> Response:
        """Show what is offered for a day, tomorrow without one, and what it would earn."""
        visitor = await desk.visitor(request)
        if is_household(visitor):  # what holds for it tomorrow stands there
            return go_to("/app")
        found = await offers_of(desk, visitor, request)
        return desk.show(
            request,
            "tomorrow.html.j2",
            visitor,
            on=found.day.on,
            before=found.day.previous.on,
            after=found.day.next.on,
            sessions=found.sessions,
            idle=found.idle[:_MOST],
            wishes=list(found.wishes.items()),
            most=_MOST,
        )


async def offers_of(desk: Desk, visitor: Visitor, request: Request) -> DayOffers:
    """Return the offers of the day that an address asks for; for tomorrow without one."""
    asked = request.query_params.get("day", "")
    day = await day_asked(desk.zone, visitor, asked)
    day = day if asked else day.next
    portfolio = await visitor.calls.get("/api/aggregator/pods", PortfolioPage)
    shares = {
        each.entry.pod.pod_id: each.entry.customer_share_ppm / _PPM for each in portfolio.pods
    }
    span = {"from": day.start.isoformat(), "to": day.end.isoformat()}
    sessions = await visitor.calls.seen("/api/marketSession", MarketSessionPage, span)
    if sessions is None:
        return DayOffers(day, None, [], {})
    found = await _sessions(visitor, day, sessions.sessions, shares)
    offered = {each.pod for one in found for each in one.quarters}
    wishes = {pod: each for pod, each in (await read_wishes(visitor, day)).items() if each.words}
    return DayOffers(day, found, sorted(shares.keys() - offered), wishes)


async def _sessions(
    visitor: Visitor, day: MarketDay, sessions: list[MarketSession], shares: dict[str, float]
) -> list[SessionOffers]:
    of_day = [each for each in sessions if MarketDay.holding(each.start_time, day.zone) == day]
    offers = {each.id: await _offers(visitor, each) for each in of_day}
    if not any(offers.values()):
        return []
    span = {"from": day.start.isoformat(), "to": day.end.isoformat()}
    given = await visitor.calls.seen("/api/scd/baselines", SeriesBatch, span)
    baselines = baseline_curves(day, given.series if given is not None else [])
    forecasts = await visitor.calls.seen("/api/aggregator/forecasts", PodForecastPage)
    errors = {
        each.pod_id: each.error
        for each in (forecasts.forecasts if forecasts is not None else ())
        if each.day == day.on
    }
    return [
        SessionOffers(
            session,
            [quarter for one in made for quarter in offered_quarters(one, day, baselines)],
            shares,
            errors,
            any(
                entry.power_kind is PowerKind.REACTIVE for one in made for entry in one.flexibility
            ),
        )
        for session in of_day
        if (made := offers[session.id])
    ]


async def _offers(visitor: Visitor, session: MarketSession) -> list[FlexibilityService]:
    path = f"/api/marketSession/{quote(session.id, safe='')}/services"
    page = await visitor.calls.seen(path, FlexibilityServicePage)
    services = page.flexibility_services if page is not None else ()
    return [each for each in services if each.service_type is ServiceType.OFFER]


async def offered_rows(desk: Desk, visitor: Visitor, request: Request) -> list[Offered]:
    """Return the offered quarter-hours of the day that an address asks for, each a line."""
    found = await offers_of(desk, visitor, request)
    return [(one, each) for one in found.sessions or () for each in one.quarters]
