"""Authentication of clients by identifier and secret, as slow for a right as for a wrong one."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from platone.identity.domain.party import Client
from platone.identity.domain.problem import ClientUnknown, TooManyFailures
from platone.identity.records.client import ClientRecords
from platone.identity.service.failure_limit import FailureLimit
from platone.identity.service.secret import SecretSeal, new_secret
from platone.identity.service.secret_hash import SecretHasher
from platone.identity.service.service_client import ServiceClients
from platone.infra.peer import peer_of

_REMEMBERED_S = 300.0
"""How long a right secret is remembered, s: half a token's life, so that a hash is paid rarely."""
_REMEMBERED = 1_000
"""Right secrets that are remembered at most; a market has some hundred clients."""
_WINDOW_S = 60.0
"""Length of the window in which wrong secrets are counted, s."""
_BY_CLIENT = 10
"""Wrong secrets in a window for one client from one origin: more than a person's typing errors."""
_BY_ORIGIN = 100
"""Wrong secrets in a window from one origin, whichever clients they name. Beyond it, only clients
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


class Authenticate:
    """Authenticates the client that a claim names.

    A secret that was right is remembered for some minutes as a keyed hash in memory, so that
    Argon2 is not paid for at each token. What is remembered is checked before the bound on
    failures: nobody can lock a working client out by guessing in its name.

    Args:
        clients: The stored clients.
        services: The embedded systems' clients.
        hasher: The secrets' hash.
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(
        self,
        clients: ClientRecords,
        services: ServiceClients,
        hasher: SecretHasher,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._clients = clients
        self._services = services
        self._hasher = hasher
        self._now = monotonic_s
        self._seal = SecretSeal()
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._by_client = FailureLimit(_BY_CLIENT, _WINDOW_S, monotonic_s)
        self._by_origin = FailureLimit(_BY_ORIGIN, _WINDOW_S, monotonic_s)
        self._hashing = asyncio.Semaphore(_HASHING)
        self._nobody = hasher.hashed(new_secret())

    async def __call__(self, claim: Claim) -> Client:
        """Return the client of a claim.

        Raises:
            ClientUnknown: There is none by these credentials.
            TooManyFailures: Too many wrong ones came from there.
        """
        service = self._services.match(claim.client_id, claim.secret)
        if service is not None:
            return service
        found = await self._clients.find(claim.client_id)
        kept = found.secret_hash if found is not None else self._nobody
        mark = self._seal.mark(claim.client_id, kept, claim.secret)
        if not self._remembers(mark):
            # Inside: a flood of guesses waits here, and meets the bound one after the other.
            async with self._hashing:
                if not self._remembers(mark):
                    await self._verify(claim, kept, is_known=found is not None)
                    self._remember(mark)
        if found is None:
            raise ClientUnknown
        return found.client

    async def _verify(self, claim: Claim, kept: str, *, is_known: bool) -> None:
        self._check_limits(claim, is_known=is_known)
        if not await self._matches(kept, claim.secret) or not is_known:
            self._count(claim)
            raise ClientUnknown

    def _remembers(self, mark: bytes) -> bool:
        return self._remembered.get(mark, 0.0) > self._now()

    def _check_limits(self, claim: Claim, *, is_known: bool) -> None:
        """Refuse who guessed too often; clients that share its address are heard all the same."""
        wait_s = self._by_client.wait_s(_pair(claim))
        if not is_known or self._by_client.has_failed(_pair(claim)):
            wait_s = max(wait_s, self._by_origin.wait_s(peer_of(claim.origin)))
        if wait_s:
            raise TooManyFailures(wait_s)

    def _count(self, claim: Claim) -> None:
        self._by_client.count(_pair(claim))
        self._by_origin.count(peer_of(claim.origin))

    async def _matches(self, kept: str, secret: str) -> bool:
        if len(secret) > _LONGEST_SECRET:
            return False
        return await asyncio.to_thread(self._hasher.matches, kept, secret)

    def _remember(self, mark: bytes) -> None:
        self._remembered[mark] = self._now() + _REMEMBERED_S
        self._remembered.move_to_end(mark)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


def _pair(claim: Claim) -> str:
    return f"{peer_of(claim.origin)} {claim.client_id[:200]}"
