"""Portfolios and baselines in SQL, each change in one transaction with its calls."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select

from platone.aggregator.domain.call import PartnerCall
from platone.aggregator.records.call import put_calls
from platone.aggregator.records.instant import utc_text
from platone.aggregator.records.table import baseline, portfolio
from platone.infra.db import Database, replace_rows
from platone.messages.registry import PortfolioPod, Series


class PortfolioRecords:
    """The parties' portfolios, with the baselines of their PoDs.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pods(self, party: str | None) -> list[PortfolioPod]:
        """Return the PoDs of a party, or of all, by identifier."""
        query = select(portfolio.c.content).order_by(portfolio.c.pod_id)
        if party is not None:
            query = query.where(portfolio.c.party == party)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [msgspec.json.decode(row.content, type=PortfolioPod) for row in rows]

    async def save_pods(
        self, party: str, pods: Sequence[PortfolioPod], calls: Sequence[PartnerCall]
    ) -> None:
        """Add PoDs to a portfolio, or replace them."""
        rows = [
            {"party": party, "pod_id": item.pod.pod_id, "content": msgspec.json.encode(item)}
            for item in pods
        ]
        async with self._database.transaction() as connection:
            await replace_rows(connection, portfolio, rows)
            await put_calls(connection, party, calls)

    async def baselines(self, party: str, start: datetime) -> dict[str, Series]:
        """Return the baselines of the market day that starts at an instant, by PoD."""
        query = select(baseline.c.content).where(
            baseline.c.party == party, baseline.c.start_time == utc_text(start)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            found = [msgspec.json.decode(row.content, type=Series) for row in rows]
        return {series.pod_id: series for series in found}

    async def save_baselines(
        self, party: str, series: Sequence[Series], calls: Sequence[PartnerCall]
    ) -> None:
        """Add baselines, or replace them."""
        rows = [
            {
                "party": party,
                "start_time": utc_text(each.start_time),
                "pod_id": each.pod_id,
                "content": msgspec.json.encode(each),
            }
            for each in series
        ]
        async with self._database.transaction() as connection:
            await replace_rows(connection, baseline, rows)
            await put_calls(connection, party, calls)
