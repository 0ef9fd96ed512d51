"""Ports of identity: the certificate authority, which another party may run."""

from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from platone.identity.domain.certificate import CertificateOrder


class Authority(Protocol):
    """The certificate authority."""

    @property
    def certificate(self) -> x509.Certificate:
        """Return the authority's own certificate."""
        ...

    def sign(
        self, key: ec.EllipticCurvePublicKey, order: CertificateOrder, now: datetime
    ) -> x509.Certificate:
        """Sign a leaf certificate with a random serial number."""
        ...
