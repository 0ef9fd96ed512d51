"""Alarms of deliveries in SQL, each as it was first noticed."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import delete, insert, select

from platone.aggregator.records.instant import utc_text
from platone.aggregator.records.seen import Seen
from platone.aggregator.records.table import alarm
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.messages.delivery import DeliveryAlarm

_KEPT = timedelta(days=31)
"""How long an alarm is kept: until its delivery is settled, and disputed if need be."""


class AlarmRecords:
    """The alarms of portfolios.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, seen: Seen, part: Part) -> Listed[DeliveryAlarm]:
        """Return alarms that a reader sees, the newest first."""
        query = select(alarm.c.content).where(*seen.of(alarm))
        by = [alarm.c.start_time, alarm.c.party, alarm.c.pod_id, alarm.c.kind]
        async with self._database.reading() as connection:
            found = await read_part(connection, query, by, part, newest_first=True)
        return found.of(lambda row: msgspec.json.decode(row.content, type=DeliveryAlarm))

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
