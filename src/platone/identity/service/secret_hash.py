"""Hashes of clients' secrets by Argon2id (RFC 9106).

Our secrets are 256 random bits, beyond guessing; the hash guards those that an operator chose.
Cost: OWASP's floor for Argon2id, 19 MiB and two passes, about 30 ms.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_PASSES = 2
"""Passes of Argon2id over its memory (OWASP's floor)."""
_MEMORY_KIB = 19_456
"""Memory of one hash, KiB: 19 MiB (OWASP's floor)."""


class SecretHasher:
    """A hasher of secrets for storage. Slow on purpose: call it off the event loop."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)

    def hashed(self, secret: str) -> str:
        """Return a salted hash of a secret."""
        return self._argon2.hash(secret)

    def matches(self, secret_hash: str, secret: str) -> bool:
        """Return whether a hash was made of this secret."""
        try:
            return self._argon2.verify(secret_hash, secret)
        except (VerificationError, InvalidHashError):
            return False
