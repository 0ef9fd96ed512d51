"""The aggregator platform, put together: its records, calls, services and routes."""

from collections.abc import Mapping

from platone.aggregator.adapters.dispatch import CallDelivery
from platone.aggregator.adapters.market import RestMarket
from platone.aggregator.api.route import routes
from platone.aggregator.records.call import CallRecords
from platone.aggregator.records.erasure import ErasureRecords
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.aggregator.records.table import metadata, outbox
from platone.aggregator.records.trade import TradeRecords
from platone.aggregator.service.portfolio import PortfolioService
from platone.aggregator.service.trade import TradeService
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.erasure import erasure_router
from platone.infra.outbox import Dispatcher
from platone.infra.supervision import Supervisor


class Aggregator:
    """A platform that serves several aggregators, each apart from the others.

    Args:
        database_url: SQLAlchemy URL of the aggregator's own database.
        clients: Each aggregator's own calls to the other parties.
        zone: IANA name of the market's zone.
    """

    def __init__(
        self, database_url: str, clients: Mapping[str, PartyClient], zone: str = "Europe/Rome"
    ) -> None:
        self.supervisor = Supervisor("aggregator")
        self._database = Database(database_url, metadata)
        calls, portfolio = CallRecords(self._database), PortfolioRecords(self._database)
        delivery = CallDelivery(calls, clients)
        self._dispatcher = Dispatcher(outbox, self._database, delivery.deliver, self.supervisor)
        markets = {party: RestMarket(client) for party, client in clients.items()}
        self.portfolio = PortfolioService(portfolio, calls, zone)
        self.trade = TradeService(portfolio, TradeRecords(self._database), markets, zone)
        self.router = routes(self.portfolio, self.trade)
        erase = ErasureRecords(self._database).erase
        self.router.include_router(erasure_router("/erasures", erase))

    async def start(self) -> None:
        """Open the records and deliver whatever an earlier run left."""
        await self._database.open()
        self._dispatcher.start()

    async def stop(self) -> None:
        """Stop delivering; what is not delivered waits for the next start."""
        await self._dispatcher.stop()
        await self._database.close()
