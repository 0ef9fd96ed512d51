"""A look at the database servers that records are on: do they answer, and how much lies there."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import asyncpg

from platone.infra.postgresql import Place
from platone.infra.storage import StorageUnavailable

_SIZES = """SELECT nspname, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'm')
WHERE nspname = ANY($1::text[]) GROUP BY nspname"""
"""Tables with their indexes and long values, by schema; one that is not there has no row."""
_VERSION = "SHOW server_version"
_WAIT_S = 4.0
"""How long a whole look may take, s: whoever asks for figures gives up after five."""


@dataclass(frozen=True, slots=True)
class DatabaseLook:
    """A database server as it tells of itself.

    Attributes:
        shown: The server and the database.
        version: The server's version.
        major: Its major number.
        sizes: Bytes of each schema that is there, by its name.
    """

    shown: str
    version: str
    major: int
    sizes: dict[str, int]


def by_address(places: Iterable[Place]) -> Iterator[list[Place]]:
    """Yield places together that are reached by one address."""
    ordered = sorted(places, key=lambda place: place.address)
    for _, those in groupby(ordered, lambda place: place.address):
        yield list(those)


async def look_at(places: list[Place]) -> DatabaseLook:
    """Ask the server of some places, reached by one address, for its version and their sizes.

    Raises:
        StorageUnavailable: It is away.
        DatabaseUnusable: It does not let us in.
    """
    try:
        async with asyncio.timeout(_WAIT_S):
            return await _told(places)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StorageUnavailable("The database is away.") from error


async def _told(places: list[Place]) -> DatabaseLook:
    connection = await places[0].connect()
    try:
        rows = await connection.fetch(_SIZES, [each.schema for each in places])
        return DatabaseLook(
            places[0].shown,
            await connection.fetchval(_VERSION),
            connection.get_server_version().major,
            {row["nspname"]: row["bytes"] for row in rows},
        )
    finally:
        connection.terminate()
