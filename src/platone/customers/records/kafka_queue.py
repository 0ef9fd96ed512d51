"""Readings on their way to Kafka: a mark for each topic and reading, until it is published."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.functions import coalesce

from platone.customers.domain.instant import QUARTER_HOUR_S, microseconds_at
from platone.customers.domain.measurement import interval_of
from platone.customers.records.stored_measurement import measurements, stored_measurement
from platone.customers.records.table import kafka_place, measurement_mark, pod
from platone.infra.db import Database, chunks
from platone.infra.kafka.queue import Numbered, WaitingTopic, note_place, place_of
from platone.kernel.clock import Clock
from platone.messages.registry import Measurement, MeasurementBatch

TOPIC = "measurements_"
"""Beginning of the names of topics; an aggregator's, or the market operator's, identifier ends
them."""
_MESSAGE = 1_000
"""Readings in one message: some 300 kB of JSON."""
_TOGETHER = 8_000
"""Readings that are published in one transaction."""
_QUARTER_US = QUARTER_HOUR_S * 1_000_000
"""A quarter of an hour, µs: as often as aggregators and the market are to be told (D2.15)."""


async def mark_readings(
    connection: AsyncConnection, readings: Sequence[Measurement], operator: str, at: datetime
) -> None:
    """Mark new readings for the topics of those who may have them, with what stores them.

    An aggregator that took a point of delivery over has what starts after that.

    Args:
        connection: The transaction.
        readings: The readings.
        operator: The market operator, who may have all.
        at: When they came.
    """
    of_topic: dict[str, list[Measurement]] = {}
    owners = await _owners(connection, {each.pod_id for each in readings})
    for each in readings:
        of_topic.setdefault(TOPIC + operator, []).append(each)
        owner = owners.get(each.pod_id)
        if owner is not None and interval_of(each)[1] >= owner[1]:
            of_topic.setdefault(TOPIC + owner[0], []).append(each)
    for topic, members in of_topic.items():
        first = 1 + await _newest(connection, topic)
        rows = [_row(topic, first + number, each, at) for number, each in enumerate(members)]
        for some in chunks(rows, _MESSAGE):
            await connection.execute(insert(measurement_mark), some)


class MeasurementQueue:
    """The topics of readings: every quarter-hour what has come until then.

    Args:
        database: The customer database.
        clock: The market's clock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def waiting(self) -> list[WaitingTopic]:
        """Return the topics of which readings wait that came before this quarter-hour."""
        place = coalesce(func.max(kafka_place.c.number), 0)
        mark = measurement_mark.c
        query = (
            select(mark.topic, place, func.count())
            .join_from(
                measurement_mark, kafka_place, kafka_place.c.topic == mark.topic, isouter=True
            )
            .where(mark.marked_us < self._until_us())
            .group_by(mark.topic)
            .order_by(mark.topic)
        )
        async with self._database.reading() as connection:
            return [WaitingTopic(*row) for row in await connection.execute(query)]

    async def after(self, topic: str, number: int) -> list[Numbered]:
        """Return the next messages of a topic after a mark's number, as many as go together."""
        mark = measurement_mark.c
        late = select(func.min(mark.number)).where(
            mark.topic == topic, mark.marked_us >= self._until_us()
        )
        query = (
            select(mark.number, measurements)
            .join(measurements, _is_same())
            .where(mark.topic == topic, mark.number > number)
            .order_by(mark.number)
            .limit(_TOGETHER)
        )
        async with self._database.reading() as connection:
            end = (await connection.execute(late)).scalar()
            if end is not None:  # what came later is told later, also where a clock was set back
                query = query.where(mark.number < end)
            rows = (await connection.execute(query)).all()
        return [_message(some) for some in chunks(rows, _MESSAGE)]

    async def mark_of(self, topic: str, number: int) -> str | None:
        """Return the mark of a reading; None where there is no such reading."""
        mark = measurement_mark.c
        query = select(measurements).join(measurement_mark, _is_same())
        query = query.where(mark.topic == topic, mark.number == number)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _told(row)

    async def passed(self, topic: str, number: int) -> None:
        """Note that a topic is published up to and with a number, and forget its marks."""
        mark = measurement_mark.c
        gone = delete(measurement_mark).where(mark.topic == topic, mark.number <= number)
        async with self._database.transaction() as connection:
            await note_place(connection, kafka_place, topic, number)
            await connection.execute(gone)

    def _until_us(self) -> int:
        now_us = microseconds_at(self._clock.now())
        return now_us - now_us % _QUARTER_US


async def _owners(connection: AsyncConnection, pods: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Return the aggregators of points of delivery, and since when each is, s since 1970."""
    found: dict[str, tuple[str, int]] = {}
    for some in chunks(sorted(pods)):
        query = select(pod.c.pod_id, pod.c.aggregator_id, pod.c.owned_from_s)
        for row in await connection.execute(query.where(pod.c.pod_id.in_(some))):
            found[row.pod_id] = row.aggregator_id, row.owned_from_s
    return found


async def _newest(connection: AsyncConnection, topic: str) -> int:
    """Return the highest number that a topic has given; published marks are gone."""
    query = select(func.max(measurement_mark.c.number)).where(measurement_mark.c.topic == topic)
    last = (await connection.execute(query)).scalar() or 0
    return max(last, await place_of(connection, kafka_place, topic))


def _row(topic: str, number: int, each: Measurement, at: datetime) -> dict[str, object]:
    pod_id, start_s, minutes = interval_of(each)
    return {
        "topic": topic,
        "number": number,
        "pod_id": pod_id,
        "start_s": start_s,
        "duration_minutes": minutes,
        "version": each.version,
        "marked_us": microseconds_at(at),
    }


def _is_same() -> ColumnElement[bool]:
    names = ("pod_id", "start_s", "duration_minutes", "version")
    return and_(*(measurements.c[name] == measurement_mark.c[name] for name in names))


def _message(rows: Sequence[Row[Any]]) -> Numbered:
    batch = MeasurementBatch(measurements=[stored_measurement(row) for row in rows])
    return Numbered(rows[-1].number, msgspec.json.encode(batch), _told(rows[-1]))


def _told(row: Row[Any]) -> str:
    named = f"{row.pod_id}/{row.start_s}/{row.duration_minutes}/{row.version}/{row.sequence}"
    return sha256(named.encode()).hexdigest()
