"""Clients that sign people in by a browser: the dashboard, whose secret is made at each start."""

import hmac
from dataclasses import dataclass

from platone.identity.service.secret import SecretSeal, new_secret


@dataclass(frozen=True, slots=True)
class WebClient:
    """A client that sends browsers here, and takes codes back.

    Attributes:
        client_id: Its identifier.
        redirect_uri: The one address that browsers are sent back to.
    """

    client_id: str
    redirect_uri: str


class WebClients:
    """The clients that sign people in.

    Args:
        client: The one that runs here.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._seal = SecretSeal()
        self.secret = new_secret()

    def find(self, client_id: str, redirect_uri: str) -> WebClient | None:
        """Return a client by identifier and address, which is compared letter by letter."""
        is_it = (client_id, redirect_uri) == (self._client.client_id, self._client.redirect_uri)
        return self._client if is_it else None

    def match(self, client_id: str, secret: str) -> WebClient | None:
        """Return the client that an identifier and a secret belong to; None where there is none."""
        is_right = hmac.compare_digest(self._seal.mark(self.secret), self._seal.mark(secret))
        return self._client if is_right and client_id == self._client.client_id else None
