"""The parties that are at home on a server: added, given new secrets and removed by who runs it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

import msgspec

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
    """

    clients: ClientRecords
    file: CredentialsStore
    hasher: SecretHasher
    clock: Clock
    elsewhere: Callable[[], Collection[str]]
    residents: Collection[str]

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
            PartyUnknown: There is none, or it has people and no client.
        """
        party = await self._find(party_id)
        secret = new_secret()
        hashed = await asyncio.to_thread(self.hasher.hashed, secret)
        if not await self.clients.change(party_id, hashed):
            raise PartyUnknown(f"{party_id} has no client.", partyId=party_id)
        await asyncio.to_thread(self._forget, party_id)
        return credentials_of(party, secret)

    async def remove(self, party_id: str) -> None:
        """Remove a party with its client and its people, whose sign-ins end.

        Raises:
            PartyUnknown: There is none.
            PartyRunsHere: Its systems run here.
        """
        await self._find(party_id)
        if party_id in self.residents:
            raise PartyRunsHere(f"{party_id} has systems that run here.", partyId=party_id)
        await self.clients.remove(party_id)
        await asyncio.to_thread(self._forget, party_id)

    async def _find(self, party_id: str) -> Party:
        for each in await self.clients.parties():
            if each.party_id == party_id:
                return each
        raise PartyUnknown(f"There is no party {party_id} here.", partyId=party_id)

    def _forget(self, party_id: str) -> None:
        """Take a client out of the file of secrets, whose secret there is void."""
        told = self.file.read()
        if told is not None:
            others = [each for each in told.clients if each.party_id != party_id]
            self.file.write(msgspec.structs.replace(told, clients=others))
