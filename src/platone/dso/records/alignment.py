"""Alignments with the operational system, and its events, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.alignment import Alignment, NumberedEvent
from platone.dso.domain.network_key import NetworkKey
from platone.dso.domain.problem import AlignmentClosed
from platone.dso.records.table import alignments, network_states, networks
from platone.grid.network.event import Event, Switching, TapChange
from platone.infra.db import Database


class AlignmentRecords:
    """The alignments with the operational system, and how networks are switched.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def in_force(self) -> NetworkKey | None:
        """Return the network in force: the one that was stored last."""
        query = select(networks.c.id, networks.c.version).order_by(networks.c.number.desc())
        async with self._database.reading() as connection:
            row = (await connection.execute(query.limit(1))).first()
        return None if row is None else NetworkKey(*row)

    async def reinstate(self, version: NetworkKey) -> bool:
        """Put a stored network in force again; False where it is not stored."""
        same = (networks.c.id == version.id) & (networks.c.version == version.version)
        wanted = select(networks.c.content, networks.c.stored_at).where(same)
        async with self._database.transaction() as connection:
            row: Any = (await connection.execute(wanted)).one_or_none()
            if row is None:
                return False
            await connection.execute(delete(networks).where(same))
            kept = {"content": row.content, "stored_at": row.stored_at}
            again = insert(networks).values(id=version.id, version=version.version, **kept)
            await connection.execute(again)
        return True

    async def current(self) -> Alignment | None:
        """Return the open alignment; None where none is open."""
        query = select(alignments).where(alignments.c.is_open)
        async with self._database.reading() as connection:
            row: Any = (await connection.execute(query)).first()
        if row is None:
            return None
        return Alignment(row.id, NetworkKey(row.network_id, row.version), row.last_sequence)

    async def open(self, alignment: Alignment, now: datetime) -> None:
        """Open an alignment in place of the one before; the network stays as it is switched."""
        async with self._database.transaction() as connection:
            await connection.execute(update(alignments).values(is_open=False))
            await connection.execute(
                insert(alignments).values(
                    id=alignment.id,
                    network_id=alignment.version.id,
                    version=alignment.version.version,
                    last_sequence=alignment.last_sequence,
                    is_open=True,
                    opened_at=now.isoformat(),
                )
            )

    async def close(self) -> None:
        """Close the open alignment; the network stays as it is switched."""
        async with self._database.transaction() as connection:
            await connection.execute(update(alignments).values(is_open=False))

    async def take(
        self, alignment: Alignment, events: Sequence[NumberedEvent], last_sequence: int
    ) -> None:
        """Store events and the number of the last one, all at once."""
        same = (alignments.c.id == alignment.id) & alignments.c.is_open
        same &= alignments.c.last_sequence == alignment.last_sequence
        async with self._database.transaction() as connection:
            moved = update(alignments).where(same).values(last_sequence=last_sequence)
            if (await connection.execute(moved)).rowcount != 1:
                raise AlignmentClosed("Another call took events, or shook hands, meanwhile.")
            for each in events:
                await _keep(connection, alignment.version, each)

    async def events(self, version: NetworkKey) -> tuple[Event, ...]:
        """Return the last event of each element's switch and tap changer, in their order."""
        same = (network_states.c.network_id == version.id) & (
            network_states.c.version == version.version
        )
        query = select(network_states.c.content).where(same).order_by(network_states.c.number)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalars().all()
        return tuple(_event(content) for content in found)


async def _keep(connection: AsyncConnection, version: NetworkKey, numbered: NumberedEvent) -> None:
    """Store an event in place of those that it outdates: of one end, or of both."""
    event = numbered.event
    aspect = "tap" if isinstance(event, TapChange) else event.end or "both"
    outdated = {"both": ("both", "from", "to")}.get(aspect, (aspect,))
    same = (
        (network_states.c.network_id == version.id)
        & (network_states.c.version == version.version)
        & (network_states.c.element == event.element)
    )
    await connection.execute(
        delete(network_states).where(same & network_states.c.aspect.in_(outdated))
    )
    await connection.execute(
        insert(network_states).values(
            network_id=version.id,
            version=version.version,
            element=event.element,
            aspect=aspect,
            content=msgspec.json.encode(event),
            at=numbered.at.isoformat(),
        )
    )


def _event(content: bytes) -> Event:
    fields = msgspec.json.decode(content)
    return TapChange(**fields) if "position" in fields else Switching(**fields)
