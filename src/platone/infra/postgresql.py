"""PostgreSQL for a context's records: its own schema, few connections, no wait without an end.

An address is asyncpg's, such as ``postgresql://market@db.example/platone?sslmode=verify-full``,
with two more parameters that are taken off here: ``schema``, and ``password_file``. The password
itself is never part of an address, which is shown and logged.
"""

import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from platone.infra.storage import StorageUnavailable
from platone.kernel.errors import Kind, PlatoneError

_CONNECTIONS = 4
"""Connections of a context that are kept open: one writer at a time, and readers beside it."""
_MORE_CONNECTIONS = 4
"""Further ones while many read."""
_POOL_S = 10.0
"""How long a caller waits for a connection, s."""
_CONNECT_S = 10.0
"""How long a connection may take to open, s."""
_STATEMENT_S = 120
"""How long the server works at a statement, s: a month of a thousand meters is read in it."""
_ANSWER_S = 130.0
"""How long an answer may take, s: longer than the server may, so that silence is the network's."""
_LOCK_S = 10
"""How long one writer waits for another, s; SQLite's waits as long."""
_IDLE_S = 300
"""How long a transaction may do nothing, s: a process that hangs lets its lock go."""
_AWAY = ("08", "53", "57P", "25P03", "55P03", "57014", "40001", "40P01")
"""SQLSTATEs, or their beginnings, that a repetition may find gone: no connection, no room or
memory, a stop, an idle transaction, a lock or statement that took too long, two that were in each
other's way."""


def process_name() -> str:
    """Return a name of this process that no other has while it lives: machine and number."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}"


def connected_as(schema: str, process: str) -> str:
    """Return how a process calls its connections for a schema, in the database's own lists."""
    return f"platone {schema} {process}"


class DatabaseUnusable(PlatoneError):
    """The database server answers, but not so that records can be kept in it.

    `detail` says what it refuses: the user, the right to make a schema, or the order of its texts,
    which has to be that of bytes (`LC_COLLATE 'C'`), for times and names are compared as texts.
    """

    slug = "database-unusable"
    title = "The database cannot be used"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Place:
    """Where a context's records are on a database server.

    Attributes:
        address: The server's, as asyncpg takes it.
        schema: The context's schema there.
        password_file: The file that holds the password; none: what libpq's variables say.
    """

    address: str
    schema: str
    password_file: Path | None = None

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the place that a URL of :attr:`url` names."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        schema, file = query.pop("schema", "public"), query.pop("password_file", "")
        address = urlunsplit(parts._replace(query=urlencode(query)))
        return cls(address, schema, Path(file) if file else None)

    @property
    def url(self) -> str:
        """Return the URL by which a :class:`~platone.infra.db.Database` is opened."""
        parts = urlsplit(self.address)
        query = dict(parse_qsl(parts.query)) | {"schema": self.schema}
        if self.password_file is not None:
            query["password_file"] = str(self.password_file)
        return urlunsplit(parts._replace(query=urlencode(query)))

    async def connect(self) -> asyncpg.Connection:
        """Open a connection.

        Raises:
            StorageUnavailable: The server is away.
            DatabaseUnusable: It does not let us in.
        """
        try:
            password = self.password_file.read_text("utf-8").strip() if self.password_file else None
            return await asyncpg.connect(
                self.address,
                password=password,
                timeout=_CONNECT_S,
                command_timeout=_ANSWER_S,
                server_settings={
                    "search_path": self.schema,
                    "application_name": connected_as(self.schema, process_name()),
                    "tcp_keepalives_idle": "30",  # s; a machine that is gone holds no lock for long
                    "tcp_keepalives_interval": "10",
                    "synchronous_commit": "on",  # what is acknowledged survives a power cut
                    "statement_timeout": f"{_STATEMENT_S}s",
                    "lock_timeout": f"{_LOCK_S}s",
                    "idle_in_transaction_session_timeout": f"{_IDLE_S}s",
                },
            )
        except _REFUSED as error:
            raise DatabaseUnusable(f"{self.shown} does not let us in: {error}.") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _away() from error

    @property
    def shown(self) -> str:
        """Return the server and the database, without what else the address tells."""
        parts = urlsplit(self.address)
        return f"{parts.hostname or 'the socket'}{parts.path}"

    async def found(self) -> None:
        """Make the schema where it is missing.

        Raises:
            StorageUnavailable: The server is away.
            DatabaseUnusable: The schema may not be made, or texts are not ordered by bytes.
        """
        connection = await self.connect()
        try:
            if not await connection.fetchval(_IS_BYTE_ORDER):
                raise DatabaseUnusable(
                    f"{self.shown} orders texts by a language: make the database with "
                    "TEMPLATE template0 LC_COLLATE 'C'."
                )
            if await connection.fetchval(_HAS_SCHEMA, self.schema):
                return
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')
        except asyncpg.InsufficientPrivilegeError as error:
            raise DatabaseUnusable(
                f"{self.shown} does not let us make the schema {self.schema}: make it, with our "
                "user as its owner."
            ) from error
        except asyncpg.UniqueViolationError:
            pass  # another worker has made it in this moment
        finally:
            await connection.close()


_REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)
"""Errors of a connection that no repetition mends."""
_IS_BYTE_ORDER = "SELECT 'B' < 'a' AND 'z' < 'ä'"
"""True where texts are ordered by their bytes, as SQLite does; no language orders them so."""
_HOLD = select(func.pg_advisory_xact_lock(func.hashtext(func.current_schema())))
"""Names of contexts' schemas have hashes of their own; the lock ends with the transaction."""
_HAS_SCHEMA = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)"


class PostgresqlServer:
    """The database server that a context's records are on.

    Args:
        url: :attr:`Place.url`.

    Attributes:
        engine: Few connections, each of which is asked before its use if it is still alive.
    """

    def __init__(self, url: str) -> None:
        self._place = Place.of(url)
        connect: Callable[[], Coroutine[Any, Any, Any]] = self._place.connect
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_timeout=_POOL_S,
            pool_pre_ping=True,
        )

    async def found(self) -> None:
        """Make the context's schema, as :meth:`Place.found` does."""
        await self._place.found()

    async def hold_writers(self, connection: AsyncConnection) -> None:
        """Wait until no other transaction writes to the schema, of whichever process; hold others.

        So reading first and writing after is safe, as it is in SQLite's ``BEGIN IMMEDIATE``.
        """
        await connection.execute(_HOLD)

    async def reading_one_state(self, connection: AsyncConnection) -> None:
        """Have all that a connection reads next be of one state."""
        await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def failure(self, error: BaseException) -> StorageUnavailable | None:
        """Return the problem that an error stands for; None for a fault of ours."""
        if isinstance(error, DBAPIError):
            state = str(getattr(error.orig, "sqlstate", None) or "")
            is_gone = error.connection_invalidated or isinstance(error, InterfaceError)
            return _away() if is_gone or state.startswith(_AWAY) else None
        return _away() if isinstance(error, (PoolTimeout, OSError)) else None


def _away() -> StorageUnavailable:
    return StorageUnavailable("Nothing was stored: the database is away.")
