"""Accepted messages: their certification records, their measurements, and their trees."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.access.domain.message import AuthenticMessage
from platone.messages.metering import Reading
from platone.messages.registry import Measurement

SALT_BYTES = 32
"""Random bytes in front of a leaf's content, as many as the hash has: a leaf cannot be guessed."""
MOST_MESSAGES = 2_000
"""Messages in one certification tree, a fifth of the records that the ledger takes at once."""
_MOST_CHARACTERS = 4_000_000
"""Characters of a tree's messages: a request stays far below the largest body taken, 32 MiB."""
_KIND = "reading"
"""First part of a message's identifier at the certification service."""
_LEAF = b"\x00"
"""Prefix of a leaf's hash (RFC 6962 section 2.1)."""


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message that passed all checks and is to be stored.

    Attributes:
        message: The message.
        new_readings: Those of its readings that were not known before.
        salt: 32 random bytes that keep its leaf from being guessed.
        received_at: When it came.
    """

    message: AuthenticMessage
    new_readings: Sequence[Reading]
    salt: bytes
    received_at: datetime

    @property
    def certification_id(self) -> str:
        """Return the identifier of the message's record at the certification service."""
        return certification_id_of(*self.message.name)

    @property
    def leaf(self) -> str:
        """Return the record's leaf in its Merkle tree (RFC 6962, salted), 64 hexadecimal digits."""
        return hashlib.sha256(_LEAF + self.salt + self.message.text.encode()).hexdigest()

    def measurements(self) -> list[Measurement]:
        """Return the new readings in the form that the Shared Customer Database takes."""
        device, sequence = self.message.name
        leaf = self.leaf
        return [
            Measurement(
                pod_id=reading.pod_id,
                start_time=reading.start_time,
                duration_minutes=reading.duration_minutes,
                energy_wh=reading.energy_wh,
                quality=reading.quality,
                device=device,
                sequence=sequence,
                certification_id=self.certification_id,
                certification_hash=leaf,
                received_at=self.received_at,
                revision=reading.revision,
                reactive_energy_varh=reading.reactive_energy_varh,
                meter_id=None if reading.registers is None else reading.registers.meter_id,
            )
            for reading in self.new_readings
        ]


def certification_id_of(device: str, sequence: int) -> str:
    """Return the identifier of a message's record at the certification service."""
    return f"{_KIND}:{device}:{sequence}"


def message_of(certification_id: str) -> tuple[str, int]:
    """Return the device and the sequence number of a message's certification identifier."""
    _, device, sequence = certification_id.split(":")
    return device, int(sequence)


def first_tree(lengths: Sequence[int]) -> int:
    """Return how many of the oldest messages form the next certification tree.

    Args:
        lengths: Characters of each message that waits for its certification, the oldest first.
    """
    total = 0
    for count, length in enumerate(lengths[:MOST_MESSAGES]):
        total += length
        if count and total > _MOST_CHARACTERS:  # one message at least, however long
            return count
    return min(len(lengths), MOST_MESSAGES)
