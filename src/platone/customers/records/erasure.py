"""Erasures in SQL: what was asked for, how far each is, and the erasure of this database's part."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.erasure import CONTEXTS, OWN, StoredErasure
from platone.customers.domain.instant import instant_at_us, microseconds_at
from platone.customers.domain.pod import Registration
from platone.customers.records.pod import PodTransaction
from platone.customers.records.table import (
    baseline,
    erasure,
    erasure_part,
    measurement,
    measurement_device,
    measurement_mark,
    measurement_message,
    measurement_pod,
    notice,
    notice_endpoint,
    outbox,
    outcome,
    outcome_pod,
    pod,
    pod_version,
    setpoint,
)
from platone.infra.db import Database
from platone.infra.erasure import erase_documents, erase_outbox
from platone.infra.listing import Listed, Part, read_part
from platone.messages.erasure import ErasurePart
from platone.messages.outcome import ValidatedOutcome

_OWN_ROWS = (
    notice,
    baseline,
    measurement_mark,
    measurement_pod,
    setpoint,
    outcome_pod,
    pod_version,
    pod,
)
_READ_AT_ONCE = 100
"""Most open erasures that are in memory at once."""


class ErasureRecords:
    """The erasures, and what the customer database keeps of points of delivery.

    Args:
        database: The customer database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pods_of(self, customer_id: str) -> list[str]:
        """Return the points of delivery that are registered for a customer, also ended ones."""
        query = select(pod.c.pod_id).where(pod.c.customer_id == customer_id)
        async with self._database.reading() as connection:
            return list((await connection.execute(query.order_by(pod.c.pod_id))).scalars())

    async def add(self, made: StoredErasure, ended: Sequence[Registration], party: str) -> None:
        """Store a new erasure, with the registrations that end by it: all of it, or nothing."""
        row = {
            "id": made.id,
            "customer_id": made.customer_id,
            "pod_ids": msgspec.json.encode(made.pod_ids),
            "requested_us": microseconds_at(made.requested_at),
        }
        parts = [{"erasure_id": made.id} | _part_row(part) for part in made.parts]
        async with self._database.transaction() as connection:
            await PodTransaction(connection).save(ended, party, made.requested_at)
            await connection.execute(insert(erasure).values(**row))
            await connection.execute(insert(erasure_part), parts)

    async def save_parts(self, erasure_id: str, parts: Sequence[ErasurePart]) -> None:
        """Store how far some contexts are: of all, or of none."""
        own = erasure_part.c.erasure_id == erasure_id
        async with self._database.transaction() as connection:
            for part in parts:
                is_it = own & (erasure_part.c.context == part.context)
                row = _part_row(part)
                await connection.execute(update(erasure_part).where(is_it).values(**row))

    async def find(self, erasure_id: str) -> StoredErasure | None:
        """Return an erasure; None where there is none."""
        async with self._database.reading() as connection:
            query = select(erasure).where(erasure.c.id == erasure_id)
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else await _stored(connection, row)

    async def listed(self, part: Part, customer_id: str | None) -> Listed[StoredErasure]:
        """Return erasures, the latest first: of a customer, or of all where it is None."""
        query = select(erasure)
        if customer_id is not None:
            query = query.where(erasure.c.customer_id == customer_id)
        return await self._part(query, part, newest_first=True)

    async def open(self) -> AsyncIterator[StoredErasure]:
        """Yield the erasures that are not done, the earliest first; none is held meanwhile."""
        query = select(erasure).where(erasure.c.done_us.is_(None))
        after: str | None = ""
        while after is not None:
            found = await self._part(query, Part(after, _READ_AT_ONCE))
            for made in found.items:
                yield made
            after = found.next

    async def erase(self, made: StoredErasure, now: datetime) -> None:
        """Erase this database's part, and whose the erasure was; again: nothing more happens.

        It counts as done once its pages are written anew: who is stopped before does that again.
        """
        pods: Collection[str] = made.pod_ids
        async with self._database.erasing() as connection:
            await _erase_readings(connection, pods)
            for table in _OWN_ROWS:
                await connection.execute(delete(table).where(table.c.pod_id.in_(pods)))
            if made.customer_id is not None:
                its = notice_endpoint.c.customer_id == made.customer_id
                names = select(notice_endpoint.c.endpoint_id).where(its).scalar_subquery()
                await connection.execute(delete(notice).where(notice.c.endpoint_id.in_(names)))
                await connection.execute(delete(notice_endpoint).where(its))
            await erase_documents(connection, outcome, {"record": ValidatedOutcome}, pods)
            await erase_outbox(connection, outbox, pods)
            nobody = update(erasure).where(erasure.c.id == made.id)
            await connection.execute(nobody.values(customer_id=None, pod_ids=None))
        await self._database.compact()
        async with self._database.transaction() as connection:  # no byte is left of it now
            is_it = erasure.c.id == made.id
            ended = update(erasure).where(is_it).values(done_us=microseconds_at(now))
            await connection.execute(ended)
            own = (erasure_part.c.erasure_id == made.id) & (erasure_part.c.context == OWN)
            done = _part_row(ErasurePart(context=OWN, state="done"))
            await connection.execute(update(erasure_part).where(own).values(**done))

    async def _part(
        self, query: Select[Any], part: Part, *, newest_first: bool = False
    ) -> Listed[StoredErasure]:
        """Return a part of the erasures that a query selects, by when they were asked for."""
        by = [erasure.c.requested_us, erasure.c.id]
        async with self._database.reading() as connection:
            found = await read_part(connection, query, by, part, newest_first=newest_first)
            return Listed([await _stored(connection, row) for row in found.items], found.next)


async def _erase_readings(connection: AsyncConnection, pods: Collection[str]) -> None:
    """Erase the readings of points of delivery, and their messages, which are theirs alone."""
    numbers = select(measurement_pod.c.number).where(measurement_pod.c.pod_id.in_(pods))
    devices = select(measurement_device.c.number).where(measurement_device.c.pod.in_(numbers))
    for gone in (
        delete(measurement).where(measurement.c.pod.in_(numbers)),
        delete(measurement_message).where(measurement_message.c.device.in_(devices)),
        delete(measurement_device).where(measurement_device.c.pod.in_(numbers)),
    ):
        await connection.execute(gone)


async def _stored(connection: AsyncConnection, row: Row[Any]) -> StoredErasure:
    query = select(erasure_part).where(erasure_part.c.erasure_id == row.id)
    parts = {part.context: _part(part) for part in await connection.execute(query)}
    pods = () if row.pod_ids is None else msgspec.json.decode(row.pod_ids, type=tuple[str, ...])
    return StoredErasure(
        id=row.id,
        customer_id=row.customer_id,
        pod_ids=pods,
        requested_at=instant_at_us(row.requested_us),
        done_at=None if row.done_us is None else instant_at_us(row.done_us),
        parts=tuple(parts[context] for context in CONTEXTS),
    )


def _part(row: Row[Any]) -> ErasurePart:
    return ErasurePart(
        context=row.context,
        state=row.state,
        reason=row.reason,
        until=None if row.until_us is None else instant_at_us(row.until_us),
    )


def _part_row(part: ErasurePart) -> dict[str, object]:
    return {
        "context": part.context,
        "state": part.state,
        "reason": part.reason,
        "until_us": None if part.until is None else microseconds_at(part.until),
    }
