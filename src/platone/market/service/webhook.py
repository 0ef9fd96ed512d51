"""Outcomes told to participants at their own endpoints: in order, again and again, or given up."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Protocol

from platone.infra.lease.held import Lease
from platone.kernel.clock import Clock
from platone.market.domain.problem.webhook import WebhookMissing
from platone.market.domain.webhook import MOST_TRIES, message_id, secret_text
from platone.market.records.unit import MarketRecords
from platone.market.service.patience import Patience
from platone.messages.webhook import RegisteredWebhook, WebhookStatus

_KEY_BYTES = 32
"""Length of a secret, as long as the hash that it keys."""
_LOOK_S = 0.5
"""Seconds between looks for new messages: soon enough for people, cheap for the database."""
_AT_ONCE = 32
"""Endpoints that are called at once; one that hangs holds its own place for 10 s only."""


class Caller(Protocol):
    """The calls to participants' endpoints."""

    async def check(self, url: str) -> None:
        """Check that an endpoint may be called; raises WebhookNotAllowed."""
        ...

    async def call(self, url: str, secret: str, identifier: str, body: bytes) -> str | None:
        """Send a message; return what went wrong, None where it was taken."""
        ...


class Webhooks:
    """The endpoints of participants, and calls to them.

    Args:
        records: The market's records.
        caller: Calls endpoints.
        clock: The market's clock.
        patience: Pauses of endpoints that fail.
        look_s: Seconds between looks for new messages.
        lease: The right to call, where several workers share the records.
    """

    def __init__(
        self,
        records: MarketRecords,
        caller: Caller,
        clock: Clock,
        patience: Patience | None = None,
        look_s: float = _LOOK_S,
        lease: Lease | None = None,
    ) -> None:
        self._records = records
        self._caller = caller
        self._clock = clock
        self._patience = patience or Patience(clock)
        self._look_s = look_s
        self._lease = lease or Lease("webhooks")
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def register(self, party: str, url: str) -> RegisteredWebhook:
        """Register a party's endpoint, or move it; each time with a new secret.

        Raises:
            WebhookNotAllowed: It is no https address of a public host.
        """
        await self._caller.check(url)
        secret = secret_text(secrets.token_bytes(_KEY_BYTES))
        async with self._records.writing() as unit:
            await unit.webhooks.register(party, url, secret)
        self._hurry(party)
        return RegisteredWebhook(url=url, secret=secret)

    async def status(self, party: str) -> WebhookStatus:
        """Return the state of a party's endpoint; raises WebhookMissing."""
        async with self._records.reading() as unit:
            found = await unit.webhooks.status(party)
        if found is None:
            raise WebhookMissing(f"{party} has no endpoint.")
        return found

    async def remove(self, party: str) -> None:
        """Forget a party's endpoint; raises WebhookMissing."""
        async with self._records.writing() as unit:
            if not await unit.webhooks.remove(party):
                raise WebhookMissing(f"{party} has no endpoint.")

    async def replay(self, party: str) -> WebhookStatus:
        """Have all that was given up tried again, at once; raises WebhookMissing."""
        await self.status(party)
        async with self._records.writing() as unit:
            await unit.webhooks.replay(party)
        self._hurry(party)
        return await self.status(party)

    async def turn(self) -> None:
        """Look for what waits, and begin to tell it; one call after the other for each party."""
        async with self._records.reading() as unit:
            parties = [each.party for each in await unit.webhooks.all()]
        for party in parties:
            is_free = party not in self._under_way and len(self._under_way) < _AT_ONCE
            if is_free and self._patience.is_ripe(party):
                task = asyncio.create_task(self._tell(party))
                self._under_way[party] = task
                task.add_done_callback(self._ended(party))
        await asyncio.sleep(self._look_s)

    async def stop(self) -> None:
        """Leave the calls under way: what they told is told again, under the same identifiers."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _hurry(self, party: str) -> None:
        """Have a party called at once, by whichever worker does so."""
        self._patience.forget(party)
        self._lease.tell()

    def _ended(self, party: str) -> Callable[[asyncio.Task[None]], None]:
        def forget(task: asyncio.Task[None]) -> None:
            self._under_way.pop(party, None)
            if not task.cancelled() and task.exception() is not None:
                self._patience.wait(party)

        return forget

    async def _tell(self, party: str) -> None:
        """Tell a party its messages in order, until none waits or one fails."""
        while True:
            async with self._records.reading() as unit:
                endpoint = await unit.webhooks.find(party)
                message = await unit.webhooks.next_for(party)
            if endpoint is None or message is None:
                return
            identifier = message_id(message.topic, message.offset)
            wrong = await self._caller.call(
                endpoint.url, endpoint.secret, identifier, message.content
            )
            async with self._records.writing() as unit:
                if wrong is None:
                    await unit.webhooks.took(party, message, self._clock.now())
                else:
                    is_last = endpoint.failures + 1 >= MOST_TRIES
                    await unit.webhooks.failed(party, message, wrong, is_last=is_last)
            if wrong is not None:
                self._patience.wait(party)
                return
            self._patience.forget(party)
