"""Where the contexts of a data folder keep their records: in files of it, or on a database server.

The folder remembers which, so that commands find them, and a start with another choice is refused
instead of beginning anew.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import msgspec
from sqlalchemy import MetaData, inspect, select

from platone.bootstrap.problem import RecordsElsewhere, RecordsMissing
from platone.infra.db import Database, sqlite_url
from platone.infra.key_file import write_private
from platone.messages.base import Message
from platone.settings import Settings

_FILE = "database.json"
_PROBE_S = 5.0
"""Pause between two looks whether the database answers, s."""


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
        from platone.infra.postgresql import Place  # noqa: PLC0415 - only where one is named

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
            raise RecordsMissing(
                f"The records of {context} are not at {stored.address if stored else ''} any more: "
                f"put them back from a backup, or take {context} out of {data / _FILE} to begin "
                "anew without what they held.",
                missing=[context],
            )


def remember_records(data: Path, contexts: Iterable[str]) -> None:
    """Write down which contexts' records are on the database server from now on."""
    stored = _read(data)
    if stored is not None:
        founded = sorted({*stored.founded, *contexts})
        _write(data, msgspec.structs.replace(stored, founded=founded))


class DatabaseProbe:
    """Looks now and again whether the database server answers, so that `/health` tells it.

    Args:
        data: The data folder.
        contexts: The contexts whose ways there are tried.
    """

    def __init__(self, data: Path, contexts: Iterable[str]) -> None:
        stored = _read(data)
        self._databases: list[Database] = []
        if stored is not None:
            ways = {stored.address.replace("{context}", each): each for each in contexts}
            self._databases += [Database(stored.url(each), MetaData()) for each in ways.values()]

    @property
    def is_needed(self) -> bool:
        """Return whether there is a database server at all."""
        return bool(self._databases)

    async def turn(self) -> None:
        """Look once, and wait."""
        for each in self._databases:
            async with each.reading() as connection:
                await connection.execute(select(1))
        await asyncio.sleep(_PROBE_S)

    async def close(self) -> None:
        """Close the connections."""
        for each in self._databases:
            await each.close()


async def _has_tables(url: str) -> bool:
    database = Database(url, MetaData())
    try:
        async with database.reading() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            return bool(names)
    finally:
        await database.close()


def _read(data: Path) -> DatabaseFile | None:
    file = data / _FILE
    return msgspec.json.decode(file.read_bytes(), type=DatabaseFile) if file.exists() else None


def _write(data: Path, told: DatabaseFile) -> None:
    if _read(data) != told:
        write_private(data / _FILE, msgspec.json.format(msgspec.json.encode(told), indent=1))
