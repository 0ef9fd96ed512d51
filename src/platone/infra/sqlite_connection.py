"""Connections to SQLite files that can be stopped more than once."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any

import aiosqlite
from sqlalchemy.engine import make_url

_ROWS_AT_ONCE = 64
"""Rows that an iteration takes from the connection's thread at once: the library's own default."""


class SqliteConnection(aiosqlite.Connection):
    """A connection to a SQLite file whose every stop is answered.

    The library's first stop ends the connection's thread, so that a second one waits for ever. A
    statement that is cancelled twice asks twice: once SQLAlchemy's polite end of the connection,
    which goes on in the background, and once the forced one.
    """

    _ending: "asyncio.Future[Any] | None" = None

    def stop(self) -> "asyncio.Future[Any] | None":
        """End the connection's thread; return a future of that end, None outside a loop."""
        if self._ending is None:
            self._ending = super().stop()
        # Each caller may be cancelled without the others.
        return None if self._ending is None else asyncio.shield(self._ending)


def connecting(url: str) -> Callable[[], Coroutine[Any, Any, SqliteConnection]]:
    """Return a function that opens connections to the SQLite file of an SQLAlchemy URL."""
    file = make_url(url).database or ":memory:"

    async def connect() -> SqliteConnection:
        # SQLAlchemy does the same: a thread that hangs in the disk does not keep the process.
        connection = SqliteConnection(
            lambda: sqlite3.connect(file, check_same_thread=False), _ROWS_AT_ONCE
        )
        connection._thread.daemon = True  # noqa: SLF001
        await connection
        return connection

    return connect
