"""Parties and their clients' secrets: added, removed and made anew while the server runs."""

import asyncio
from dataclasses import dataclass

from platone.identity.domain.party import FIRST_PARTIES, Client, Party, RegisteredClient
from platone.identity.domain.problem import PartyExists, PartyNeeded, PartyUnknown
from platone.identity.records.client import ClientRecords
from platone.identity.records.file import CredentialsStore
from platone.identity.service.secret import new_secret
from platone.identity.service.secret_hash import SecretHasher
from platone.identity.service.service_client import ServiceClients
from platone.kernel.clock import Clock

_SYSTEMS = frozenset(each.party_id for each in FIRST_PARTIES if each.runs_systems)
"""Parties whose systems run in this server."""


@dataclass(frozen=True, slots=True)
class ManageParties:
    """Adds and removes parties, and makes secrets of their clients anew.

    Attributes:
        clients: Parties and clients as they are kept.
        services: The embedded systems' clients.
        file: The file of the development clients' secrets.
        hasher: The secrets' hash.
        clock: The machine's clock.
    """

    clients: ClientRecords
    services: ServiceClients
    file: CredentialsStore
    hasher: SecretHasher
    clock: Clock

    async def find(self, party_id: str) -> Party:
        """Return a party.

        Raises:
            PartyUnknown: There is none.
        """
        for each in await self.clients.parties():
            if each.party_id == party_id:
                return each
        raise PartyUnknown(f"There is no party {party_id[:60]}.", partyId=party_id[:60])

    async def add(self, party: Party) -> bool:
        """Add a party; return whether it is new.

        Raises:
            PartyExists: One of its name has other roles.
        """
        if await self.clients.add_party(party):
            return True
        if set((await self.find(party.party_id)).roles) != set(party.roles):
            raise PartyExists(f"{party.party_id} is there with other roles.")
        return False

    async def remove(self, party_id: str, caller: str) -> Party:
        """Remove a party with its clients and people, and return it.

        Raises:
            PartyUnknown: There is none.
            PartyNeeded: Its systems run in this server, or it is the caller's.
        """
        found = await self.find(party_id)
        if party_id in _SYSTEMS or party_id == caller:
            raise PartyNeeded(f"{party_id} runs systems of this server, or is your own.")
        await self.clients.remove_party(party_id)
        self.services.forget(party_id)
        await asyncio.to_thread(self.file.forget, party_id)
        return found

    async def new_secret(self, party: Party) -> str:
        """Return a new secret of a party's client; the one before is void at once."""
        secret = new_secret()
        hashed = await asyncio.to_thread(self.hasher.hashed, secret)
        client = RegisteredClient(Client(party.party_id, party), hashed)
        await self.clients.set_secret(client, self.clock.now())
        await asyncio.to_thread(self.file.forget, party.party_id)
        return secret
