"""Argon2id (RFC 9106) for clients' secrets.

Our secrets are 256 random bits, beyond guessing; the hash guards those that an operator chose.
Cost: OWASP's floor for Argon2id, 19 MiB and two passes, about 30 ms.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_PASSES = 2
_MEMORY_KIB = 19_456


class Argon2Hasher:
    """Turns secrets into what may be kept."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)

    def hashed(self, secret: str) -> str:
        """A salted hash of a secret."""
        return self._argon2.hash(secret)

    def matches(self, secret_hash: str, secret: str) -> bool:
        """Whether a hash was made of this secret."""
        try:
            return self._argon2.verify(secret_hash, secret)
        except (VerificationError, InvalidHashError):
            return False
