"""Files with private keys that only their owner can read."""

import os
from pathlib import Path

from platone.kernel.errors import PlatoneError
from platone.kernel.signature import SigningKey

_OWNER_ONLY = 0o600
"""Mode of a key's file: read and written by its user alone."""
_OTHERS = 0o077
"""Bits of a file's mode that give group or others any right."""


class KeyFileUnsafe(PlatoneError):
    """A file with a private key can be read by others. Take their rights away (chmod 600)."""

    slug = "key-file-unsafe"
    title = "A private key lies open"


def write_private(file: Path, content: bytes) -> None:
    """Write a file that at no moment anybody but its owner can read; replace it whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name survives a power cut too
    finally:
        os.close(folder)


def check_private(file: Path) -> None:
    """Check that only its owner can read a file.

    Raises:
        KeyFileUnsafe: Others can.
    """
    if file.stat().st_mode & _OTHERS:
        raise KeyFileUnsafe(f"{file} can be read by others than its owner.", file=str(file))


def load_key(file: Path) -> SigningKey:
    """Return the key in a file (64 hexadecimal digits); a new key where there is no file yet.

    Raises:
        KeyFileUnsafe: Others than its owner may read the file.
    """
    if not file.exists():
        write_private(file, SigningKey().secret_bytes().hex().encode())
    check_private(file)
    return SigningKey(bytes.fromhex(file.read_text().strip()))
