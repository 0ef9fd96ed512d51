"""Sign-ins in SQL: each by the hash of its refresh token, which alone is of no use."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from platone.identity.domain.person import SignedIn
from platone.identity.records.table import sign_in
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.clock import Clock

_USED_EVERY_S = 60
"""A use is written down once a minute, s: a person presses more often than that matters."""


class SignInRecords:
    """The sign-ins that last.

    Args:
        database: Identity's database.
        clock: The machine's clock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())

    async def add(self, begun: SignedIn, client_id: str, refresh_token: str) -> None:
        """Add a sign-in; those that have ended are deleted."""
        row = {
            "id": begun.id,
            "name": begun.person_name,
            "client_id": client_id,
            "refresh_hash": _hash(refresh_token),
            "began_s": int(begun.began.timestamp()),
            "used_s": int(begun.used.timestamp()),
            "ends_s": int(begun.ends.timestamp()),
            "agent": begun.agent,
        }
        async with self._database.transaction() as connection:
            await connection.execute(delete(sign_in).where(sign_in.c.ends_s <= self._now_s()))
            await connection.execute(insert(sign_in).values(**row))

    async def find(self, client_id: str, refresh_token: str) -> SignedIn | None:
        """Return the sign-in of a client's refresh token that lasts; None where there is none."""
        is_it = sign_in.c.refresh_hash == _hash(refresh_token)
        query = select(sign_in).where(is_it, sign_in.c.client_id == client_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        now_s = self._now_s()
        if row is None or row.ends_s <= now_s:
            return None
        if now_s - row.used_s >= _USED_EVERY_S:
            async with self._database.transaction() as connection:
                await connection.execute(update(sign_in).where(is_it).values(used_s=now_s))
        return _signed_in(row)

    async def lasts(self, name: str, identifier: str) -> bool:
        """Return whether a sign-in of a person has not ended."""
        is_it = (sign_in.c.name == name) & (sign_in.c.id == identifier)
        query = select(sign_in.c.id).where(is_it, sign_in.c.ends_s > self._now_s())
        async with self._database.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def of_person(self, name: str, part: Part) -> Listed[SignedIn]:
        """Return sign-ins of a person that last, the latest first."""
        query = select(sign_in).where(sign_in.c.name == name, sign_in.c.ends_s > self._now_s())
        by = [sign_in.c.began_s, sign_in.c.id]
        async with self._database.reading() as connection:
            return (await read_part(connection, query, by, part, newest_first=True)).of(_signed_in)

    async def end(self, name: str, identifier: str) -> bool:
        """End a sign-in of a person; return whether there was one."""
        is_it = (sign_in.c.name == name) & (sign_in.c.id == identifier)
        return await self._delete(is_it)

    async def end_all(self, name: str, keeps: str = "") -> None:
        """End all sign-ins of a person, but one where that is named."""
        await self._delete((sign_in.c.name == name) & (sign_in.c.id != keeps))

    async def revoke(self, client_id: str, refresh_token: str) -> None:
        """End the sign-in of a client's refresh token, if there is one."""
        is_it = sign_in.c.refresh_hash == _hash(refresh_token)
        await self._delete(is_it & (sign_in.c.client_id == client_id))

    async def _delete(self, condition: ColumnElement[bool]) -> bool:
        async with self._database.transaction() as connection:
            done = await connection.execute(delete(sign_in).where(condition))
        return done.rowcount > 0


def _hash(refresh_token: str) -> str:
    """Return a hash to find a token of 256 random bits by: it needs neither salt nor slowness."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def _signed_in(row: Row[Any]) -> SignedIn:
    def at(seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    return SignedIn(
        row.id,
        row.name,
        at(row.began_s),
        at(row.used_s),
        at(row.ends_s),
        row.agent,
    )
