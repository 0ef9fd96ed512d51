"""PEM files with P-256 keys, readable by their owner only."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from platone.infra.key_file import check_private


def key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key in a file.

    Raises:
        KeyFileUnsafe: Others can read the file.
        ValueError: It holds no P-256 key.
    """
    check_private(file)
    key = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file} holds no key on an elliptic curve")  # noqa: TRY004 - content
    return key
