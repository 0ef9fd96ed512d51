"""Ed25519 (RFC 8032): the keys by which validators sign.

It stands on the library that hashes for the chain anyway: whoever checks a proof installs no other.
"""

from typing import Any

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

KEY_BYTES = 32
"""Bytes of a secret and of a public key."""
_MODE = "rfc8032"


def public_key(secret: bytes) -> bytes:
    """Return the public key of a secret, 32 bytes."""
    return bytes(_key(secret).public_key().export_key(format="raw"))


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the signature of a message, 64 bytes."""
    return eddsa.new(_key(secret), _MODE).sign(message)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the holder of a public key signed a message."""
    try:
        eddsa.new(eddsa.import_public_key(key), _MODE).verify(message, signature)
    except ValueError:
        return False
    return True


def _key(secret: bytes) -> ECC.EccKey:
    told: Any = secret  # the library's own types know of texts only
    return ECC.construct(curve="Ed25519", seed=told)
