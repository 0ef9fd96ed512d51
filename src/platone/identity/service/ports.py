"""What identity's use cases need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from platone.identity.domain.certificate import Order
from platone.identity.domain.party import Party, RegisteredClient
from platone.infra.mqtt.tls import TlsFiles
from platone.messages.identity import CredentialsFile


class Clients(Protocol):
    """The parties and their clients."""

    async def find(self, client_id: str) -> RegisteredClient | None:
        """A client, by its identifier."""
        ...

    async def known(self) -> set[str]:
        """The identifiers of all clients."""
        ...

    async def parties(self) -> list[Party]:
        """All parties."""
        ...

    async def add(self, clients: Sequence[RegisteredClient], at: datetime) -> None:
        """Add clients, and their parties where they are new: all of them or none."""
        ...


class SecretHasher(Protocol):
    """Turns secrets into what may be kept. Slow on purpose: call it off the event loop."""

    def hashed(self, secret: str) -> str:
        """A salted hash of a secret."""
        ...

    def matches(self, secret_hash: str, secret: str) -> bool:
        """Whether a hash was made of this secret."""
        ...


class CredentialsStore(Protocol):
    """The file in which the first start leaves the clients' secrets for their owner."""

    def read(self) -> CredentialsFile | None:
        """What it says; none where there is no file."""
        ...

    def write(self, credentials: CredentialsFile) -> None:
        """Replace it whole."""
        ...


class Authority(Protocol):
    """The certificate authority."""

    @property
    def certificate(self) -> x509.Certificate:
        """Its certificate."""
        ...

    def sign(self, key: ec.EllipticCurvePublicKey, order: Order, now: datetime) -> x509.Certificate:
        """Sign a leaf with a random serial number."""
        ...


class TlsStore(Protocol):
    """Key pairs that the server holds itself."""

    def current(self, name: str) -> x509.Certificate | None:
        """The stored certificate of a name, if its key belongs to it."""
        ...

    def save(
        self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> None:
        """Store a key and its certificate."""
        ...

    def files(self, name: str) -> TlsFiles:
        """Where they are."""
        ...


class CertificateRegister(Protocol):
    """A record of every certificate that was signed."""

    async def record(
        self, certificate: x509.Certificate, order: Order, requested_by: str, at: datetime
    ) -> None:
        """Record one."""
        ...
