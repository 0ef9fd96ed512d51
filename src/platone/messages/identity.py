"""Clients of the first start, and the answers of the OAuth2 server."""

import msgspec

from platone.messages.base import Message


class TokenResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A token, named as RFC 6749 names it."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class ClientCredentials(Message):
    """One client of the first start's credentials file."""

    client_id: str
    client_secret: str
    party_id: str
    roles: list[str]


class CredentialsFile(Message):
    """The credentials.json of the first start; readable by its owner only."""

    base_url: str
    token_url: str
    ca_file: str
    clients: list[ClientCredentials]
