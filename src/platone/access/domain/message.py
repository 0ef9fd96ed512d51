"""Authentication of messages: from bytes on a topic to readings that their device has signed."""

import hashlib
from dataclasses import dataclass

import msgspec

from platone.access.domain.problem import DeviceMismatch, MessageOversize
from platone.kernel.errors import MalformedMessage, PlatoneError
from platone.kernel.signature import SignatureInvalid, recover
from platone.messages.metering import ReadingBatch, SignedMessage

MAX_MESSAGE_BYTES = 128 * 1024
"""Longest message that is taken, bytes; a Light Node's hold at most 100 readings, about 16 kB."""
UNKNOWN_SEQUENCE = -1
"""Sequence number in the notice about a message whose own number cannot be read."""

_envelope = msgspec.json.Decoder(SignedMessage)
_batch = msgspec.json.Decoder(ReadingBatch)


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message as it came over a device's topic.

    Attributes:
        device: The device of its topic: the one whose certificate it came with.
        raw: Its bytes.
    """

    device: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class AuthenticMessage:
    """A message that is signed by the device of its topic.

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
        """Return the device and the sequence number, which name the message."""
        return self.batch.device, self.batch.sequence


def authenticate(message: IncomingMessage) -> AuthenticMessage:
    """Check size, form and signature of a message.

    Raises:
        MessageOversize: It is too long.
        MalformedMessage: It is no JSON of the documented form.
        SignatureInvalid: The device did not sign it.
        DeviceMismatch: Topic, envelope and payload name different devices.
    """
    if len(message.raw) > MAX_MESSAGE_BYTES:
        raise MessageOversize(
            f"{len(message.raw)} bytes; {MAX_MESSAGE_BYTES} are taken.", limit=MAX_MESSAGE_BYTES
        )
    try:
        envelope = _envelope.decode(message.raw)
        text = message.raw.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"The envelope is malformed: {error}") from error
    payload = envelope.payload.encode()
    if envelope.device != message.device:
        raise DeviceMismatch(f"The envelope of {envelope.device} came from {message.device}.")
    if recover(payload, bytes.fromhex(envelope.signature[2:])) != envelope.device:
        raise SignatureInvalid(f"{envelope.device} did not sign this payload.")
    try:
        batch = _batch.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedMessage(f"The payload is malformed: {error}") from error
    if batch.device != envelope.device:
        raise DeviceMismatch(f"{envelope.device} signed a payload of {batch.device}.")
    return AuthenticMessage(text, batch, hashlib.sha256(payload).hexdigest())


def authenticate_all(messages: list[IncomingMessage]) -> list[AuthenticMessage | PlatoneError]:
    """Authenticate many messages; the reason of a refusal stands in the message's place."""
    return [_authentic_or_reason(message) for message in messages]


def _authentic_or_reason(message: IncomingMessage) -> AuthenticMessage | PlatoneError:
    try:
        return authenticate(message)
    except PlatoneError as reason:
        return reason


def claimed_name(message: IncomingMessage) -> tuple[int, str]:
    """Return the name that a refused message gives itself, for the notice to its device.

    Returns:
        Its sequence number and the SHA-256 of its payload, as far as they can be read; else -1,
        and the hash of the bytes as they came.
    """
    try:
        payload = _envelope.decode(message.raw).payload.encode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNKNOWN_SEQUENCE, hashlib.sha256(message.raw).hexdigest()
    message_hash = hashlib.sha256(payload).hexdigest()
    try:
        return _batch.decode(payload).sequence, message_hash
    except (msgspec.DecodeError, RecursionError):
        return UNKNOWN_SEQUENCE, message_hash
