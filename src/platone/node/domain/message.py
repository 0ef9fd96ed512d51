"""Rules of a Light Node: signed messages, receipts and setpoints. Pure.

A message's identity is (device, sequence). What is signed is the payload's exact text, so the
text is made once and kept, never made again from its content.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from platone.kernel.errors import Kind, PlatoneError
from platone.kernel.signature import SignatureInvalid, SigningKey, recover
from platone.messages.metering import (
    MAX_READINGS,
    Reading,
    ReadingBatch,
    Receipt,
    SetpointAcknowledgement,
    SetpointCommand,
    SignedMessage,
)


class NotEnrolled(PlatoneError):
    """The Light Node has no certificate yet: enrol it at its point of delivery first."""

    slug = "node-not-enrolled"
    title = "The Light Node is not enrolled"
    kind = Kind.CONFLICT


class SetpointRefused(PlatoneError):
    """The node, or the customer's energy management system, does not carry out this setpoint."""

    slug = "setpoint-refused"
    title = "The setpoint is not carried out"


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """A signed message, ready to be sent as often as needed.

    Attributes:
        sequence: Its number.
        envelope: The bytes that go over the wire.
        message_hash: SHA-256 of the payload's bytes, as a receipt names it.
        read_until: End of its last interval.
    """

    sequence: int
    envelope: bytes
    message_hash: str
    read_until: datetime


def seal(key: SigningKey, payload: bytes) -> bytes:
    """Return a payload in its signed envelope, as it goes over the wire."""
    envelope = SignedMessage(
        device=key.address, payload=payload.decode(), signature="0x" + key.sign(payload).hex()
    )
    return msgspec.json.encode(envelope)


def seal_readings(
    key: SigningKey, first_sequence: int, sent_at: datetime, readings: Sequence[Reading]
) -> Iterator[SealedMessage]:
    """Yield readings as signed messages of bounded size, numbered upwards.

    Args:
        key: The node's signing key.
        first_sequence: Number of the first message.
        sent_at: When they are made.
        readings: In order of time.
    """
    for offset in range(0, len(readings), MAX_READINGS):
        part = readings[offset : offset + MAX_READINGS]
        sequence = first_sequence + offset // MAX_READINGS
        payload = msgspec.json.encode(
            ReadingBatch(
                device=key.address, sequence=sequence, sent_at=sent_at, readings=list(part)
            )
        )
        yield SealedMessage(
            sequence,
            seal(key, payload),
            hashlib.sha256(payload).hexdigest(),
            max(reading.start_time + duration(reading) for reading in part),
        )


def duration(interval: Reading | SetpointCommand) -> timedelta:
    """Return the length of a reading's or setpoint's interval."""
    return timedelta(minutes=interval.duration_minutes)


def verify_receipt(raw: bytes, device: str, signer: str) -> Receipt | None:
    """Return the receipt if it is for this device and signed by the access layer; else None."""
    try:
        envelope = msgspec.json.decode(raw, type=SignedMessage)
        signature = bytes.fromhex(envelope.signature.removeprefix("0x"))
        if recover(envelope.payload.encode(), signature) != signer:
            return None
        receipt = msgspec.json.decode(envelope.payload, type=Receipt)
    except (msgspec.DecodeError, SignatureInvalid, ValueError):
        return None
    return receipt if receipt.device == device else None


def check_setpoint(command: SetpointCommand, device: str, pod_id: str, now: datetime) -> None:
    """Check that a setpoint is for this node, and can still be carried out.

    Raises:
        SetpointRefused: With the reason.
    """
    if command.device != device or command.pod_id != pod_id:
        raise SetpointRefused(
            f"The setpoint is for {command.pod_id}, not for {pod_id}.", podId=command.pod_id
        )
    end = command.start_time + duration(command)
    if end <= now:
        raise SetpointRefused(f"Its interval ended at {end.isoformat()}.", endedAt=end.isoformat())


def acknowledge(
    key: SigningKey, command: SetpointCommand, refusal: str | None, now: datetime
) -> bytes:
    """Return a signed acknowledgement, as it goes over the wire; with the reason where refused."""
    acknowledgement = SetpointAcknowledgement(
        setpoint_id=command.setpoint_id,
        device=key.address,
        status="accepted" if refusal is None else "refused",
        detail=refusal,
        acknowledged_at=now,
    )
    return seal(key, msgspec.json.encode(acknowledgement))
