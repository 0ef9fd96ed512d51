"""Qualifications as they are stored."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.infra.listing import Listed, Part, read_part
from platone.market.domain.qualification import pods_of
from platone.market.records.table import qualification, qualified_pod
from platone.messages.qualification import Qualification, QualificationState

_decoder = msgspec.json.Decoder(Qualification)


class QualificationRecords:
    """The stored qualifications, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def content_hash(self, name: str) -> str | None:
        """Return the content hash of an application; None for an unknown one."""
        query = select(qualification.c.content_hash).where(qualification.c.id == name)
        found: str | None = (await self._connection.execute(query)).scalar()
        return found

    async def add(self, new: Qualification, digest: str) -> None:
        """Store a new qualification."""
        player = new.application.player_id
        await self._connection.execute(
            insert(qualification).values(
                id=new.id,
                player_id=player,
                state=new.state.value,
                content_hash=digest,
                document=msgspec.json.encode(new),
            )
        )
        rows = [
            {"pod_id": pod, "qualification_id": new.id, "player_id": player}
            for pod in pods_of(new.application)
        ]
        await self._connection.execute(insert(qualified_pod), rows)

    async def save(self, changed: Qualification) -> None:
        """Store a qualification's next step."""
        await self._connection.execute(
            update(qualification)
            .where(qualification.c.id == changed.id)
            .values(state=changed.state.value, document=msgspec.json.encode(changed))
        )

    async def find(self, name: str) -> Qualification | None:
        """Return a qualification; None for an unknown one."""
        query = select(qualification.c.document).where(qualification.c.id == name)
        document = (await self._connection.execute(query)).scalar()
        return None if document is None else _decoder.decode(document)

    async def listed(
        self, player: str | None, state: QualificationState | None, part: Part
    ) -> Listed[Qualification]:
        """Return qualifications of a service provider, or of all, by identifier.

        Args:
            player: Whose; none for all.
            state: Only those in this state; none for all.
            part: Which part of them.
        """
        query = select(qualification.c.document)
        if player is not None:
            query = query.where(qualification.c.player_id == player)
        if state is not None:
            query = query.where(qualification.c.state == state.value)
        found = await read_part(self._connection, query, [qualification.c.id], part)
        return found.of(lambda row: _decoder.decode(row.document))

    async def of_pods(self, pods: Iterable[str], player: str) -> dict[str, list[Qualification]]:
        """Return the qualifications of a service provider that points of delivery are part of."""
        names: dict[str, set[str]] = {}
        for chunk in chunks(pods):
            query = select(qualified_pod.c.pod_id, qualified_pod.c.qualification_id).where(
                qualified_pod.c.pod_id.in_(chunk), qualified_pod.c.player_id == player
            )
            for row in await self._connection.execute(query):
                names.setdefault(row.qualification_id, set()).add(row.pod_id)
        found: dict[str, list[Qualification]] = {}
        for chunk in chunks(sorted(names)):
            documents = select(qualification.c.document).where(qualification.c.id.in_(chunk))
            for document in (await self._connection.execute(documents)).scalars():
                each = _decoder.decode(document)
                for pod in names[each.id]:
                    found.setdefault(pod, []).append(each)
        return found
