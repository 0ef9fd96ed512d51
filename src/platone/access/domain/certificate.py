"""What of a stored message leaves the access layer: its certification, and its measurements."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.access.domain.message import Authentic
from platone.messages.metering import Reading
from platone.messages.registry import Measurement

SALT_BYTES = 32
_LEAF = b"\x00"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is to be stored.

    Attributes:
        message: The message.
        fresh: Those of its readings that were not known before.
        salt: 32 random bytes that keep its leaf from being guessed.
        received_at: When it came.
    """

    message: Authentic
    fresh: Sequence[Reading]
    salt: bytes
    received_at: datetime

    @property
    def certification_id(self) -> str:
        """The record's identifier at the certification service."""
        device, sequence = self.message.name
        return f"reading:{device}:{sequence}"

    @property
    def leaf(self) -> str:
        """The record's leaf in its Merkle tree (RFC 6962, salted), 64 hexadecimal digits."""
        return hashlib.sha256(_LEAF + self.salt + self.message.text.encode()).hexdigest()

    def measurements(self) -> list[Measurement]:
        """The fresh readings in the form that the Shared Customer Database takes."""
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
            )
            for reading in self.fresh
        ]
