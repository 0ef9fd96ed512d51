"""Where the contexts of a data folder keep their records: in files of it, or on a database server.

The folder remembers which, so that commands find them, and a start with another choice is refused
instead of beginning anew.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from sqlalchemy import MetaData, inspect

from platone.bootstrap.founded import DATABASE_FILE
from platone.bootstrap.problem import RecordsElsewhere, RecordsMissing
from platone.infra.db import Database, sqlite_url
from platone.infra.key_file import write_private
from platone.infra.postgresql import Place
from platone.infra.schema_hold import SchemaHold
from platone.messages.base import Message
from platone.settings import Settings


class DatabaseFile(Message):
    """Where records are on a database server, as a data folder remembers it.

    Attributes:
        address: The server's address, with ``{context}`` where a context's name goes.
        password_file: The file of the password, likewise; empty: none.
        founded: The contexts whose records are there.
    """

    address: str
    password_file: str = ""
    founded: list[str] = msgspec.field(default_factory=list)

    def url(self, context: str) -> str:
        """Return the URL of a context's records."""
        file = self.password_file.replace("{context}", context)
        address = self.address.replace("{context}", context)
        return Place(address, context, Path(file) if file else None).url


def choose_records(settings: Settings) -> None:
    """Have a data folder keep its records where the settings say.

    Raises:
        RecordsElsewhere: It has kept them elsewhere.
    """
    data, stored = settings.data, _read(settings.data)
    if not settings.database:
        if stored is not None:
            raise RecordsElsewhere(
                f"{data} has its records at {stored.address}: say so by the setting database."
            )
        return
    if stored is None and (data / "records.txt").exists():
        raise RecordsElsewhere(
            f"{data} has its records in files: start without the setting database, or on an "
            "empty folder."
        )
    founded = [] if stored is None else stored.founded
    _write(
        data,
        DatabaseFile(
            address=settings.database,
            password_file=settings.database_password_file,
            founded=founded,
        ),
    )


def move_records(data: Path, address: str, password_file: str) -> None:
    """Have a data folder, with records on a database server, look for them at another address."""
    stored = _read(data)
    if stored is not None:
        moved = msgspec.structs.replace(stored, address=address, password_file=password_file)
        _write(data, moved)


def records_url(data: Path, context: str) -> str:
    """Return the URL of a context's records, as a data folder has it."""
    stored = _read(data)
    return sqlite_url(data / f"{context}.db") if stored is None else stored.url(context)


def has_records(data: Path, context: str) -> bool:
    """Return whether a server has kept a context's records for a data folder."""
    stored = _read(data)
    return (data / f"{context}.db").exists() if stored is None else context in stored.founded


async def check_records(data: Path) -> None:
    """Check that the database server has still what it was given.

    Raises:
        RecordsMissing: Records of a context are not there; nothing was changed.
        StorageUnavailable: The server is away.
    """
    stored = _read(data)
    for context in stored.founded if stored is not None else ():
        if not await _has_tables(records_url(data, context)):
            file = data / DATABASE_FILE
            raise RecordsMissing(
                f"The records of {context} are not in the database any more: put them back from a "
                f"backup, or take {context} out of {file} to begin anew without what they held.",
                missing=[context],
            )


def remember_records(data: Path, contexts: Iterable[str]) -> None:
    """Write down which contexts' records are on the database server from now on."""
    stored = _read(data)
    if stored is not None:
        founded = sorted({*stored.founded, *contexts})
        _write(data, msgspec.structs.replace(stored, founded=founded))


def schema_hold(data: Path, contexts: Iterable[str], *, is_shared: bool = False) -> SchemaHold:
    """Return a hold of the schemas of contexts; it is of none where records are in files.

    Args:
        data: The data folder.
        contexts: The contexts.
        is_shared: Whether the server is one of several workers.
    """
    return SchemaHold(places_of(data, contexts), is_shared=is_shared)


def places_of(data: Path, contexts: Iterable[str] | None = None) -> list[Place]:
    """Return where on database servers a data folder's records are; none: they are in files.

    Args:
        data: The data folder.
        contexts: The contexts; those of which it has had records, where it is not said.
    """
    stored = _read(data)
    if stored is None:
        return []
    return [Place.of(stored.url(each)) for each in (contexts or stored.founded)]


async def _has_tables(url: str) -> bool:
    database = Database(url, MetaData())
    try:
        async with database.reading() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            return bool(names)
    finally:
        await database.close()


def _read(data: Path) -> DatabaseFile | None:
    file = data / DATABASE_FILE
    return msgspec.json.decode(file.read_bytes(), type=DatabaseFile) if file.exists() else None


def _write(data: Path, told: DatabaseFile) -> None:
    if _read(data) != told:
        write_private(
            data / DATABASE_FILE, msgspec.json.format(msgspec.json.encode(told), indent=1)
        )
