"""Schemas of a real PostgreSQL server: copied as of one instant, and put into empty ones."""

import asyncio
import importlib
import json
import re
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from tests.postgresql import USER, Server
from tests.records import ask

from platone.bootstrap.backup import back_up, restore
from platone.bootstrap.records_place import choose_records, records_url, remember_records
from platone.infra.backup.postgresql import PostgresqlSource
from platone.infra.backup.problem import BackupFailed
from platone.infra.db import Database
from platone.infra.migration import TablesNewer
from platone.infra.postgresql import Place
from platone.infra.storage import StorageUnavailable
from platone.settings import Settings

CONTEXTS = ("customers", "dso", "identity", "ledger")
STRANGE = r"""
INSERT INTO identity.party VALUES (E'tab\t, line\n, \\N, \\., "quotes", Ü'), ('');
INSERT INTO identity.change (at_s, party_id, client_id, kind, subject, before, after)
    SELECT n, 'MO', '', 'k', 's', '\', E'\r\n' FROM generate_series(1, 2000) n;
DELETE FROM identity.change WHERE number > 1990;
INSERT INTO dso.profile_sets (content) VALUES (''), (decode('000aff5c09', 'hex'));
SET search_path = ledger;
INSERT INTO document
    SELECT n, 'invoice', 'customer', 'p', '2021-10', timestamp '2021-10-31 02:30:00.123456',
        NULL, 9223372036854775807, -1, 0, 0, '' FROM generate_series(1, 12) n;
"""
"""Rows whose text is not their value, and such as triggers and sequences look at."""
MONTHS = """
CREATE TABLE customers.measurement_2021_09 PARTITION OF customers.measurement
    FOR VALUES FROM (1630454400) TO (1633046400);
CREATE TABLE customers.measurement_2021_10 PARTITION OF customers.measurement
    FOR VALUES FROM (1633046400) TO (1635724800);
CREATE TABLE customers.measurement_message_2021_10 PARTITION OF customers.measurement_message
    FOR VALUES FROM (2667174690816) TO (2671469658112);
INSERT INTO customers.measurement_message SELECT 2667174690816 + n, n, n, 1, 0, 0,
    decode('000aff5c09', 'hex'), '', NULL FROM generate_series(0, 50) n;
INSERT INTO customers.measurement SELECT 1633046400 + n, n, n, 1, 15, 1, n > 0, NULL
    FROM generate_series(-50, 50) n;
"""


def tables_of(context: str) -> MetaData:
    found: MetaData = importlib.import_module(f"platone.{context}.records.table").metadata
    return found


def found_records(settings: Settings) -> None:
    """Do with records what a server's first start does."""
    choose_records(settings)

    async def found() -> None:
        for context in CONTEXTS:
            database = Database(records_url(settings.data, context), tables_of(context))
            await database.open()
            await database.close()

    asyncio.run(found())
    remember_records(settings.data, CONTEXTS)
    (settings.data / "records.txt").touch()


@pytest.fixture
def settings(tmp_path: Path, postgresql_server: Server) -> Settings:
    """A data folder with records in a database of its own, and a chain in a file."""
    made = Settings(data=tmp_path / "data", database=postgresql_server.database())
    (made.data / "ledger").mkdir(parents=True)
    found_records(made)
    with closing(sqlite3.connect(made.data / "ledger" / "chain.db")) as chain:
        chain.execute("PRAGMA journal_mode=WAL")
        chain.execute("CREATE TABLE fact (number INTEGER PRIMARY KEY)")
        chain.commit()
    return made


def name_of(settings: Settings) -> str:
    return settings.database.rsplit("/", 1)[-1]


def dumped(address: str) -> list[str]:
    """All that is in a database, as its own program writes it."""
    command = ["pg_dump", "--inserts", "--no-owner", "-U", USER, address]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - likewise
    return re.sub(r"(?m)^(--|\\).*\n", "", done.stdout).splitlines()


def counted(url: str, table: str) -> int:
    ((count, last),) = ask(url, f"SELECT count(*), coalesce(max(number), 0) FROM {table}")  # noqa: S608
    assert count == last
    return int(count)


def test_a_database_comes_back_as_its_own_program_tells_it(
    settings: Settings, postgresql_server: Server, tmp_path: Path
) -> None:
    assert not postgresql_server.psql(STRANGE + MONTHS, name_of(settings))
    back_up(settings.data, tmp_path / "copy")
    fresh = postgresql_server.database()
    restore(tmp_path / "copy", tmp_path / "again", fresh)
    assert dumped(fresh) == dumped(settings.database)
    assert json.loads((tmp_path / "again" / "database.json").read_text())["address"] == fresh
    assert not (tmp_path / "again" / "postgresql").exists()
    next_one = "INSERT INTO identity.change (at_s, party_id, client_id, kind, subject, before, "
    next_one += "after) VALUES (1, '', '', '', '', '', '') RETURNING number"
    assert postgresql_server.psql(next_one, fresh.rsplit("/", 1)[-1]) == "2001", "not used again"
    again = "SET search_path = ledger; INSERT INTO document SELECT * FROM document LIMIT 1"
    refused = postgresql_server.psql(again, fresh.rsplit("/", 1)[-1])
    assert "numbers are consecutive" in refused, "triggers watch again"


@pytest.fixture
def writer(settings: Settings) -> Iterator[None]:
    """Writes the same fact into one database after the other, as parties tell each other."""
    done = threading.Event()

    async def write() -> None:
        databases = [
            Database(records_url(settings.data, context), MetaData()) for context in CONTEXTS[1:3]
        ]
        chain = sqlite3.connect(settings.data / "ledger" / "chain.db", timeout=30)
        number = 0
        while not done.is_set():
            number += 1
            async with databases[0].transaction() as connection:
                await connection.execute(text("INSERT INTO profile_sets (content) VALUES ('')"))
            async with databases[1].transaction() as connection:
                fact = "INSERT INTO change VALUES (:n, 0, '', '', '', '', '', '')"
                await connection.execute(text(fact), {"n": number})
            with chain:
                chain.execute("INSERT INTO fact VALUES (?)", (number,))
        chain.close()
        for each in databases:
            await each.close()

    running = threading.Thread(target=lambda: asyncio.run(write()))
    running.start()
    yield
    done.set()
    running.join()


@pytest.mark.usefixtures("writer")
def test_schemas_and_files_of_a_copy_are_of_one_instant(
    settings: Settings, postgresql_server: Server, tmp_path: Path
) -> None:
    """One fact at most is on its way: who is told first has as many as the last, or one more."""
    for turn in range(3):
        copy, again = tmp_path / f"copy-{turn}", tmp_path / f"again-{turn}"
        back_up(settings.data, copy)
        restore(copy, again, postgresql_server.database())
        with closing(sqlite3.connect(again / "ledger" / "chain.db")) as chain:
            (last,) = chain.execute("SELECT count(*) FROM fact").fetchone()
        counts = [
            counted(records_url(again, "dso"), "profile_sets"),
            counted(records_url(again, "identity"), "change"),
            last,
        ]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] - counts[-1] <= 1
        assert last > 0


def test_what_stands_in_a_schema_is_named_and_left(
    settings: Settings, postgresql_server: Server, tmp_path: Path
) -> None:
    back_up(settings.data, tmp_path / "copy")
    fresh = postgresql_server.database()
    name = fresh.rsplit("/", 1)[-1]
    made = "CREATE SCHEMA ledger; CREATE TABLE ledger.mine (a int); INSERT INTO ledger.mine VALUES"
    assert not postgresql_server.psql(f"{made} (7)", name)
    with pytest.raises(BackupFailed, match=r"The schema ledger of .* is not empty, it has mine:"):
        restore(tmp_path / "copy", tmp_path / "again", fresh)
    assert not (tmp_path / "again").exists()
    assert postgresql_server.psql("SELECT a FROM ledger.mine", name) == "7"
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('customers', 'dso', 'identity')"
    assert postgresql_server.psql(tables, name) == "0", "nothing is put back by halves"


def test_a_copy_that_is_not_as_it_was_written_is_refused(
    settings: Settings, postgresql_server: Server, tmp_path: Path
) -> None:
    copy, fresh = tmp_path / "copy", postgresql_server.database()
    assert not postgresql_server.psql(STRANGE, name_of(settings))
    back_up(settings.data, copy)
    assert copy.stat().st_mode & 0o077 == 0
    rows = copy / "postgresql" / "identity" / "party.rows"
    assert rows.stat().st_mode & 0o077 == 0
    kept = rows.read_bytes()
    rows.write_bytes(kept.replace(b"quotes", b"quotas"))
    with pytest.raises(BackupFailed, match=r"postgresql/identity/party\.rows"):
        restore(copy, tmp_path / "again", fresh)
    rows.unlink()
    with pytest.raises(BackupFailed, match=r"postgresql/identity/party\.rows"):
        restore(copy, tmp_path / "again", fresh)
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'identity'"
    assert postgresql_server.psql(schemas, fresh.rsplit("/", 1)[-1]) == "0"


@pytest.mark.parametrize(
    ("changed", "problem", "said"),
    [
        ({"revision": "r9999_later"}, TablesNewer, "r9999_later"),
        ({"tables": [{"name": "party", "columns": ["party_id"], "rows": 3}]}, BackupFailed, "3 r"),
        ({"tables": [{"name": "party", "columns": ["gone"], "rows": 2}]}, BackupFailed, "gone"),
        (
            {"parts": [{"name": "x", "whole": "party", "bounds": "DEFAULT; DROP TABLE party"}]},
            BackupFailed,
            "bounds of x",
        ),
        ({"tables": "none"}, BackupFailed, "cannot be read"),
    ],
)
def test_a_list_that_is_not_of_these_tables_is_refused(
    settings: Settings,
    postgresql_server: Server,
    tmp_path: Path,
    changed: dict[str, object],
    problem: type[Exception],
    said: str,
) -> None:
    """Also where somebody has changed the hashes with it; nothing is put back."""
    copy = tmp_path / "copy"
    assert not postgresql_server.psql(STRANGE, name_of(settings))
    back_up(settings.data, copy)
    name = "postgresql/identity/tables.json"
    told = json.loads((copy / name).read_bytes()) | changed
    (copy / name).write_text(json.dumps(told))
    listed = json.loads((copy / "backup.json").read_bytes())
    listed["files"] = [each for each in listed["files"] if each["name"] != name]
    (copy / "backup.json").write_text(json.dumps(listed))
    fresh = postgresql_server.database()
    with pytest.raises(problem, match=said):
        restore(copy, tmp_path / "again", fresh)
    assert not (tmp_path / "again").exists()
    asked = "SELECT count(*) FROM pg_tables WHERE schemaname = 'identity'"
    assert postgresql_server.psql(asked, fresh.rsplit("/", 1)[-1]) == "0"


def test_each_schema_may_be_another_users(
    settings: Settings, postgresql_server: Server, tmp_path: Path
) -> None:
    """Such a user reads and writes its own schema, before and after."""
    back_up(settings.data, tmp_path / "copy")
    fresh = postgresql_server.database()
    name = fresh.rsplit("/", 1)[-1]
    for context in CONTEXTS:
        made = f"CREATE ROLE {name}_{context} LOGIN; "
        made += f"CREATE SCHEMA {context} AUTHORIZATION {name}_{context}"
        assert not postgresql_server.psql(made, name)
    address = postgresql_server.address(name, f"{name}_{{context}}")
    restore(tmp_path / "copy", tmp_path / "again", address)
    back_up(tmp_path / "again", tmp_path / "copy-of-it")
    last = postgresql_server.database()
    restore(tmp_path / "copy-of-it", tmp_path / "last", last)
    assert dumped(last) == dumped(settings.database)


def test_a_schema_that_is_busy_ends_the_backup_and_leaves_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platone.infra.backup.instant._TRIES", 2)

    async def busy() -> None:
        database = Database(records_url(settings.data, "dso"), MetaData())
        async with database.transaction():
            with pytest.raises(BackupFailed, match="never still"):
                await asyncio.to_thread(back_up, settings.data, tmp_path / "copy")
        async with database.transaction():  # nothing is held any more
            pass
        await database.close()

    asyncio.run(busy())
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_a_backup_of_a_database_that_is_away_says_so(
    settings: Settings, postgresql_server: Server, tmp_path: Path
) -> None:
    postgresql_server.kill()
    try:
        with pytest.raises(StorageUnavailable):
            back_up(settings.data, tmp_path / "copy")
    finally:
        postgresql_server.restart()
    assert not (tmp_path / "copy").exists()


async def test_a_backup_that_stands_still_holds_nobody_up_and_fails(settings: Settings) -> None:
    """The database lets its lock go, and so it is not taken for one instant."""
    place = Place.of(records_url(settings.data, "dso"))
    source = await PostgresqlSource.open([place])
    database = Database(place.url, MetaData())
    await source.hold()
    async with database.transaction():  # waits for the lock, and has it in time
        pass
    with pytest.raises(StorageUnavailable):
        await source.let_go()
    await source.close()
    await database.close()
