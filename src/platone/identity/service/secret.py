"""Secrets in memory, compared by a keyed hash: quick, and useless to whoever reads it."""

import hashlib
import hmac
import secrets

from platone.identity.domain.party import Party
from platone.messages.identity import ClientCredentials

_MAC_BYTES = 32
"""Length of the key of marks, bytes: as long as SHA-256's hash."""


class SecretSeal:
    """A maker of marks of secrets that only this process can compare."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_MAC_BYTES)

    def mark(self, *parts: str) -> bytes:
        """Return the mark of a sequence of texts; no two sequences share one."""
        message = b"".join(
            len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts)
        )
        return hmac.new(self._key, message, hashlib.sha256).digest()


def new_secret() -> str:
    """Return a secret of 256 random bits, in characters that need no escaping anywhere."""
    return secrets.token_urlsafe(32)


def credentials_of(party: Party, secret: str) -> ClientCredentials:
    """Return the credentials of a party's own client, named as the party is."""
    return ClientCredentials(
        client_id=party.party_id,
        client_secret=secret,
        party_id=party.party_id,
        roles=[role.value for role in party.roles],
    )
