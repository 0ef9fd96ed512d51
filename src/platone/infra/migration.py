"""Tables brought from the version that made them to this one, by Alembic's revisions.

A context that keeps records for years has a folder of revisions beside its tables, named by
``metadata.info["revisions"]``. A revision's identifier is its file's name. All is done in the
transaction that opens the records, which holds the writers of every process off ::

    no tables ─────────────────────────────► all revisions
    tables of before there were revisions ──► which revision's are they? ──► the rest
    a revision that is known ──────────────► the rest
    a revision that is not ────────────────► refused: a newer version made it
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, create_engine, inspect

from platone.infra.stored_table import TablesOutdated, check_tables
from platone.kernel.errors import Kind, PlatoneError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

REVISIONS = "revisions"
"""The name in a metadata's `info` of the folder of its revisions."""
VERSION_TABLE = "alembic_version"
"""Alembic's table of the revision that a database is at."""
_NEXT = "\n-- next\n"
"""The line between two statements of a file."""


class TablesNewer(PlatoneError):
    """A database was made by a newer version, whose tables this one does not know.

    Nothing was changed. Go on with the newer version, or restore a backup of before it.
    """

    slug = "tables-newer"
    title = "The database is a newer version's"
    kind = Kind.UNAVAILABLE


def bring_up(connection: Connection, metadata: MetaData) -> None:
    """Make a context's tables, or bring those that are there to what this version has.

    Raises:
        TablesOutdated: They are those of no version that can be brought up.
        TablesNewer: They are a newer version's.
    """
    folder: Path | None = metadata.info.get(REVISIONS)
    if folder is None:
        check_tables(connection, metadata)
        metadata.create_all(connection)
        return
    known = _known(folder)
    stored = _stored(connection, folder, known)
    if stored is not None:
        check_known(metadata, stored, connection.engine.url.database or "The database")
    if stored != known[-1]:
        upgrade(connection, folder)
    check_tables(connection, metadata)


def check_known(metadata: MetaData, revision: str, place: str) -> None:
    """Check that the revision of a context's tables is one that this version knows.

    Args:
        metadata: The tables, with a folder of revisions.
        revision: The revision.
        place: Where such tables are, to be told.

    Raises:
        TablesNewer: It is not.
    """
    known = _known(metadata.info[REVISIONS])
    if revision not in known:
        raise TablesNewer(f"{place} is at {revision}, and this version knows up to {known[-1]}.")


def make_at(connection: Connection, metadata: MetaData, revision: str) -> None:
    """Make a context's tables, of which there are none, as they were at a revision."""
    upgrade(connection, metadata.info[REVISIONS], revision)


def execute_file(connection: Connection, revision: str) -> None:
    """Execute the statements of a revision that stand in a file beside it, for this database."""
    file = Path(revision).with_suffix(f".{connection.dialect.name}.sql")
    for statement in file.read_text("utf-8").strip().split(_NEXT):
        connection.exec_driver_sql(statement)


def _known(folder: Path) -> list[str]:
    """Return the revisions of a folder, the first one first."""
    return sorted(each.stem for each in folder.glob("r*.py"))


def _stored(connection: Connection, folder: Path, known: list[str]) -> str | None:
    """Return the revision that the tables are at; None where there are none yet.

    Raises:
        TablesOutdated: Nothing tells the revision, and they are the tables of none.
    """
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        return str(connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar())  # noqa: S608 - our name
    if not names:
        return None
    ours = set(_tables_at(folder, known[-1]).tables)
    refusal: TablesOutdated | None = None
    for revision in reversed(known):
        try:
            _check_same(connection, names & ours, _tables_at(folder, revision))
        except TablesOutdated as error:
            refusal = error
        else:
            return _stamped(connection, folder, revision)
    assert refusal is not None  # noqa: S101 - there is a first revision
    raise refusal


def _check_same(connection: Connection, names: set[str], tables: MetaData) -> None:
    """Check that the tables that are there are those of a revision.

    Raises:
        TablesOutdated: They are not.
    """
    check_tables(connection, tables)
    differing = names ^ tables.tables.keys()
    if differing:
        place = connection.engine.url.database or "The database"
        told = ", ".join(
            f"{'with' if each in names else 'without'} {each}" for each in sorted(differing)
        )
        raise TablesOutdated(f"{place} was made by another version: {told}.")


def _tables_at(folder: Path, revision: str) -> MetaData:
    """Return the tables of a revision, as SQLite makes them: no other database had any before."""
    found, engine = MetaData(), create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, folder, revision)
        found.reflect(connection)
    engine.dispose()
    found.remove(found.tables[VERSION_TABLE])
    return found


def _stamped(connection: Connection, folder: Path, revision: str) -> str:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - seldom needed, slow

    MigrationContext.configure(connection).stamp(_script(folder), revision)
    return revision


def upgrade(connection: Connection, folder: Path, to: str = "head") -> None:
    """Bring tables from the revision that they are at to a later one, by default the newest."""
    from alembic.operations import Operations  # noqa: PLC0415 - seldom needed, slow to import
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - likewise

    script = _script(folder)
    context = MigrationContext.configure(
        connection,
        opts={"fn": lambda revision, _context: script._upgrade_revs(to, revision)},  # noqa: SLF001 - as alembic.command does
    )
    with Operations.context(context):
        context.run_migrations()


def _script(folder: Path) -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - likewise

    return ScriptDirectory(str(folder.parent), version_locations=[str(folder)])
