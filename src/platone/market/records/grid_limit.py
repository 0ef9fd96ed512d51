"""Limits of the grid as DSOs told them for sessions."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.market.records.table import grid_limits
from platone.messages.clearing import GridLimit, GridLimits


@dataclass(frozen=True, slots=True)
class ToldLimits:
    """The number and the content hash of what a DSO told last."""

    revision: int
    content_hash: str


NOTHING_TOLD = ToldLimits(0, "")


class GridLimitRecords:
    """The stored limits of the grid, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def last(self, session_id: str, player_id: str) -> ToldLimits:
        """Return the number and hash of the limits that a DSO told last of a session."""
        query = select(grid_limits.c.revision, grid_limits.c.content_hash).where(
            grid_limits.c.session_id == session_id, grid_limits.c.player_id == player_id
        )
        newest_first = query.order_by(grid_limits.c.revision.desc()).limit(1)
        row = (await self._connection.execute(newest_first)).first()
        return NOTHING_TOLD if row is None else ToldLimits(row.revision, row.content_hash)

    async def add(self, session_id: str, told: GridLimits, revision: int, digest: str) -> None:
        """Store what a DSO tells now, beside what it told before."""
        await self._connection.execute(
            insert(grid_limits).values(
                session_id=session_id,
                player_id=told.player_id,
                revision=revision,
                content_hash=digest,
                document=msgspec.json.encode(told),
            )
        )

    async def of_session(self, session_id: str) -> list[GridLimit]:
        """Return the limits that count for a session: of each DSO those that it told last."""
        query = select(grid_limits.c.player_id, grid_limits.c.document).where(
            grid_limits.c.session_id == session_id
        )
        rows = await self._connection.execute(query.order_by(grid_limits.c.revision))
        newest = {row.player_id: row.document for row in rows}
        return [
            limit
            for _, document in sorted(newest.items())
            for limit in msgspec.json.decode(document, type=GridLimits).grid_limits
        ]
