"""Measurements in SQL."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import at_s, at_us, microseconds
from platone.customers.domain.measurement import Fact, Key
from platone.customers.domain.pod_owner import Standing
from platone.customers.domain.scope import Selection
from platone.customers.records.selection import daily, fetch, find_standings
from platone.customers.records.table import measurement
from platone.infra.db import Database
from platone.messages.registry import Measurement

_FACT = (
    measurement.c.duration_minutes,
    measurement.c.energy_wh,
    measurement.c.quality,
    measurement.c.device,
    measurement.c.sequence,
    measurement.c.certification_id,
    measurement.c.certification_hash,
)
_NAMES = [column.name for column in _FACT]


class MeasurementTransaction:
    """A transaction on measurements."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def standings(self, pod_ids: Iterable[str]) -> dict[str, Standing]:
        """What is known of these."""
        return await find_standings(self._connection, pod_ids)

    async def find(self, keys: Iterable[Key]) -> dict[Key, Fact]:
        """What is stored of these, and perhaps more."""
        found: dict[Key, Fact] = {}
        for pod_ids, first_s, last_s in daily(keys):
            query = select(measurement.c.pod_id, measurement.c.start_s, *_FACT).where(
                measurement.c.pod_id.in_(pod_ids), measurement.c.start_s.between(first_s, last_s)
            )
            for pod_id, start_s, *fact in await self._connection.execute(query):
                found[pod_id, start_s] = tuple(fact)
        return found

    async def add(self, measurements: Sequence[tuple[Key, Fact, Measurement]]) -> None:
        """Add measurements whose keys are new."""
        rows = [
            dict(zip(_NAMES, fact, strict=True))
            | {
                "pod_id": pod_id,
                "start_s": start_s,
                "received_us": microseconds(item.received_at),
            }
            for (pod_id, start_s), fact, item in measurements
        ]
        if rows:
            await self._connection.execute(insert(measurement), rows)


class MeasurementRecords:
    """Measurements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MeasurementTransaction]:
        """A transaction: all of it or nothing."""
        async with self._database.transaction() as connection:
            yield MeasurementTransaction(connection)

    async def select(self, wanted: Selection, limit: int) -> list[Measurement]:
        """By point of delivery and start."""
        query = (
            select(measurement)
            .where(measurement.c.start_s >= wanted.from_s, measurement.c.start_s < wanted.to_s)
            .order_by(measurement.c.pod_id, measurement.c.start_s)
        )
        async with self._database.reading() as connection:
            rows = await fetch(connection, query, measurement, wanted, limit)
        return [
            Measurement(
                pod_id=pod_id,
                start_time=at_s(start_s),
                duration_minutes=minutes,
                energy_wh=energy_wh,
                quality=quality,
                device=device,
                sequence=sequence,
                certification_id=identifier,
                certification_hash=leaf,
                received_at=at_us(received_us),
            )
            for (
                pod_id,
                start_s,
                minutes,
                energy_wh,
                quality,
                device,
                sequence,
                identifier,
                leaf,
                received_us,
            ) in rows
        ]
