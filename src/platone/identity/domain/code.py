"""Authorization codes and their proof keys (RFC 6749 section 4.1, RFC 7636)."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from platone.identity.domain.person import Person

CODE_LIFE_S = 60.0
"""Life of an authorization code, s: a browser is sent on in one, RFC 6749 allows ten minutes."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorization that a code stands for.

    Attributes:
        client_id: The client that asked.
        redirect_uri: Where the browser was sent.
        challenge: The client's code challenge, method S256.
        person: Who signed in.
        agent: What the browser called itself.
    """

    client_id: str
    redirect_uri: str
    challenge: str
    person: Person
    agent: str


def is_challenge(text: str) -> bool:
    """Return whether a text is a code challenge of the method S256."""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """Return the code challenge of a verifier: the base64url of its SHA-256 (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def answers(verifier: str, challenge: str) -> bool:
    """Return whether a verifier is the one that a challenge was made of."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return hmac.compare_digest(challenge_of(verifier), challenge)
