"""Requests and offers as they are stored, with what their session recorded when they came."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.among import among, among_keys
from platone.infra.insertion import Insertion
from platone.infra.listing import Listed, Part, cut_after, read_part
from platone.market.domain.revision import Version
from platone.market.records.table import as_number, offered, service, session_pod
from platone.messages.market import (
    RecordedService,
    ServiceState,
    ServiceType,
    ServiceVersion,
    SessionPod,
)
from platone.messages.registry import PointOfDelivery

Named = tuple[str, str]
"""A party, and its identifier of a request or offer."""
_MOST_BYTES = 8 * 1024 * 1024
"""Length of the requests and offers in one answer, bytes, if it has more than one of them."""
_INSERT = Insertion(service)
_RECORD_POD = Insertion(session_pod, is_for_missing=True)
_decoder = msgspec.json.Decoder(RecordedService)
_VERSIONS = (
    select(
        service.c.player_id,
        service.c.service_id,
        service.c.revision,
        service.c.state,
        service.c.content_hash,
        service.c.session_id,
        service.c.kind,
    )
    .where(among(service.c.player_id, "players"), among(service.c.service_id, "services"))
    .order_by(service.c.revision)
)


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """A version of a request or offer as it is stored.

    Attributes:
        session_id: Its session.
        recorded: The message with what was noted at its acceptance.
        document: The same as canonical JSON.
        digest: SHA-256 of the message's canonical content.
    """

    session_id: str
    recorded: RecordedService
    document: bytes
    digest: str


class SubmissionRecords:
    """The stored requests and offers, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def versions(self, names: Collection[Named]) -> dict[Named, list[Version]]:
        """Return all versions, by revision, of what parties sent under identifiers."""
        found: dict[Named, list[Version]] = {name: [] for name in names}
        asked = {
            "players": list({player for player, _ in names}),
            "services": list({name for _, name in names}),
        }
        rows = (await self._connection.execute(_VERSIONS, asked)).all()
        for player, name, revision, state, *rest in rows:
            if (player, name) in found:
                digest, session_id, kind = rest
                found[player, name].append(
                    Version(revision, ServiceState(state), digest, session_id, ServiceType(kind))
                )
        return found

    async def add(self, orders: Iterable[StoredOrder]) -> None:
        """Store versions of requests or offers, which stand from now on."""
        rows = (
            (
                each.recorded.player_id,
                each.recorded.player_service_id,
                each.recorded.revision,
                each.session_id,
                each.recorded.service_type.value,
                ServiceState.STANDS.value,
                each.recorded.submitted_at,
                None,  # it has not ended
                each.digest,
                each.document,
            )
            for each in orders
        )
        await _INSERT(self._connection, rows)

    async def end(self, player_id: str, service_id: str, state: ServiceState, at: datetime) -> None:
        """End the version that stands, if there is one, and free what it had offered."""
        its = (
            (service.c.player_id == player_id)
            & (service.c.service_id == service_id)
            & (service.c.state == ServiceState.STANDS.value)
        )
        change = update(service).where(its).values(state=state.value, ended_at=at)
        await self._connection.execute(change)
        await self._connection.execute(
            delete(offered).where(
                offered.c.player_id == player_id, offered.c.service_id == service_id
            )
        )

    async def history(
        self, service_id: str, player_id: str | None, part: Part
    ) -> Listed[ServiceVersion]:
        """Return versions of an identifier, by party and revision.

        Args:
            service_id: The identifier.
            player_id: Whose they are; of all parties where None.
            part: Which part of them; a shorter one where they are long.
        """
        wanted = service.c.service_id == service_id
        if player_id is not None:
            wanted &= service.c.player_id == player_id
        rows = await self._listed(wanted, [service.c.player_id, service.c.revision], part)
        return rows.of(
            lambda row: ServiceVersion(
                state=ServiceState(row.state),
                session=row.session_id,
                ended_at=row.ended_at,
                service=_decoder.decode(row.document),
            )
        )

    async def listed(
        self, session_id: str, player_id: str | None, part: Part
    ) -> Listed[RecordedService]:
        """Return requests and offers that stand in a session, by submission.

        Args:
            session_id: The session.
            player_id: Whose they are; of all parties where None.
            part: Which part of them; a shorter one where they are long.
        """
        wanted = service.c.session_id == session_id
        wanted &= service.c.state == ServiceState.STANDS.value
        if player_id is not None:
            wanted &= service.c.player_id == player_id
        by = [as_number(service.c.submitted_at), service.c.service_id, service.c.player_id]
        rows = await self._listed(wanted, by, part)
        return await asyncio.to_thread(rows.of, lambda row: _decoder.decode(row.document))

    async def _listed(
        self, wanted: ColumnElement[bool], by: Sequence[ColumnElement[Any]], part: Part
    ) -> Listed[Row[Any]]:
        """Return versions in some order, of which not more are read than an answer takes."""
        size = func.length(service.c.document).label("size")
        query = select(*service.primary_key, size).where(wanted)
        found = await read_part(self._connection, query, by, part)
        sizes = accumulate(row.size for row in found.items)
        most = max(1, sum(total <= _MOST_BYTES for total in sizes))
        told = cut_after(found, most, len(by))
        names = [tuple(row[:3]) for row in told.items]
        its = among_keys(self._connection, [*service.primary_key], names)
        rows = (await self._connection.execute(select(service).where(its))).all()
        by_name = {(row.player_id, row.service_id, row.revision): row for row in rows}
        return Listed([by_name[name] for name in names], told.next)

    async def of_session(self, session_id: str) -> list[RecordedService]:
        """Return the requests and offers that stand in a session, by submission."""
        query = select(service.c.document).where(
            service.c.session_id == session_id, service.c.state == ServiceState.STANDS.value
        )
        rows = await self._connection.execute(
            query.order_by(service.c.submitted_at, service.c.service_id, service.c.player_id)
        )
        documents = rows.scalars().all()
        return await asyncio.to_thread(lambda: [_decoder.decode(each) for each in documents])

    async def players(self, session_id: str) -> set[str]:
        """Return the parties that sent requests or offers to a session."""
        query = select(service.c.player_id).where(service.c.session_id == session_id).distinct()
        return set((await self._connection.execute(query)).scalars())

    async def record_pods(self, pods: Mapping[str, Iterable[PointOfDelivery]]) -> None:
        """Store whose PoDs are and where they are measured as of now, if not stored before.

        Args:
            pods: The PoDs, by session.
        """
        rows = (
            (session_id, pod.pod_id, pod.aggregator_id, pod.po_m_id)
            for session_id, its in pods.items()
            for pod in its
        )
        await _RECORD_POD(self._connection, rows)

    async def pods_of(self, session_id: str) -> list[SessionPod]:
        """Return the PoDs that a session recorded, without baselines."""
        query = select(session_pod).where(session_pod.c.session_id == session_id)
        rows = await self._connection.execute(query.order_by(session_pod.c.pod_id))
        return [
            SessionPod(
                pod_id=row.pod_id,
                aggregator_id=row.aggregator_id,
                po_m_id=row.pom,
                power_baseline=[],
            )
            for row in rows
        ]
