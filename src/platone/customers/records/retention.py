"""The months of measurements that are old, and go."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import instant_at
from platone.customers.records.measurement import CORRECTIONS
from platone.customers.records.month import (
    drop_month,
    first_message_number,
    first_second_of_month,
    next_month,
)
from platone.customers.records.stored_measurement import IS_OF_POD
from platone.customers.records.table import (
    measurement,
    measurement_device,
    measurement_mark,
    measurement_message,
    measurement_pod,
    outbox,
)
from platone.infra.db import Database
from platone.infra.whole import POSTGRESQL

_TOGETHER = 2_000
"""Rows deleted in one transaction on SQLite: some 20 ms."""


class MonthRecords:
    """The months, UTC, whose last reading is old: they go whole, the oldest first.

    A month stays while readings of it or of an earlier one wait for Kafka, and all do while word of
    corrected readings waits for the market, which reads them then. Where the clock is ahead of the
    newest reading, ages are counted from that one: a clock set years ahead takes nothing away.

    Args:
        database: The customer database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, now: datetime, age: timedelta) -> int:
        """Return how many measurements would go now; arguments as of :class:`AgedRecords`."""
        async with self._database.reading() as connection:
            end_s = await _end(connection, now, age)
            return await _number(connection, end_s)

    async def remove(self, now: datetime, age: timedelta) -> AsyncIterator[int]:
        """Remove them; likewise. What only they had in common goes after them."""
        while True:
            async with self._database.reading() as connection:
                end_s = await _end(connection, now, age)
                first_s = await _start(connection, func.min)
                if first_s is None or first_s >= end_s:
                    break
                until_s = next_month(first_s)
                is_whole = connection.dialect.name == POSTGRESQL
                number = await _number(connection, until_s) if is_whole else 0
            async with self._database.transaction() as connection:
                if until_s > await _end(connection, now, age):  # needed since
                    return
                if is_whole:
                    await drop_month(connection, first_s)
                else:
                    number = await _delete_some(connection, until_s)
            yield number
        async for _ in self._forget_messages():
            yield 0
        await self._forget_sources()

    async def _forget_messages(self) -> AsyncIterator[None]:
        """Remove the messages of months without readings, which are before all others; yield."""
        is_left = True
        while is_left:
            async with self._database.transaction() as connection:
                first_s = await _start(connection, func.min)
                if first_s is None or connection.dialect.name == POSTGRESQL:
                    return
                number = measurement_message.c.number
                before = select(number).where(number < first_message_number(first_s))
                some = before.order_by(number).limit(_TOGETHER)
                done = await connection.execute(delete(measurement_message).where(number.in_(some)))
                is_left = done.rowcount == _TOGETHER
            yield

    async def _forget_sources(self) -> None:
        """Remove the devices that no message names, and points of delivery without devices."""
        device, pod = measurement_device.c, measurement_pod.c
        unused = select(device.number).except_(select(measurement_message.c.device))
        async with self._database.reading() as connection:  # which holds no writer up
            if (await connection.execute(unused.limit(1))).first() is None:
                return
        async with self._database.transaction() as connection:
            await connection.execute(delete(measurement_device).where(device.number.in_(unused)))
            has_device = exists().where(device.pod == pod.number)
            await connection.execute(delete(measurement_pod).where(~has_device))


async def _start(connection: AsyncConnection, first_or_last: Any) -> int | None:
    """Return the first or the last start of all readings, by ``func.min`` or ``func.max``."""
    of_pod = select(first_or_last(measurement.c.start_s)).where(IS_OF_POD)
    query = select(first_or_last(of_pod.correlate(measurement_pod).scalar_subquery()))
    found: int | None = (await connection.execute(query.select_from(measurement_pod))).scalar()
    return found


async def _end(connection: AsyncConnection, now: datetime, age: timedelta) -> int:
    """Return the first second of the oldest month that stays."""
    newest_s = await _start(connection, func.max)
    waits = select(outbox.table.c.id).where(
        outbox.table.c.state == "waiting", outbox.table.c.destination == CORRECTIONS
    )
    if newest_s is None or (await connection.execute(waits.limit(1))).first() is not None:
        return 0
    oldest = min(now, instant_at(newest_s)) - age
    needed_s = (await connection.execute(select(func.min(measurement_mark.c.start_s)))).scalar()
    if needed_s is not None:
        oldest = min(oldest, instant_at(needed_s))
    return first_second_of_month(oldest)


async def _number(connection: AsyncConnection, end_s: int) -> int:
    query = select(func.count()).select_from(measurement_pod).join(measurement, IS_OF_POD)
    query = query.where(measurement.c.start_s < end_s)
    return (await connection.execute(query)).scalar_one()


async def _delete_some(connection: AsyncConnection, end_s: int) -> int:
    """Delete the oldest readings of a point of delivery that has some, on SQLite."""
    is_old: ColumnElement[bool] = measurement.c.start_s < end_s
    has_old = exists().where(IS_OF_POD, is_old)
    pod = (await connection.execute(select(measurement_pod.c.number).where(has_old))).scalar()
    key = [measurement.c[each.name] for each in measurement.primary_key.columns]
    some = (
        select(*key)
        .where(measurement.c.pod == pod, is_old)
        .order_by(measurement.c.start_s)
        .limit(_TOGETHER)
    )
    done = await connection.execute(delete(measurement).where(tuple_(*key).in_(some)))
    return done.rowcount
