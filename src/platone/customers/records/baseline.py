"""Baselines in SQL: each received series is a row a day or less, its values a JSON array."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.baseline import ROW_S, PowerSeries
from platone.customers.domain.gate import SessionKey
from platone.customers.domain.instant import microseconds_at
from platone.customers.domain.measurement import MeasurementKey
from platone.customers.domain.pod_owner import PodOwner
from platone.customers.domain.scope import Selection
from platone.customers.records.moved_gate import moved_gates
from platone.customers.records.selection import fetch_rows, find_owners, group_by_day
from platone.customers.records.table import baseline
from platone.infra.db import Database
from platone.infra.packed import packed_json, unpack

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

    async def owners(self, pod_ids: Iterable[str]) -> dict[str, PodOwner]:
        """Return the owners of points of delivery, by identifier."""
        return await find_owners(self._connection, pod_ids)

    async def moved_gates(self, first: datetime, last: datetime) -> dict[SessionKey, datetime]:
        """Return the gates that the market moved, of sessions that start in a span."""
        return await moved_gates(self._connection, first, last)

    async def current(
        self, spans: Iterable[tuple[str, PowerSeries]]
    ) -> dict[str, list[PowerSeries]]:
        """Return the baselines that touch these spans, and perhaps more, in order of receipt."""
        longest_s = 0
        keys: list[MeasurementKey] = []
        for pod_id, power in spans:
            keys.append((pod_id, power.start_s))
            longest_s = max(longest_s, power.end_s - power.start_s)
        rows: dict[int, tuple[str, PowerSeries]] = {}
        for pod_ids, first_s, last_s in group_by_day(keys):
            query = select(
                baseline.c.id, baseline.c.pod_id, baseline.c.start_s, baseline.c.power_kw
            ).where(
                baseline.c.pod_id.in_(pod_ids),
                baseline.c.is_superseded.is_(False),
                baseline.c.start_s > first_s - ROW_S,
                baseline.c.start_s < last_s + longest_s,
                baseline.c.end_s > first_s,
            )
            for row in await self._connection.execute(query):
                rows[row.id] = (
                    row.pod_id,
                    PowerSeries(row.start_s, _decoder.decode(unpack(row.power_kw))),
                )
        found: dict[str, list[PowerSeries]] = {}
        for _, (pod_id, power) in sorted(rows.items()):
            found.setdefault(pod_id, []).append(power)
        return found

    async def add(
        self, received: Sequence[tuple[str, PowerSeries]], party: str, at: datetime
    ) -> None:
        """Add versions; earlier ones that they cover wholly are kept, and no longer count."""
        if not received:
            return
        covered = [
            {"of_pod": pod_id, "since": power.start_s, "until": power.end_s}
            for pod_id, power in received
        ]
        await self._connection.execute(_SUPERSEDE, covered)
        rows = [
            {
                "pod_id": pod_id,
                "start_s": piece.start_s,
                "end_s": piece.end_s,
                "power_kw": packed_json(piece.values),
                "is_superseded": False,
                "received_from": party,
                "received_us": microseconds_at(at),
            }
            for pod_id, power in received
            for piece in power.rows()
        ]
        await self._connection.execute(insert(baseline), rows)


class BaselineRecords:
    """The baselines of all points of delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[BaselineTransaction]:
        """Begin a transaction: all of it is stored, or nothing."""
        async with self._database.transaction() as connection:
            yield BaselineTransaction(connection)

    async def select(self, wanted: Selection, limit: int) -> list[tuple[str, PowerSeries]]:
        """Return the series that count, by point of delivery, then in order of receipt.

        As of an instant those are all that were received before it: earlier ones lie below later.
        """
        is_wanted = (
            baseline.c.is_superseded.is_(False)
            if wanted.as_of_us is None
            else baseline.c.received_us < wanted.as_of_us
        )
        query = (
            select(baseline.c.pod_id, baseline.c.start_s, baseline.c.power_kw)
            .where(
                is_wanted,
                baseline.c.start_s > wanted.from_s - ROW_S,
                baseline.c.start_s < wanted.to_s,
                baseline.c.end_s > wanted.from_s,
            )
            .order_by(baseline.c.pod_id, baseline.c.id)
        )
        # As of an instant it waits its turn among the writers: what they received before is there.
        is_as_of = wanted.as_of_us is not None
        opened = self._database.transaction() if is_as_of else self._database.reading()
        async with opened as connection:
            rows = await fetch_rows(connection, query, baseline, wanted, limit)
        return [(row.pod_id, _series(row)) for row in rows]


def _series(row: Row[Any]) -> PowerSeries:
    return PowerSeries(row.start_s, _decoder.decode(unpack(row.power_kw)))
