"""The certificate authority's key and certificate in files."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from platone.identity.domain.certificate import (
    AUTHORITY_RENEWAL,
    CertificateOrder,
    authority_certificate,
    leaf_certificate,
)
from platone.identity.domain.problem import AuthorityIncomplete
from platone.identity.records.pem import key_bytes, read_key
from platone.infra.key_file import write_private

_WORLD_READABLE = 0o644
"""File mode of the certificate that everyone may read."""


class FileAuthority:
    """The development certificate authority in two files, made where there is none.

    The key is written before the certificate, and a renewed certificate keeps key and name: what
    was signed before still chains to it.

    Args:
        certificate_file: PEM, for everyone.
        key_file: PEM, for nobody else.
    """

    def __init__(self, certificate_file: Path, key_file: Path) -> None:
        self.file = certificate_file
        self._key_file = key_file
        self._pair: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None

    def open(self, now: datetime) -> None:
        """Read the authority, or make it, or renew its certificate.

        Raises:
            AuthorityIncomplete: Certificate and key do not belong together.
            KeyFileUnsafe: Others than its owner may read the key.
        """
        if not self._key_file.exists():
            if self.file.exists():
                raise AuthorityIncomplete(f"{self.file} is there, but not {self._key_file}.")
            write_private(self._key_file, key_bytes(ec.generate_private_key(ec.SECP256R1())))
        key = read_key(self._key_file)
        certificate = self._stored(key)
        if certificate is None or now + AUTHORITY_RENEWAL >= certificate.not_valid_after_utc:
            certificate = authority_certificate(key, x509.random_serial_number(), now)
            write_private(self.file, certificate.public_bytes(Encoding.PEM))
            self.file.chmod(_WORLD_READABLE)
        self._pair = (certificate, key)

    def _stored(self, key: ec.EllipticCurvePrivateKey) -> x509.Certificate | None:
        if not self.file.exists():
            return None
        try:
            certificate = x509.load_pem_x509_certificate(self.file.read_bytes())
        except ValueError as error:
            raise AuthorityIncomplete(f"{self.file} is no certificate: {error}") from error
        if certificate.public_key() != key.public_key():
            raise AuthorityIncomplete(f"{self.file} and {self._key_file} are not of one pair.")
        return certificate

    def _opened(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if self._pair is None:
            raise RuntimeError("the authority is not open: start identity first")
        return self._pair

    @property
    def certificate(self) -> x509.Certificate:
        """Return the authority's own certificate."""
        return self._opened()[0]

    def sign(
        self, key: ec.EllipticCurvePublicKey, order: CertificateOrder, now: datetime
    ) -> x509.Certificate:
        """Sign a leaf certificate with a random serial number."""
        return leaf_certificate(self._opened(), key, order, x509.random_serial_number(), now)
