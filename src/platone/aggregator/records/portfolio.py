"""Portfolios and baselines in SQL, each change in one transaction with its calls."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select

from platone.aggregator.domain.call import PartnerCall
from platone.aggregator.records.call import put_calls
from platone.aggregator.records.instant import utc_text
from platone.aggregator.records.seen import Seen
from platone.aggregator.records.table import baseline, portfolio
from platone.infra.db import Database, replace_rows
from platone.infra.listing import Listed, Part, read_part
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

    async def listed(self, seen: Seen, part: Part) -> Listed[tuple[str, PortfolioPod]]:
        """Return PoDs that a reader sees with their parties, by party and identifier."""
        query = select(portfolio).where(*seen.of(portfolio))
        by = [portfolio.c.party, portfolio.c.pod_id]
        async with self._database.reading() as connection:
            found = await read_part(connection, query, by, part)
        return found.of(
            lambda row: (row.party, msgspec.json.decode(row.content, type=PortfolioPod))
        )

    async def find(self, party: str, pod_id: str) -> PortfolioPod | None:
        """Return a PoD of a party's portfolio; None where it is not there."""
        query = select(portfolio.c.content).where(
            portfolio.c.party == party, portfolio.c.pod_id == pod_id
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalar()
        return None if found is None else msgspec.json.decode(found, type=PortfolioPod)

    async def of_customer(self, customer: str) -> set[tuple[str, str]]:
        """Return the PoDs at which a customer is supplied, each with its party."""
        query = select(portfolio.c.party, portfolio.c.pod_id)
        query = query.where(portfolio.c.customer_id == customer)
        async with self._database.reading() as connection:
            return {(row.party, row.pod_id) for row in await connection.execute(query)}

    async def save_pods(
        self, party: str, pods: Sequence[PortfolioPod], calls: Sequence[PartnerCall]
    ) -> None:
        """Add PoDs to a portfolio, or replace them."""
        rows = [
            {
                "party": party,
                "pod_id": item.pod.pod_id,
                "content": msgspec.json.encode(item),
                "customer_id": item.pod.customer_id,
            }
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
