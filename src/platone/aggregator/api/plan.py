"""Routes of forecast baselines, planned offers, dispatch, and what is not paid yet."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.aggregator.api.caller import Provider, Reader, seen_by
from platone.aggregator.domain.preference import day_named, market_day_on
from platone.aggregator.service.dispatch import DispatchService
from platone.aggregator.service.dispatch_day import ListDispatchDays
from platone.aggregator.service.forecast import ForecastService
from platone.aggregator.service.plan import PlanService
from platone.aggregator.service.trade import TradeService
from platone.infra.day_list import DaySpan
from platone.infra.http.day_list import asked_days
from platone.infra.http.listing import asked_part
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.messages.base import Submissions
from platone.messages.delivery import DeliveryAlarmPage, DispatchDays, DispatchPage, OpenLinePage
from platone.messages.plan import BaselineForecastOrder, OfferPlan, PlanOrder, PodForecastPage

_FORECASTS = 200
"""Most forecasts in one answer, of a day each: some 200 kB."""
_PODS = 200
"""PoDs whose dispatch is calculated for one answer: some seconds."""
_DAYS = 400
"""Most days in one answer: a year and a month, each found by itself within a millisecond."""
_LINES = 1000
"""Most alarms or open lines in one answer: some 300 kB."""


def forecast_routes(router: APIRouter, forecasts: ForecastService) -> None:
    """Add the routes of /api/aggregator/forecasts."""

    @router.post("/forecasts", **documented(BaselineForecastOrder, Submissions))
    async def post_forecasts(
        principal: Provider, order: Annotated[BaselineForecastOrder, body(BaselineForecastOrder)]
    ) -> Response:
        """Forecast baselines of a market day from measurements, and submit them.

        Each PoD has its own answer; GET shows what such forecasts have been wrong by.
        """
        return answer(Submissions(results=await forecasts.forecast(principal.party_id, order)))

    @router.get("/forecasts", **documented(gives=PodForecastPage))
    async def get_forecasts(
        principal: Reader, part: Annotated[Part, asked_part(_FORECASTS)]
    ) -> Response:
        """List the newest forecasts with their errors, for the PoDs that the caller may see."""
        found = await forecasts.newest(seen_by(principal), part)
        return answer(PodForecastPage(forecasts=found.items, next=found.next))


def dispatch_routes(
    router: APIRouter, dispatch: DispatchService, days: ListDispatchDays, zone: str
) -> None:
    """Add the routes of dispatch and of alarms."""

    @router.get("/dispatch", **documented(gives=DispatchDays))
    async def get_dispatch_days(
        principal: Provider,
        span: Annotated[DaySpan, asked_days()],
        part: Annotated[Part, asked_part(_DAYS)],
    ) -> Response:
        """List the market days that have a dispatch: the caller sold something for them."""
        found = await days(principal.party_id, span, part)
        return answer(DispatchDays(days=found.items, next=found.next))

    @router.get("/dispatch/{day}", **documented(gives=DispatchPage))
    async def get_dispatch(
        principal: Provider, day: str, part: Annotated[Part, asked_part(_PODS)]
    ) -> Response:
        """Show what each asset of the caller's portfolio is to give, and what was delivered.

        It is calculated anew from the newest states of the assets: where one fails, others of the
        same PoD take over.
        """
        market_day = market_day_on(day_named(day), zone)
        found = await dispatch.dispatch(principal.party_id, market_day, part)
        return answer(DispatchPage(pods=found.items, next=found.next))

    @router.get("/alarms", **documented(gives=DeliveryAlarmPage))
    async def get_alarms(principal: Reader, part: Annotated[Part, asked_part(_LINES)]) -> Response:
        """List deliveries that failed, or that the assets cannot make, of the PoDs one may see."""
        found = await dispatch.alarms(seen_by(principal), part)
        return answer(DeliveryAlarmPage(alarms=found.items, next=found.next))


def plan_routes(router: APIRouter, plans: PlanService, trade: TradeService) -> None:
    """Add the routes of planned offers and of open lines."""

    @router.post("/plannedOffers", **documented(PlanOrder, OfferPlan))
    async def post_planned_offers(
        principal: Provider, order: Annotated[PlanOrder, body(PlanOrder)]
    ) -> Response:
        """Plan what the assets of the portfolio offer in a session, and send it as one message.

        Whatever part of it is taken can be delivered. A later plan replaces an earlier one.
        """
        return answer(await plans.plan(principal.party_id, order))

    @router.get("/openLines", **documented(gives=OpenLinePage))
    async def get_open_lines(
        principal: Provider, part: Annotated[Part, asked_part(_LINES)]
    ) -> Response:
        """List what the caller sold and is not paid for, and what is disputed."""
        found = await trade.open_lines(principal.party_id, part)
        return answer(OpenLinePage(lines=found.items, next=found.next))
