"""The table of leases, and what a worker asks and says of its rows, on a connection of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from sqlalchemy import Column, MetaData, String, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import add_missing
from platone.infra.whole import WholeNumber

PRESENCE = "@"
"""Beginning of the names of rows by which workers tell that they are there; no step begins so."""
_FORGOTTEN_S = 3600
"""Time after which a worker that has gone without a word is forgotten, s: long enough to be seen by
whoever looks why."""
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
"""The database's clock, microseconds since 1970; it goes on within a transaction."""
_ADD = "INSERT INTO lease (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_ALL = f"SELECT name, holder, number, ({_NOW} - until) / 1000000.0 AS free_s, news FROM lease"  # noqa: S608 - our own
_RENEW = f"""UPDATE lease SET until = {_NOW} + $4
FROM unnest($2::text[], $3::bigint[]) AS own (n, k)
WHERE name = n AND number = k AND holder = $1 RETURNING name"""  # noqa: S608 - our own
_HOLD_WRITERS = "SELECT pg_advisory_xact_lock(hashtext(current_schema()))"
"""As a writing transaction of :class:`platone.infra.postgresql.PostgresqlServer` begins."""
_TAKE = f"""UPDATE lease SET holder = $1, number = number + 1, until = {_NOW} + $3
WHERE name = $2 AND until < {_NOW} RETURNING number"""  # noqa: S608 - our own
_END_WRITERS = """SELECT pg_terminate_backend(held.pid)
FROM pg_locks held JOIN pg_stat_activity who USING (pid)
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (classid::bigint << 32 | objid::bigint) = hashtext(current_schema())::bigint
AND application_name = ANY($1::text[])"""
"""Ends the connections that hold writers off, of some processes; their transactions are undone."""
_LET_GO = f"""UPDATE lease SET holder = '', until = {_NOW}
WHERE name = ANY($2::text[]) AND holder = $1"""  # noqa: S608 - our own
_TELL = "UPDATE lease SET news = news + 1 WHERE name = ANY($1::text[])"
_FORGET = f"DELETE FROM lease WHERE name LIKE '{PRESENCE}%' AND until < {_NOW} - $1"  # noqa: S608 - our own
_LEAVE = "DELETE FROM lease WHERE name = $1"


def lease_table(metadata: MetaData) -> Table:
    """Return the table of leases, which is added to a context's.

    Columns are the step's name, the worker that holds it (empty: nobody), the number of this
    holding, until when (microseconds since 1970 by the database's clock), and a count of news.
    """
    return Table(
        "lease",
        metadata,
        Column("name", String, primary_key=True),
        Column("holder", String, nullable=False, server_default=""),
        Column("number", WholeNumber, nullable=False, server_default="0"),
        Column("until", WholeNumber, nullable=False, server_default="0"),
        Column("news", WholeNumber, nullable=False, server_default="0"),
    )


async def tell_news(connection: AsyncConnection, table: Table, name: str) -> int:
    """Count news of a name within a transaction; return how many there are now."""
    await add_missing(connection, table, [{"name": name}])
    row = table.c.name == name
    await connection.execute(update(table).where(row).values(news=table.c.news + 1))
    return await count_news(connection, table, name)


async def count_news(connection: AsyncConnection, table: Table, name: str) -> int:
    """Return how many news of a name were told."""
    query = select(table.c.news).where(table.c.name == name)
    return (await connection.execute(query)).scalar() or 0


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease as it stands.

    Attributes:
        holder: The worker that has or had it; empty: it was let go.
        number: The number of that holding.
        free_s: How long it has been free by the database's clock, s; negative: as long it is held.
        news: How many news were told of it.
    """

    holder: str
    number: int
    free_s: float
    news: int


class LeaseRows:
    """The rows of leases, on a connection.

    Args:
        connection: The connection.
        worker: The worker's name.
        lasts_s: How long a lease lasts, s.
        timeout_s: How long an answer may take, s.
    """

    def __init__(
        self, connection: asyncpg.Connection, worker: str, lasts_s: float, timeout_s: float
    ) -> None:
        self._connection, self._worker = connection, worker
        self._lasts_us, self._timeout_s = int(lasts_s * 1e6), timeout_s

    async def add(self, names: Sequence[str]) -> None:
        """Add rows of steps that have none."""
        await self._connection.execute(_ADD, list(names), timeout=self._timeout_s)

    async def all(self) -> dict[str, LeaseRow]:
        """Return all rows by name."""
        rows = await self._connection.fetch(_ALL, timeout=self._timeout_s)
        return {
            row["name"]: LeaseRow(row["holder"], row["number"], float(row["free_s"]), row["news"])
            for row in rows
        }

    async def renew(self, numbers: Mapping[str, int]) -> set[str]:
        """Renew leases by the numbers under which they are held; return those that still are."""
        rows = await self._connection.fetch(
            _RENEW,
            self._worker,
            list(numbers),
            list(numbers.values()),
            self._lasts_us,
            timeout=self._timeout_s,
        )
        return {row["name"] for row in rows}

    async def end_writers(self, connected: Sequence[str]) -> None:
        """End transactions that hold writers off, of processes that stand still.

        Args:
            connected: How these processes call their connections.
        """
        await self._connection.execute(_END_WRITERS, list(connected), timeout=self._timeout_s)

    async def take(self, name: str) -> int | None:
        """Take a free step, when no transaction writes; return its number, None if it was late."""
        async with self._connection.transaction():
            await self._connection.execute(_HOLD_WRITERS, timeout=self._timeout_s)
            return await self.take_beside(name)

    async def take_beside(self, name: str) -> int | None:
        """Take what no transaction is fenced by, beside those that write."""
        number: int | None = await self._connection.fetchval(
            _TAKE, self._worker, name, self._lasts_us, timeout=self._timeout_s
        )
        return number

    async def let_go(self, names: Sequence[str]) -> None:
        """Let steps go that this worker holds."""
        await self._connection.execute(_LET_GO, self._worker, list(names), timeout=self._timeout_s)

    async def tell(self, names: Sequence[str]) -> None:
        """Tell whoever holds some steps that there is something to look at."""
        await self._connection.execute(_TELL, list(names), timeout=self._timeout_s)

    async def forget_others(self) -> None:
        """Forget workers that have gone without a word long ago."""
        await self._connection.execute(_FORGET, _FORGOTTEN_S * 1_000_000, timeout=self._timeout_s)

    async def leave(self) -> None:
        """Tell that this worker is not there any more."""
        await self._connection.execute(_LEAVE, PRESENCE + self._worker, timeout=self._timeout_s)
