"""Schemas of a PostgreSQL server that are copied while others write to them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Self

import asyncpg
from asyncpg.transaction import Transaction
from msgspec.structs import replace

from platone.infra.backup.instant import PATIENCE_S, BusyError
from platone.infra.backup.schema import (
    FOLDER,
    LONGEST_S,
    SAME_FORM,
    CopiedPart,
    CopiedSchema,
    CopiedTable,
    quoted,
    rows_file,
    write_list,
)
from platone.infra.migration import VERSION_TABLE
from platone.infra.postgresql import Place
from platone.infra.storage import StorageUnavailable

_HELD_S = 3
"""How long writers are held off by a backup that stands still itself, s: they wait for 10."""
_LEASES = "lease"
"""The table that is not copied: its rows are of servers that run now."""
_HOLD = "SELECT pg_advisory_xact_lock(hashtext($1))"
"""The lock with which each writing transaction of a schema begins."""
_WAIT = f"""SET LOCAL lock_timeout = '{PATIENCE_S}s';
SET LOCAL idle_in_transaction_session_timeout = '{_HELD_S}s'"""
_TABLES = """SELECT relname AS name, array(
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns, array(
    SELECT o.relname::text FROM pg_constraint JOIN pg_class o ON o.oid = confrelid
    WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> conrelid) AS referred
FROM pg_class c WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition ORDER BY relname"""
_PARTS = """SELECT c.relname AS name, whole.relname AS whole,
    pg_get_expr(c.relpartbound, c.oid) AS bounds
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_class whole ON whole.oid = inhparent
WHERE c.relnamespace = $1::text::regnamespace AND c.relispartition AND c.relkind = 'r'
ORDER BY c.relname"""
_COUNTS = """SELECT sequencename AS name, last_value AS stands FROM pg_sequences
WHERE schemaname = $1 AND last_value IS NOT NULL ORDER BY sequencename"""

_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Errors of a connection; the last one is asyncpg's where the server has ended it meanwhile."""


class PostgresqlSource:
    """Schemas reached by one address, as a :class:`~platone.infra.backup.instant.Source`.

    Args:
        places: The schemas.
        holder: A connection that holds writers off.
        reader: A connection that reads.
    """

    def __init__(
        self, places: Sequence[Place], holder: asyncpg.Connection, reader: asyncpg.Connection
    ) -> None:
        self._schemas = [each.schema for each in places]
        self._holder, self._reader = holder, reader
        self._held: Transaction | None = None
        self._reading: Transaction | None = None
        self._begun: dict[str, CopiedSchema] = {}

    @classmethod
    async def open(cls, places: Sequence[Place]) -> Self:
        """Open the connections.

        Args:
            places: The schemas, reached by one address.

        Raises:
            StorageUnavailable: The server is away.
            DatabaseUnusable: It does not let us in.
        """
        holder = await places[0].connect()
        try:
            return cls(places, holder, await places[0].connect())
        except BaseException:
            holder.terminate()
            raise

    async def hold(self) -> None:
        """Hold the writers of all schemas off; raises BusyError where one writes for long."""
        async with _answering():
            self._held = self._holder.transaction()
            await self._held.start()
            await self._holder.execute(_WAIT)
            try:
                for schema in self._schemas:
                    await self._holder.execute(_HOLD, schema)
            except asyncpg.LockNotAvailableError as error:
                raise BusyError from error

    async def begin(self) -> None:
        """Begin to read one state, whose tables nobody drops until it is copied."""
        async with _answering():
            await self._end_reading()
            self._reading = self._reader.transaction(isolation="repeatable_read", readonly=True)
            await self._reading.start()
            await self._reader.execute(SAME_FORM)
            self._begun = {schema: await self._looked_at(schema) for schema in self._schemas}
            names = ", ".join(
                quoted(schema, table.name)
                for schema, told in self._begun.items()
                for table in told.tables
            )
            await self._reader.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")

    async def let_go(self) -> None:
        """Let writers go on."""
        if self._held is not None:
            held, self._held = self._held, None
            async with _answering():
                await held.rollback()

    async def copy(self, folder: Path) -> None:
        """Write a folder for each schema: a file of rows a table, and what it held."""
        for schema, told in self._begun.items():
            target = folder / FOLDER / schema
            await asyncio.to_thread(target.mkdir, mode=0o700, parents=True)
            tables = [
                replace(table, rows=await self._copied(schema, table, target))
                for table in told.tables
            ]
            write_list(target, replace(told, tables=tables))

    async def close(self) -> None:
        """Close both connections."""
        self._holder.terminate()
        self._reader.terminate()
        await asyncio.sleep(0)  # their transports close in the loop's next turn

    async def _looked_at(self, schema: str) -> CopiedSchema:
        found = {row["name"]: row for row in await self._reader.fetch(_TABLES, quoted(schema))}
        ordered = TopologicalSorter({name: row["referred"] for name, row in found.items()})
        version = quoted(schema, VERSION_TABLE)
        return CopiedSchema(
            revision=await self._reader.fetchval(f"SELECT version_num FROM {version}"),  # noqa: S608 - our names
            tables=[
                CopiedTable(name=name, columns=found[name]["columns"], rows=0)
                for name in ordered.static_order()
                if name not in {_LEASES, VERSION_TABLE}
            ],
            parts=[
                CopiedPart(name=row["name"], whole=row["whole"], bounds=row["bounds"])
                for row in await self._reader.fetch(_PARTS, quoted(schema))
            ],
            counts={
                row["name"]: row["stands"] for row in await self._reader.fetch(_COUNTS, schema)
            },
        )

    async def _copied(self, schema: str, table: CopiedTable, folder: Path) -> int:
        """Write the rows of a table to its file; return how many there are."""
        columns = ", ".join(quoted(each) for each in table.columns)
        query = f"SELECT {columns} FROM {quoted(schema, table.name)}"  # noqa: S608 - names of tables
        file = rows_file(folder, table.name)
        await asyncio.to_thread(file.touch, mode=0o600)
        async with _answering():
            said = await self._reader.copy_from_query(
                query, output=str(file), format="text", timeout=LONGEST_S
            )
        return int(said.split()[-1])

    async def _end_reading(self) -> None:
        if self._reading is not None:
            reading, self._reading = self._reading, None
            await reading.rollback()


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """Raise what a server that is away, or lets a copy not go on, refuses as a problem."""
    try:
        yield
    except _AWAY as error:
        raise StorageUnavailable(f"The database does not answer: {error}.") from error
