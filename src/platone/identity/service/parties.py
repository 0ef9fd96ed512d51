"""The parties that are at home on a server: added, given new secrets and removed by who runs it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from platone.identity.domain.party import Client, Party, RegisteredClient
from platone.identity.domain.problem import PartyExists, PartyRunsHere, PartyUnknown
from platone.identity.records.client import ClientRecords
from platone.identity.records.file import CredentialsStore
from platone.identity.service.secret import credentials_of, new_secret
from platone.identity.service.secret_hash import SecretHasher
from platone.kernel.clock import Clock
from platone.messages.base import Role
from platone.messages.identity import ClientCredentials


@dataclass(frozen=True, slots=True)
class ManageParties:
    """Adds and removes parties; what it does is in force at a running server at once.

    A token that was issued before lasts until its end, some minutes.

    Args:
        clients: The parties' clients.
        file: The development clients' secrets; one that is changed stands there no longer.
        hasher: The secrets' hash.
        clock: The machine's clock.
        elsewhere: Gives the parties that are at home at partners.
        residents: The parties whose systems run on the server.
        is_gone: Is told of a party that was removed.
    """

    clients: ClientRecords
    file: CredentialsStore
    hasher: SecretHasher
    clock: Clock
    elsewhere: Callable[[], Collection[str]]
    residents: Collection[str]
    is_gone: Callable[[str], None] = lambda _party_id: None

    async def all(self) -> list[Party]:
        """Return the parties, by their identifiers."""
        return await self.clients.parties()

    async def add(self, party_id: str, roles: tuple[Role, ...]) -> ClientCredentials:
        """Add a party, and return its client; the secret is told here only.

        Raises:
            PartyExists: It is known already, here or at a partner.
        """
        known = {each.party_id for each in await self.clients.parties()}
        if party_id in known or party_id in self.elsewhere():
            raise PartyExists(f"There is a party {party_id} already.", partyId=party_id)
        party, secret = Party(party_id, tuple(dict.fromkeys(roles))), new_secret()
        hashed = await asyncio.to_thread(self.hasher.hashed, secret)
        await self.clients.add(
            [RegisteredClient(Client(party_id, party), hashed)], self.clock.now()
        )
        return credentials_of(party, secret)

    async def rotate(self, party_id: str) -> ClientCredentials:
        """Give a party's client a new secret, which is told here only; the old one is void.

        Raises:
            PartyUnknown: There is none.
        """
        party, secret = await self.find(party_id), new_secret()
        hashed = await asyncio.to_thread(self.hasher.hashed, secret)
        client = RegisteredClient(Client(party_id, party), hashed)
        await self.clients.set_secret(client, self.clock.now())
        await asyncio.to_thread(self.file.forget, party_id)
        return credentials_of(party, secret)

    async def remove(self, party_id: str) -> Party:
        """Remove a party with its client and its people, whose sign-ins end; return it.

        Raises:
            PartyUnknown: There is none.
            PartyRunsHere: Its systems run here.
        """
        found = await self.find(party_id)
        if not self.may_remove(party_id):
            raise PartyRunsHere(f"{party_id} has systems that run here.", partyId=party_id)
        await self.clients.remove(party_id)
        self.is_gone(party_id)
        await asyncio.to_thread(self.file.forget, party_id)
        return found

    def may_remove(self, party_id: str) -> bool:
        """Return whether a party may be removed: no system of it runs here."""
        return party_id not in self.residents

    async def find(self, party_id: str) -> Party:
        """Return a party.

        Raises:
            PartyUnknown: There is none.
        """
        for each in await self.clients.parties():
            if each.party_id == party_id:
                return each
        shown = party_id[:60]
        raise PartyUnknown(f"There is no party {shown} here.", partyId=shown)
