"""Selections in SQL that all series share: by owner, by day, and within a reader's scope."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.measurement import MeasurementKey
from platone.customers.domain.pod_owner import PodOwner
from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.table import pod
from platone.infra.db import chunks

_DAY_S = 86_400
"""Span of a group of starts that are searched together, s."""


def group_by_day(keys: Iterable[MeasurementKey]) -> Iterator[tuple[list[str], int, int]]:
    """Yield keys as points of delivery, with the first and last start wanted of them.

    A group spans a day at most: a late record far from the others widens no other's search.
    """
    days: dict[int, list[MeasurementKey]] = {}
    for pod_id, start_s in keys:
        days.setdefault(start_s // _DAY_S, []).append((pod_id, start_s))
    for members in days.values():
        starts = [start_s for _, start_s in members]
        for pod_ids in chunks(sorted({pod_id for pod_id, _ in members})):
            yield pod_ids, min(starts), max(starts)


async def find_owners(connection: AsyncConnection, pod_ids: Iterable[str]) -> dict[str, PodOwner]:
    """Return the owners of points of delivery, and when their registrations ended."""
    found: dict[str, PodOwner] = {}
    for chunk in chunks(pod_ids):
        query = select(pod.c.pod_id, pod.c.aggregator_id, pod.c.ended_s)
        rows = await connection.execute(query.where(pod.c.pod_id.in_(chunk)))
        found.update((row.pod_id, PodOwner(row.aggregator_id, row.ended_s)) for row in rows)
    return found


def scope_conditions(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions on the table ``pod`` that a scope makes."""
    conditions: list[ColumnElement[bool]] = []
    if scope.aggregator_id is not None:
        conditions.append(pod.c.aggregator_id == scope.aggregator_id)
    if scope.customer_id is not None:
        conditions.append(pod.c.customer_id == scope.customer_id)
    return conditions


def restrict_to_scope(
    query: Select[Any], table: FromClause, scope: Scope, start: ColumnElement[int]
) -> Select[Any]:
    """Restrict a query of a table with ``pod_id`` to what a reader may see.

    An aggregator that took a point of delivery over sees what starts after that.
    """
    conditions = scope_conditions(scope)
    if not conditions:
        return query
    if scope.aggregator_id is not None:
        conditions.append(start >= pod.c.owned_from_s)
    return query.join(pod, pod.c.pod_id == table.c.pod_id).where(*conditions)


async def fetch_rows(
    connection: AsyncConnection,
    query: Select[Any],
    table: FromClause,
    wanted: Selection,
    limit: int,
) -> list[Any]:
    """Return the wanted rows of a series' table, up to a limit, in the query's order."""
    bound = restrict_to_scope(query, table, wanted.scope, table.c.start_s)
    if not wanted.pod_ids:
        return list(await connection.execute(bound.limit(limit)))
    rows: list[Any] = []
    for chunk in chunks(sorted(set(wanted.pod_ids))):
        named = bound.where(table.c.pod_id.in_(chunk)).limit(limit - len(rows))
        rows += await connection.execute(named)
    return rows
