"""The traces of delivered messages in an outbox, which go when they are old."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from platone.infra.db import Database
from platone.infra.outbox import Outbox, delivery_text

_TOGETHER = 1_000
"""Messages looked at in one transaction: some 10 ms."""


class DeliveredRecords:
    """The delivered messages of an outbox; what waits, or was refused, is never touched.

    Those of versions before this one have no date: they are dated when they are first seen. The
    newest message stays in any case, so that no number is given twice.

    Args:
        outbox: The outbox.
        database: Its database.
    """

    def __init__(self, outbox: Outbox, database: Database) -> None:
        self._rows = outbox.table
        self._database = database
        row = self._rows.c
        self._is_delivered = row.state == "delivered"
        self._is_undated = or_(row.answer.is_(None), row.answer == "")
        newest = select(func.max(self._rows.alias().c.id)).scalar_subquery()
        self._is_not_newest = row.id < newest

    async def count(self, now: datetime, age: timedelta) -> int:
        """Return how many would go now; arguments as of :class:`AgedRecords`."""
        row = self._rows.c
        is_old = row.answer < delivery_text(now - age)
        query = select(func.count()).where(
            self._is_delivered, ~self._is_undated, is_old, self._is_not_newest
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def remove(self, now: datetime, age: timedelta) -> AsyncIterator[int]:
        """Remove them, the first in order of entry first; likewise."""
        last, before = 0, delivery_text(now - age)
        row = self._rows.c
        while True:
            page = (
                select(row.id, row.answer)
                .where(self._is_delivered, row.id > last, self._is_not_newest)
                .order_by(row.id)
                .limit(_TOGETHER)
            )
            async with self._database.transaction() as connection:
                found = (await connection.execute(page)).all()
                undated = [each.id for each in found if not each.answer]
                old = [each.id for each in found if each.answer and each.answer < before]
                if undated:
                    change = update(self._rows).where(row.id.in_(undated))
                    await connection.execute(change.values(answer=delivery_text(now)))
                if old:
                    await connection.execute(delete(self._rows).where(row.id.in_(old)))
            if not undated and not old:  # what follows was delivered later, by and large
                return
            last = found[-1].id
            yield len(old)
