"""A limit on guesses of secrets and passwords, by who is named and where the guesses come from."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from platone.identity.domain.problem import TooManyFailures
from platone.identity.service.failure_limit import FailureLimit
from platone.identity.service.secret import new_secret
from platone.identity.service.secret_hash import SecretHasher
from platone.infra.peer import peer_of

_WINDOW_S = 60.0
"""Length of the window in which wrong secrets are counted, s."""
_BY_NAME = 10
"""Wrong secrets in a window for one name from one origin: more than a person's typing errors."""
_BY_ORIGIN = 100
"""Wrong secrets in a window from one origin, whichever names they tell. Beyond it, only names
that have not failed from there are heard: many may share one address."""
_LONGEST_SECRET = 512
"""Longest secret that is hashed, characters: ours have 43."""
_HASHING = 2
"""Hashes computed at once: each takes a core and 19 MiB."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The identifier and secret that a caller presents, and where it calls from."""

    client_id: str
    secret: str
    origin: str


class GuessLimit:
    """Compares secrets with their hashes, as slowly for an unknown name, and counts wrong ones.

    Args:
        hasher: The secrets' hash.
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(self, hasher: SecretHasher, monotonic_s: Callable[[], float]) -> None:
        self._hasher = hasher
        self._by_name = FailureLimit(_BY_NAME, _WINDOW_S, monotonic_s)
        self._by_origin = FailureLimit(_BY_ORIGIN, _WINDOW_S, monotonic_s)
        self.turn = asyncio.Semaphore(_HASHING)  # a flood of guesses waits here
        self.nobody = hasher.hashed(new_secret())

    async def is_right(self, claim: Claim, secret_hash: str | None) -> bool:
        """Return whether a claim's secret is that of a hash; none is the hash of nobody known.

        Raises:
            TooManyFailures: Too many wrong ones came from there.
        """
        self.check(claim, is_known=secret_hash is not None)
        is_right = len(claim.secret) <= _LONGEST_SECRET and await asyncio.to_thread(
            self._hasher.matches, secret_hash or self.nobody, claim.secret
        )
        if not is_right or secret_hash is None:
            self.count(claim)
            return False
        return True

    def count(self, claim: Claim) -> None:
        """Count a wrong secret."""
        self._by_name.count(_pair(claim))
        self._by_origin.count(peer_of(claim.origin))

    def check(self, claim: Claim, *, is_known: bool) -> None:
        """Refuse who guessed too often; names that share its address are heard all the same.

        Raises:
            TooManyFailures: Too many wrong ones came from there.
        """
        wait_s = self._by_name.wait_s(_pair(claim))
        if not is_known or self._by_name.has_failed(_pair(claim)):
            wait_s = max(wait_s, self._by_origin.wait_s(peer_of(claim.origin)))
        if wait_s:
            raise TooManyFailures(wait_s)


def _pair(claim: Claim) -> str:
    return f"{peer_of(claim.origin)} {claim.client_id[:200]}"
