"""Ingest of readings: verify a batch, make it durable in one commit, then send receipts."""

import asyncio
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.access.domain.certification import SALT_BYTES, AcceptedMessage
from platone.access.domain.message import (
    AuthenticMessage,
    IncomingMessage,
    authenticate_all,
    claimed_name,
)
from platone.access.domain.validation import StoredState, validate_message
from platone.access.records.message import MessageRecords
from platone.access.service.intake_figure import IntakeFigures
from platone.access.service.ports import Downlink
from platone.kernel.clock import Clock
from platone.kernel.errors import Kind, MalformedMessage, PlatoneError
from platone.kernel.signature import SigningKey
from platone.messages.metering import Receipt, SignedMessage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a message's ingest: stored, known already, or refused.

    Attributes:
        message: The message as it came.
        accepted: What is to be stored of it; None if it was known, or is refused.
        refusal: Why it is refused; None if it is not.
    """

    message: IncomingMessage
    accepted: AcceptedMessage | None = None
    refusal: PlatoneError | None = None

    @property
    def status(self) -> str:
        """Return the receipt's status: stored, refused for good, or to be tried later."""
        if self.refusal is None:
            return "stored"
        return "tryLater" if self.refusal.kind is Kind.TOO_EARLY else "refused"


class Ingest:
    """Verifies and stores messages of readings, many at a time.

    A receipt is sent only after the commit that made its message durable. If the process dies
    between the two, the device sends the message again, it is found stored, and has its receipt.

    Args:
        records: Where messages are stored, with their outbox.
        downlink: The way to the devices.
        key: The access layer's key, which signs receipts.
        clock: Tells what lies in the future.
        figures: Where verdicts are counted.
    """

    def __init__(
        self,
        records: MessageRecords,
        downlink: Downlink,
        key: SigningKey,
        clock: Clock,
        figures: IntakeFigures | None = None,
    ) -> None:
        self._records = records
        self._downlink = downlink
        self._key = key
        self._clock = clock
        self._figures = figures or IntakeFigures()

    async def take(self, messages: Sequence[IncomingMessage]) -> list[Verdict]:
        """Store messages, and send a signed receipt or refusal for each of them.

        Returns:
            A verdict for each message, in their order.
        """
        if not messages:
            return []
        began_s = time.perf_counter()
        examined = await asyncio.to_thread(authenticate_all, list(messages))
        now = self._clock.now()
        async with self._records.transaction() as transaction:
            known = await transaction.load_state(
                [it for it in examined if isinstance(it, AuthenticMessage)]
            )
            verdicts = [
                _verdict(message, found, known, now)
                for message, found in zip(messages, examined, strict=True)
            ]
            await transaction.store_accepted([it.accepted for it in verdicts if it.accepted])
            await transaction.store_refused(
                [(it.message, it.refusal) for it in verdicts if it.refusal], now
            )
        for verdict in verdicts:
            self._count(verdict)
        await self._answer(verdicts, now)
        self._figures.answered(len(verdicts), time.perf_counter() - began_s)
        return verdicts

    def _count(self, verdict: Verdict) -> None:
        readings = len(verdict.accepted.new_readings) if verdict.accepted else 0
        is_known = verdict.status == "stored" and verdict.accepted is None
        reason = verdict.refusal.slug if verdict.refusal else ""
        self._figures.count("known" if is_known else verdict.status, reason, readings)

    async def _answer(self, verdicts: Sequence[Verdict], now: datetime) -> None:
        envelopes = await asyncio.to_thread(
            lambda: [signed_receipt(self._key, verdict, now) for verdict in verdicts]
        )
        results = await asyncio.gather(
            *(
                self._downlink.send_receipt(verdict.message.device, envelope)
                for verdict, envelope in zip(verdicts, envelopes, strict=True)
            ),
            return_exceptions=True,
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            _log.info("%d receipts were not sent: %s", len(failed), failed[0])


def _verdict(
    message: IncomingMessage,
    found: AuthenticMessage | PlatoneError,
    known: StoredState,
    now: datetime,
) -> Verdict:
    if isinstance(found, PlatoneError):
        return Verdict(message, refusal=found)
    try:
        new_readings = validate_message(found, known, now)
    except PlatoneError as refusal:
        return Verdict(message, refusal=refusal)
    except (ArithmeticError, ValueError) as error:  # a number that no check has foreseen
        unforeseen = MalformedMessage(f"The message cannot be processed: {error}")
        return Verdict(message, refusal=unforeseen)
    if new_readings is None:
        return Verdict(message)
    known.add(found, new_readings)
    return Verdict(
        message, AcceptedMessage(found, new_readings, secrets.token_bytes(SALT_BYTES), now)
    )


def signed_receipt(key: SigningKey, verdict: Verdict, now: datetime) -> bytes:
    """Return the signed receipt or refusal that a message's device gets."""
    sequence, message_hash = claimed_name(verdict.message)
    receipt = Receipt(
        device=verdict.message.device,
        sequence=sequence,
        message_hash=message_hash,
        status=verdict.status,
        reason=verdict.refusal.slug if verdict.refusal else None,
        issued_at=now,
    )
    payload = msgspec.json.encode(receipt)
    return msgspec.json.encode(
        SignedMessage(
            device=key.address, payload=payload.decode(), signature="0x" + key.sign(payload).hex()
        )
    )
