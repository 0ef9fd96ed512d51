"""A copy of a data folder while its server runs, and the way back.

All databases are copied as they were at one instant, in files or on a database server, so that none
names what another lacks (:mod:`platone.infra.backup.instant`). The other files follow, and a list
of all with their hashes.
"""

import asyncio
import contextlib
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

import platone
from platone.bootstrap.founded import DATABASE_FILE
from platone.bootstrap.made_whole import files_below, made_whole
from platone.infra.backup.instant import Source, begin_together
from platone.infra.backup.problem import BackupFailed
from platone.infra.backup.schema import FOLDER
from platone.infra.backup.sqlite import SqliteSource
from platone.messages.base import Message

LIST = "backup.json"
"""The file of a backup that lists all others."""
_NOT_COPIED = ("*.db", "*.db-*", "*.new", "lock", "disk-probe", "server.log")
"""Patterns of files that are no state, or are copied as databases."""
_OWNER_ONLY = 0o700
"""Mode of a folder that its owner alone may enter."""
_CHUNK_BYTES = 1 << 20
"""Bytes read at once for a hash."""


class BackedUpFile(Message):
    """A file of a backup.

    Attributes:
        name: Its path in the folder.
        bytes: Its length.
        sha256: The hash of its content.
    """

    name: str
    bytes: int
    sha256: str


class Backup(Message):
    """The list of what a backup holds, written beside it.

    Attributes:
        at: The instant of its databases, by the machine's clock.
        version: The version of Platone that wrote it.
        files: Its files.
    """

    at: datetime
    version: str
    files: list[BackedUpFile]


def back_up(data: Path, target: Path) -> Backup:
    """Copy a data folder, whose server may run, into a new folder, which is there whole or not.

    Raises:
        BackupFailed: There is no data folder, the target is taken, or the databases are never
            still.
        RecordsMissing: Records are not on the database server any more.
        StorageUnavailable: The database server is away.
        DatabaseUnusable: It does not let us in.
    """
    if not (data / "records.txt").is_file():
        raise BackupFailed(f"{data} is no data folder of a server.")
    with made_whole(target) as draft:
        names = sorted(str(each.relative_to(data)) for each in data.rglob("*.db"))
        at = asyncio.run(_copy_databases(data, names, draft))
        shutil.copytree(
            data, draft, ignore=shutil.ignore_patterns(*_NOT_COPIED), dirs_exist_ok=True
        )
        made = Backup(at=at, version=platone.__version__, files=list(_files(draft)))
        (draft / LIST).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1))
    return made


def restore(backup: Path, data: Path, database: str = "", password_file: str = "") -> Backup:
    """Make a data folder of a backup, after every file of it was compared with the list.

    Where it has records of a database server, they are put into empty schemas there.

    Args:
        backup: The backup.
        data: The new data folder.
        database: Where its records are put on a database server, as the setting of this name;
            where they were, by default.
        password_file: The file of the password there, likewise.

    Raises:
        BackupFailed: It is no backup, a file of it is missing or another one, or the folder or a
            schema is taken.
        TablesNewer: A newer version made the backup.
        StorageUnavailable: The database server is away.
        DatabaseUnusable: It does not let us in, or not keep records.
    """
    try:
        listed = msgspec.json.decode((backup / LIST).read_bytes(), type=Backup)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupFailed(f"{backup} is no backup: {LIST} cannot be read.") from error
    with made_whole(data) as draft:
        for each in listed.files:
            if not _is_on_a_server(each):
                _put_back(each, backup, draft)
        same = _same(draft, listed.files) | _same(backup, filter(_is_on_a_server, listed.files))
        changed = sorted({each.name for each in listed.files} - same)
        if changed:
            raise BackupFailed(
                f"{backup} is not as it was written: {', '.join(changed)}.", changed=changed
            )
        if (draft / DATABASE_FILE).is_file():
            from platone.bootstrap.refill import refill  # noqa: PLC0415 - needs a driver

            asyncio.run(refill(backup / FOLDER, draft, database, password_file))
        elif database:
            raise BackupFailed(f"{backup} has its records in files: leave the database out.")
    return listed


async def _copy_databases(data: Path, names: Sequence[str], draft: Path) -> datetime:
    """Copy all databases, among them these files, as of one instant; return it."""
    async with contextlib.AsyncExitStack() as opened:
        sources: list[Source] = []
        for name in names:
            sources.append(SqliteSource(data, name))
            opened.push_async_callback(sources[-1].close)
        if (data / DATABASE_FILE).is_file():
            from platone.bootstrap.refill import server_sources  # noqa: PLC0415 - needs a driver

            sources += await server_sources(data, opened)
        if not sources:
            raise BackupFailed(f"{data} is no data folder of a server.")
        at = await begin_together(sources)
        if at is None:
            raise BackupFailed(
                f"The databases of {data} were never still: try when less is written."
            )
        for each in sources:
            await each.copy(draft)
    return at


def _is_on_a_server(file: BackedUpFile) -> bool:
    """Return whether a file of a backup holds what was on a database server."""
    return PurePosixPath(file.name).parts[0] == FOLDER


def _put_back(file: BackedUpFile, backup: Path, draft: Path) -> None:
    target = draft / file.name
    if not target.resolve().is_relative_to(draft.resolve()):
        raise BackupFailed(f"{LIST} names {file.name!r}, which is outside the folder.")
    target.parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):  # what is missing has no hash below
        shutil.copy(backup / file.name, target)


def _files(folder: Path) -> Iterator[BackedUpFile]:
    for each in files_below(folder):
        digest = hashlib.sha256()
        with each.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
        name, length = each.relative_to(folder).as_posix(), each.stat().st_size
        yield BackedUpFile(name=name, bytes=length, sha256=digest.hexdigest())


def _same(folder: Path, listed: Iterable[BackedUpFile]) -> set[str]:
    """Return the names of the files that are as they are listed."""
    wanted = {each.name: each for each in listed}
    return {each.name for each in _files(folder) if wanted.get(each.name) == each}
