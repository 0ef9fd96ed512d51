"""Databases of contexts: SQLAlchemy Core over SQLite (default) or another database by URL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Insert, MetaData, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from platone.infra.lease.fence import check_fence
from platone.infra.migration import bring_up
from platone.infra.sqlite_connection import SqliteConnector, prepare_sqlite
from platone.infra.storage import StorageUnavailable, storage_failure
from platone.infra.thread_transaction import ThreadTransactions, Work
from platone.infra.whole import POSTGRESQL
from platone.kernel.errors import Kind, PlatoneError

if TYPE_CHECKING:
    from platone.infra.postgresql import PostgresqlServer

T = TypeVar("T")

_KEYS_PER_STATEMENT = 5_000
"""Keys named in one statement; SQLite binds up to 32,766 parameters, so up to six columns each."""

ROWS_PER_STATEMENT = 1_000
"""Rows inserted by one statement: some 10 ms of the event loop."""


@contextmanager
def _translated(failure: Callable[[BaseException], StorageUnavailable | None]) -> Iterator[None]:
    """Raise what a failing disk, or a database that is away, refuses as StorageUnavailable."""
    try:
        yield
    except Exception as error:
        problem = failure(error)
        if problem is None:
            raise
        raise problem from error


def sqlite_url(file: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite+aiosqlite:///{file}"


def chunks(keys: Iterable[T], size: int = _KEYS_PER_STATEMENT) -> Iterator[list[T]]:
    """Yield keys in groups that one statement can name.

    Args:
        keys: The keys.
        size: How many keys a group has; fewer where each is some work.
    """
    remaining = iter(keys)
    while chunk := list(islice(remaining, size)):
        yield chunk


async def replace_rows(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows; where a row of the same primary key stands, replace its other columns."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == POSTGRESQL else sqlite
    statement = dialect.insert(table)
    others = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    keys = [column.name for column in table.primary_key.columns]
    statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    await _insert_all(connection, statement, rows)


async def add_missing(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows; where a row of the same primary key stands, leave it as it is."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == POSTGRESQL else sqlite
    await _insert_all(connection, dialect.insert(table).on_conflict_do_nothing(), rows)


async def add_if_missing(
    connection: AsyncConnection, table: Table, row: Mapping[str, object]
) -> bool:
    """Insert a row; return False, and leave it as it is, where one of its primary key stands."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(dict(row)).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


async def _insert_all(
    connection: AsyncConnection, statement: Insert, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows, some at a time: what SQLAlchemy does with each would hold all others up."""
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        await connection.execute(statement, list(rows[start : start + ROWS_PER_STATEMENT]))


def _sqlite_engine(url: str, connect: SqliteConnector) -> AsyncEngine:
    engine = create_async_engine(url, async_creator=connect)
    event.listen(engine.sync_engine, "connect", prepare_sqlite)
    return engine


def _server_of(url: str) -> "PostgresqlServer | None":
    """Return the database server of a URL; none for a SQLite file."""
    if url.startswith("sqlite"):
        return None
    from platone.infra.postgresql import PostgresqlServer  # noqa: PLC0415 - nodes have no driver

    return PostgresqlServer(url)


def _threads(url: str) -> ThreadTransactions | None:
    """Return the threads of a SQLite file's short transactions; none for another database."""
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite"):
        return None
    engine = create_engine(parsed.set(drivername="sqlite"))
    event.listen(engine, "connect", prepare_sqlite)
    return ThreadTransactions(engine)


class LogInUse(PlatoneError):
    """A long reading keeps the database's log from being emptied. It is tried again."""

    slug = "log-in-use"
    title = "The database's log is in use"
    kind = Kind.UNAVAILABLE


async def _empty_log(connection: AsyncConnection) -> None:
    """Write SQLite's log back and cut it to nothing."""
    answer = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    is_busy, *_ = answer.one()
    if is_busy:
        raise LogInUse("A reading is under way.")


class Database:
    """The database of one context.

    Args:
        url: The URL of :func:`sqlite_url`, or of a place in PostgreSQL.
        metadata: The context's tables; made where they are missing by :meth:`open`.
    """

    def __init__(self, url: str, metadata: MetaData) -> None:
        self._metadata = metadata
        self._url = url
        self._writing = asyncio.Lock()
        self._threads = _threads(url)
        self._server = _server_of(url)
        self._is_sqlite = self._server is None
        self._failure = storage_failure if self._server is None else self._server.failure
        self._connect = SqliteConnector(url)
        self._engine = (
            _sqlite_engine(url, self._connect) if self._server is None else self._server.engine
        )

    async def open(self) -> None:
        """Make the tables that are missing, or bring those of an earlier version up.

        Raises:
            TablesOutdated: Tables that are there are those of no version that can be brought up.
            TablesNewer: They are a newer version's.
            StorageUnavailable: The database is away.
        """
        if self._server is not None:
            await self._server.found()
        async with self.transaction() as connection:
            await connection.run_sync(bring_up, self._metadata)

    async def close(self) -> None:
        """Close all connections, also those that a cancelled statement left."""
        if self._threads is not None:
            await asyncio.to_thread(self._threads.close)
        await self._engine.dispose()
        await self._connect.close()

    async def transact(self, work: Work[T]) -> T:
        """Do some work in a writing transaction, as :meth:`transaction` has it.

        On SQLite all of it is one call of a thread, which suits many short statements.

        Args:
            work: What is done; it waits for nothing but its connection.

        Raises:
            StorageUnavailable: The disk is full or failing.
        """
        if self._threads is None:
            async with self.transaction() as connection:
                return await work(connection)
        with _translated(self._failure):
            async with self._writing:
                return await self._threads.run("BEGIN IMMEDIATE", work)

    async def look(self, work: Work[T]) -> T:
        """Do some work on one consistent state, as :meth:`reading` has it, and :meth:`transact`."""
        if self._threads is None:
            async with self.reading() as connection:
                return await work(connection)
        with _translated(self._failure):
            return await self._threads.run("BEGIN", work)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Begin a writing transaction: all of it is durable at the end, or nothing of it.

        One writer at a time, so that reading first and writing after is safe.

        Raises:
            StorageUnavailable: The disk is full or failing.
            LeaseLost: It is part of a step that another worker has taken over.
        """
        with _translated(self._failure):
            async with self._writing, self._engine.connect() as connection:
                await self._begin_writing(connection)
                try:
                    await check_fence(self._url, connection)
                    yield connection
                except BaseException:
                    await connection.rollback()
                    raise
                await connection.commit()

    @asynccontextmanager
    async def erasing(self) -> AsyncIterator[AsyncConnection]:
        """Begin a writing transaction that deletes also from SQLite's free space and its log.

        Copies of what is deleted may lie in pages that were split or joined before: those go with
        :meth:`compact`.
        """
        async with self.transaction() as connection:
            if self._is_sqlite:
                await connection.exec_driver_sql("PRAGMA secure_delete=ON")
            yield connection
        if self._is_sqlite:
            async with self._engine.connect() as connection:
                await _empty_log(connection)

    async def compact(self) -> None:
        """Write the whole database anew, so that nothing of what was deleted is left in its files.

        Writers wait meanwhile, readers do not. Another database than SQLite does so by itself.

        Raises:
            StorageUnavailable: The disk is full or failing.
            LogInUse: A reader kept the write-ahead log from being emptied. Try again.
        """
        if not self._is_sqlite:
            return
        with _translated(self._failure):
            async with self._writing, self._engine.connect() as connection:
                await connection.exec_driver_sql("VACUUM")
                await _empty_log(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading one consistent state."""
        with _translated(self._failure):
            async with self._engine.connect() as connection:
                if self._server is None:
                    await connection.exec_driver_sql("BEGIN")
                else:
                    await self._server.reading_one_state(connection)
                yield connection
                await connection.rollback()

    async def _begin_writing(self, connection: AsyncConnection) -> None:
        if self._server is None:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            await self._server.hold_writers(connection)
