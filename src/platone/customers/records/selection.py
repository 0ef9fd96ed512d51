"""What all series share in SQL: chunks of identifiers, and the reader's scope."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.measurement import Key
from platone.customers.domain.pod_owner import Standing
from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.table import pod
from platone.infra.db import chunks

_DAY_S = 86_400


def daily(keys: Iterable[Key]) -> Iterator[tuple[list[str], int, int]]:
    """Keys as groups of points of delivery with the first and last start they are wanted for.

    A group spans a day at most: a late record far from the others widens no other's search.
    """
    days: dict[int, list[Key]] = {}
    for pod_id, start_s in keys:
        days.setdefault(start_s // _DAY_S, []).append((pod_id, start_s))
    for members in days.values():
        starts = [start_s for _, start_s in members]
        for pod_ids in chunks(sorted({pod_id for pod_id, _ in members})):
            yield pod_ids, min(starts), max(starts)


async def find_standings(
    connection: AsyncConnection, pod_ids: Iterable[str]
) -> dict[str, Standing]:
    """Whose these points of delivery are, and when they ended."""
    found: dict[str, Standing] = {}
    for chunk in chunks(pod_ids):
        query = select(pod.c.pod_id, pod.c.aggregator_id, pod.c.ended_s)
        rows = await connection.execute(query.where(pod.c.pod_id.in_(chunk)))
        found.update((row.pod_id, Standing(row.aggregator_id, row.ended_s)) for row in rows)
    return found


def in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    """The conditions on ``pod`` that a scope makes."""
    conditions: list[ColumnElement[bool]] = []
    if scope.aggregator_id is not None:
        conditions.append(pod.c.aggregator_id == scope.aggregator_id)
    if scope.customer_id is not None:
        conditions.append(pod.c.customer_id == scope.customer_id)
    return conditions


def visible(
    query: Select[Any], table: Table, scope: Scope, start: ColumnElement[int]
) -> Select[Any]:
    """A query of a table with ``pod_id``, bound to what a reader may see.

    An aggregator that took a point of delivery over sees what starts after that.
    """
    conditions = in_scope(scope)
    if not conditions:
        return query
    if scope.aggregator_id is not None:
        conditions.append(start >= pod.c.owned_from_s)
    return query.join(pod, pod.c.pod_id == table.c.pod_id).where(*conditions)


async def fetch(
    connection: AsyncConnection, query: Select[Any], table: Table, wanted: Selection, limit: int
) -> list[Any]:
    """Rows of a series' table that are wanted, up to a limit; ordered as the query says."""
    bound = visible(query, table, wanted.scope, table.c.start_s)
    if not wanted.pod_ids:
        return list(await connection.execute(bound.limit(limit)))
    rows: list[Any] = []
    for chunk in chunks(sorted(set(wanted.pod_ids))):
        named = bound.where(table.c.pod_id.in_(chunk)).limit(limit - len(rows))
        rows += await connection.execute(named)
    return rows
