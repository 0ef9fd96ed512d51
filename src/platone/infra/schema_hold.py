"""One server to a schema, or several that are workers of one: others would do all a second time.

A server holds its schemas by locks of connections of its own, which end with it in whatever way it
ends. Where the database was away, they are taken again. Workers hold a schema together; each holds
marks besides, made of what has to be the same at all of them, and looks for marks that are not::

    server with other contexts ── alone
    worker ── together with workers of the same marks (settings, keys)
"""

import asyncio
import zlib
from collections.abc import Iterable, Mapping

import asyncpg

from platone.infra.database_look import by_address
from platone.infra.postgresql import Place
from platone.infra.storage import StorageUnavailable
from platone.kernel.errors import Kind, PlatoneError

_PAUSE_S = 5.0
"""Pause between two looks whether the database answers, s."""
_OURS = 7
"""Second half of the locks' numbers, so that they are no others'; any number will do."""
_TAKE = f"SELECT pg_try_advisory_lock(hashtext($1), {_OURS})"
_SHARE = f"SELECT pg_try_advisory_lock_shared(hashtext($1), {_OURS})"
_MARK = "SELECT pg_try_advisory_lock_shared(hashtext($1), $2)"
_MARKED = 1 << 30
"""Bit that all marks have, and no other lock of ours; below it is a hash, and in the last bit the
kind."""
_KINDS = ("settings", "keys")
"""Kinds of things that are the same at all workers; a kind's place is the end of its marks."""
_KIND_BIT = 1
"""The last bit of a mark: one is enough for two kinds."""
_OTHERS = f"""SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid::bigint = hashtext($1)::bigint & 4294967295
AND objid::bigint >= {_MARKED} AND objid::bigint <> ALL($2::bigint[])"""  # noqa: S608 - our own


class SchemaInUse(PlatoneError):
    """Another server keeps its records in the same schema of the database.

    `detail` names it. Two servers would both do what is due. Stop the other one, or give this
    one a database of its own. Servers of the market alone may share it as workers, where they have
    the same settings and keys: `detail` says which of both differ.
    """

    slug = "schema-in-use"
    title = "The database is another server's"
    kind = Kind.UNAVAILABLE


class SchemaHold:
    """Holds schemas, and looks now and again whether the database answers.

    Args:
        places: The schemas.
        is_shared: Whether this server is one of several workers.
    """

    def __init__(self, places: Iterable[Place], *, is_shared: bool = False) -> None:
        self._is_shared = is_shared
        self._marks: dict[str, int] = {}
        self._wanted: Mapping[str, list[Place]] = {
            those[0].address: those for those in by_address(places)
        }
        self._held: dict[str, asyncpg.Connection] = {}

    @property
    def is_needed(self) -> bool:
        """Return whether there is a database server at all."""
        return bool(self._wanted)

    async def take(self) -> None:
        """Take hold of all schemas that are not held.

        Raises:
            SchemaInUse: Another server holds one.
            StorageUnavailable: The database is away.
        """
        for address, places in self._wanted.items():
            held = self._held.get(address)
            if held is None or held.is_closed():
                held = await _holding(places, _SHARE if self._is_shared else _TAKE)
                self._held[address] = held
                await self._mark(held, places)

    async def mark(self, kind: str, content: bytes) -> None:
        """Hold the schemas together with such workers only at which something is the same.

        Args:
            kind: What it is: "settings" or "keys".
            content: All of it; it cannot be read back.

        Raises:
            SchemaInUse: Another worker's is another one.
            StorageUnavailable: The database is away.
        """
        if self._is_shared:
            number = zlib.crc32(content) & (_MARKED - 1) & ~_KIND_BIT
            self._marks[kind] = _MARKED | number | _KINDS.index(kind)
            for address, places in self._wanted.items():
                if address in self._held:
                    await self._mark(self._held[address], places)

    async def _mark(self, connection: asyncpg.Connection, places: list[Place]) -> None:
        """Take the marks on a connection that holds schemas; it is ended where others differ."""
        try:
            for place in places:
                await self._mark_one(connection, place)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            await _end(connection)
            raise StorageUnavailable("The database is away.") from error
        except SchemaInUse:
            await _end(connection)
            raise

    async def _mark_one(self, connection: asyncpg.Connection, place: Place) -> None:
        own = list(self._marks.values())
        for each in own:
            await connection.fetchval(_MARK, place.schema, each)
        others = [row[0] for row in await connection.fetch(_OTHERS, place.schema, own)]
        differing = {_KINDS[each & _KIND_BIT] for each in others} & self._marks.keys()
        if differing:
            raise SchemaInUse(
                f"The schema {place.schema} of {place.shown} is in use by a worker with other "
                f"{' and '.join(sorted(differing))}: workers of one server have the same (platone "
                "worker makes the folder of a further one)."
            )

    async def turn(self) -> None:
        """Look once whether the database answers, with all schemas held, and wait."""
        await self.take()
        for connection in self._held.values():
            try:
                await connection.fetchval("SELECT 1")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                await _end(connection)
                raise StorageUnavailable("The database is away.") from error
        await asyncio.sleep(_PAUSE_S)

    async def close(self) -> None:
        """Let all go."""
        while self._held:
            await _end(self._held.popitem()[1])


async def _holding(places: list[Place], lock: str) -> asyncpg.Connection:
    """Return a connection that holds schemas of one database by a statement."""
    connection = await places[0].connect()
    for place in places:
        if not await connection.fetchval(lock, place.schema):
            await _end(connection)
            raise SchemaInUse(
                f"The schema {place.schema} of {place.shown} is in use by another server."
            )
    return connection


async def _end(connection: asyncpg.Connection) -> None:
    """End a connection without asking the other side, which may be gone."""
    connection.terminate()
    await asyncio.sleep(0)  # its transport closes in the loop's next turn
