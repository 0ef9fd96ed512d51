"""Erasure of points of delivery from the records of all aggregators on this platform."""

from collections.abc import Collection

from sqlalchemy import delete

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
from platone.infra.erasure import erase_documents, erase_outbox
from platone.messages.erasure import ErasureOrder, ErasurePart
from platone.messages.market import FlexibilityService
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import Settlement

_OF_ONE_POD = (portfolio, progress, baseline, asset, day_preference, plan, forecast, alarm)
_DOCUMENTS = (
    (offer, {"content": FlexibilityService}),
    (outcome, {"content": ValidatedOutcome}),
    (settlement, {"content": Settlement}),
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
            for table, kinds in _DOCUMENTS:
                await erase_documents(connection, table, kinds, pods)
            await erase_outbox(connection, outbox, pods)
        await self._database.compact()
        return ErasurePart(context="aggregator", state="done")
