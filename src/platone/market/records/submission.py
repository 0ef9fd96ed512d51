"""Requests and offers as they are stored, with what their session recorded when they came."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.market.domain.revision import Version
from platone.market.domain.submission import named_pods, offered_spots
from platone.market.records.table import offered, service, session_pod
from platone.messages.market import (
    FlexibilityService,
    RecordedService,
    ServiceState,
    ServiceType,
    ServiceVersion,
    SessionPod,
)
from platone.messages.registry import PointOfDelivery

_decoder = msgspec.json.Decoder(RecordedService)
_VERSION = (
    service.c.revision,
    service.c.state,
    service.c.content_hash,
    service.c.session_id,
    service.c.kind,
)


class SubmissionRecords:
    """The stored requests and offers, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def versions(self, player_id: str, service_id: str) -> list[Version]:
        """Return all versions of what a party sent under an identifier, by revision."""
        query = (
            select(*_VERSION)
            .where(service.c.player_id == player_id, service.c.service_id == service_id)
            .order_by(service.c.revision)
        )
        return [
            Version(
                row.revision,
                ServiceState(row.state),
                row.content_hash,
                row.session_id,
                ServiceType(row.kind),
            )
            for row in await self._connection.execute(query)
        ]

    async def add(self, session_id: str, recorded: RecordedService, digest: str) -> None:
        """Store a version of a request or offer, which stands from now on."""
        await self._connection.execute(
            insert(service).values(
                player_id=recorded.player_id,
                service_id=recorded.player_service_id,
                revision=recorded.revision,
                session_id=session_id,
                kind=recorded.service_type.value,
                state=ServiceState.STANDS.value,
                submitted_at=recorded.submitted_at,
                content_hash=digest,
                document=msgspec.json.encode(recorded),
            )
        )

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

    async def history(self, service_id: str, player_id: str | None) -> list[ServiceVersion]:
        """Return the versions of an identifier, by party and revision.

        Args:
            service_id: The identifier.
            player_id: Whose they are; of all parties where None.
        """
        query = select(service).where(service.c.service_id == service_id)
        if player_id is not None:
            query = query.where(service.c.player_id == player_id)
        rows = await self._connection.execute(
            query.order_by(service.c.player_id, service.c.revision)
        )
        return [
            ServiceVersion(
                state=ServiceState(row.state),
                session=row.session_id,
                ended_at=row.ended_at,
                service=_decoder.decode(row.document),
            )
            for row in rows
        ]

    async def of_session(self, session_id: str) -> list[RecordedService]:
        """Return the requests and offers that stand in a session, by submission."""
        query = select(service.c.document).where(
            service.c.session_id == session_id, service.c.state == ServiceState.STANDS.value
        )
        rows = await self._connection.execute(
            query.order_by(service.c.submitted_at, service.c.service_id, service.c.player_id)
        )
        documents = [row[0] for row in rows]
        return await asyncio.to_thread(lambda: [_decoder.decode(each) for each in documents])

    async def players(self, session_id: str) -> set[str]:
        """Return the parties that sent requests or offers to a session."""
        query = select(service.c.player_id).where(service.c.session_id == session_id).distinct()
        return set((await self._connection.execute(query)).scalars())

    async def claim_spots(self, session_id: str, offer: FlexibilityService) -> None:
        """Note the PoDs and quarter-hours that are offered in a session."""
        rows = [
            {
                "session_id": session_id,
                "pod_id": pod,
                "quarter_hour": index,
                "player_id": offer.player_id,
                "service_id": offer.player_service_id,
            }
            for pod, index in dict.fromkeys(offered_spots(offer))  # options may share one
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

    async def claimed_spots(
        self, session_id: str, offer: FlexibilityService
    ) -> set[tuple[str, int]]:
        """Return which quarter-hours of an offer's PoDs other offers of a session are for."""
        taken: set[tuple[str, int]] = set()
        for chunk in chunks(named_pods(offer)):
            query = select(offered.c.pod_id, offered.c.quarter_hour).where(
                offered.c.session_id == session_id,
                offered.c.pod_id.in_(chunk),
                or_(
                    offered.c.player_id != offer.player_id,
                    offered.c.service_id != offer.player_service_id,
                ),
            )
            taken |= {(row[0], row[1]) for row in await self._connection.execute(query)}
        return taken
