"""Registered points of delivery in SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.market.records.table import pod
from platone.messages.registry import PointOfDelivery

_DELETE = "delete"
_decoder = msgspec.json.Decoder(PointOfDelivery)


class PodRecords:
    """Points of delivery.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, pod_ids: Iterable[str]) -> dict[str, PointOfDelivery]:
        """Those that are registered."""
        found: dict[str, PointOfDelivery] = {}
        for chunk in chunks(pod_ids):
            found |= await self._read(select(pod.c.document).where(pod.c.pod_id.in_(chunk)))
        return found

    async def of_pom(self, pom: str) -> dict[str, PointOfDelivery]:
        """Those that belong to a PoM."""
        return await self._read(
            select(pod.c.document).where(pod.c.pom == pom).order_by(pod.c.pod_id)
        )

    async def put(self, points: Sequence[PointOfDelivery]) -> None:
        """Register, or replace; those to be deleted are forgotten."""
        for chunk in chunks(points):
            ids = [point.pod_id for point in chunk]
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

    async def _read(self, query: Select[Any]) -> dict[str, PointOfDelivery]:
        documents = (await self._connection.execute(query)).scalars()
        points = (_decoder.decode(document) for document in documents)
        return {point.pod_id: point for point in points}
