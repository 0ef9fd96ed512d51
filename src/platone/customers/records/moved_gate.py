"""Gates of sessions that close at another time than the calendar has, in SQL."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.gate import SessionKey
from platone.customers.domain.instant import instant_at_us, microseconds_at
from platone.customers.records.table import moved_gate
from platone.infra.db import Database
from platone.kernel.session_window import MarketType
from platone.messages.session_event import MovedGate


class MovedGateRecords:
    """The moved gates, each as it was decided last.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, moved: MovedGate) -> bool:
        """Store a gate; return whether that says something new: what was decided last counts."""
        kind, start_us = moved.market_type.value, microseconds_at(moved.start_time)
        of_session = (moved_gate.c.market_type == kind) & (moved_gate.c.start_us == start_us)
        decided_us = microseconds_at(moved.decided_at)
        async with self._database.transaction() as connection:
            known = (await connection.execute(select(moved_gate).where(of_session))).first()
            closes_us = microseconds_at(moved.gate_closes)
            if known is not None and (known.decided_us, known.closes_us) >= (decided_us, closes_us):
                return False
            await connection.execute(delete(moved_gate).where(of_session))
            row = {"market_type": kind, "start_us": start_us, "closes_us": closes_us}
            await connection.execute(insert(moved_gate).values(row | {"decided_us": decided_us}))
        return True


async def moved_gates(
    connection: AsyncConnection, first: datetime, last: datetime
) -> dict[SessionKey, datetime]:
    """Return the moved gates of sessions that start in a span, both ends in it."""
    query = select(moved_gate).where(
        moved_gate.c.start_us >= microseconds_at(first),
        moved_gate.c.start_us <= microseconds_at(last),
    )
    return {
        (MarketType(row.market_type), instant_at_us(row.start_us)): instant_at_us(row.closes_us)
        for row in await connection.execute(query)
    }
