"""Certificate requests of devices, which also prove that a device holds its signing key.

The request (PKCS #10) carries as its challenge password the device's own EIP-191 signature over
a sentence with the hash of the TLS key: so nobody can have a certificate in a device's name
whom the device did not give one, and the message needs no further field.
"""

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AttributeOID, NameOID

from platone.kernel.errors import PlatoneError
from platone.kernel.signature import SignatureInvalid, SigningKey, recover


class RequestInvalid(PlatoneError):
    """The certificate signing request does not name the device, or the device did not sign it.

    Its common name must be the device's address and its only one; its key of curve P-256; and
    its challenge password the device's EIP-191 signature ("0x" and 130 hexadecimal digits) over
    "Platone TLS key sha256:<hash>", with the SHA-256 of the DER SubjectPublicKeyInfo.
    """

    slug = "certificate-request-invalid"
    title = "The certificate request is not valid"


def _statement(key: ec.EllipticCurvePublicKey) -> bytes:
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"Platone TLS key sha256:{hashlib.sha256(der).hexdigest()}".encode()


def make_request(signing_key: SigningKey) -> tuple[bytes, bytes]:
    """Make a P-256 key (PEM, PKCS #8) and a request (PEM) for it in the signing key's name."""
    key = ec.generate_private_key(ec.SECP256R1())
    proof = "0x" + signing_key.sign(_statement(key.public_key())).hex()
    named = _request(signing_key.address)
    return _signed(named.add_attribute(AttributeOID.CHALLENGE_PASSWORD, proof.encode()), key)


def make_service_request(name: str) -> tuple[bytes, bytes]:
    """Make a P-256 key (PEM, PKCS #8) and a request (PEM) for it in a service's name."""
    return _signed(_request(name), ec.generate_private_key(ec.SECP256R1()))


def certificate_end(certificate: str) -> datetime:
    """Return when a certificate (PEM) ends."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


def _request(name: str) -> x509.CertificateSigningRequestBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return x509.CertificateSigningRequestBuilder().subject_name(subject)


def _signed(
    request: x509.CertificateSigningRequestBuilder, key: ec.EllipticCurvePrivateKey
) -> tuple[bytes, bytes]:
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret, request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def check_request(pem: str, device: str) -> ec.EllipticCurvePublicKey:
    """Check that a device itself asks for a certificate in its name; return the key to certify.

    Raises:
        RequestInvalid: With the reason.
    """
    request, key = _read(pem, device)
    if _signer(request, key) != device:
        raise RequestInvalid(f"{device} did not sign for the request's key.")
    return key


def check_service_request(pem: str, name: str) -> ec.EllipticCurvePublicKey:
    """Check a service's request for a certificate in its name; return the key to certify.

    Who may ask in that name, the caller knows by the token.

    Raises:
        RequestInvalid: With the reason.
    """
    return _read(pem, name)[1]


def _read(pem: str, name: str) -> tuple[x509.CertificateSigningRequest, ec.EllipticCurvePublicKey]:
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        names = [(part.oid, part.value) for part in request.subject]
        is_own = request.is_signature_valid
        key = request.public_key()
    except Exception as error:  # the parser has many ways to say that bytes are no request
        raise RequestInvalid(f"The request cannot be read: {error}") from error
    if names != [(NameOID.COMMON_NAME, name)]:
        raise RequestInvalid(f"The request's subject must be the common name {name} alone.")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestInvalid("The request's key must be of curve P-256.")
    if not is_own:
        raise RequestInvalid("The request is not signed by its own key.")
    return request, key


def _signer(request: x509.CertificateSigningRequest, key: ec.EllipticCurvePublicKey) -> str:
    try:
        proof = request.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD).value
        return recover(_statement(key), bytes.fromhex(proof.decode().removeprefix("0x")))
    except (x509.AttributeNotFound, SignatureInvalid, ValueError):
        return ""
