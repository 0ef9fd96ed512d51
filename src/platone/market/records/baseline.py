"""Baselines as the market knows them: those seen last, and those that count for a session."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.among import among
from platone.infra.db import chunks, replace_rows
from platone.infra.packed import packed_json, unpack
from platone.kernel.market_time import MarketDay
from platone.market.domain.recording import Curves
from platone.market.records.table import counted_baseline, day_baseline, moved_baseline

_CURVES_AT_ONCE = 500
"""Baselines that are read or written by one statement: some 5 ms of the event loop."""
_KNOWN = select(day_baseline.c.pod_id, day_baseline.c.document).where(
    day_baseline.c.day_start == bindparam("day"), among(day_baseline.c.pod_id, "pods")
)
_COUNTED = select(counted_baseline.c.pod_id, counted_baseline.c.document).where(
    counted_baseline.c.session_id == bindparam("session"),
    among(counted_baseline.c.pod_id, "pods"),
)
_decoder = msgspec.json.Decoder(list[float])


class BaselineRecords:
    """The stored baselines, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, day: MarketDay, curves: Mapping[str, list[float]]) -> None:
        """Store a day's baselines as they are seen now, and which of them moved since before."""
        for pods in chunks(curves, _CURVES_AT_ONCE):
            await self._note(day, {pod: curves[pod] for pod in pods})

    async def _note(self, day: MarketDay, curves: Mapping[str, list[float]]) -> None:
        known = await self.known(day, curves)
        new = {pod: curve for pod, curve in curves.items() if known.get(pod) != curve}
        rows = [
            {"day_start": day.start, "pod_id": pod, "document": packed_json(curve)}
            for pod, curve in new.items()
        ]
        await replace_rows(self._connection, day_baseline, rows)
        before = await self.moved(day, new)
        moved = [
            {"day_start": day.start, "pod_id": pod}
            for pod in new
            if pod in known and pod not in before
        ]
        if moved:
            await self._connection.execute(insert(moved_baseline), moved)

    async def known(self, day: MarketDay, pod_ids: Iterable[str]) -> Curves:
        """Return a day's baselines as they were seen last."""
        return await self._curves(_KNOWN, {"day": day.start}, pod_ids)

    async def moved(self, day: MarketDay, pod_ids: Iterable[str]) -> set[str]:
        """Return which of these had another baseline of the day before."""
        found: set[str] = set()
        for chunk in chunks(pod_ids):
            query = select(moved_baseline.c.pod_id).where(
                moved_baseline.c.day_start == day.start, moved_baseline.c.pod_id.in_(chunk)
            )
            found.update((await self._connection.execute(query)).scalars())
        return found

    async def count(self, session_id: str, curves: Mapping[str, list[float]]) -> None:
        """Store the baselines that count for a session."""
        for pods in chunks(curves, _CURVES_AT_ONCE):
            rows = [
                {
                    "session_id": session_id,
                    "pod_id": pod,
                    "document": packed_json(curves[pod]),
                }
                for pod in pods
            ]
            await self._connection.execute(insert(counted_baseline), rows)

    async def counted(self, session_id: str, pod_ids: Iterable[str]) -> Curves:
        """Return the baselines that count for a session, of PoDs that traded in it."""
        return await self._curves(_COUNTED, {"session": session_id}, pod_ids)

    async def _curves(
        self, query: Select[Any], asked: Mapping[str, object], ids: Iterable[str]
    ) -> Curves:
        found: Curves = {}
        for chunk in chunks(ids, _CURVES_AT_ONCE):
            rows = (await self._connection.execute(query, {**asked, "pods": chunk})).all()
            found.update((name, _decoder.decode(unpack(document))) for name, document in rows)
        return found
