"""The records that a data folder has on a database server: copied from there, and put back."""

import importlib
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import MetaData

from platone.bootstrap.records_place import check_records, move_records, places_of
from platone.infra.backup.postgresql import PostgresqlSource
from platone.infra.backup.refill import refilled
from platone.infra.database_look import by_address


async def server_sources(data: Path, opened: AsyncExitStack) -> list[PostgresqlSource]:
    """Return the schemas that a backup copies: a source for each address of a database server.

    Args:
        data: The data folder.
        opened: Closes their connections.

    Raises:
        RecordsMissing: Records of a context are not there any more.
        StorageUnavailable: A server is away.
        DatabaseUnusable: It does not let us in.
    """
    await check_records(data)
    sources = []
    for those in by_address(places_of(data)):
        sources.append(await PostgresqlSource.open(those))
        opened.push_async_callback(sources[-1].close)
    return sources


async def refill(copied: Path, data: Path, address: str, password_file: str) -> None:
    """Fill the empty schemas of a data folder with what was copied from a database server.

    All are filled before the first one is kept, so that one that cannot be leaves nothing.

    Args:
        copied: The folder of the copied schemas.
        data: The data folder.
        address: Where they are from now on, as the setting `database`; empty: where they were.
        password_file: The file of the password there.

    Raises:
        BackupFailed: A schema is taken, or its copy is of another form.
        TablesNewer: A newer version made the copy.
        StorageUnavailable: A server is away.
        DatabaseUnusable: It does not let us in, or not keep records.
    """
    if address:
        move_records(data, address, password_file)
    async with AsyncExitStack() as filled:
        for place in places_of(data):
            metadata = _tables(place.schema)
            await filled.enter_async_context(refilled(place, metadata, copied / place.schema))


def _tables(context: str) -> MetaData:
    found: MetaData = importlib.import_module(f"platone.{context}.records.table").metadata
    return found
