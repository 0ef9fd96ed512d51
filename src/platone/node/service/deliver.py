"""Delivery of messages, again and again, until the access layer's receipt has come."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from platone.kernel.errors import PlatoneError
from platone.node.domain.message import SealedMessage, verify_receipt
from platone.node.records import Journal
from platone.node.service.ports import Uplink

_log = logging.getLogger(__name__)
_WINDOW = 200
"""Messages sent before their receipts came: a day of quarter-hours and more after an outage, and
few enough that a slow link is not flooded."""
_LONGEST_PAUSE_S = 300.0
"""Longest pause before a message is sent again, s: an outage's end is noticed within it."""


class Delivery:
    """Sends a journal's messages, each until its receipt has come.

    Args:
        journal: What is to be sent.
        uplink: Where to.
        device: The node's address.
        resend_s: First pause before a message is sent again; each further one is twice as long,
            up to five minutes.
        monotonic_s: Seconds that only go forward.
    """

    def __init__(
        self,
        journal: Journal,
        uplink: Uplink,
        device: str,
        resend_s: float,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._uplink = uplink
        self._device = device
        self._resend_s = resend_s
        self._monotonic_s = monotonic_s
        self._sent: dict[int, tuple[int, float]] = {}
        self._news = asyncio.Event()
        self._settled = asyncio.Event()

    def wake(self, *, is_new_connection: bool = False) -> None:
        """Tell that there is something to send; after a new connection, all of it again."""
        if is_new_connection:
            self._sent.clear()
        self._news.set()

    async def wait_received(self) -> None:
        """Wait until every message has had its receipt or its refusal."""
        while True:
            self._settled.clear()
            if not (await self._journal.count())[0]:
                return
            await self._settled.wait()

    async def send_waiting(self) -> None:
        """Send what is due, then wait for news; called again and again, it delivers everything."""
        self._news.clear()
        try:
            waiting = await self._journal.waiting(_WINDOW)
            for message in waiting:
                await self._send_if_due(message)
            if not waiting:
                self._sent.clear()
        except PlatoneError as error:
            _log.info("%s waits: %s", self._device, error.detail)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._resend_s / 2):
                await self._news.wait()

    async def _send_if_due(self, message: SealedMessage) -> None:
        attempts, due_s = self._sent.get(message.sequence, (0, 0.0))
        now_s = self._monotonic_s()
        if now_s < due_s:
            return
        await self._uplink.send_readings(message.envelope)
        pause_s = min(self._resend_s * 2**attempts, _LONGEST_PAUSE_S)
        self._sent[message.sequence] = (attempts + 1, now_s + pause_s)

    async def receive(self, raw: bytes, signer: str) -> None:
        """Take a receipt; anything that the access layer did not sign is ignored.

        Args:
            raw: What came on the receipts topic.
            signer: Address of the access layer's key.
        """
        receipt = verify_receipt(raw, self._device, signer)
        if receipt is None:
            _log.warning("%s had a receipt that is not the access layer's", self._device)
            return
        if receipt.status == "tryLater":  # it stays in the journal, and goes out again
            _log.info("message %d of %s: %s", receipt.sequence, self._device, receipt.reason)
            return
        refusal = None if receipt.status == "stored" else receipt.reason or "refused"
        if await self._journal.settle(receipt.sequence, receipt.message_hash, refusal):
            self._sent.pop(receipt.sequence, None)
            if len(self._sent) <= _WINDOW // 2:
                self._news.set()
            self._settled.set()
        if refusal is not None:
            _log.warning("message %d of %s: %s", receipt.sequence, self._device, refusal)
