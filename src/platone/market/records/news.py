"""News that the workers of a market tell one another."""

from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.lease.table import count_news, tell_news
from platone.market.records.table import lease

READINGS = "readings"
"""The name of news about readings that were corrected or erased: what is at hand of them is old."""
TRADES = "trades"
"""The name of news about trades that are to be settled: what is at hand of their day is old."""


class NewsRecords:
    """The counts of news, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def tell(self, name: str) -> int:
        """Tell all workers that there are news; return how many there were of that name."""
        return await tell_news(self._connection, lease, name)

    async def count(self, name: str) -> int:
        """Return how many news of a name were told."""
        return await count_news(self._connection, lease, name)
