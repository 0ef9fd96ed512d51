"""secp256k1 identities: signing a message so that ordinary tools and contracts can check it.

The signed digest is EIP-191's version 0x45 ("personal sign"), the signature 65 bytes r, s, v
with v of 27 or 28, as ``ecrecover`` takes it. An identity's name is its Ethereum address.
"""

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

from platone.kernel.errors import Kind, PlatoneError

SIGNATURE_BYTES = 65
"""Bytes of a signature: r and s of 32 each, and v."""
_V_OFFSET = 27
"""The v of an even y in Ethereum's signatures (Yellow Paper, appendix F)."""


class SignatureInvalid(PlatoneError):
    """The signature was not made over these bytes by the key that the message names."""

    slug = "signature-invalid"
    title = "The signature does not match"
    kind = Kind.FORBIDDEN


def checksum_address(address: bytes) -> str:
    """Return an address of 20 bytes as text with the mixed-case checksum of EIP-55."""
    digits = address.hex()
    nibbles = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit  # noqa: PLR2004 - EIP-55's own constant
        for digit, nibble in zip(digits, nibbles, strict=False)
    )


def _address_of(key: PublicKey) -> str:
    return checksum_address(keccak(key.format(compressed=False)[1:])[12:])


def personal_digest(message: bytes) -> bytes:
    """Return the 32 bytes that are signed for a message (EIP-191, version 0x45)."""
    return keccak(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)


def recover_digest(digest: bytes, signature: bytes) -> str:
    """Return the address whose key signed a 32-byte digest.

    Raises:
        SignatureInvalid: The signature is not well-formed.
    """
    if len(signature) != SIGNATURE_BYTES or signature[64] not in {_V_OFFSET, _V_OFFSET + 1}:
        raise SignatureInvalid("A signature has 65 bytes: r, s, and v of 27 or 28.")
    compact = signature[:64] + bytes([signature[64] - _V_OFFSET])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception as error:
        raise SignatureInvalid("The signature is no point on the curve.") from error
    return _address_of(key)


def recover(message: bytes, signature: bytes) -> str:
    """Return the address whose key signed a message (EIP-191).

    Raises:
        SignatureInvalid: The signature is not well-formed.
    """
    return recover_digest(personal_digest(message), signature)


class SigningKey:
    """A secp256k1 private key; it never shows its secret in a representation.

    Args:
        secret: 32 bytes; a new random key where omitted.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._key = PrivateKey(secret)
        self.address = _address_of(self._key.public_key)

    def __repr__(self) -> str:
        return f"SigningKey({self.address})"

    def secret_bytes(self) -> bytes:
        """Return the secret's 32 bytes, for keeping it in a file of its owner."""
        return self._key.secret

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte digest; deterministic (RFC 6979), low s."""
        compact = self._key.sign_recoverable(digest, hasher=None)
        return compact[:64] + bytes([compact[64] + _V_OFFSET])

    def sign(self, message: bytes) -> bytes:
        """Sign a message by EIP-191."""
        return self.sign_digest(personal_digest(message))
