"""Disputes as they are stored."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.listing import Listed, Part, read_part
from platone.infra.packed import unpack
from platone.kernel.line_version import version_of
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.dispute import Concerned, is_awaiting
from platone.market.records.table import as_number, dispute, line, pod
from platone.messages.dispute import Awaited, Dispute
from platone.messages.registry import PointOfDelivery


class DisputeRecords:
    """The stored disputes, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def line(self, line_id: str) -> tuple[DeliveryLine, Concerned] | None:
        """Return the trade that a line settles, in any version, and whom it concerns."""
        query = select(line.c.document).where(line.c.line_id == version_of(line_id)[0])
        document = (await self._connection.execute(query)).scalar()
        if document is None:
            return None
        found = msgspec.json.decode(unpack(document), type=DeliveryLine)
        query = select(pod.c.document).where(pod.c.pod_id == found.pod)
        registered = (await self._connection.execute(query)).scalar()
        customer = None
        if registered is not None:
            customer = msgspec.json.decode(registered, type=PointOfDelivery).customer_id
        return found, Concerned(found.offer_player_id, found.request_player_id, customer)

    async def opening_hash(self, name: str) -> str | None:
        """Return the content hash of the message that opened a dispute; None for an unknown one."""
        query = select(dispute.c.opening_hash).where(dispute.c.id == name)
        found: str | None = (await self._connection.execute(query)).scalar()
        return found

    async def add(self, opened: Dispute, concerned: Concerned, digest: str) -> None:
        """Store a new dispute."""
        await self._connection.execute(
            insert(dispute).values(
                id=opened.id,
                pod_id=opened.pod,
                opened_by=opened.opened_by,
                aggregator_id=concerned.aggregator,
                requester_id=concerned.requester,
                customer_id=concerned.customer,
                status=opened.status.value,
                opened_at=opened.steps[0].at,
                opening_hash=digest,
                document=msgspec.json.encode(opened),
            )
        )

    async def save(self, changed: Dispute) -> None:
        """Store a dispute's next step."""
        await self._connection.execute(
            update(dispute)
            .where(dispute.c.id == changed.id)
            .values(
                status=changed.status.value,
                awaits=_awaited(changed),
                document=msgspec.json.encode(changed),
            )
        )

    async def find(self, name: str) -> tuple[Dispute, Concerned] | None:
        """Return a dispute, and whom it concerns."""
        row = (await self._connection.execute(select(dispute).where(dispute.c.id == name))).first()
        return None if row is None else _told(row)

    async def of_pods(self, pods: Collection[str]) -> list[tuple[Dispute, Concerned]]:
        """Return the disputes about lines of points of delivery, and whom each concerns."""
        return await self._where(dispute.c.pod_id.in_(pods))

    async def awaiting(self) -> list[tuple[Dispute, Concerned]]:
        """Return the upheld disputes that wait to be carried out, and whom each concerns."""
        return await self._where(dispute.c.awaits.is_not(None))

    async def all_of(self, part: Part) -> Listed[Dispute]:
        """Return all disputes, the newest first."""
        return await self._listed(part)

    async def of_party(self, party: str, part: Part, *, administers: bool) -> Listed[Dispute]:
        """Return disputes that concern a party, the newest first.

        Those that wait for corrected readings concern who administers these.
        """
        columns = (dispute.c.aggregator_id, dispute.c.requester_id, dispute.c.customer_id)
        own = [column == party for column in columns]
        asked = [dispute.c.awaits == Awaited.READINGS.value] if administers else []
        return await self._listed(part, or_(*own, *asked))

    async def _listed(self, part: Part, *conditions: ColumnElement[bool]) -> Listed[Dispute]:
        query = select(dispute.c.document).where(*conditions)
        by = [as_number(dispute.c.opened_at), dispute.c.id]
        found = await read_part(self._connection, query, by, part, newest_first=True)
        return found.of(lambda row: msgspec.json.decode(row.document, type=Dispute))

    async def _where(self, condition: ColumnElement[bool]) -> list[tuple[Dispute, Concerned]]:
        rows = await self._connection.execute(select(dispute).where(condition))
        return [_told(row) for row in rows]


def _told(row: Row[Any]) -> tuple[Dispute, Concerned]:
    """Return a dispute, and whom it concerns."""
    concerned = Concerned(row.aggregator_id, row.requester_id, row.customer_id)
    return msgspec.json.decode(row.document, type=Dispute), concerned


def _awaited(changed: Dispute) -> str | None:
    """Return the name of the thing that a dispute still waits for; none where there is none."""
    if changed.follow_up is None or not is_awaiting(changed):
        return None
    return changed.follow_up.awaits.value
