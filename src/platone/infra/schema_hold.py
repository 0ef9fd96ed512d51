"""One server to a schema: two would both step the market on, and deliver everything twice.

A server holds its schemas by locks of connections of its own, which end with it in whatever way it
ends. Where the database was away, they are taken again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import groupby

import asyncpg

from platone.infra.postgresql import Place
from platone.infra.storage import StorageUnavailable
from platone.kernel.errors import Kind, PlatoneError

_PAUSE_S = 5.0
"""Pause between two looks whether the database answers, s."""
_OURS = 7
"""Second half of the locks' numbers, so that they are no others'; any number will do."""
_TAKE = f"SELECT pg_try_advisory_lock(hashtext($1), {_OURS})"


class SchemaInUse(PlatoneError):
    """Another server keeps its records in the same schema of the database.

    `detail` names it. Two servers would both do what is due. Stop the other one, or give this
    one a database of its own.
    """

    slug = "schema-in-use"
    title = "The database is another server's"
    kind = Kind.UNAVAILABLE


class SchemaHold:
    """Holds schemas, and looks now and again whether the database answers.

    Args:
        places: The schemas.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        ordered = sorted(places, key=lambda place: place.address)
        self._wanted: Mapping[str, list[Place]] = {
            address: list(those) for address, those in groupby(ordered, lambda each: each.address)
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
                self._held[address] = await _holding(places)

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


async def _holding(places: list[Place]) -> asyncpg.Connection:
    """Return a connection that holds schemas of one database."""
    connection = await places[0].connect()
    for place in places:
        if not await connection.fetchval(_TAKE, place.schema):
            await _end(connection)
            raise SchemaInUse(
                f"The schema {place.schema} of {place.shown} is in use by another server."
            )
    return connection


async def _end(connection: asyncpg.Connection) -> None:
    """End a connection without asking the other side, which may be gone."""
    connection.terminate()
    await asyncio.sleep(0)  # its transport closes in the loop's next turn
