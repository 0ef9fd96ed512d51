"""One server to a data folder: two would write the same chain and the same records."""

import fcntl
import os
from pathlib import Path

from platone.bootstrap.problem import ServerFailed

_OWNER_ONLY = 0o600
"""File mode: read and written by the server's user alone."""


class FolderLock:
    """Holds a folder until it is released or the process ends, in whatever way it ends.

    Args:
        folder: The folder, which exists.

    Raises:
        ServerFailed: Another server holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            raise ServerFailed(
                f"{folder} is in use by another Platone server: a folder has one. Workers, with "
                "their records in PostgreSQL, have a folder each (platone worker)."
            ) from error

    def release(self) -> None:
        """Release the folder to other servers; the file stays, for others wait at it."""
        os.close(self._descriptor)
