"""Notices to households' browsers: who wants them, and their way there, tried again or given up."""

import asyncio
import time
from typing import Protocol

from platone.customers.domain.notice import Browser, Sent
from platone.customers.domain.problem import NoticesUnknown
from platone.customers.records.notice import NoticeRecords, WaitingNotice
from platone.kernel.clock import Clock
from platone.messages.notice import NoticeEndpoint, NoticeState, endpoint_name

_MOST_TRIES = 8
"""Failed tries after which a notice is given up: with its pauses some four minutes."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 120.0
"""Pause of a browser after its first failure, s, doubled after each other one, and the longest."""
_AT_ONCE = 16
"""Browsers that are told at once; one whose push service hangs holds its place for 10 s."""


class PushService(Protocol):
    """The way to browsers."""

    @property
    def public_key(self) -> str:
        """Return the key that browsers ask their push service to know this server by."""
        ...

    async def check(self, browser: Browser) -> None:
        """Check that a browser can be told; raises KeysMalformed."""
        ...

    async def send(self, browser: Browser, body: bytes) -> Sent:
        """Send a notice, and return what came of it."""
        ...


class Notices:
    """The browsers that want notices, and the way of notices to them.

    Args:
        records: What is stored of them.
        push: The way to browsers.
        clock: The market's clock.
    """

    def __init__(self, records: NoticeRecords, push: PushService, clock: Clock) -> None:
        self._records, self._push, self._clock = records, push, clock
        self._paused_until_s: dict[str, float] = {}

    async def state(self, customer_id: str) -> NoticeState:
        """Return which browsers of a customer are told."""
        found = await self._records.endpoints(customer_id)
        return NoticeState(public_key=self._push.public_key, endpoint_ids=found)

    async def add(self, customer_id: str, wanted: NoticeEndpoint) -> NoticeState:
        """Tell a customer's browser from now on.

        Raises:
            KeysMalformed: It cannot be told.
        """
        browser = Browser(wanted.endpoint, wanted.keys.p256dh, wanted.keys.auth)
        await self._push.check(browser)
        name = endpoint_name(wanted.endpoint)
        now = self._clock.now()
        await self._records.add(customer_id, name, browser, wanted.language, now)
        return await self.state(customer_id)

    async def remove(self, customer_id: str, endpoint_id: str) -> None:
        """Tell a customer's browser nothing more.

        Raises:
            NoticesUnknown: It is none of the customer's.
        """
        if not await self._records.remove(endpoint_id, customer_id):
            raise NoticesUnknown("No browser of yours has this name.")

    async def turn(self) -> bool:
        """Tell each browser the oldest notice that waits for it; return whether any was tried."""
        now_s = time.monotonic()
        waiting = [
            each
            for each in await self._records.waiting()
            if self._paused_until_s.get(each.endpoint_id, 0.0) <= now_s
        ][:_AT_ONCE]
        await asyncio.gather(*(self._tell(each) for each in waiting))
        return bool(waiting)

    async def _tell(self, each: WaitingNotice) -> None:
        sent = await self._push.send(each.browser, each.body)
        self._paused_until_s.pop(each.endpoint_id, None)
        if sent is Sent.UNWANTED:
            await self._records.remove(each.endpoint_id)
        elif sent is Sent.TAKEN or each.tries + 1 >= _MOST_TRIES:
            await self._records.done(each.number)
        else:
            pause_s = min(_FIRST_PAUSE_S * 2**each.tries, _LONGEST_PAUSE_S)
            self._paused_until_s[each.endpoint_id] = time.monotonic() + pause_s
            await self._records.failed(each.number)
