"""Registrations in SQL."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import microseconds_at
from platone.customers.domain.pod import Registration
from platone.customers.domain.scope import Scope
from platone.customers.records.selection import scope_conditions
from platone.customers.records.table import erasure, outbox, pod, pod_version
from platone.infra.db import Database, chunks
from platone.infra.listing import Listed, Part, read_part
from platone.messages.registry import MAX_SERIES, PodRegistry, PointOfDelivery

MARKET = "POST /api/podRegistry"
_decoder = msgspec.json.Decoder(PointOfDelivery)


async def _find(connection: AsyncConnection, pod_ids: Iterable[str]) -> dict[str, Registration]:
    found: dict[str, Registration] = {}
    for chunk in chunks(pod_ids):
        for row in await connection.execute(select(pod).where(pod.c.pod_id.in_(chunk))):
            found[row.pod_id] = Registration(
                _decoder.decode(row.record),
                row.version,
                row.activation_hash,
                row.owned_from_s,
                row.ended_s,
            )
    return found


def _row(registration: Registration) -> dict[str, object]:
    return {
        "pod_id": registration.pod_id,
        "aggregator_id": registration.pod.aggregator_id,
        "customer_id": registration.pod.customer_id,
        "po_m_id": registration.pod.po_m_id,
        "record": msgspec.json.encode(registration.pod),
        "version": registration.version,
        "activation_hash": registration.activation_hash,
        "owned_from_s": registration.owned_from_s,
        "ended_s": registration.ended_s,
    }


class PodTransaction:
    """A transaction on registrations."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, pod_ids: Iterable[str]) -> dict[str, Registration]:
        """Return the registrations of these points of delivery."""
        return await _find(self._connection, pod_ids)

    async def under_erasure(self) -> set[str]:
        """Return the points of delivery that are being erased."""
        query = select(erasure.c.pod_ids).where(erasure.c.done_us.is_(None))
        named = query.where(erasure.c.pod_ids.is_not(None))  # none is where only pages are left
        lists = (await self._connection.execute(named)).scalars()
        return {pod_id for each in lists for pod_id in msgspec.json.decode(each, type=list[str])}

    async def save(self, changed: Sequence[Registration], party: str, at: datetime) -> None:
        """Store changes as new versions, in order, and tell the last of each to the market."""
        if not changed:
            return
        last = {each.pod_id: each for each in changed}
        known = await self.find(last)
        new = [_row(each) for each in last.values() if each.pod_id not in known]
        if new:
            await self._connection.execute(insert(pod), new)
        for each in last.values():
            if each.pod_id in known:
                change = update(pod).where(pod.c.pod_id == each.pod_id)
                await self._connection.execute(change.values(_row(each)))
        versions = [
            {
                "pod_id": each.pod_id,
                "version": each.version,
                "record": msgspec.json.encode(each.pod),
                "changed_by": party,
                "received_us": microseconds_at(at),
            }
            for each in changed
        ]
        await self._connection.execute(insert(pod_version), versions)
        await self._announce([each.pod for each in last.values()])

    async def _announce(self, pods: Sequence[PointOfDelivery]) -> None:
        """Put the current records into the outbox for the market (flow 0B), with or without PoM."""
        for first in range(0, len(pods), MAX_SERIES):
            registry = PodRegistry(pods=list(pods[first : first + MAX_SERIES]))
            await outbox.put(self._connection, MARKET, msgspec.json.encode(registry))


class PodRecords:
    """The registrations of points of delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PodTransaction]:
        """Begin a transaction: all of it is stored, or nothing."""
        async with self._database.transaction() as connection:
            yield PodTransaction(connection)

    async def find(self, pod_ids: Iterable[str]) -> dict[str, Registration]:
        """Return the registrations of these points of delivery."""
        async with self._database.reading() as connection:
            return await _find(connection, pod_ids)

    async def select(
        self, scope: Scope, part: Part, *, po_m_id: str | None, with_ended: bool
    ) -> Listed[PointOfDelivery]:
        """Return current records by identifier."""
        query = select(pod.c.record).where(*scope_conditions(scope))
        if po_m_id is not None:
            query = query.where(pod.c.po_m_id == po_m_id)
        if not with_ended:
            query = query.where(pod.c.ended_s.is_(None))
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [pod.c.pod_id], part)
        return found.of(lambda row: _decoder.decode(row.record))
