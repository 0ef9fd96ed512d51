"""Measurements in SQL: a row for each version of an interval, beside what many have in common."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.measurement import Interval, MeasurementKey, interval_of
from platone.customers.domain.pod_owner import PodOwner
from platone.customers.domain.scope import Selection
from platone.customers.records.kafka_queue import mark_readings
from platone.customers.records.measured_message import number_sources, store_messages
from platone.customers.records.month import make_months
from platone.customers.records.selection import fetch_rows, find_owners, group_by_day
from platone.customers.records.stored_measurement import in_time, measurements, stored_measurement
from platone.customers.records.table import measurement, outbox
from platone.infra.db import Database
from platone.messages.registry import Measurement
from platone.messages.settlement import CorrectedInterval, MeasurementCorrections

CORRECTIONS = "POST /api/measurementCorrections"
"""Destination of corrections in the outbox: the market."""
_SUPERSEDE = (
    update(measurement)
    .where(
        measurement.c.pod == bindparam("of_pod"),
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
            its = measurements.c
            wanted = its.pod_id.in_(pod_ids), in_time(first_s, last_s + 1)
            query = select(measurements).where(*wanted).order_by(its.version)
            rows = await self._connection.execute(query)
            found += map(stored_measurement, rows)
        return found

    async def add(self, new: Sequence[Measurement]) -> None:
        """Add new versions; earlier ones of the same interval are kept, and no longer count."""
        if not new:
            return
        sources = await number_sources(self._connection, new)
        pods = sources.pods
        newest = {interval_of(each): each.version for each in new}
        corrected = [_standing(interval, pods) for interval, last in newest.items() if last > 1]
        if corrected:
            await self._connection.execute(_SUPERSEDE, corrected)
        await make_months(self._connection, {start_s for _, start_s, _ in newest})
        messages = await store_messages(self._connection, new, sources)
        rows = [
            _row(each, pods)
            | {"message": message, "is_superseded": each.version < newest[interval_of(each)]}
            for each, message in zip(new, messages, strict=True)
        ]
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
        its = measurements.c
        query = (
            select(measurements)
            .where(in_time(wanted.from_s, wanted.to_s))
            .order_by(its.pod_id, its.start_s, its.duration_minutes, its.version)
        )
        if not superseded:
            query = query.where(its.is_superseded.is_(False))
        async with self._database.reading() as connection:
            rows = await fetch_rows(connection, query, measurements, wanted, limit)
        return [stored_measurement(row) for row in rows]


def _standing(interval: Interval, pods: Mapping[str, int]) -> dict[str, int]:
    """Return an interval as the change names it whose standing version no longer counts."""
    pod_id, start_s, minutes = interval
    return {"of_pod": pods[pod_id], "from_s": start_s, "minutes": minutes}


def _row(item: Measurement, pods: Mapping[str, int]) -> dict[str, Any]:
    pod_id, start_s, minutes = interval_of(item)
    return {
        "pod": pods[pod_id],
        "start_s": start_s,
        "duration_minutes": minutes,
        "version": item.version,
        "energy_wh": item.energy_wh,
        "reactive_energy_varh": item.reactive_energy_varh,
    }
