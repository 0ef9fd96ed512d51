"""Clients of the embedded systems: their secrets are made at each start, never kept on disk."""

import hmac
from collections.abc import Iterable, Mapping

from platone.identity.domain.party import Client, Party
from platone.identity.service.secret import SecretSeal, new_secret
from platone.messages.identity import ClientCredentials

_SUFFIX = "-service"


class ServiceClients:
    """The clients, such as ``MO-service``, of the parties that run systems here."""

    def __init__(self) -> None:
        self._seal = SecretSeal()
        self._known: dict[str, tuple[Client, bytes]] = {}
        self._credentials: dict[str, ClientCredentials] = {}

    def renew(self, parties: Iterable[Party]) -> None:
        """Make new secrets for these parties; the earlier ones are void."""
        self._known, self._credentials = {}, {}
        for party in parties:
            if not party.runs_systems:
                continue
            client = Client(party.party_id + _SUFFIX, party)
            secret = new_secret()
            self._known[client.client_id] = (client, self._seal.mark(secret))
            self._credentials[party.party_id] = ClientCredentials(
                client_id=client.client_id,
                client_secret=secret,
                party_id=party.party_id,
                roles=[role.value for role in party.roles],
            )

    def forget(self, party_id: str) -> None:
        """Take the client of a party that is no more."""
        gone = self._credentials.pop(party_id, None)
        if gone is not None:
            self._known.pop(gone.client_id, None)

    @property
    def credentials(self) -> Mapping[str, ClientCredentials]:
        """Return the credentials, by party."""
        return self._credentials

    def match(self, client_id: str, secret: str) -> Client | None:
        """Return the client that an identifier and a secret belong to; None where there is none."""
        known = self._known.get(client_id)
        if known is None or not hmac.compare_digest(known[1], self._seal.mark(secret)):
            return None
        return known[0]
