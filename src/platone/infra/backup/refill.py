"""An empty PostgreSQL schema that is filled with the rows of a copied one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import MetaData, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.backup.problem import BackupFailed
from platone.infra.backup.schema import (
    LONGEST_S,
    SAME_FORM,
    CopiedSchema,
    CopiedTable,
    quoted,
    read_list,
    rows_file,
)
from platone.infra.db import Database
from platone.infra.migration import check_known, make_at
from platone.infra.postgresql import Place

_STAND = "SELECT setval(to_regclass($1), $2)"
_LISTED = 3
"""How many tables of a schema that is not empty are named."""


@asynccontextmanager
async def refilled(place: Place, metadata: MetaData, folder: Path) -> AsyncIterator[None]:
    """Fill an empty schema; all of it is there at the end of the block, or nothing.

    Args:
        place: The schema, which is made where it is missing.
        metadata: The context's tables.
        folder: The copied schema.

    Raises:
        BackupFailed: There are tables already, or the copy is not of a schema.
        TablesNewer: A newer version made the copy.
        StorageUnavailable: The server is away.
        DatabaseUnusable: It does not let us in, or not keep records.
    """
    told = await asyncio.to_thread(read_list, folder)
    check_known(metadata, told.revision, str(folder))
    await place.found()
    database = Database(place.url, metadata)
    try:
        async with database.transaction() as connection:
            await _check_empty(connection, place)
            await connection.run_sync(make_at, metadata, told.revision)
            driver = (await connection.get_raw_connection()).driver_connection
            try:
                await _fill(driver, place.schema, told, folder)
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise BackupFailed(f"{place.schema} could not be filled: {error}.") from error
            yield
    finally:
        await database.close()


async def _check_empty(connection: AsyncConnection, place: Place) -> None:
    names = await connection.run_sync(lambda sync: sorted(inspect(sync).get_table_names()))
    if names:
        some = ", ".join(names[:_LISTED]) + (", …" if names[_LISTED:] else "")
        raise BackupFailed(
            f"The schema {place.schema} of {place.shown} is not empty, it has {some}: name another "
            "database (--database), or drop the schema if nothing in it is needed."
        )


async def _fill(driver: asyncpg.Connection, schema: str, told: CopiedSchema, folder: Path) -> None:
    await driver.execute(SAME_FORM)
    for each in told.parts:
        made = f"{quoted(schema, each.name)} PARTITION OF {quoted(schema, each.whole)}"
        await driver.execute(f"CREATE TABLE {made} {each.bounds}")
    for table in told.tables:
        await _fill_table(driver, schema, table, rows_file(folder, table.name))
    for name, stands in told.counts.items():
        await driver.execute(_STAND, quoted(schema, name), stands)


async def _fill_table(
    driver: asyncpg.Connection, schema: str, table: CopiedTable, file: Path
) -> None:
    """Fill a table; rules that look at each change of it have looked at these rows before."""
    name = quoted(schema, table.name)
    await driver.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    said = await driver.copy_to_table(
        table.name,
        source=str(file),
        schema_name=schema,
        columns=table.columns,
        format="text",
        timeout=LONGEST_S,
    )
    await driver.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    if int(said.split()[-1]) != table.rows:
        raise BackupFailed(f"{file} has not the {table.rows} rows that it is said to have.")
