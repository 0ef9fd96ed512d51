"""Measurements in SQL."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import instant_at, instant_at_us, microseconds_at
from platone.customers.domain.measurement import MeasurementContent, MeasurementKey
from platone.customers.domain.pod_owner import PodOwner
from platone.customers.domain.scope import Selection
from platone.customers.records.selection import fetch_rows, find_owners, group_by_day
from platone.customers.records.table import measurement
from platone.infra.db import Database
from platone.messages.registry import Measurement

_CONTENT = (
    measurement.c.duration_minutes,
    measurement.c.energy_wh,
    measurement.c.quality,
    measurement.c.device,
    measurement.c.sequence,
    measurement.c.certification_id,
    measurement.c.certification_hash,
)
_CONTENT_NAMES = [column.name for column in _CONTENT]


class MeasurementTransaction:
    """A transaction on measurements."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def owners(self, pod_ids: Iterable[str]) -> dict[str, PodOwner]:
        """Return the owners of points of delivery, by identifier."""
        return await find_owners(self._connection, pod_ids)

    async def find(
        self, keys: Iterable[MeasurementKey]
    ) -> dict[MeasurementKey, MeasurementContent]:
        """Return the stored contents of these measurements, and perhaps of more."""
        found: dict[MeasurementKey, MeasurementContent] = {}
        for pod_ids, first_s, last_s in group_by_day(keys):
            query = select(measurement.c.pod_id, measurement.c.start_s, *_CONTENT).where(
                measurement.c.pod_id.in_(pod_ids), measurement.c.start_s.between(first_s, last_s)
            )
            for pod_id, start_s, *content in await self._connection.execute(query):
                found[pod_id, start_s] = tuple(content)
        return found

    async def add(
        self, measurements: Sequence[tuple[MeasurementKey, MeasurementContent, Measurement]]
    ) -> None:
        """Add measurements whose keys are new."""
        rows = [
            dict(zip(_CONTENT_NAMES, content, strict=True))
            | {
                "pod_id": pod_id,
                "start_s": start_s,
                "received_us": microseconds_at(item.received_at),
            }
            for (pod_id, start_s), content, item in measurements
        ]
        if rows:
            await self._connection.execute(insert(measurement), rows)


class MeasurementRecords:
    """The measurements of all points of delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MeasurementTransaction]:
        """Begin a transaction: all of it is stored, or nothing."""
        async with self._database.transaction() as connection:
            yield MeasurementTransaction(connection)

    async def select(self, wanted: Selection, limit: int) -> list[Measurement]:
        """Return measurements by point of delivery and start."""
        query = (
            select(measurement)
            .where(measurement.c.start_s >= wanted.from_s, measurement.c.start_s < wanted.to_s)
            .order_by(measurement.c.pod_id, measurement.c.start_s)
        )
        async with self._database.reading() as connection:
            rows = await fetch_rows(connection, query, measurement, wanted, limit)
        return [
            Measurement(
                pod_id=pod_id,
                start_time=instant_at(start_s),
                duration_minutes=minutes,
                energy_wh=energy_wh,
                quality=quality,
                device=device,
                sequence=sequence,
                certification_id=identifier,
                certification_hash=leaf,
                received_at=instant_at_us(received_us),
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
