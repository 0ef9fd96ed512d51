"""A copy of a data folder while its server runs, and the way back.

All databases are copied as they were at one instant, so that none names what another lacks ::

    BEGIN IMMEDIATE in all ──► nobody can commit ──► begin to read all ──► release (milliseconds)
        │ one is busy: release, wait, again                                    │
                      copy what each began to read ◄───────────────────────────┘
                      copy the other files, list all with their hashes
"""

import contextlib
import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import platone
from platone.bootstrap.founded import DATABASE_FILE
from platone.bootstrap.made_whole import files_below, made_whole
from platone.bootstrap.problem import BackupFailed
from platone.messages.base import Message

LIST = "backup.json"
"""The file of a backup that lists all others."""
_NOT_COPIED = ("*.db", "*.db-*", "*.new", "lock", "disk-probe", "server.log")
"""Patterns of files that are no state, or are copied as databases."""
_TRIES = 60
"""How often all databases are asked to hold still; a minute of a server that never does."""
_PATIENCE_S = 0.5
"""How long one database may be busy with a commit until all are let go again, s."""
_PAUSE_S = 0.5
"""Pause between two tries, s."""
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
            still, or on a database server, which has its own tools.
    """
    if (data / DATABASE_FILE).is_file():
        raise BackupFailed(
            f"{data} has its records on a database server: stop this server, copy the database by "
            "pg_dump and the folder by tar, and start it again."
        )
    names = sorted(str(each.relative_to(data)) for each in data.rglob("*.db"))
    if not (data / "records.txt").is_file() or not names:
        raise BackupFailed(f"{data} is no data folder of a server.")
    with made_whole(target) as draft:
        with ExitStack() as open_ones:
            read, at = _still(data, names, open_ones)
            for name, source in zip(names, read, strict=True):
                _copy_database(source, draft / name)
        shutil.copytree(
            data, draft, ignore=shutil.ignore_patterns(*_NOT_COPIED), dirs_exist_ok=True
        )
        made = Backup(at=at, version=platone.__version__, files=list(_files(draft)))
        (draft / LIST).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1))
    return made


def restore(backup: Path, data: Path) -> Backup:
    """Make a data folder of a backup, after every file of it was compared with the list.

    Raises:
        BackupFailed: It is no backup, a file of it is missing or another one, or the folder is
            taken.
    """
    try:
        listed = msgspec.json.decode((backup / LIST).read_bytes(), type=Backup)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupFailed(f"{backup} is no backup: {LIST} cannot be read.") from error
    with made_whole(data) as draft:
        for each in listed.files:
            target = draft / each.name
            if not target.resolve().is_relative_to(draft.resolve()):
                raise BackupFailed(f"{LIST} names {each.name!r}, which is outside the folder.")
            target.parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # what is missing has no hash below
                shutil.copy(backup / each.name, target)
        changed = sorted({each.name for each in listed.files} - _same(draft, listed.files))
        if changed:
            raise BackupFailed(
                f"{backup} is not as it was written: {', '.join(changed)}.", changed=changed
            )
    return listed


def _still(
    data: Path, names: Sequence[str], open_ones: ExitStack
) -> tuple[list[sqlite3.Connection], datetime]:
    """Return connections that read all databases as of one instant, and that instant."""
    for _ in range(_TRIES):
        with ExitStack() as held, ExitStack() as begun:
            try:
                for name in names:
                    _connect(data / name, held).execute("BEGIN IMMEDIATE")
                at = datetime.now(UTC)
                read = [_connect(data / name, begun) for name in names]
                for each in read:
                    each.execute("BEGIN")
                    each.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                open_ones.push(begun.pop_all())
            except sqlite3.OperationalError:  # one is busy with a commit: the others go on
                pass
            else:
                return read, at
        time.sleep(_PAUSE_S)
    raise BackupFailed(f"The databases of {data} were never still: try when less is written.")


def _connect(file: Path, closing_later: ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_PATIENCE_S, isolation_level=None)
    return closing_later.enter_context(closing(connection))


def _copy_database(source: sqlite3.Connection, target: Path) -> None:
    target.parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy)
        (found,) = copy.execute("PRAGMA quick_check").fetchone()
    if found != "ok":
        raise BackupFailed(f"{target.name} is damaged: {found}.")


def _files(folder: Path) -> Iterator[BackedUpFile]:
    for each in files_below(folder):
        digest = hashlib.sha256()
        with each.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
        name, length = each.relative_to(folder).as_posix(), each.stat().st_size
        yield BackedUpFile(name=name, bytes=length, sha256=digest.hexdigest())


def _same(folder: Path, listed: Sequence[BackedUpFile]) -> set[str]:
    """Return the names of the files that are as they are listed."""
    wanted = {each.name: each for each in listed}
    return {each.name for each in _files(folder) if wanted.get(each.name) == each}
