"""Alarms of deliveries in SQL, each as it was first noticed."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import delete, insert, select

from platone.aggregator.records.instant import utc_text
from platone.aggregator.records.table import alarm
from platone.infra.db import Database
from platone.messages.delivery import DeliveryAlarm

_KEPT = timedelta(days=31)
"""How long an alarm is kept: until its delivery is settled, and disputed if need be."""
_MOST_SHOWN = 1_000
"""Most alarms in one answer: more than people read."""


class AlarmRecords:
    """The alarms of portfolios.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, party: str | None) -> list[DeliveryAlarm]:
        """Return the newest alarms of a party, or of all (None)."""
        query = select(alarm.c.content).order_by(alarm.c.start_time.desc(), alarm.c.pod_id)
        if party is not None:
            query = query.where(alarm.c.party == party)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.limit(_MOST_SHOWN))
            return [msgspec.json.decode(row.content, type=DeliveryAlarm) for row in rows]

    async def add(self, party: str, found: Sequence[DeliveryAlarm]) -> list[DeliveryAlarm]:
        """Keep the alarms that are new, forget those of long ago, and return the new ones."""
        if not found:
            return []
        keys = select(alarm.c.pod_id, alarm.c.start_time, alarm.c.kind).where(
            alarm.c.party == party,
            alarm.c.start_time >= utc_text(min(each.start_time for each in found)),
        )
        oldest = min(each.noticed_at for each in found) - _KEPT
        async with self._database.transaction() as connection:
            known = {tuple(row) for row in await connection.execute(keys)}
            new = [each for each in found if _key(each) not in known]
            for each in new:
                pod_id, start_time, kind = _key(each)
                row = {"party": party, "pod_id": pod_id, "start_time": start_time, "kind": kind}
                content = msgspec.json.encode(each)
                await connection.execute(insert(alarm).values(**row, content=content))
            await connection.execute(delete(alarm).where(alarm.c.start_time < utc_text(oldest)))
        return new


def _key(found: DeliveryAlarm) -> tuple[str, str, str]:
    return found.pod_id, utc_text(found.start_time), found.kind.value
