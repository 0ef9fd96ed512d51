"""A signing key in a file that only its owner can read."""

import os
from pathlib import Path

from platone.kernel.errors import PlatoneError
from platone.kernel.signature import SigningKey

_OWNER_ONLY = 0o600


class KeyFileUnsafe(PlatoneError):
    """A file with a private key can be read by others. Take their rights away (chmod 600)."""

    slug = "key-file-unsafe"
    title = "A private key lies open"


def write_private(file: Path, content: bytes) -> None:
    """Write a file that nobody but its owner can read, at no moment; replaces it whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def load_key(file: Path) -> SigningKey:
    """The key in a file (64 hexadecimal digits); a new key where there is no file yet.

    Raises:
        KeyFileUnsafe: Others than its owner may read the file.
    """
    if not file.exists():
        write_private(file, SigningKey().secret_bytes().hex().encode())
    if file.stat().st_mode & 0o077:
        raise KeyFileUnsafe(f"{file} can be read by others than its owner.", file=str(file))
    return SigningKey(bytes.fromhex(file.read_text().strip()))
