"""Setpoints in SQL."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import instant_at, microseconds_at
from platone.customers.domain.notice import setpoint_notices
from platone.customers.domain.pod_owner import PodOwner
from platone.customers.domain.scope import Selection
from platone.customers.records.notice import put_notices
from platone.customers.records.selection import fetch_rows, find_owners
from platone.customers.records.table import setpoint
from platone.infra.db import Database, chunks
from platone.messages.registry import Setpoint


def _message(row: Any) -> Setpoint:
    return Setpoint(
        setpoint_id=row.setpoint_id,
        pod_id=row.pod_id,
        start_time=instant_at(row.start_s),
        duration_minutes=row.duration_minutes,
        power_kw=row.power_kw,
        power_kvar=row.power_kvar,
        market_outcome=row.market_outcome,
    )


class SetpointTransaction:
    """A transaction on setpoints."""

    def __init__(self, connection: AsyncConnection, zone: str) -> None:
        self._connection, self._zone = connection, zone

    async def owners(self, pod_ids: Iterable[str]) -> dict[str, PodOwner]:
        """Return the owners of points of delivery, by identifier."""
        return await find_owners(self._connection, pod_ids)

    async def find(self, setpoint_ids: Iterable[str]) -> dict[str, Setpoint]:
        """Return the stored setpoints of these identifiers."""
        found: dict[str, Setpoint] = {}
        for chunk in chunks(setpoint_ids):
            query = select(setpoint).where(setpoint.c.setpoint_id.in_(chunk))
            for row in await self._connection.execute(query):
                found[row.setpoint_id] = _message(row)
        return found

    async def add(self, setpoints: Sequence[tuple[int, Setpoint]], at: datetime) -> None:
        """Add setpoints whose identifiers are new, each with its start in seconds."""
        rows = [
            {
                "setpoint_id": item.setpoint_id,
                "pod_id": item.pod_id,
                "start_s": start_s,
                "duration_minutes": item.duration_minutes,
                "power_kw": item.power_kw,
                "power_kvar": item.power_kvar,
                "market_outcome": item.market_outcome,
                "received_us": microseconds_at(at),
            }
            for start_s, item in setpoints
        ]
        if rows:
            await self._connection.execute(insert(setpoint), rows)
            notices = setpoint_notices(item for _, item in setpoints)
            await put_notices(self._connection, notices, self._zone, at)


class SetpointRecords:
    """The setpoints of all points of delivery."""

    def __init__(self, database: Database, zone: str) -> None:
        self._database, self._zone = database, zone

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SetpointTransaction]:
        """Begin a transaction: all of it is stored, or nothing."""
        async with self._database.transaction() as connection:
            yield SetpointTransaction(connection, self._zone)

    async def select(self, wanted: Selection, limit: int) -> list[Setpoint]:
        """Return setpoints by point of delivery and start."""
        query = (
            select(setpoint)
            .where(setpoint.c.start_s >= wanted.from_s, setpoint.c.start_s < wanted.to_s)
            .order_by(setpoint.c.pod_id, setpoint.c.start_s, setpoint.c.setpoint_id)
        )
        async with self._database.reading() as connection:
            rows = await fetch_rows(connection, query, setpoint, wanted, limit)
        return [_message(row) for row in rows]
