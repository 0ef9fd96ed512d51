"""The people of a server: added, changed and removed by whoever runs it."""

import asyncio
from dataclasses import dataclass

from platone.identity.domain.party import Party
from platone.identity.domain.person import (
    Person,
    RegisteredPerson,
    SecondFactor,
    check_name,
    check_password,
)
from platone.identity.domain.problem import PersonExists, PersonUnknown, RoleNotOfParty
from platone.identity.records.client import ClientRecords
from platone.identity.records.person import PersonRecords
from platone.identity.service.second_factor import factor_secret
from platone.identity.service.secret_hash import SecretHasher
from platone.kernel.clock import Clock
from platone.messages.base import Role


@dataclass(frozen=True, slots=True)
class ManagePeople:
    """Adds, changes and removes people; what it does is in force at a running server at once."""

    people: PersonRecords
    clients: ClientRecords
    hasher: SecretHasher
    clock: Clock

    async def add(
        self, name: str, party_id: str, roles: tuple[Role, ...], password: str
    ) -> list[str]:
        """Add a person, and its party where it is new; return the development people that go.

        With the first person who has a password, the server is one for development no more.

        Args:
            name: What the person types to sign in.
            party_id: Its party.
            roles: Those of the party's roles that it has; none for all of them.
            password: Its first password.

        Raises:
            PersonNameInvalid: The name cannot be typed everywhere.
            PasswordTooShort: The password is easily guessed.
            PersonExists: The name is taken.
            RoleNotOfParty: The party does not have a role, or is new and none is given.
        """
        check_name(name)
        check_password(name, password)
        known = await self.people.all()
        made = [each.person.name for each in known if each.is_for_development]
        if any(each.person.name == name for each in known if not each.is_for_development):
            raise PersonExists(f"There is a person named {name}.", name=name)
        party = await self._party(party_id, roles)
        password_hash = await asyncio.to_thread(self.hasher.hashed, password)
        await self.people.remove(made)
        await self.people.add(
            [RegisteredPerson(Person(name, party), password_hash)], self.clock.now()
        )
        return made

    async def _party(self, party_id: str, roles: tuple[Role, ...]) -> Party:
        known = {each.party_id: each for each in await self.clients.parties()}
        if party_id not in known:
            if not roles:
                raise RoleNotOfParty(f"{party_id} is a new party: name its roles.")
            return Party(party_id, roles)
        foreign = [role.value for role in roles if role not in known[party_id].roles]
        if foreign:
            its = [role.value for role in known[party_id].roles]
            raise RoleNotOfParty(
                f"{party_id} is {', '.join(its)}, not {', '.join(foreign)}.", rolesOfParty=its
            )
        return Party(party_id, roles or known[party_id].roles)

    async def all(self) -> list[RegisteredPerson]:
        """Return all people, by name."""
        return await self.people.all()

    async def change_password(self, name: str, password: str) -> None:
        """Give a person another password; its sign-ins end, and its passkeys are removed.

        Raises:
            PersonUnknown: There is none, or it is one of development, which has no password.
            PasswordTooShort: The password is easily guessed.
        """
        await self._find(name)
        check_password(name, password)
        password_hash = await asyncio.to_thread(self.hasher.hashed, password)
        await self.people.change_password(name, password_hash)

    async def add_second_factor(self, name: str) -> str:
        """Give a person a second factor, and return its secret in Base32; its sign-ins end.

        Its recovery codes are void.

        Raises:
            PersonUnknown: There is none, or it is one of development.
        """
        await self._find(name)
        secret = factor_secret()
        await self.people.change_second_factor(name, SecondFactor(secret))
        return secret

    async def remove(self, name: str) -> None:
        """Remove a person; its sign-ins end, and its last token within minutes.

        Raises:
            PersonUnknown: There is none.
        """
        if await self.people.find(name) is None:
            raise PersonUnknown(f"There is no person named {name}.", name=name)
        await self.people.remove([name])

    async def _find(self, name: str) -> None:
        found = await self.people.find(name)
        if found is None or found.is_for_development:
            raise PersonUnknown(f"There is no person with a password named {name}.", name=name)
