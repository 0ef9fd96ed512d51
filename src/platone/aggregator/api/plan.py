"""Routes of forecast baselines, planned offers, and what is not paid yet."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.aggregator.api.caller import Provider, Reader, scope_of, visible_items
from platone.aggregator.service.forecast import ForecastService
from platone.aggregator.service.plan import PlanService
from platone.aggregator.service.portfolio import PortfolioService
from platone.aggregator.service.trade import TradeService
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Submissions
from platone.messages.portfolio import (
    BaselineForecastOrder,
    OfferPlan,
    OpenLinePage,
    PlanOrder,
    PodForecastPage,
)


def forecast_routes(
    router: APIRouter, portfolio: PortfolioService, forecasts: ForecastService
) -> None:
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
    async def get_forecasts(principal: Reader) -> Response:
        """List the newest forecasts with their errors, for the PoDs that the caller may see."""
        items, _ = await portfolio.read(scope_of(principal))
        visible = {each.pod.pod_id for each in visible_items(principal, items)}
        found = await forecasts.newest(scope_of(principal))
        shown = [each for each in found if each.pod_id in visible]
        return answer(PodForecastPage(forecasts=shown))


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
    async def get_open_lines(principal: Provider) -> Response:
        """List what the caller sold and is not paid for, and what is disputed."""
        return answer(OpenLinePage(lines=await trade.open_lines(principal.party_id)))
