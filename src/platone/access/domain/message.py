"""From bytes on a topic to a message that its device has signed."""

import hashlib
from dataclasses import dataclass

import msgspec

from platone.access.domain.refusal import DeviceMismatch, MessageOversize
from platone.kernel.errors import MalformedMessage, PlatoneError
from platone.kernel.signature import SignatureInvalid, recover
from platone.messages.metering import ReadingBatch, SignedMessage

MAX_MESSAGE_BYTES = 128 * 1024
UNKNOWN_SEQUENCE = -1

_envelope = msgspec.json.Decoder(SignedMessage)
_batch = msgspec.json.Decoder(ReadingBatch)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came.

    Attributes:
        device: The device of its topic: the one whose certificate it came with.
        raw: Its bytes.
    """

    device: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Authentic:
    """A message whose signature is its device's.

    Attributes:
        text: The exact envelope, which is what is certified.
        batch: What was signed.
        message_hash: SHA-256 of the payload's bytes.
    """

    text: str
    batch: ReadingBatch
    message_hash: str

    @property
    def name(self) -> tuple[str, int]:
        """Device and sequence number, which name the message."""
        return self.batch.device, self.batch.sequence


def authenticate(arrival: Arrival) -> Authentic:
    """Check size, form and signature of a message.

    Raises:
        MessageOversize: It is too long.
        MalformedMessage: It is no JSON of the documented form.
        SignatureInvalid: The device did not sign it.
        DeviceMismatch: Topic, envelope and payload name different devices.
    """
    if len(arrival.raw) > MAX_MESSAGE_BYTES:
        raise MessageOversize(
            f"{len(arrival.raw)} bytes; {MAX_MESSAGE_BYTES} are taken.", limit=MAX_MESSAGE_BYTES
        )
    try:
        envelope = _envelope.decode(arrival.raw)
        text = arrival.raw.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"The envelope is malformed: {error}") from error
    payload = envelope.payload.encode()
    if envelope.device != arrival.device:
        raise DeviceMismatch(f"The envelope of {envelope.device} came from {arrival.device}.")
    if recover(payload, bytes.fromhex(envelope.signature[2:])) != envelope.device:
        raise SignatureInvalid(f"{envelope.device} did not sign this payload.")
    try:
        batch = _batch.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedMessage(f"The payload is malformed: {error}") from error
    if batch.device != envelope.device:
        raise DeviceMismatch(f"{envelope.device} signed a payload of {batch.device}.")
    return Authentic(text, batch, hashlib.sha256(payload).hexdigest())


def examine(arrivals: list[Arrival]) -> list[Authentic | PlatoneError]:
    """Authenticate many messages; a bad one's reason stands in its place."""
    return [_authentic_or_reason(arrival) for arrival in arrivals]


def _authentic_or_reason(arrival: Arrival) -> Authentic | PlatoneError:
    try:
        return authenticate(arrival)
    except PlatoneError as reason:
        return reason


def name_of(arrival: Arrival) -> tuple[int, str]:
    """What a refused message calls itself, for the notice to its device.

    Returns:
        Its sequence number and the SHA-256 of its payload, as far as they can be read; else -1,
        and the hash of the bytes as they came.
    """
    try:
        payload = _envelope.decode(arrival.raw).payload.encode()
    except (msgspec.DecodeError, RecursionError):
        return UNKNOWN_SEQUENCE, hashlib.sha256(arrival.raw).hexdigest()
    message_hash = hashlib.sha256(payload).hexdigest()
    try:
        return _batch.decode(payload).sequence, message_hash
    except (msgspec.DecodeError, RecursionError):
        return UNKNOWN_SEQUENCE, message_hash
