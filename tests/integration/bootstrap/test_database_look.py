"""A database server as the doctor and the metrics tell it: reached, its version, its sizes."""

import asyncio
from pathlib import Path

import pytest
from tests.postgresql import Server

from platone.bootstrap.doctor.database import look_at_database
from platone.bootstrap.doctor.finding import Finding, Level
from platone.bootstrap.records_place import choose_records, records_url, remember_records
from platone.bootstrap.server_figure import FolderFigures
from platone.identity.records.table import metadata
from platone.infra.db import Database
from platone.settings import Settings


@pytest.fixture
async def data(tmp_path: Path, postgresql_server: Server) -> Path:
    """A data folder with records of identity in a database of its own."""
    choose_records(Settings(data=tmp_path, database=postgresql_server.database()))
    database = Database(records_url(tmp_path, "identity"), metadata)
    await database.open()
    await database.close()
    remember_records(tmp_path, ["identity"])
    return tmp_path


def name_of(data: Path) -> str:
    return records_url(data, "identity").split("?")[0].rsplit("/", 1)[-1]


async def looked(data: Path) -> Finding:
    (found,) = await asyncio.to_thread(lambda: list(look_at_database(data)))
    return found


async def figures(data: Path) -> dict[tuple[str, str], float]:
    return {
        (told.name, told.labels.get("database", "")): told.value
        for family in await FolderFigures(data).measure()
        for told in family.samples
    }


async def test_it_is_told_as_the_server_itself_tells_it(
    data: Path, postgresql_server: Server
) -> None:
    database = name_of(data)
    size = postgresql_server.psql(
        "SELECT sum(pg_table_size(oid) + pg_indexes_size(oid)) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'identity'::regnamespace",
        database,
    )
    version = postgresql_server.psql("SHOW server_version", database)
    told = await figures(data)
    assert told["platone_database_bytes", "identity"] == int(size) > 0
    assert told["platone_database_up", "identity"] == 1
    found = await looked(data)
    assert (found.about, found.level) == ("database of identity", Level.OK)
    assert f"PostgreSQL {version}: identity {int(size) / 1e6:.1f} MB" in found.text


async def test_a_schema_that_is_gone_is_told(data: Path, postgresql_server: Server) -> None:
    assert not postgresql_server.psql(
        "SET client_min_messages = error; DROP SCHEMA identity CASCADE", name_of(data)
    )
    found = await looked(data)
    assert found.level is Level.FAULT
    assert "has no schema identity any more" in found.text
    assert (await figures(data))["platone_database_up", "identity"] == 0


async def test_a_server_that_is_away_is_told_and_its_return(
    data: Path, postgresql_server: Server
) -> None:
    await asyncio.to_thread(postgresql_server.kill)
    try:
        found = await looked(data)
        told = await figures(data)
    finally:
        await asyncio.to_thread(postgresql_server.restart)
    assert (found.level, "is away" in found.text) == (Level.FAULT, True)
    assert told["platone_database_up", "identity"] == 0
    assert ("platone_database_bytes", "identity") not in told
    assert (await looked(data)).level is Level.OK


async def test_records_in_files_are_no_database_of_a_server(tmp_path: Path) -> None:
    (tmp_path / "market.db").write_bytes(b"12345")
    assert list(look_at_database(tmp_path)) == []
    told = await figures(tmp_path)
    assert told["platone_database_bytes", "market"] == 5
    assert told["platone_database_up", "market"] == 1
