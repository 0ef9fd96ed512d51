"""Events of sessions as they are stored, and the instants that orders moved."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import replace_rows
from platone.infra.listing import Listed, Part, read_part
from platone.market.records.table import session_due, session_event
from platone.messages.session_event import SessionEvent

_decoder = msgspec.json.Decoder(SessionEvent)


class EventRecords:
    """The stored events, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, event: SessionEvent) -> int:
        """Store an event, and return its number."""
        made = await self._connection.execute(
            insert(session_event).values(
                session_id=event.session, document=msgspec.json.encode(event)
            )
        )
        (number,) = made.inserted_primary_key or (0,)
        return int(number)

    async def of_session(self, session_id: str, part: Part) -> Listed[SessionEvent]:
        """Return events of a session, in their order."""
        query = select(session_event.c.document).where(session_event.c.session_id == session_id)
        found = await read_part(self._connection, query, [session_event.c.number], part)
        return found.of(lambda row: _decoder.decode(row.document))

    async def move_due(self, session_id: str, due: datetime) -> None:
        """Store when a session's trades have to be final, by the operator's order."""
        row = {"session_id": session_id, "due": due}
        await replace_rows(self._connection, session_due, [row])
