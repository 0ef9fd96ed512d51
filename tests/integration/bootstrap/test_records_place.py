"""Records on a database server: what is refused, and what is told while it is away."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select
from tests.postgresql import Server

from platone.bootstrap.problem import RecordsElsewhere, RecordsMissing
from platone.bootstrap.records_place import (
    check_records,
    choose_records,
    has_records,
    records_url,
    remember_records,
    schema_hold,
)
from platone.identity.records.table import metadata
from platone.infra.db import Database
from platone.infra.postgresql import DatabaseUnusable, Place
from platone.infra.schema_hold import SchemaHold, SchemaInUse
from platone.infra.storage import StorageUnavailable
from platone.settings import SettingInvalid, Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, postgresql_server: Server) -> Settings:
    """A data folder whose records are in a database of its own."""
    return Settings(data=tmp_path, database=postgresql_server.database())


async def founded(settings: Settings) -> None:
    """Do with identity's records what a server's first start does."""
    choose_records(settings)
    database = Database(records_url(settings.data, "identity"), metadata)
    await database.open()
    await database.close()
    remember_records(settings.data, ["identity"])
    (settings.data / "records.txt").touch()


@pytest.mark.parametrize(
    "address", ["postgresql://a:hidden@host/name", "postgresql://host/name?password=hidden"]
)
def test_a_password_in_the_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(SettingInvalid, match="database_password_file") as refused:
        load_settings(None, database=address)
    assert "hidden" not in refused.value.detail


@pytest.mark.parametrize("address", ["host/name", "mysql://host/name", "postgresql://host"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SettingInvalid, match="postgresql://user@host:port/name"):
        load_settings(None, database=address)


async def test_records_are_looked_for_where_they_were_kept(settings: Settings) -> None:
    await founded(settings)
    assert has_records(settings.data, "identity")
    assert not has_records(settings.data, "market")
    await check_records(settings.data)
    with pytest.raises(RecordsElsewhere, match="by the setting database"):
        choose_records(replace(settings, database=""))
    choose_records(settings)


def test_a_folder_with_files_does_not_begin_anew_in_a_database(settings: Settings) -> None:
    (settings.data / "records.txt").touch()
    with pytest.raises(RecordsElsewhere, match="has its records in files"):
        choose_records(settings)


async def test_a_database_that_has_lost_its_records_is_told(
    settings: Settings, postgresql_server: Server
) -> None:
    await founded(settings)
    choose_records(replace(settings, database=postgresql_server.database()))
    with pytest.raises(RecordsMissing, match="records of identity"):
        await check_records(settings.data)


async def test_a_second_server_is_refused_until_the_first_is_gone(settings: Settings) -> None:
    await founded(settings)
    first, second = (schema_hold(settings.data, ["identity", "market"]) for _ in range(2))
    await first.take()
    await first.take()
    with pytest.raises(SchemaInUse, match="schema identity"):
        await second.take()
    await first.close()
    async with asyncio.timeout(30):
        while True:
            try:
                await second.take()
                break
            except SchemaInUse:  # the server ends the other's session in a moment
                await asyncio.sleep(0.05)
    await second.close()


async def test_what_a_database_refuses_is_told(postgresql_server: Server) -> None:
    address = postgresql_server.database()
    name = address.rsplit("/", 1)[-1]
    assert not postgresql_server.psql(f"CREATE ROLE poor_{name} LOGIN")
    icu = f"CREATE DATABASE u{name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'it-IT'"
    assert not postgresql_server.psql(icu)
    with pytest.raises(DatabaseUnusable, match="orders texts by a language"):
        await Place(postgresql_server.address(f"u{name}"), "market").found()
    poor = Place(postgresql_server.address(name, f"poor_{name}"), "market")
    with pytest.raises(DatabaseUnusable, match="make the schema market"):
        await poor.found()
    with pytest.raises(DatabaseUnusable, match="does not let us in"):
        await Place(postgresql_server.address("nowhere"), "market").found()
    with pytest.raises(DatabaseUnusable, match="does not let us in"):
        await Place(postgresql_server.address(name, "nobody"), "market").found()


async def test_a_database_that_is_away_is_told_and_its_return_is_noticed(
    settings: Settings, postgresql_server: Server
) -> None:
    await founded(settings)
    database = Database(records_url(settings.data, "identity"), MetaData())
    hold = schema_hold(settings.data, ["identity"])
    await hold.take()

    async def read() -> int:
        async with database.reading() as connection:
            return int((await connection.execute(select(1))).scalar_one())

    assert await read() == 1
    await asyncio.to_thread(postgresql_server.kill)
    with pytest.raises(StorageUnavailable, match="database is away"):
        await read()
    with pytest.raises(StorageUnavailable):
        await hold.turn()
    await asyncio.to_thread(postgresql_server.restart)
    assert await read() == 1
    await hold.take()
    await hold.close()
    await database.close()


async def test_workers_hold_a_schema_together_where_keys_and_settings_are_the_same(
    settings: Settings,
) -> None:
    await founded(settings)

    def worker() -> SchemaHold:
        return schema_hold(settings.data, ["identity", "market"], is_shared=True)

    one, other, stranger, reset = worker(), worker(), worker(), worker()
    for each in (one, other):
        await each.mark("settings", b"Europe/Rome")
        await each.take()
        await each.mark("keys", b"ours")
    await one.turn()  # it is taken still, with its marks
    await stranger.mark("settings", b"Europe/Rome")
    await stranger.take()
    with pytest.raises(SchemaInUse, match="a worker with other keys"):
        await stranger.mark("keys", b"another's")
    await reset.mark("settings", b"Europe/Athens")
    with pytest.raises(SchemaInUse, match="a worker with other settings"):
        await reset.take()
    alone = schema_hold(settings.data, ["identity", "market"])
    with pytest.raises(SchemaInUse, match="in use by another server"):
        await alone.take()
    for each in (one, other, stranger, reset, alone):
        await each.close()
