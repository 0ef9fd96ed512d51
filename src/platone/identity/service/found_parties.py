"""The first start: it makes parties, their clients, and the file of the clients' secrets."""

import asyncio
import logging
from dataclasses import dataclass

from platone.identity.domain.party import FIRST_PARTIES, Client, Party, RegisteredClient
from platone.identity.domain.person import Person, RegisteredPerson
from platone.identity.records.client import ClientRecords
from platone.identity.records.file import CredentialsStore
from platone.identity.records.person import PersonRecords
from platone.identity.service.secret import new_secret
from platone.identity.service.secret_hash import SecretHasher
from platone.kernel.clock import Clock
from platone.messages.identity import ClientCredentials, CredentialsFile

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundParties:
    """Makes the development parties that are missing; it may be stopped and run again.

    The file is written before the records: whatever a broken first start leaves, the next one
    finds the secrets in the file and records what is not recorded yet. A file that was taken
    away later, on purpose, is not made again: its secrets cannot be read back from hashes.
    """

    clients: ClientRecords
    people: PersonRecords
    file: CredentialsStore
    hasher: SecretHasher
    clock: Clock

    async def __call__(self, base_url: str, ca_file: str) -> bool:
        """Make the parties that are missing, and return whether any was.

        Args:
            base_url: Where the server listens.
            ca_file: Path of the authority's certificate.
        """
        known = await self.clients.known() | await self.clients.removed()
        stored = await asyncio.to_thread(self.file.read)
        before = {told.client_id: told for told in stored.clients} if stored is not None else {}
        missing = [party for party in FIRST_PARTIES if party.party_id not in known]
        made = [before.get(party.party_id) or _credentials(party) for party in missing]
        told = before | {credentials.client_id: credentials for credentials in made}
        wanted = CredentialsFile(
            base_url=base_url,
            token_url=f"{base_url}/oauth2/token",
            ca_file=ca_file,
            clients=list(told.values()),
        )
        if told and wanted != stored:
            await asyncio.to_thread(self.file.write, wanted)
        registered = [await self._registered(party, told[party.party_id]) for party in missing]
        await self.clients.add(registered, self.clock.now())
        await self._add_people([each.client.party for each in registered])
        if registered:
            _log.info("made %d development parties with their secrets", len(registered))
        return bool(registered)

    async def _add_people(self, parties: list[Party]) -> None:
        """Add a person of each new party, who signs in by a press while nobody has a password."""
        known = await self.people.all()
        if all(each.is_for_development for each in known):
            named = {each.person.name for each in known}
            made = [
                RegisteredPerson(Person(party.party_id, party), "")
                for party in parties
                if party.party_id not in named
            ]
            await self.people.add(made, self.clock.now())

    async def _registered(self, party: Party, told: ClientCredentials) -> RegisteredClient:
        secret_hash = await asyncio.to_thread(self.hasher.hashed, told.client_secret)
        return RegisteredClient(Client(party.party_id, party), secret_hash)


def _credentials(party: Party) -> ClientCredentials:
    return ClientCredentials(
        client_id=party.party_id,
        client_secret=new_secret(),
        party_id=party.party_id,
        roles=[role.value for role in party.roles],
    )
