"""A request or offer as canonical JSON, whose long part is written once for all that needs it."""

import hashlib
from dataclasses import dataclass

import msgspec

from platone.kernel.canonical import canonical_parts, filled_parts, joined
from platone.messages.market import FlexibilityService, RecordedService


@dataclass(frozen=True, slots=True)
class OrderText:
    """The canonical JSON of a message.

    Attributes:
        flexibility: That of what it asks or offers.
        digest: SHA-256 of that of all of it, 64 hexadecimal digits.
    """

    flexibility: bytes
    digest: str

    def recorded(self, service: RecordedService) -> bytes:
        """Return the canonical JSON of the message with what was noted at its acceptance."""
        return _filled(service, self.flexibility)


def write_order(service: FlexibilityService) -> OrderText:
    """Return the canonical JSON of a message."""
    flexibility = joined(canonical_parts(service.flexibility))
    digest = hashlib.sha256(_filled(service, flexibility)).hexdigest()
    return OrderText(flexibility, digest)


def _filled(service: FlexibilityService, flexibility: bytes) -> bytes:
    without = msgspec.structs.replace(service, flexibility=[])
    return joined(filled_parts(without, {"flexibility": [flexibility]}))
