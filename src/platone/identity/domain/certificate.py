"""X.509 certificates (RFC 5280) in our form: P-256, SHA-256, one purpose each.

A request's own extensions are never copied: what a certificate may be used for is decided here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_NAME = "Platone development authority"
AUTHORITY_LIFE = timedelta(days=3650)
"""Life of the authority's certificate: ten years, as is usual for a private authority."""
AUTHORITY_RENEWAL = timedelta(days=500)
"""Rest of its life at which the authority's certificate is renewed: longer than a leaf's life, so
that the authority never shortens one."""
LEAF_LIFE = timedelta(days=397)
"""Life of a server's or client's certificate: 13 months, the longest that browsers accept."""
LEAF_RENEWAL = timedelta(days=30)
"""Rest of its life at which a leaf is made anew."""
_BACKDATED = timedelta(minutes=5)
"""How far before its making a certificate is valid: other machines' clocks may be late."""


class Usage(Enum):
    """The purpose of a certificate; the value is its extendedKeyUsage."""

    SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
    CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    BROKER = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    """One broker of several is also a client of the others."""


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """The contents of a certificate that is to be signed.

    Attributes:
        common_name: Whom it names.
        usage: What it is for.
        hosts: Host names and IP addresses; for a server.
    """

    common_name: str
    usage: Usage
    hosts: tuple[str, ...] = ()

    def alternatives(self) -> list[x509.GeneralName]:
        """Return the hosts as subjectAltName entries."""
        return [_general_name(host) for host in self.hosts]


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, serial: int, *, is_authority: bool
) -> x509.CertificateBuilder:
    """Return a builder of a certificate with the parts that all certificates have."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(serial)
        .add_extension(
            x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None),
            critical=True,
        )
        .add_extension(_key_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def authority_certificate(
    key: ec.EllipticCurvePrivateKey, serial: int, now: datetime
) -> x509.Certificate:
    """Make the self-signed certificate of an authority that signs leaves only."""
    name = _named(AUTHORITY_NAME)
    builder = _builder(name, key.public_key(), serial, is_authority=True)
    dated = builder.not_valid_before(now - _BACKDATED).not_valid_after(now + AUTHORITY_LIFE)
    return dated.issuer_name(name).sign(key, hashes.SHA256())


def leaf_certificate(
    authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    public_key: ec.EllipticCurvePublicKey,
    order: CertificateOrder,
    serial: int,
    now: datetime,
) -> x509.Certificate:
    """Make a certificate for a server or a client, valid no longer than its authority's."""
    issuer, key = authority
    builder = (
        _builder(_named(order.common_name), public_key, serial, is_authority=False)
        .issuer_name(issuer.subject)
        .not_valid_before(max(now - _BACKDATED, issuer.not_valid_before_utc))
        .not_valid_after(min(now + LEAF_LIFE, issuer.not_valid_after_utc))
        .add_extension(x509.ExtendedKeyUsage(order.usage.value), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
    )
    if order.hosts:
        alternatives = x509.SubjectAlternativeName(order.alternatives())
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(key, hashes.SHA256())


def is_current(
    certificate: x509.Certificate, issuer: x509.Certificate, order: CertificateOrder, now: datetime
) -> bool:
    """Return whether a stored certificate fits an order and stays valid for a month."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return (
        now + LEAF_RENEWAL < certificate.not_valid_after_utc
        and certificate.subject == _named(order.common_name)
        and _hosts_of(certificate) == set(order.alternatives())
    )


def _hosts_of(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return set(found.value)
