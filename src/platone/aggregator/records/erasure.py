"""Erasure of points of delivery from the records of all aggregators on this platform."""

from collections.abc import Collection

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.aggregator.domain.activation import sells
from platone.aggregator.records.table import (
    alarm,
    asset,
    baseline,
    day_preference,
    forecast,
    offer,
    outbox,
    outcome,
    plan,
    portfolio,
    progress,
    set_aside,
    settlement,
)
from platone.infra.db import Database
from platone.infra.erased_sum import erase_from_settlements
from platone.infra.erasure import erase_documents, erase_outbox, mentions
from platone.messages.erasure import ErasureOrder, ErasurePart
from platone.messages.market import FlexibilityService
from platone.messages.outcome import ValidatedOutcome

_OF_ONE_POD = (portfolio, progress, baseline, asset, day_preference, plan, forecast, alarm)
_DOCUMENTS = (
    (offer, {"content": FlexibilityService}),
    (outcome, {"content": ValidatedOutcome}),
    (set_aside, {"content": object}),
)


class ErasureRecords:
    """The records that the platform has of points of delivery, and their erasure.

    Args:
        database: The aggregators' database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase(self, order: ErasureOrder) -> ErasurePart:
        """Erase all that is kept of points of delivery; again: nothing more happens."""
        pods: Collection[str] = order.pod_ids
        async with self._database.erasing() as connection:
            for table in _OF_ONE_POD:
                await connection.execute(delete(table).where(table.c.pod_id.in_(pods)))
            sales = await _sales_of(connection, pods)
            await erase_from_settlements(connection, settlement, "content", pods)
            for table, kinds in _DOCUMENTS:
                await erase_documents(connection, table, kinds, pods)
            await _judge_sales(connection, sales)
            await erase_outbox(connection, outbox, pods)
        await self._database.compact()
        return ErasurePart(context="aggregator", state="done")


async def _sales_of(connection: AsyncConnection, pods: Collection[str]) -> list[tuple[str, str]]:
    """Return the keys of outcomes in which something was sold and that mention one of the pods."""
    key = outcome.c.party, outcome.c.market_outcome
    rows = await connection.stream(select(*key, outcome.c.content).where(outcome.c.sells))
    return [(party, name) async for party, name, raw in rows if mentions(raw, pods)]


async def _judge_sales(connection: AsyncConnection, keys: Collection[tuple[str, str]]) -> None:
    """Tell anew whether outcomes sell something, of which sales may be gone."""
    for party, name in keys:
        is_it = outcome.c.party == party, outcome.c.market_outcome == name
        raw = (await connection.execute(select(outcome.c.content).where(*is_it))).scalar()
        if raw and not sells(msgspec.json.decode(raw, type=ValidatedOutcome), party):
            await connection.execute(update(outcome).where(*is_it).values(sells=False))
