"""Passkeys in SQL: public keys alone, of no use to whoever reads them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from platone.identity.domain.passkey import Passkey
from platone.identity.records.table import passkey, passkey_offer
from platone.infra.db import Database


class PasskeyRecords:
    """The passkeys of people, and to whom one was offered.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, identifier: str) -> Passkey | None:
        """Return a passkey; None where there is none."""
        query = select(passkey).where(passkey.c.id == identifier)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _of_row(row)

    async def of_person(self, name: str) -> list[Passkey]:
        """Return the passkeys of a person, the oldest first."""
        query = select(passkey).where(passkey.c.name == name)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(passkey.c.made_s, passkey.c.id))
            return [_of_row(row) for row in rows]

    async def add(self, made: Passkey) -> bool:
        """Add a passkey; return whether there was none of this identifier."""
        row = {
            "id": made.id,
            "name": made.person_name,
            "handle": made.handle,
            "credential": made.credential,
            "counter": made.counter,
            "agent": made.agent,
            "made_s": int(made.made.timestamp()),
            "used_s": int(made.used.timestamp()),
        }
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(passkey).values(**row))
        except IntegrityError:
            return False
        return True

    async def use(self, known: Passkey, counter: int, at: datetime) -> bool:
        """Remember a use with its count; False where another use came between."""
        is_it = (passkey.c.id == known.id) & (passkey.c.counter == known.counter)
        told = {"counter": counter, "used_s": int(at.timestamp())}
        async with self._database.transaction() as connection:
            done = await connection.execute(update(passkey).where(is_it).values(**told))
        return done.rowcount == 1

    async def remove(self, name: str, identifier: str) -> Passkey | None:
        """Remove a passkey of a person, and return it; None where there was none."""
        is_it = (passkey.c.name == name) & (passkey.c.id == identifier)
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(passkey).where(is_it))).one_or_none()
            await connection.execute(delete(passkey).where(is_it))
        return None if row is None else _of_row(row)

    async def was_offered(self, name: str) -> bool:
        """Return whether a passkey was offered to a person."""
        query = select(passkey_offer).where(passkey_offer.c.name == name)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).first() is not None

    async def note_offer(self, name: str) -> None:
        """Remember that a passkey was offered to a person."""
        if not await self.was_offered(name):
            async with self._database.transaction() as connection:
                await connection.execute(delete(passkey_offer).where(passkey_offer.c.name == name))
                await connection.execute(insert(passkey_offer).values(name=name))


def _of_row(row: Row[Any]) -> Passkey:
    return Passkey(
        row.id,
        row.name,
        row.handle,
        row.credential,
        row.counter,
        row.agent,
        datetime.fromtimestamp(row.made_s, UTC),
        datetime.fromtimestamp(row.used_s, UTC),
    )
