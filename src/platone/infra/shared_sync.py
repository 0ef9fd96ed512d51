"""The write-ahead log of a SQLite file, made durable once for many transactions.

SQLite syncs its log within each commit, and no other transaction writes meanwhile. Here a commit
only writes to the log; the disk is asked beside the next transactions, once for all who wait::

    transaction 1 ──commit──► sync ─────────► 1 is durable
    transaction 2 ............└─commit──► sync ──────► 2 and 3 are durable
    transaction 3 .......................└─commit──┘

A later sync holds all that was committed before, so what others do upon a transaction that is not
durable yet never outlasts it.
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.gathering import Gathering
from platone.infra.storage import StorageUnavailable
from platone.kernel.errors import Kind, PlatoneError


class LogInUse(PlatoneError):
    """A long reading keeps the database's log from being emptied. It is tried again."""

    slug = "log-in-use"
    title = "The database's log is in use"
    kind = Kind.UNAVAILABLE


async def empty_log(connection: AsyncConnection) -> None:
    """Write SQLite's log back and cut it to nothing.

    Raises:
        LogInUse: A reading is under way.
    """
    answer = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    is_busy, *_ = answer.one()
    if is_busy:
        raise LogInUse("A reading is under way.")


class SharedSync:
    """Makes what is committed durable.

    Args:
        file: The database's file.
        threads: Where the disk is waited for.

    Attributes:
        is_in_doubt: True after the disk has failed. The system then takes what it could not write
            for written, so that nothing lasts that is added to the log: before the next transaction
            it is to be emptied (:func:`empty_log`).
    """

    def __init__(self, file: Path, threads: ThreadPoolExecutor) -> None:
        self._log = file.with_name(f"{file.name}-wal")
        self._threads = threads
        self._is_listed = False
        self.is_in_doubt = False
        self._together: Gathering[None, None] = Gathering(self._synced)

    async def __call__(self) -> None:
        """Return when all that has been committed by now is durable.

        Raises:
            StorageUnavailable: The disk is failing.
        """
        await self._together(None)

    async def _synced(self, waiting: Sequence[None]) -> Sequence[None]:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._sync_log)
        except OSError as error:
            self.is_in_doubt = True
            raise StorageUnavailable(
                "What was stored may not outlast a power cut, send the same again: "
                f"{(error.strerror or str(error)).lower()}."
            ) from error
        return waiting

    def _sync_log(self) -> None:
        _sync_path(self._log)
        if not self._is_listed:  # SQLite makes the log anew at each start
            _sync_path(self._log.parent)
            self._is_listed = True


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        getattr(os, "fdatasync", os.fsync)(descriptor)  # macOS has the second only
    finally:
        os.close(descriptor)
