"""A SQLite file that is copied while others write to it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from platone.infra.backup.instant import PATIENCE_S, BusyError
from platone.infra.backup.problem import BackupFailed

_OWNER_ONLY = 0o700
"""Mode of a folder that its owner alone may enter."""


class SqliteSource:
    """A SQLite file as a :class:`~platone.infra.backup.instant.Source`.

    Args:
        data: The folder that it is below.
        name: Its path there, and so in the copy.
    """

    def __init__(self, data: Path, name: str) -> None:
        self._name = name
        self._holder, self._reader = (
            sqlite3.connect(data / name, timeout=PATIENCE_S, isolation_level=None) for _ in range(2)
        )

    async def hold(self) -> None:
        """Hold writers off; raises BusyError where one commits now."""
        try:
            self._holder.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise BusyError from error

    async def begin(self) -> None:
        """Begin to read the file as it is now."""
        try:
            self._reader.rollback()
            self._reader.execute("BEGIN")
            self._reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            raise BusyError from error

    async def let_go(self) -> None:
        """Let writers go on."""
        self._holder.rollback()

    async def copy(self, folder: Path) -> None:
        """Copy the file below a folder, and check the copy.

        Raises:
            BackupFailed: It is damaged.
        """
        target = folder / self._name
        target.parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        target.touch(mode=0o600)
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            self._reader.backup(copy)
            (found,) = copy.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise BackupFailed(f"{target.name} is damaged: {found}.")

    async def close(self) -> None:
        """Close both connections."""
        self._holder.close()
        self._reader.close()
