"""Stored tables are brought up: all revisions give the tables of the code, on both databases."""

import asyncio
import importlib
import re
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table, create_engine
from tests.postgresql import USER, Server
from tests.records import RecordsAt, ask

from platone.infra.db import Database
from platone.infra.migration import REVISIONS, TablesNewer, upgrade
from platone.infra.postgresql import Place
from platone.infra.stored_table import TablesOutdated
from platone.messages.partner import CONTEXTS

pytestmark = pytest.mark.both_databases


def tables_of(context: str) -> MetaData:
    found: MetaData = importlib.import_module(f"platone.{context}.records.table").metadata
    return found


async def opened(url: str, metadata: MetaData) -> None:
    database = Database(url, metadata)
    try:
        await database.open()
    finally:
        await database.close()


def dumped(url: str, server: Server | None) -> list[str]:
    """The statements that make what is stored, as the database itself tells them."""
    if server is None:
        asked = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name != 'alembic_version'"
        return sorted(re.sub(r"[\s\"]+", "", sql) for (sql,) in ask(url, asked))
    place = Place.of(url)
    command = ["pg_dump", "--schema-only", "-n", place.schema, "-T", "*.alembic_version"]
    done = subprocess.run(  # noqa: S603 - the database's own program
        [*command, "-U", USER, place.address], check=True, capture_output=True, text=True
    )
    text = re.sub(r"(?m)^(--|\\|SET ).*$", "", done.stdout).replace(f"{place.schema}.", "")
    return sorted(each.strip() for each in text.split(";") if place.schema not in each)


@pytest.mark.parametrize("context", ["identity", *CONTEXTS])
async def test_the_revisions_make_the_tables_of_the_code(
    context: str, tmp_path: Path, records_at: RecordsAt, request: pytest.FixtureRequest
) -> None:
    metadata = tables_of(context)
    brought, made = records_at(tmp_path / "brought.db"), records_at(tmp_path / "made.db")
    await opened(brought, metadata)
    metadata.info, kept = {}, metadata.info
    try:
        await opened(made, metadata)  # with the triggers, which a copy of the tables has not
    finally:
        metadata.info = kept
    is_file = brought.startswith("sqlite")
    server = None if is_file else request.getfixturevalue("postgresql_server")
    assert dumped(brought, server) == dumped(made, server)
    assert len(dumped(made, server)) > len(metadata.tables)


@pytest.mark.parametrize("context", ["identity", *CONTEXTS])
def test_revisions_have_their_files_names_and_follow_one_another(context: str) -> None:
    before = None
    for file in sorted(tables_of(context).info[REVISIONS].glob("r*.py")):
        text = file.read_text("utf-8")
        told = "None" if before is None else f'"{before}"'
        assert f'\nrevision = "{file.stem}"\ndown_revision = {told}\n' in text
        before = file.stem


async def test_what_a_newer_version_made_is_left_alone(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "identity.db")
    await opened(url, tables_of("identity"))
    ask(url, "UPDATE alembic_version SET version_num = 'r9999_later'")
    with pytest.raises(TablesNewer, match="is at r9999_later"):
        await opened(url, tables_of("identity"))
    assert ask(url, "SELECT version_num FROM alembic_version") == [("r9999_later",)]


@pytest.mark.sqlite_only
async def test_what_was_made_between_two_versions_is_refused(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url, folder = records_at(tmp_path / "customers.db"), tables_of("customers").info[REVISIONS]
    with create_engine(f"sqlite:///{tmp_path}/customers.db").begin() as connection:
        upgrade(connection, folder, "r0005_long_packed")
    for table in ("alembic_version", "kafka_place", "measurement_mark", "notice"):
        ask(url, f"DROP TABLE {table}")
    with pytest.raises(TablesOutdated, match=r"another version: with notice_endpoint\."):
        await opened(url, tables_of("customers"))


async def test_several_that_start_at_once_make_the_tables_once(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "ledger.db")
    await asyncio.gather(*(opened(url, tables_of("ledger")) for _ in range(4)))
    assert len(ask(url, "SELECT version_num FROM alembic_version")) == 1


@pytest.mark.sqlite_only
async def test_a_new_file_that_another_writes_to_is_waited_for(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    """SQLite refuses a new file's log at once while another holds it: its timeout is not kept."""
    file, held = tmp_path / "ledger.db", threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(0.2)
            other.execute("COMMIT")

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait()
    await opened(records_at(file), tables_of("ledger"))
    holding.join()


_FIRST = """revision = "r0001_first"
down_revision = None


def upgrade() -> None:
    op.create_table("thing", sa.Column("id", sa.String(), primary_key=True))
"""
_SECOND = """revision = "r0002_size"
down_revision = "r0001_first"


def upgrade() -> None:
    op.add_column("thing", sa.Column("size", sa.BigInteger(), server_default="7", nullable=False))
"""


@pytest.mark.sqlite_only
async def test_a_column_comes_to_tables_of_before_there_were_revisions(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    folder, url = tmp_path / "revision", records_at(tmp_path / "things.db")
    folder.mkdir()
    for name, text in (("r0001_first", _FIRST), ("r0002_size", _SECOND)):
        head = "import sqlalchemy as sa\nfrom alembic import op\n\n"
        (folder / f"{name}.py").write_text(head + text)
    metadata = MetaData(info={REVISIONS: folder})
    size = Column("size", BigInteger, nullable=False, server_default="7")
    Table("thing", metadata, Column("id", String, primary_key=True), size)
    ask(url, "CREATE TABLE thing (id VARCHAR NOT NULL, PRIMARY KEY (id))")
    ask(url, "INSERT INTO thing VALUES ('old')")
    await opened(url, metadata)
    assert ask(url, "SELECT id, size FROM thing") == [("old", 7)]
    assert ask(url, "SELECT version_num FROM alembic_version") == [("r0002_size",)]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("context", ["identity", *CONTEXTS])
async def test_tables_of_each_revision_are_known_without_its_name(
    context: str, tmp_path: Path, records_at: RecordsAt
) -> None:
    """A folder of between two versions: its tables alone tell where it is."""
    metadata = tables_of(context)
    folder = metadata.info[REVISIONS]
    known = sorted(each.stem for each in folder.glob("r*.py"))
    for revision in known:
        with create_engine(f"sqlite:///{tmp_path}/{revision}.db").begin() as connection:
            upgrade(connection, folder, revision)
        url = records_at(tmp_path / f"{revision}.db")
        ask(url, "DROP TABLE alembic_version")
        await opened(url, metadata)
        assert ask(url, "SELECT version_num FROM alembic_version") == [(known[-1],)]
