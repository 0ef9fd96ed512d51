"""Folders that are there whole, or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from platone.infra.backup.problem import BackupFailed

_OWNER_ONLY = 0o700
"""Mode of a folder that its owner alone may enter."""


@contextlib.contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Make a folder beside its place, and put it there when all of it is written.

    Raises:
        BackupFailed: Its place is taken.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupFailed(f"{folder} is there already: name a folder that is not, or is empty.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    try:
        yield draft
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for each in files_below(draft):
        descriptor = os.open(each, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    draft.chmod(_OWNER_ONLY)  # it may have taken those of what was copied
    draft.replace(folder)


def files_below(folder: Path) -> list[Path]:
    """Return all files below a folder, in order."""
    return sorted(each for each in folder.rglob("*") if each.is_file())
