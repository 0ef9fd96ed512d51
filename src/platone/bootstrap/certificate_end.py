"""The ends of the certificates in a data folder."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

_FOLDERS = ("identity", "tls")
"""Folders of a server's own certificates."""
_AUTHORITY = "authority"


def certificate_files(folder: Path) -> dict[str, Path]:
    """Return the files of a data folder's own certificates, by what each is for."""
    found = {_AUTHORITY: folder / "ca.pem"}
    for name in _FOLDERS:
        found |= {each.stem: each for each in sorted((folder / name).glob("*.pem"))}
    return {
        name: file
        for name, file in found.items()
        if file.exists() and not name.endswith(("-key", "-ca"))
    }


def certificate_ends(folder: Path) -> dict[str, datetime]:
    """Return when the own certificates of a data folder end, by what each is for.

    A file that is no certificate is left out: `platone doctor` tells it.
    """
    ends: dict[str, datetime] = {}
    for name, file in certificate_files(folder).items():
        try:
            ends[name] = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            continue
    return ends
