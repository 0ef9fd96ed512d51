"""Parties and their clients in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, true, update

from platone.identity.domain.party import Client, Party, RegisteredClient
from platone.identity.records.table import (
    KNOWN_OF_PERSON,
    client,
    invitation,
    party,
    party_role,
    person,
)
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.messages.base import Role


class ClientRecords:
    """The parties and their clients.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, client_id: str) -> RegisteredClient | None:
        """Return a client by its identifier; None where there is none."""
        query = (
            select(client.c.party_id, client.c.secret_hash, party_role.c.role)
            .join(party_role, party_role.c.party_id == client.c.party_id)
            .where(client.c.client_id == client_id)
            .order_by(party_role.c.role)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            return None
        owner = Party(rows[0].party_id, tuple(Role(row.role) for row in rows))
        return RegisteredClient(Client(client_id, owner), rows[0].secret_hash)

    async def known(self) -> set[str]:
        """Return the parties that have a client, or were removed: none is made twice."""
        has_client = exists().where(client.c.party_id == party.c.party_id)
        has_role = exists().where(party_role.c.party_id == party.c.party_id)
        query = select(party.c.party_id).where(or_(has_client, ~has_role))
        async with self._database.reading() as connection:
            return set((await connection.execute(query)).scalars())

    async def listed(self, party_id: str | None, part: Part) -> Listed[Party]:
        """Return parties by their identifiers; one only where it is given."""
        query = select(party_role.c.party_id).distinct()
        if party_id is not None:
            query = query.where(party_role.c.party_id == party_id)
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [party_role.c.party_id], part)
        names = [row.party_id for row in found.items]
        return Listed(await self._parties(party_role.c.party_id.in_(names)), found.next)

    async def parties(self) -> list[Party]:
        """Return all parties."""
        return await self._parties(true())

    async def _parties(self, wanted: ColumnElement[bool]) -> list[Party]:
        query = select(party_role).where(wanted).order_by(party_role.c.party_id, party_role.c.role)
        roles: dict[str, list[Role]] = {}
        async with self._database.reading() as connection:
            for party_id, role in await connection.execute(query):
                roles.setdefault(party_id, []).append(Role(role))
        return [Party(party_id, tuple(found)) for party_id, found in roles.items()]

    async def add(self, clients: Sequence[RegisteredClient], at: datetime) -> None:
        """Add clients, and their parties where they are new: all of them or none."""
        owners = {entry.client.party.party_id: entry.client.party for entry in clients}
        async with self._database.transaction() as connection:
            known = set((await connection.execute(select(party.c.party_id))).scalars())
            held = set((await connection.execute(select(party_role.c.party_id))).scalars())
            for party_id in owners.keys() - known:
                await connection.execute(insert(party).values(party_id=party_id))
            for party_id in owners.keys() - held:
                roles = [{"party_id": party_id, "role": r.value} for r in owners[party_id].roles]
                await connection.execute(insert(party_role), roles)
            for entry in clients:
                await connection.execute(
                    insert(client).values(
                        client_id=entry.client.client_id,
                        party_id=entry.client.party.party_id,
                        secret_hash=entry.secret_hash,
                        created_s=int(at.timestamp()),
                    )
                )

    async def of_parties(self, parties: Sequence[str]) -> dict[str, list[str]]:
        """Return the identifiers of some parties' clients by party."""
        query = select(client.c.party_id, client.c.client_id).order_by(client.c.client_id)
        query = query.where(client.c.party_id.in_(parties))
        found: dict[str, list[str]] = {}
        async with self._database.reading() as connection:
            for party_id, client_id in await connection.execute(query):
                found.setdefault(party_id, []).append(client_id)
        return found

    async def set_secret(self, wanted: RegisteredClient, at: datetime) -> None:
        """Give a client another secret; one that is not there yet is added."""
        is_it = client.c.client_id == wanted.client.client_id
        change = (
            update(client)
            .where(is_it)
            .values(secret_hash=wanted.secret_hash, created_s=int(at.timestamp()))
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(change)).rowcount == 0:
                await connection.execute(
                    insert(client).values(
                        client_id=wanted.client.client_id,
                        party_id=wanted.client.party.party_id,
                        secret_hash=wanted.secret_hash,
                        created_s=int(at.timestamp()),
                    )
                )

    async def secret_since_s(self, client_id: str) -> int | None:
        """Return since when a client has its secret, s since 1970; None where there is none."""
        query = select(client.c.created_s).where(client.c.client_id == client_id)
        async with self._database.reading() as connection:
            found: int | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def remove(self, party_id: str) -> None:
        """Remove what a party has here; that it was there is remembered."""
        own = select(person.c.name).where(person.c.party_id == party_id)
        async with self._database.transaction() as connection:
            for table in KNOWN_OF_PERSON:
                await connection.execute(delete(table).where(table.c.name.in_(own)))
            for table in (person, client, invitation, party_role):
                await connection.execute(delete(table).where(table.c.party_id == party_id))
