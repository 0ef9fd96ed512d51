"""Baselines in SQL: each received series is a row a day or less, its values a JSON array."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.baseline import PIECE_S, Stretch
from platone.customers.domain.instant import microseconds
from platone.customers.domain.measurement import Key
from platone.customers.domain.pod_owner import Standing
from platone.customers.domain.scope import Selection
from platone.customers.records.selection import daily, fetch, find_standings
from platone.customers.records.table import baseline
from platone.infra.db import Database

_decoder = msgspec.json.Decoder(list[float])

_SUPERSEDE = (
    update(baseline)
    .where(
        baseline.c.pod_id == bindparam("of_pod"),
        baseline.c.is_superseded.is_(False),
        baseline.c.start_s >= bindparam("since"),
        baseline.c.end_s <= bindparam("until"),
    )
    .values(is_superseded=True)
)


class BaselineTransaction:
    """A transaction on baselines."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def standings(self, pod_ids: Iterable[str]) -> dict[str, Standing]:
        """What is known of these."""
        return await find_standings(self._connection, pod_ids)

    async def current(self, spans: Iterable[tuple[str, Stretch]]) -> dict[str, list[Stretch]]:
        """What counts in these spans, and perhaps beyond, in order of receipt."""
        longest_s = 0
        keys: list[Key] = []
        for pod_id, stretch in spans:
            keys.append((pod_id, stretch.start_s))
            longest_s = max(longest_s, stretch.end_s - stretch.start_s)
        rows: dict[int, tuple[str, Stretch]] = {}
        for pod_ids, first_s, last_s in daily(keys):
            query = select(
                baseline.c.id, baseline.c.pod_id, baseline.c.start_s, baseline.c.power_kw
            ).where(
                baseline.c.pod_id.in_(pod_ids),
                baseline.c.is_superseded.is_(False),
                baseline.c.start_s > first_s - PIECE_S,
                baseline.c.start_s < last_s + longest_s,
                baseline.c.end_s > first_s,
            )
            for row in await self._connection.execute(query):
                rows[row.id] = (row.pod_id, Stretch(row.start_s, _decoder.decode(row.power_kw)))
        found: dict[str, list[Stretch]] = {}
        for _, (pod_id, stretch) in sorted(rows.items()):
            found.setdefault(pod_id, []).append(stretch)
        return found

    async def add(self, stretches: Sequence[tuple[str, Stretch]], party: str, at: datetime) -> None:
        """Add versions; those that they cover wholly are kept, and no longer count."""
        if not stretches:
            return
        covered = [
            {"of_pod": pod_id, "since": stretch.start_s, "until": stretch.end_s}
            for pod_id, stretch in stretches
        ]
        await self._connection.execute(_SUPERSEDE, covered)
        rows = [
            {
                "pod_id": pod_id,
                "start_s": piece.start_s,
                "end_s": piece.end_s,
                "power_kw": msgspec.json.encode(piece.values),
                "is_superseded": False,
                "received_from": party,
                "received_us": microseconds(at),
            }
            for pod_id, stretch in stretches
            for piece in stretch.pieces()
        ]
        await self._connection.execute(insert(baseline), rows)


class BaselineRecords:
    """Baselines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[BaselineTransaction]:
        """A transaction: all of it or nothing."""
        async with self._database.transaction() as connection:
            yield BaselineTransaction(connection)

    async def select(self, wanted: Selection, limit: int) -> list[tuple[str, Stretch]]:
        """What counts, by point of delivery, then in order of receipt."""
        query = (
            select(baseline.c.pod_id, baseline.c.start_s, baseline.c.power_kw)
            .where(
                baseline.c.is_superseded.is_(False),
                baseline.c.start_s > wanted.from_s - PIECE_S,
                baseline.c.start_s < wanted.to_s,
                baseline.c.end_s > wanted.from_s,
            )
            .order_by(baseline.c.pod_id, baseline.c.id)
        )
        async with self._database.reading() as connection:
            rows = await fetch(connection, query, baseline, wanted, limit)
        return [(row.pod_id, Stretch(row.start_s, _decoder.decode(row.power_kw))) for row in rows]
