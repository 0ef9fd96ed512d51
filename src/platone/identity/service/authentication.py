"""Authentication of clients by identifier and secret, as slow for a right as for a wrong one."""

from collections import OrderedDict
from collections.abc import Callable

from platone.identity.domain.party import Client
from platone.identity.domain.problem import ClientUnknown
from platone.identity.records.client import ClientRecords
from platone.identity.service.guess_limit import Claim, GuessLimit
from platone.identity.service.secret import SecretSeal
from platone.identity.service.secret_hash import SecretHasher
from platone.identity.service.service_client import ServiceClients

_REMEMBERED_S = 300.0
"""How long a right secret is remembered, s: half a token's life, so that a hash is paid rarely."""
_REMEMBERED = 1_000
"""Right secrets that are remembered at most; a market has some hundred clients."""


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
        self._now = monotonic_s
        self._seal = SecretSeal()
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._guesses = GuessLimit(hasher, monotonic_s)

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
        kept = found.secret_hash if found is not None else None
        mark = self._seal.mark(claim.client_id, kept or self._guesses.nobody, claim.secret)
        if not self._remembers(mark):
            # Inside: a flood of guesses waits here, and meets the bound one after the other.
            async with self._guesses.turn:
                if not self._remembers(mark):
                    if not await self._guesses.is_right(claim, kept):
                        raise ClientUnknown
                    self._remember(mark)
        if found is None:
            raise ClientUnknown
        return found.client

    def _remembers(self, mark: bytes) -> bool:
        return self._remembered.get(mark, 0.0) > self._now()

    def _remember(self, mark: bytes) -> None:
        self._remembered[mark] = self._now() + _REMEMBERED_S
        self._remembered.move_to_end(mark)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
