"""Ingest readings: verify a batch, make it durable in one commit, and only then give receipts."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.access.domain.certificate import SALT_BYTES, Accepted
from platone.access.domain.judgement import Knowledge, judge
from platone.access.domain.message import Arrival, Authentic, examine, name_of
from platone.access.service.ports import Downlink, Records
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.kernel.signature import SigningKey
from platone.messages.metering import Receipt, SignedMessage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message.

    Attributes:
        arrival: The message as it came.
        accepted: What is to be stored of it; None if it was known, or is refused.
        refusal: Why it is refused; None if it is not.
    """

    arrival: Arrival
    accepted: Accepted | None = None
    refusal: PlatoneError | None = None


class Ingest:
    """Takes messages of readings in, many at a time.

    A receipt is sent only after the commit that made its message durable. If the process dies
    between the two, the device sends the message again, it is found stored, and has its receipt.

    Args:
        records: Where messages are stored, with their outbox.
        downlink: The way to the devices.
        key: The access layer's key, which signs receipts.
        clock: Tells what lies in the future.
    """

    def __init__(self, records: Records, downlink: Downlink, key: SigningKey, clock: Clock) -> None:
        self._records = records
        self._downlink = downlink
        self._key = key
        self._clock = clock

    async def take(self, arrivals: Sequence[Arrival]) -> list[Verdict]:
        """Take messages in, and send a signed receipt or refusal for each of them.

        Returns:
            A verdict for each message, in their order.
        """
        if not arrivals:
            return []
        examined = await asyncio.to_thread(examine, list(arrivals))
        now = self._clock.now()
        async with self._records.transaction() as transaction:
            known = await transaction.know([it for it in examined if isinstance(it, Authentic)])
            verdicts = [
                _verdict(arrival, found, known, now)
                for arrival, found in zip(arrivals, examined, strict=True)
            ]
            await transaction.keep([it.accepted for it in verdicts if it.accepted])
            await transaction.bury([(it.arrival, it.refusal) for it in verdicts if it.refusal], now)
        await self._answer(verdicts, now)
        return verdicts

    async def _answer(self, verdicts: Sequence[Verdict], now: datetime) -> None:
        envelopes = await asyncio.to_thread(
            lambda: [signed_receipt(self._key, verdict, now) for verdict in verdicts]
        )
        results = await asyncio.gather(
            *(
                self._downlink.send_receipt(verdict.arrival.device, envelope)
                for verdict, envelope in zip(verdicts, envelopes, strict=True)
            ),
            return_exceptions=True,
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            _log.info("%d receipts were not sent: %s", len(failed), failed[0])


def _verdict(
    arrival: Arrival, found: Authentic | PlatoneError, known: Knowledge, now: datetime
) -> Verdict:
    if isinstance(found, PlatoneError):
        return Verdict(arrival, refusal=found)
    try:
        fresh = judge(found, known, now)
    except PlatoneError as refusal:
        return Verdict(arrival, refusal=refusal)
    if fresh is None:
        return Verdict(arrival)
    known.learn(found, fresh)
    return Verdict(arrival, Accepted(found, fresh, secrets.token_bytes(SALT_BYTES), now))


def signed_receipt(key: SigningKey, verdict: Verdict, now: datetime) -> bytes:
    """A verdict as the device gets it: a receipt or a refusal, signed by the access layer."""
    sequence, message_hash = name_of(verdict.arrival)
    receipt = Receipt(
        device=verdict.arrival.device,
        sequence=sequence,
        message_hash=message_hash,
        status="refused" if verdict.refusal else "stored",
        reason=verdict.refusal.slug if verdict.refusal else None,
        issued_at=now,
    )
    payload = msgspec.json.encode(receipt)
    return msgspec.json.encode(
        SignedMessage(
            device=key.address, payload=payload.decode(), signature="0x" + key.sign(payload).hex()
        )
    )
