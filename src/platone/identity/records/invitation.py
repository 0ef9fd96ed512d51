"""Invitations in SQL: each by the hash of the token in its link, which alone is of no use."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select

from platone.identity.domain.invitation import Invitation
from platone.identity.domain.party import Party
from platone.identity.records.table import invitation
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.clock import Clock
from platone.messages.base import Role


class InvitationRecords:
    """The invitations that were not used.

    Args:
        database: Identity's database.
        clock: The machine's clock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def add(self, made: Invitation, token: str) -> None:
        """Add an invitation; those that have ended are deleted."""
        row = {
            "id": made.id,
            "token_hash": _hash(token),
            "party_id": made.party.party_id,
            "roles": " ".join(role.value for role in made.party.roles),
            "made_by": made.made_by,
            "ends_s": int(made.ends.timestamp()),
        }
        async with self._database.transaction() as connection:
            await connection.execute(delete(invitation).where(invitation.c.ends_s <= self._now_s()))
            await connection.execute(insert(invitation).values(**row))

    async def listed(self, party_id: str | None, part: Part) -> Listed[Invitation]:
        """Return invitations that last, the next to end first; of one party where given."""
        query = select(invitation).where(invitation.c.ends_s > self._now_s())
        if party_id is not None:
            query = query.where(invitation.c.party_id == party_id)
        by = [invitation.c.ends_s, invitation.c.id]
        async with self._database.reading() as connection:
            return (await read_part(connection, query, by, part)).of(_of_row)

    async def named(self, identifier: str) -> Invitation | None:
        """Return an invitation that lasts by its identifier; None where there is none."""
        lasts = invitation.c.ends_s > self._now_s()
        query = select(invitation).where(invitation.c.id == identifier, lasts)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _of_row(row)

    async def find(self, token: str) -> Invitation | None:
        """Return the invitation of a token that lasts; None where there is none."""
        lasts = invitation.c.ends_s > self._now_s()
        query = select(invitation).where(invitation.c.token_hash == _hash(token), lasts)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _of_row(row)

    async def take(self, identifier: str) -> bool:
        """Use or withdraw an invitation, once; return whether it was there."""
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(invitation).where(invitation.c.id == identifier))
        return gone.rowcount == 1

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def _hash(token: str) -> str:
    """Return a hash to find a token of 256 random bits by: it needs neither salt nor slowness."""
    return hashlib.sha256(token.encode()).hexdigest()


def _of_row(row: Row[Any]) -> Invitation:
    roles = tuple(Role(each) for each in row.roles.split())
    ends = datetime.fromtimestamp(row.ends_s, UTC)
    return Invitation(row.id, Party(row.party_id, roles), row.made_by, ends)
