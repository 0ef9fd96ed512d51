"""The aggregator's records in SQL: each ``keep`` writes its facts and its calls at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.aggregator.adapters import table
from platone.aggregator.adapters.dispatch import lane_of, sealed
from platone.aggregator.service.ports import Call, Progress
from platone.infra.db import Database
from platone.kernel.canonical import canonical_json
from platone.kernel.errors import DuplicateIdentifier
from platone.messages.base import Submission
from platone.messages.market import FlexibilityService, Settlement, ValidatedOutcome
from platone.messages.registry import PortfolioPod, Series

WAITING = "waiting"


def _moment(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


async def _replace(
    connection: AsyncConnection, into: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(into)
    others = {
        column.name: statement.excluded[column.name]
        for column in into.columns
        if not column.primary_key
    }
    keys = [column.name for column in into.primary_key.columns]
    statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    await connection.execute(statement, list(rows))


class SqlRecords:
    """Implements :class:`platone.aggregator.service.ports.Records`.

    Args:
        database: The aggregator's database, with the tables of :mod:`.table`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def portfolio(self, party: str | None) -> list[PortfolioPod]:
        """PoDs of a party, or of all, by identifier."""
        query = select(table.PORTFOLIO.c.content).order_by(table.PORTFOLIO.c.pod_id)
        if party is not None:
            query = query.where(table.PORTFOLIO.c.party == party)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [msgspec.json.decode(row.content, type=PortfolioPod) for row in rows]

    async def progress(self, party: str | None) -> Mapping[str, list[Progress]]:
        """How far each PoD has come, by identifier."""
        query = select(table.PROGRESS).order_by(table.PROGRESS.c.step)
        if party is not None:
            query = query.where(table.PROGRESS.c.party == party)
        found: dict[str, list[Progress]] = {}
        async with self._database.reading() as connection:
            for row in await connection.execute(query):
                problem = msgspec.json.decode(row.problem) if row.problem else None
                found.setdefault(row.pod_id, []).append(Progress(row.step, row.state, problem))
        return found

    async def keep_pods(
        self, party: str, pods: Sequence[PortfolioPod], calls: Sequence[Call]
    ) -> None:
        """Add PoDs to a portfolio, or replace them."""
        rows = [
            {"party": party, "pod_id": item.pod.pod_id, "content": msgspec.json.encode(item)}
            for item in pods
        ]
        async with self._database.transaction() as connection:
            await _replace(connection, table.PORTFOLIO, rows)
            await self._put(connection, party, calls)

    async def baselines(self, party: str, start: datetime) -> dict[str, Series]:
        """Baselines of a market day, by PoD."""
        query = select(table.BASELINE.c.content).where(
            table.BASELINE.c.party == party, table.BASELINE.c.start_time == _moment(start)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            found = [msgspec.json.decode(row.content, type=Series) for row in rows]
        return {series.pod_id: series for series in found}

    async def keep_baselines(
        self, party: str, series: Sequence[Series], calls: Sequence[Call]
    ) -> None:
        """Add baselines, or replace them."""
        rows = [
            {
                "party": party,
                "start_time": _moment(each.start_time),
                "pod_id": each.pod_id,
                "content": msgspec.json.encode(each),
            }
            for each in series
        ]
        async with self._database.transaction() as connection:
            await _replace(connection, table.BASELINE, rows)
            await self._put(connection, party, calls)

    async def keep_offer(self, party: str, offer: FlexibilityService, result: Submission) -> None:
        """Record an offer and what the market said to it."""
        row = {
            "party": party,
            "player_service_id": offer.player_service_id,
            "content": msgspec.json.encode(offer),
            "result": msgspec.json.encode(result),
        }
        async with self._database.transaction() as connection:
            await _replace(connection, table.OFFER, [row])

    async def keep_outcome(
        self, party: str, outcome: ValidatedOutcome, calls: Sequence[Call]
    ) -> bool:
        """Record a validated outcome; False where the same is recorded already.

        Raises:
            DuplicateIdentifier: Another content is recorded under its identifier.
        """
        key = {"party": party, "market_outcome": outcome.market_outcome}
        content = canonical_json(outcome)
        columns = table.OUTCOME.c
        query = select(columns.content).where(
            columns.party == party, columns.market_outcome == outcome.market_outcome
        )
        async with self._database.transaction() as connection:
            stored = (await connection.execute(query)).scalar_one_or_none()
            if stored == content:
                return False
            if stored is not None:
                raise DuplicateIdentifier(
                    f"Another validated outcome {outcome.market_outcome} was received before.",
                    marketOutcome=outcome.market_outcome,
                )
            await connection.execute(insert(table.OUTCOME).values(content=content, **key))
            await self._put(connection, party, calls)
        return True

    async def keep_settlement(self, party: str, settlement: Settlement) -> bool:
        """Record a settlement; False where the same is recorded already."""
        content = canonical_json(settlement)
        columns = table.SETTLEMENT.c
        query = (
            select(columns.content)
            .where(columns.party == party, columns.settlement_id == settlement.settlement_id)
            .order_by(columns.number.desc())
            .limit(1)
        )
        row = {"party": party, "settlement_id": settlement.settlement_id, "content": content}
        async with self._database.transaction() as connection:
            if (await connection.execute(query)).scalar_one_or_none() == content:
                return False
            await connection.execute(insert(table.SETTLEMENT).values(**row))
        return True

    async def settlements(self, party: str | None) -> list[tuple[str, Settlement]]:
        """Settlements with their party, in the order in which they came."""
        columns = table.SETTLEMENT.c
        query = select(columns.party, columns.content).order_by(columns.number)
        if party is not None:
            query = query.where(columns.party == party)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [(row.party, msgspec.json.decode(row.content, type=Settlement)) for row in rows]

    async def _put(self, connection: AsyncConnection, party: str, calls: Sequence[Call]) -> None:
        for call in calls:
            waiting = [
                {"party": party, "pod_id": pod, "step": call.step, "state": WAITING}
                for pod in dict.fromkeys(call.pods)
            ]
            await _replace(connection, table.PROGRESS, [row | {"problem": None} for row in waiting])
            await table.OUTBOX.put(connection, lane_of(party, call), sealed(party, call))
