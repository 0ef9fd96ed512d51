"""Requests and offers as they are stored, with what their session recorded when they came."""

import asyncio
from collections.abc import Iterable

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.market.records.table import offered, service, session_pod
from platone.messages.market import RecordedService, SessionPod
from platone.messages.registry import PointOfDelivery

_decoder = msgspec.json.Decoder(RecordedService)


class SubmissionRecords:
    """The stored requests and offers, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hash_of(self, player_id: str, service_id: str) -> str | None:
        """Return the content hash of what a party sent under an identifier."""
        query = select(service.c.content_hash).where(
            service.c.player_id == player_id, service.c.service_id == service_id
        )
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def add(self, session_id: str, recorded: RecordedService, digest: str) -> None:
        """Store a request or offer."""
        await self._connection.execute(
            insert(service).values(
                player_id=recorded.player_id,
                service_id=recorded.player_service_id,
                session_id=session_id,
                submitted_at=recorded.submitted_at,
                content_hash=digest,
                document=msgspec.json.encode(recorded),
            )
        )

    async def of_session(self, session_id: str) -> list[RecordedService]:
        """Return the requests and offers of a session, by submission."""
        query = select(service.c.document).where(service.c.session_id == session_id)
        rows = await self._connection.execute(
            query.order_by(service.c.submitted_at, service.c.service_id, service.c.player_id)
        )
        documents = [row[0] for row in rows]
        return await asyncio.to_thread(lambda: [_decoder.decode(each) for each in documents])

    async def claim_spots(self, session_id: str, spots: Iterable[tuple[str, int]]) -> None:
        """Note the PoDs and quarter-hours that are offered in a session."""
        rows = [
            {"session_id": session_id, "pod_id": pod, "quarter_hour": index} for pod, index in spots
        ]
        if rows:
            await self._connection.execute(insert(offered), rows)

    async def record_pods(self, session_id: str, pods: Iterable[PointOfDelivery]) -> None:
        """Store whose PoDs are and where they are measured as of now, if not stored before."""
        named = {pod.pod_id: pod for pod in pods}
        known: set[str] = set()
        for chunk in chunks(named):  # of these alone: a session may have many thousands
            query = select(session_pod.c.pod_id).where(
                session_pod.c.session_id == session_id, session_pod.c.pod_id.in_(chunk)
            )
            known.update((await self._connection.execute(query)).scalars())
        rows = [
            {
                "session_id": session_id,
                "pod_id": name,
                "aggregator_id": pod.aggregator_id,
                "pom": pod.po_m_id,
            }
            for name, pod in named.items()
            if name not in known
        ]
        if rows:
            await self._connection.execute(insert(session_pod), rows)

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

    async def claimed_spots(self, session_id: str, pods: Iterable[str]) -> set[tuple[str, int]]:
        """Return which quarter-hours of PoDs are offered in a session already."""
        taken: set[tuple[str, int]] = set()
        for chunk in chunks(pods):
            query = select(offered.c.pod_id, offered.c.quarter_hour).where(
                offered.c.session_id == session_id, offered.c.pod_id.in_(chunk)
            )
            taken |= {(row[0], row[1]) for row in await self._connection.execute(query)}
        return taken
