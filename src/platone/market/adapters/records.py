"""One transaction on all of the market's records."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database
from platone.infra.outbox import Outbox
from platone.market.adapters.outcome import SqlOutcomes
from platone.market.adapters.outgoing import SqlOutgoing
from platone.market.adapters.pod import SqlPods
from platone.market.adapters.session import SqlSessions
from platone.market.adapters.settlement import SqlSettlements
from platone.market.adapters.submission import SqlSubmissions


class SqlUnit:
    """All records within one transaction.

    Args:
        connection: The transaction.
        outbox: The outbox.
        zone: The market's zone.
    """

    def __init__(self, connection: AsyncConnection, outbox: Outbox, zone: str) -> None:
        self.pods = SqlPods(connection)
        self.sessions = SqlSessions(connection, zone)
        self.submissions = SqlSubmissions(connection)
        self.outcomes = SqlOutcomes(connection)
        self.settlements = SqlSettlements(connection)
        self.outgoing = SqlOutgoing(connection, outbox)


class SqlRecords:
    """The market's records.

    Args:
        database: Its database.
        outbox: Its outbox.
        zone: The market's zone.
    """

    def __init__(self, database: Database, outbox: Outbox, zone: str) -> None:
        self._database = database
        self._outbox = outbox
        self._zone = zone

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlUnit]:
        """A transaction: all of it is durable at its end, or nothing."""
        async with self._database.transaction() as connection:
            yield SqlUnit(connection, self._outbox, self._zone)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnit]:
        """One consistent state, for reading."""
        async with self._database.reading() as connection:
            yield SqlUnit(connection, self._outbox, self._zone)
