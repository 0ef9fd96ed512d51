"""A market server elsewhere, as a party reaches it: address, authority, client."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import msgspec

from platone.bootstrap.problem import CredentialsUnusable
from platone.infra.http.client import PartyClient
from platone.messages.identity import ClientCredentials, CredentialsFile

_PATIENCE_S = 120.0
"""How long an answer of the market is waited for, s: a long outcome takes its time."""


@dataclass(frozen=True, slots=True)
class RemoteMarket:
    """The way to a market server.

    Attributes:
        url: Its address.
        ca_file: Certificates of the authorities that it is trusted by; None: the system's.
        credentials: The party's client.
    """

    url: str
    ca_file: Path | None
    credentials: ClientCredentials

    @classmethod
    def read(
        cls, file: Path, party: str, url: str | None = None, ca_file: Path | None = None
    ) -> Self:
        """Return the way to a market as a credentials file tells it.

        Args:
            file: The credentials, in the form of ``credentials.json``.
            party: Whose client is used.
            url: The address, where it is another than the file's.
            ca_file: The authorities' file, likewise.

        Raises:
            CredentialsUnusable: The file cannot be read, or has no client of the party.
        """
        try:
            told = msgspec.json.decode(file.read_bytes(), type=CredentialsFile)
        except (OSError, msgspec.DecodeError) as error:
            raise CredentialsUnusable(f"{file} cannot be read as credentials: {error}") from error
        own = next((each for each in told.clients if each.party_id == party), None)
        if own is None:
            raise CredentialsUnusable(f"{file} has no client of {party}.", partyId=party)
        authority = ca_file or (Path(told.ca_file) if told.ca_file else None)
        return cls(url or told.base_url, authority, own)

    def http(self) -> httpx.AsyncClient:
        """Return an HTTP client of the market's server; who asks for it closes it.

        Raises:
            CredentialsUnusable: The authorities' file cannot be read, or the address is no https.
        """
        if not self.url.startswith("https://"):
            raise CredentialsUnusable(f"{self.url} is no https address.")
        file = None if self.ca_file is None else str(self.ca_file)
        try:
            context = ssl.create_default_context(cafile=file)
        except (OSError, ssl.SSLError) as error:
            raise CredentialsUnusable(f"{file} holds no certificates: {error}") from error
        return httpx.AsyncClient(base_url=self.url, verify=context, timeout=_PATIENCE_S)

    def client(self, http: httpx.AsyncClient) -> PartyClient:
        """Return the party's calls over an HTTP client."""
        return PartyClient(http, self.credentials.client_id, self.credentials.client_secret)
