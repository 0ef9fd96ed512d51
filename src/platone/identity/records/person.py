"""People in SQL, each with its party and roles."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from platone.identity.domain.party import Party
from platone.identity.domain.person import Person, RegisteredPerson, SecondFactor
from platone.identity.records.table import (
    KNOWN_OF_PERSON,
    party,
    party_role,
    passkey,
    person,
    person_role,
    recovery_code,
    sign_in,
)
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.messages.base import Role


class PersonRecords:
    """The people who sign in.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> RegisteredPerson | None:
        """Return a person by name; None where there is none."""
        return next(iter(await self._select(person.c.name == name)), None)

    async def all(self) -> list[RegisteredPerson]:
        """Return all people, by name."""
        return await self._select(None)

    async def listed(self, party_id: str | None, part: Part) -> Listed[RegisteredPerson]:
        """Return people by name; of one party where given."""
        query = select(person.c.name)
        if party_id is not None:
            query = query.where(person.c.party_id == party_id)
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [person.c.name], part)
        names = [row.name for row in found.items]
        return Listed(await self._select(person.c.name.in_(names)), found.next)

    async def numbers(self, parties: Sequence[str]) -> dict[str, int]:
        """Return how many people each of some parties has; those without any are left out."""
        query = select(person.c.party_id, func.count()).where(person.c.party_id.in_(parties))
        async with self._database.reading() as connection:
            rows = await connection.execute(query.group_by(person.c.party_id))
            return {party_id: number for party_id, number in rows}  # noqa: C416 - rows are no pairs to mypy

    async def _select(self, wanted: ColumnElement[bool] | None) -> list[RegisteredPerson]:
        query = select(person, person_role.c.role).join(
            person_role, person_role.c.name == person.c.name
        )
        if wanted is not None:
            query = query.where(wanted)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(person.c.name, "role"))).all()
        roles: dict[str, list[Role]] = {}
        for row in rows:
            roles.setdefault(row.name, []).append(Role(row.role))
        found = {row.name: row for row in rows}
        return [
            RegisteredPerson(
                Person(row.name, Party(row.party_id, tuple(roles[row.name]))),
                row.password_hash,
                row.second_factor,
            )
            for row in found.values()
        ]

    async def add(self, people: Sequence[RegisteredPerson], at: datetime) -> None:
        """Add people, and their parties where they are new: all of them or none."""
        async with self._database.transaction() as connection:
            known = set((await connection.execute(select(party.c.party_id))).scalars())
            for each in people:
                owner = each.person.party
                roles = [role.value for role in owner.roles]
                if owner.party_id not in known:
                    known.add(owner.party_id)
                    await connection.execute(insert(party).values(party_id=owner.party_id))
                    rows = [{"party_id": owner.party_id, "role": role} for role in roles]
                    await connection.execute(insert(party_role), rows)
                row = {
                    "name": each.person.name,
                    "party_id": owner.party_id,
                    "password_hash": each.password_hash,
                    "second_factor": each.second_factor,
                    "last_step": 0,
                    "created_s": int(at.timestamp()),
                }
                await connection.execute(insert(person).values(**row))
                rows = [{"name": each.person.name, "role": role} for role in roles]
                await connection.execute(insert(person_role), rows)

    async def change_password(
        self, name: str, password_hash: str, *, keeps_passkeys: bool = False
    ) -> None:
        """Change a person's password hash; its sign-ins end.

        Its passkeys are removed unless the person itself changes it: who had taken its account
        keeps none.
        """
        is_it = person.c.name == name
        async with self._database.transaction() as connection:
            change = update(person).where(is_it).values(password_hash=password_hash)
            await connection.execute(change)
            for table in (sign_in,) if keeps_passkeys else (sign_in, passkey):
                await connection.execute(delete(table).where(table.c.name == name))

    async def change_second_factor(self, name: str, made: SecondFactor, keeps: str = "") -> None:
        """Change a person's second factor with its recovery codes.

        Args:
            name: Whose.
            made: The new one.
            keeps: The sign-in that goes on; all others end.
        """
        is_it, is_other = person.c.name == name, sign_in.c.id != keeps
        told = {"second_factor": made.secret, "last_step": made.step}
        rows = [{"name": name, "code_hash": each} for each in made.recovery_hashes]
        async with self._database.transaction() as connection:
            await connection.execute(update(person).where(is_it).values(**told))
            await connection.execute(delete(recovery_code).where(recovery_code.c.name == name))
            if rows:
                await connection.execute(insert(recovery_code), rows)
            await connection.execute(delete(sign_in).where(sign_in.c.name == name, is_other))

    async def change_roles(self, name: str, roles: Sequence[Role]) -> None:
        """Give a person other roles; its sign-ins end."""
        async with self._database.transaction() as connection:
            for table in (person_role, sign_in):
                await connection.execute(delete(table).where(table.c.name == name))
            rows = [{"name": name, "role": role.value} for role in roles]
            await connection.execute(insert(person_role), rows)

    async def use_step(self, name: str, step: int) -> bool:
        """Remember the time step of a one-time code; False where it or a later one was used."""
        is_later = (person.c.name == name) & (person.c.last_step < step)
        async with self._database.transaction() as connection:
            done = await connection.execute(update(person).where(is_later).values(last_step=step))
        return done.rowcount == 1

    async def remove(self, names: Sequence[str]) -> None:
        """Remove people with all that is known of them, and end their sign-ins."""
        async with self._database.transaction() as connection:
            for table in (*KNOWN_OF_PERSON, person):
                await connection.execute(delete(table).where(table.c.name.in_(names)))
