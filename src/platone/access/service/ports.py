"""What the access layer needs: records, a way to devices, and the other parties' systems."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from platone.access.domain.certificate import Accepted
from platone.access.domain.judgement import Device, Knowledge
from platone.access.domain.message import Arrival, Authentic
from platone.kernel.errors import PlatoneError
from platone.messages.ledger import RegisteredNode
from platone.messages.metering import IssuedCertificate
from platone.messages.registry import PointOfDelivery


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused message.

    Attributes:
        id: Its number here.
        arrival: The message as it came.
        reason: The problem's slug.
        detail: The problem's detail.
        received_at: When it first came.
        times: How often it came.
        is_replayed: Whether it was replayed and stored since.
    """

    id: int
    arrival: Arrival
    reason: str
    detail: str
    received_at: datetime
    times: int
    is_replayed: bool


class Transaction(Protocol):
    """One durable change of the records; nothing of it happens unless all of it does."""

    async def know(self, messages: Sequence[Authentic]) -> Knowledge:
        """What is stored about the messages' devices, numbers and times."""
        ...

    async def keep(self, accepted: Sequence[Accepted]) -> None:
        """Store messages and their readings, and put into the outbox what is to be shared."""
        ...

    async def certify(self, max_messages: int, max_characters: int) -> int:
        """Put the oldest messages that were not yet certified into the outbox, as one tree.

        Returns:
            How many.
        """
        ...

    async def bury(self, refused: Sequence[tuple[Arrival, PlatoneError]], now: datetime) -> None:
        """Keep refused messages with their reasons."""
        ...


class Records(Protocol):
    """The access layer's records."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a change."""
        ...

    async def devices(self, owner: str | None = None, pod_id: str | None = None) -> list[Device]:
        """Enrolled devices by address, of one owner or PoD where given."""
        ...

    async def enrol(self, device: Device, now: datetime) -> None:
        """Store a device, or replace what is stored of it."""
        ...

    async def dead_letters(self, after_id: int, limit: int) -> list[DeadLetter]:
        """Refused messages in order of their numbers."""
        ...

    async def dead_letter(self, letter_id: int) -> DeadLetter | None:
        """One refused message."""
        ...

    async def mark_replayed(self, letter_id: int) -> None:
        """Note that a refused message was stored since."""
        ...


class Downlink(Protocol):
    """The way to the devices."""

    async def send_receipt(self, device: str, envelope: bytes) -> None:
        """Send a signed receipt.

        Raises:
            PlatoneError: There is no connection; the device will ask again by resending.
        """
        ...


class PodDirectory(Protocol):
    """The Shared Customer Database's points of delivery."""

    async def pod(self, pod_id: str) -> PointOfDelivery | None:
        """A point of delivery; None where there is none."""
        ...


class CertificateAuthority(Protocol):
    """The identity provider's certificate authority."""

    async def issue(self, csr: str, common_name: str) -> IssuedCertificate:
        """Sign a certificate."""
        ...


class NodeRegister(Protocol):
    """The register of Light Node keys on the chain."""

    async def register(self, device: str) -> RegisteredNode:
        """Register a key, or learn that it is registered."""
        ...
