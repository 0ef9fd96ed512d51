"""Connections to SQLite files that can be stopped more than once, and ask their thread seldom.

Every call to a connection's thread costs a switch to it and back, some 0.1 ms. The library calls it
four times for one statement: for a cursor, to execute, to fetch, to close. Here one call does all
of that, if the rows are not many.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Self
from weakref import WeakSet

import aiosqlite
from sqlalchemy.engine import make_url

_ROWS_AT_ONCE = 64
"""Rows that come with the statement, in one call of the connection's thread. More are taken when
they are asked for: who streams long documents does not want them all."""
_LONGEST_END_S = 5.0
"""How long the end of connections is awaited, s: none takes long but where the disk hangs."""
_LONGEST_WAIT_S = 10.0
"""How long a connection waits for another that writes, s."""
_PAUSE_S = 0.01
"""Pause before a file is asked for its log again, s."""


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Prepare a new connection of SQLAlchemy's to a SQLite file: its log, and what it waits for.

    Raises:
        sqlite3.OperationalError: The file cannot be written to, or another holds it for long.
    """
    connection.isolation_level = None  # transactions are begun by who has them
    cursor = connection.cursor()
    _keep_log(cursor)
    for pragma in (
        "synchronous=FULL",  # what is acknowledged survives a power cut
        "foreign_keys=ON",
        f"busy_timeout={_LONGEST_WAIT_S * 1000:.0f}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_log(cursor: Any) -> None:
    """Have the file keep a write-ahead log.

    SQLite refuses that at once, without its timeout, while another connection to a new file does
    the same, or makes the first tables.
    """
    until_s = time.monotonic() + _LONGEST_WAIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until_s:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


class SqliteCursor:
    """A cursor that fetches its first rows, and closes if there are no others, as it executes.

    It has what SQLAlchemy's adapter asks of the library's cursor.

    Args:
        connection: The connection.
    """

    def __init__(self, connection: "SqliteConnection") -> None:
        self._connection = connection
        self._open: sqlite3.Cursor | None = None
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        """Return the cursor; there is nothing to open yet."""
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute a statement, and fetch its first rows."""
        await self._connection.call(self._execute, sql, parameters, many=False)
        return self

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> Self:
        """Execute a statement with many sets of parameters."""
        await self._connection.call(self._execute, sql, parameters, many=True)
        return self

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows, as many as there are of so many."""
        wanted = self.arraysize if size is None else size
        if self._open is not None and len(self._rows) < wanted:
            await self._connection.call(self._fetch, wanted - len(self._rows))
        found, self._rows = self._rows[:wanted], self._rows[wanted:]
        return found

    async def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        if self._open is not None:
            await self._connection.call(self._fetch, None)
        found, self._rows = self._rows, []
        return found

    async def close(self) -> None:
        """Forget the rows that nobody fetched."""
        self._rows = []
        if self._open is not None:
            await self._connection.call(self._close)

    def _execute(self, sql: str, parameters: Sequence[Any], *, many: bool) -> None:
        self._close()
        cursor = self._open = self._connection.driver.cursor()
        (cursor.executemany if many else cursor.execute)(sql, parameters)
        self.description = cursor.description
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        self._rows = []
        self._fetch(_ROWS_AT_ONCE)

    def _fetch(self, count: int | None) -> None:
        cursor = self._open
        if cursor is None:
            return
        rows = cursor.fetchall() if count is None else cursor.fetchmany(count)
        self._rows += rows
        if count is None or len(rows) < count:
            self._close()

    def _close(self) -> None:
        cursor, self._open = self._open, None
        if cursor is not None:
            cursor.close()


class SqliteConnection(aiosqlite.Connection):
    """A connection to a SQLite file whose every stop is answered.

    The library's first stop ends the connection's thread, so that a second one waits for ever. A
    statement that is cancelled twice asks twice: once SQLAlchemy's polite end of the connection,
    which goes on in the background, and once the forced one.
    """

    _ending: "asyncio.Future[Any] | None" = None

    @property
    def is_open(self) -> bool:
        """True until its end, which its thread makes."""
        return self._connection is not None

    @property
    def driver(self) -> sqlite3.Connection:
        """The library's connection, for use in its thread only."""
        return self._conn

    def cursor(self) -> SqliteCursor:  # type: ignore[override]
        """Return a cursor; none is opened before it executes something."""
        return SqliteCursor(self)

    async def call(self, function: Callable[..., None], *arguments: Any, **named: Any) -> None:
        """Call a function in the connection's thread."""
        await self._execute(function, *arguments, **named)  # type: ignore[no-untyped-call]

    def stop(self) -> "asyncio.Future[Any] | None":
        """End the connection's thread; return a future of that end, None outside a loop."""
        if self._ending is None:
            self._ending = super().stop()
        # Each caller may be cancelled without the others.
        return None if self._ending is None else asyncio.shield(self._ending)


class SqliteConnector:
    """Opens connections to a SQLite file, and ends those that nobody has ended.

    A statement that was cancelled leaves its connection's end to the background, where it may be
    cancelled once more.

    Args:
        url: The SQLAlchemy URL of the file.
    """

    def __init__(self, url: str) -> None:
        self._file = make_url(url).database or ":memory:"
        self._made: WeakSet[SqliteConnection] = WeakSet()

    async def __call__(self) -> SqliteConnection:
        """Return a new connection."""
        # SQLAlchemy does the same: a thread that hangs in the disk does not keep the process.
        connection = SqliteConnection(
            lambda: sqlite3.connect(self._file, check_same_thread=False), _ROWS_AT_ONCE
        )
        connection._thread.daemon = True  # noqa: SLF001
        await connection
        self._made.add(connection)
        return connection

    async def close(self) -> None:
        """End the connections that are left, or give up those that a disk holds up."""
        ends = [each.stop() for each in self._made if each.is_open]
        if found := [each for each in ends if each is not None]:
            await asyncio.wait(found, timeout=_LONGEST_END_S)
