"""A reader of phasor measurement units' messages; one bad reading does not spoil the others."""

from typing import Annotated

import msgspec

from platone.grid.problem.phasor import PhasorReadingMalformed
from platone.kernel.errors import MalformedMessage, PlatoneError
from platone.kernel.record_time import check_recordable
from platone.messages.base import Identifier, Instant, Message
from platone.messages.phasor import MAX_PHASOR_READINGS, PhasorMessage, PhasorReading

_LONGEST_REASON = 200
"""Characters of a decoder's reason that are passed on: it may quote what was sent."""


class _Envelope(Message):
    """A message whose readings are read one by one."""

    device: Identifier
    timestamp: Instant
    readings: Annotated[
        list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=MAX_PHASOR_READINGS)
    ]


_MESSAGE = msgspec.json.Decoder(PhasorMessage)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_READING = msgspec.json.Decoder(PhasorReading)


def read_message(payload: bytes) -> tuple[PhasorMessage, list[PlatoneError]]:
    """Return a message with the readings that are in order, and the problems of the others.

    Args:
        payload: JSON, `{"device", "timestamp", "readings": [{"component", "measurand", "phase",
            "data"}]}`.

    Raises:
        MalformedMessage: It is no such message; there is no NaN or infinity in JSON.
        InstantOutOfRange: Its instant lies outside the years 2000 to 2099.
    """
    message, problems = _read(payload)
    check_recordable(message.timestamp)
    return message, problems


def _read(payload: bytes) -> tuple[PhasorMessage, list[PlatoneError]]:
    try:
        return _MESSAGE.decode(payload), []
    except (msgspec.ValidationError, UnicodeDecodeError):
        pass  # perhaps one reading only: see which
    except (msgspec.DecodeError, RecursionError) as error:
        raise _malformed(error) from error
    try:
        envelope = _ENVELOPE.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from error
    readings: list[PhasorReading] = []
    problems: list[PlatoneError] = []
    for index, raw in enumerate(envelope.readings):
        try:
            readings.append(_READING.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)[:_LONGEST_REASON]
            problems.append(
                PhasorReadingMalformed(f"readings[{index}] is left out: {reason}", index=index)
            )
    found = PhasorMessage(device=envelope.device, timestamp=envelope.timestamp, readings=readings)
    return found, problems


def _malformed(error: Exception) -> MalformedMessage:
    reason = str(error)[:_LONGEST_REASON]
    return MalformedMessage(f"It is no message of phasors: {reason}")
