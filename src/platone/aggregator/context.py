"""The aggregator platform, put together: its records, calls, services and routes."""

from collections.abc import Mapping

from platone.aggregator.adapters.dispatch import CallDelivery
from platone.aggregator.adapters.feed import topic_feeds
from platone.aggregator.adapters.market import RestMarket
from platone.aggregator.adapters.meter import RestMetering
from platone.aggregator.api.asset import asset_routes, preference_routes
from platone.aggregator.api.hand_offer import hand_offer_routes
from platone.aggregator.api.plan import dispatch_routes, forecast_routes, plan_routes
from platone.aggregator.api.route import routes
from platone.aggregator.records.alarm import AlarmRecords
from platone.aggregator.records.asset import AssetRecords
from platone.aggregator.records.call import CallRecords
from platone.aggregator.records.erasure import ErasureRecords
from platone.aggregator.records.feed import FeedRecords
from platone.aggregator.records.forecast import ForecastRecords
from platone.aggregator.records.plan import PlanRecords
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.aggregator.records.preference import PreferenceRecords
from platone.aggregator.records.table import metadata, outbox
from platone.aggregator.records.trade import TradeRecords
from platone.aggregator.service.asset import AssetService, PreferenceService
from platone.aggregator.service.dispatch import DispatchService
from platone.aggregator.service.dispatch_day import ListDispatchDays
from platone.aggregator.service.forecast import ForecastService, ForecastSources
from platone.aggregator.service.hand_offer import HandOfferService
from platone.aggregator.service.plan import PlanRooms, PlanService
from platone.aggregator.service.portfolio import PortfolioService
from platone.aggregator.service.trade import TradeService
from platone.aggregator.service.unwished import WithdrawUnwished
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.erasure import erasure_router
from platone.infra.metric.outbox import OutboxFigures
from platone.infra.outbox import Dispatcher
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock

_FEED_PAUSE_S = 5.0
"""Longest pause of a feed that fails, s: setpoints are to go out soon after the market is back."""

_STALLED_S = 300.0
"""How long a look at deliveries may take, s: many portfolios, and a customer database that is
busy; it has a minute's pause in it."""


class Aggregator:
    """A platform that serves several aggregators, each apart from the others.

    Args:
        database_url: SQLAlchemy URL of the aggregator's own database.
        clients: Each aggregator's own calls to the other parties.
        clock: The market's clock.
        desk: Calculates plans and forecasts.
        zone: IANA name of the market's zone.
        follows: Whether it reads the market's topics, since the market does not call it.
    """

    def __init__(
        self,
        database_url: str,
        clients: Mapping[str, PartyClient],
        clock: Clock,
        desk: CalculationDesk,
        zone: str = "Europe/Rome",
        *,
        follows: bool = False,
    ) -> None:
        self.supervisor = Supervisor("aggregator")
        self._database = Database(database_url, metadata)
        self.figures = OutboxFigures("aggregator", outbox, self._database)
        calls = CallRecords(self._database)
        self._clients, self._zone = clients, zone
        rooms = PlanRooms(
            PortfolioRecords(self._database),
            AssetRecords(self._database),
            PreferenceRecords(self._database),
            TradeRecords(self._database),
            PlanRecords(self._database),
        )
        delivery = CallDelivery(calls, rooms.portfolio, clients)
        self._dispatcher = Dispatcher(outbox, self._database, delivery.deliver, self.supervisor)
        self.portfolio = PortfolioService(rooms.portfolio, calls, zone)
        markets = {party: RestMarket(client) for party, client in clients.items()}
        self.trade = TradeService(
            rooms.portfolio, rooms.preferences, rooms.assets, rooms.trades, markets, zone
        )
        records = FeedRecords(self._database)
        self._feeds = [
            feed
            for party, client in clients.items()
            for feed in topic_feeds(party, client, records, self.trade)
            if follows
        ]
        self.router = routes(self.portfolio, self.trade)
        self._add_routes(rooms, clock, desk)
        erase = ErasureRecords(self._database).erase
        self.router.include_router(erasure_router("/erasures", erase))

    def _add_routes(self, rooms: PlanRooms, clock: Clock, desk: CalculationDesk) -> None:
        """Add the routes of assets, preferences, forecasts and plans."""
        meters = {party: RestMetering(client) for party, client in self._clients.items()}
        sources = ForecastSources(meters, desk, clock, self._zone)
        forecasts = ForecastService(self.portfolio, ForecastRecords(self._database), sources)
        self.dispatch = DispatchService(rooms, AlarmRecords(self._database), sources)
        withdraw = WithdrawUnwished(rooms.trades, rooms.plans, self.trade, self._zone)
        preferences = PreferenceService(rooms.portfolio, rooms.preferences, withdraw, self._zone)
        asset_routes(self.router, AssetService(rooms.portfolio, rooms.assets))
        preference_routes(self.router, self.portfolio, preferences)
        forecast_routes(self.router, forecasts)
        days = ListDispatchDays(rooms.trades, self._zone)
        dispatch_routes(self.router, self.dispatch, days, self._zone)
        hand_offer_routes(self.router, HandOfferService(rooms, self.trade, self._zone))
        plan_routes(self.router, PlanService(rooms, self.trade, desk, self._zone), self.trade)

    async def start(self) -> None:
        """Open the records and deliver whatever an earlier run left."""
        await self._database.open()
        self._dispatcher.start()
        self.supervisor.start("deliveries", self.dispatch.watch, stalled_s=_STALLED_S)
        for feed in self._feeds:
            self.supervisor.start(f"feed {feed.topic}", feed.turn, longest_pause_s=_FEED_PAUSE_S)

    async def stop(self) -> None:
        """Stop delivering; what is not delivered waits for the next start."""
        await self.supervisor.finish("deliveries", 0)
        for feed in self._feeds:
            await self.supervisor.finish(f"feed {feed.topic}", 0)
        await self._dispatcher.stop()
        await self._database.close()
