"""Ports of the access layer: a way to the devices, and the other parties' systems."""

from typing import Protocol

from platone.access.domain.dead_letter import Unshared
from platone.infra.outbox import Entry
from platone.messages.ledger import RegisteredNode
from platone.messages.metering import CertificateRequest, IssuedCertificate
from platone.messages.registry import PointOfDelivery


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
        """Return a point of delivery; None where there is none."""
        ...


class CertificateAuthority(Protocol):
    """The identity provider's certificate authority."""

    async def issue(self, request: CertificateRequest) -> IssuedCertificate:
        """Sign a certificate for a common name by a certificate request.

        Raises:
            TokenInvalid: Who has asked for it is gone, though its token still counts.
        """
        ...


class DeviceDoor(Protocol):
    """The door of the devices' messages, which lets in those that stand."""

    def admit(self, device: str) -> None:
        """Let a device in, from now on."""
        ...

    def withdraw(self, device: str) -> None:
        """Let a device in no longer, and hang up on it."""
        ...


class NodeRegister(Protocol):
    """The register of Light Node keys on the chain."""

    async def register(self, device: str) -> RegisteredNode:
        """Register a device's key, and return the transaction that registered it, now or before."""
        ...


class Receivers(Protocol):
    """The parties to whom measurements and certification records are sent."""

    async def deliver(self, entry: Entry) -> list[Unshared]:
        """Deliver an outbox entry, and return the messages of which something is refused for good.

        Raises:
            DeliveryRefused: The receiver will never take any of it.
            PlatoneError: It may take it later.
        """
        ...
