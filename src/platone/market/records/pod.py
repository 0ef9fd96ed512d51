"""Registered points of delivery as they are stored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.among import among
from platone.infra.db import chunks
from platone.market.records.table import pod, pod_before
from platone.messages.registry import PointOfDelivery

_DELETE = "delete"
_KEPT = timedelta(days=3)
"""How long earlier registrations are kept: a session is cleared, or given up, within a day of its
gate; a market that was down for longer gives it up."""
_FIND = select(pod.c.document).where(among(pod.c.pod_id, "pods"))
_decoder = msgspec.json.Decoder(PointOfDelivery)


class PodRecords:
    """The registered points of delivery, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, pod_ids: Iterable[str]) -> dict[str, PointOfDelivery]:
        """Return those of these points of delivery that are registered, by identifier."""
        found: dict[str, PointOfDelivery] = {}
        for chunk in chunks(pod_ids):
            found |= await self._read(_FIND, {"pods": chunk})
        return found

    async def find_at(self, pod_ids: Iterable[str], at: datetime) -> dict[str, PointOfDelivery]:
        """Return those of these points of delivery that were registered at an instant, as then."""
        names = sorted(pod_ids)
        found = await self.find(names)
        for chunk in chunks(names):
            query = select(pod_before).where(
                pod_before.c.pod_id.in_(chunk), pod_before.c.until > at
            )
            newest_first = query.order_by(pod_before.c.until.desc(), pod_before.c.number.desc())
            for row in await self._connection.execute(newest_first):
                if row.document is None:
                    found.pop(row.pod_id, None)
                else:
                    found[row.pod_id] = _decoder.decode(row.document)
        return found

    async def of_pom(self, pom: str) -> dict[str, PointOfDelivery]:
        """Return the points of delivery that belong to a PoM, by identifier."""
        return await self._read(
            select(pod.c.document).where(pod.c.pom == pom).order_by(pod.c.pod_id)
        )

    async def put(self, points: Sequence[PointOfDelivery], now: datetime) -> None:
        """Register or replace points of delivery; those to be deleted are so no more."""
        await self._connection.execute(delete(pod_before).where(pod_before.c.until < now - _KEPT))
        for chunk in chunks(points):
            ids = [point.pod_id for point in chunk]
            await self._keep(ids, now)
            await self._connection.execute(delete(pod).where(pod.c.pod_id.in_(ids)))
            rows = [
                {
                    "pod_id": point.pod_id,
                    "pom": point.po_m_id,
                    "document": msgspec.json.encode(point),
                }
                for point in chunk
                if point.action_type != _DELETE
            ]
            if rows:
                await self._connection.execute(insert(pod), rows)

    async def _keep(self, ids: Sequence[str], until: datetime) -> None:
        """Keep registrations as they were until now."""
        query = select(pod.c.pod_id, pod.c.document).where(pod.c.pod_id.in_(ids))
        known = {row.pod_id: row.document for row in await self._connection.execute(query)}
        rows = [{"pod_id": name, "until": until, "document": known.get(name)} for name in ids]
        await self._connection.execute(insert(pod_before), rows)

    async def _read(
        self, query: Select[Any], asked: Mapping[str, object] | None = None
    ) -> dict[str, PointOfDelivery]:
        documents = (await self._connection.execute(query, asked)).scalars().all()
        points = (_decoder.decode(document) for document in documents)
        return {point.pod_id: point for point in points}
