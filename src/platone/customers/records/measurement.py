"""Measurements in SQL: a row for each version of an interval."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import microseconds_at
from platone.customers.domain.measurement import MeasurementKey, interval_of
from platone.customers.domain.pod_owner import PodOwner
from platone.customers.domain.scope import Selection
from platone.customers.records.kafka_queue import mark_readings
from platone.customers.records.month import make_months
from platone.customers.records.selection import fetch_rows, find_owners, group_by_day
from platone.customers.records.stored_measurement import (
    stored_certification_id,
    stored_measurement,
)
from platone.customers.records.table import measurement, outbox
from platone.infra.db import Database
from platone.messages.registry import Measurement
from platone.messages.settlement import CorrectedInterval, MeasurementCorrections

CORRECTIONS = "POST /api/measurementCorrections"
"""Destination of corrections in the outbox: the market."""
_SUPERSEDE = (
    update(measurement)
    .where(
        measurement.c.pod_id == bindparam("of_pod"),
        measurement.c.start_s == bindparam("from_s"),
        measurement.c.duration_minutes == bindparam("minutes"),
        measurement.c.is_superseded.is_(False),
    )
    .values(is_superseded=True)
)


class MeasurementTransaction:
    """A transaction on measurements."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def owners(self, pod_ids: Iterable[str]) -> dict[str, PodOwner]:
        """Return the owners of points of delivery, by identifier."""
        return await find_owners(self._connection, pod_ids)

    async def find(self, keys: Iterable[MeasurementKey]) -> list[Measurement]:
        """Return the stored measurements of these times, and perhaps of more, by version."""
        found: list[Measurement] = []
        for pod_ids, first_s, last_s in group_by_day(keys):
            query = select(measurement).where(
                measurement.c.pod_id.in_(pod_ids), measurement.c.start_s.between(first_s, last_s)
            )
            rows = await self._connection.execute(query.order_by(measurement.c.version))
            found += map(stored_measurement, rows)
        return found

    async def add(self, measurements: Sequence[Measurement]) -> None:
        """Add new versions; earlier ones of the same interval are kept, and no longer count."""
        if not measurements:
            return
        corrected = [
            dict(zip(("of_pod", "from_s", "minutes"), interval_of(each), strict=True))
            for each in measurements
            if each.version > 1
        ]
        newest = {interval_of(each): each.version for each in measurements}
        rows = [
            _row(each) | {"is_superseded": each.version < newest[interval_of(each)]}
            for each in measurements
        ]
        if corrected:
            await self._connection.execute(_SUPERSEDE, corrected)
        await make_months(self._connection, {row["start_s"] for row in rows})
        await self._connection.execute(insert(measurement), rows)

    async def tell_market(self, read_anew: Sequence[Measurement]) -> None:
        """Put word of corrected and late readings into the outbox: they change what was paid."""
        corrections = [
            CorrectedInterval(
                pod_id=each.pod_id,
                start_time=each.start_time,
                duration_minutes=each.duration_minutes,
            )
            for each in read_anew
        ]
        if corrections:
            told = MeasurementCorrections(corrections=corrections)
            await outbox.put(self._connection, CORRECTIONS, msgspec.json.encode(told))

    async def mark(self, readings: Sequence[Measurement], operator: str, at: datetime) -> None:
        """Mark new readings for the topics of their aggregators and of the market operator."""
        await mark_readings(self._connection, readings, operator, at)


class MeasurementRecords:
    """The measurements of all points of delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MeasurementTransaction]:
        """Begin a transaction: all of it is stored, or nothing."""
        async with self._database.transaction() as connection:
            yield MeasurementTransaction(connection)

    async def select(
        self, wanted: Selection, limit: int, *, superseded: bool = False
    ) -> list[Measurement]:
        """Return measurements by point of delivery, start, length and version.

        Args:
            wanted: Which ones.
            limit: This many at most.
            superseded: Whether to add the versions that no longer count.
        """
        query = (
            select(measurement)
            .where(measurement.c.start_s >= wanted.from_s, measurement.c.start_s < wanted.to_s)
            .order_by(
                measurement.c.pod_id,
                measurement.c.start_s,
                measurement.c.duration_minutes,
                measurement.c.version,
            )
        )
        if not superseded:
            query = query.where(measurement.c.is_superseded.is_(False))
        async with self._database.reading() as connection:
            rows = await fetch_rows(connection, query, measurement, wanted, limit)
        return [stored_measurement(row) for row in rows]


def _row(item: Measurement) -> dict[str, Any]:
    pod_id, start_s, minutes = interval_of(item)
    return {
        "pod_id": pod_id,
        "start_s": start_s,
        "duration_minutes": minutes,
        "version": item.version,
        "revision": item.revision,
        "energy_wh": item.energy_wh,
        "reactive_energy_varh": item.reactive_energy_varh,
        "quality": item.quality,
        "meter_id": item.meter_id,
        "device": item.device,
        "sequence": item.sequence,
        "certification_id": stored_certification_id(item),
        "certification_hash": item.certification_hash,
        "received_us": microseconds_at(item.received_at),
    }
