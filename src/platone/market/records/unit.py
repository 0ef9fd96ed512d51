"""One transaction on all of the market's records."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database
from platone.infra.outbox import Outbox
from platone.market.domain.deadline import Deadlines
from platone.market.records.baseline import BaselineRecords
from platone.market.records.claim import ClaimRecords
from platone.market.records.dispute import DisputeRecords
from platone.market.records.event import EventRecords
from platone.market.records.grid_limit import GridLimitRecords
from platone.market.records.news import NewsRecords
from platone.market.records.outcome import OutcomeRecords
from platone.market.records.outgoing import OutgoingRecords
from platone.market.records.pod import PodRecords
from platone.market.records.qualification import QualificationRecords
from platone.market.records.session import SessionRecords
from platone.market.records.settlement import SettlementRecords
from platone.market.records.submission import SubmissionRecords
from platone.market.records.webhook import WebhookRecords

T = TypeVar("T")


class UnitOfWork:
    """The market's records within one transaction.

    Args:
        connection: The transaction.
        outbox: The outbox.
        zone: The market's zone.
        deadlines: How long sessions wait until their trades are final.
    """

    def __init__(
        self, connection: AsyncConnection, outbox: Outbox, zone: str, deadlines: Deadlines
    ) -> None:
        self.news = NewsRecords(connection)
        self.pods = PodRecords(connection)
        self.baselines = BaselineRecords(connection)
        self.sessions = SessionRecords(connection, zone, deadlines)
        self.events = EventRecords(connection)
        self.submissions = SubmissionRecords(connection)
        self.claims = ClaimRecords(connection)
        self.grid_limits = GridLimitRecords(connection)
        self.outcomes = OutcomeRecords(connection)
        self.settlements = SettlementRecords(connection)
        self.disputes = DisputeRecords(connection)
        self.qualifications = QualificationRecords(connection)
        self.webhooks = WebhookRecords(connection)
        self.outgoing = OutgoingRecords(connection, outbox)


class MarketRecords:
    """The market's records.

    Args:
        database: Its database.
        outbox: Its outbox.
        zone: The market's zone.
        deadlines: How long sessions wait until their trades are final.
    """

    def __init__(self, database: Database, outbox: Outbox, zone: str, deadlines: Deadlines) -> None:
        self._database = database
        self._outbox = outbox
        self._zone = zone
        self._deadlines = deadlines

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """Open a transaction: all of it is durable at its end, or nothing."""
        async with self._database.transaction() as connection:
            yield self._unit(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """Open one consistent state, for reading."""
        async with self._database.reading() as connection:
            yield self._unit(connection)

    async def write(self, work: Callable[[UnitOfWork], Coroutine[Any, Any, T]]) -> T:
        """Do some short work in a transaction: all of it is durable then, or nothing.

        Args:
            work: What is done; it waits for nothing but the records.
        """
        return await self._database.transact(lambda connection: work(self._unit(connection)))

    async def look(self, work: Callable[[UnitOfWork], Coroutine[Any, Any, T]]) -> T:
        """Do some short work on one consistent state; it waits for nothing but the records."""
        return await self._database.look(lambda connection: work(self._unit(connection)))

    def _unit(self, connection: AsyncConnection) -> UnitOfWork:
        return UnitOfWork(connection, self._outbox, self._zone, self._deadlines)
