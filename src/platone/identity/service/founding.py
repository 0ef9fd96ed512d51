"""The first start: parties, their clients, and the file that tells their secrets to the owner."""

import asyncio
import logging
from dataclasses import dataclass

from platone.identity.domain.party import FIRST_PARTIES, Client, Party, RegisteredClient
from platone.identity.service.ports import Clients, CredentialsStore, SecretHasher
from platone.identity.service.secret import new_secret
from platone.kernel.clock import Clock
from platone.messages.identity import ClientCredentials, CredentialsFile

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundParties:
    """Makes the development parties that are missing; may be broken off and done again.

    The file is written before the records: whatever a broken first start leaves, the next one
    finds the secrets in the file and records what is not recorded yet. A file that was taken
    away later, on purpose, is not made again: its secrets cannot be read back from hashes.
    """

    clients: Clients
    file: CredentialsStore
    hasher: SecretHasher
    clock: Clock

    async def __call__(self, base_url: str, ca_file: str) -> bool:
        """Make what is missing; whether there was anything to make.

        Args:
            base_url: Where the server listens.
            ca_file: Path of the authority's certificate.
        """
        known = await self.clients.known()
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
        if registered:
            _log.info("made %d development parties with their secrets", len(registered))
        return bool(registered)

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
