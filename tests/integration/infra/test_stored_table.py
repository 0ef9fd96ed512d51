"""A database of another version is refused by name, and nothing in it is touched."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from platone.infra.db import Database, sqlite_url
from platone.infra.stored_table import TablesOutdated
from platone.ledger.records.table import metadata


def _changed(path: Path, *statements: str) -> bytes:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
    return path.read_bytes()


async def _open(path: Path) -> None:
    database = Database(sqlite_url(path), metadata)
    try:
        await database.open()
    finally:
        await database.close()


def _definition(path: Path, table: str) -> str:
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT sql FROM sqlite_master WHERE name = ?"
        return str(database.execute(query, (table,)).fetchone()[0])


async def test_its_own_tables_are_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await _open(path)
    await _open(path)
    _changed(path, "ALTER TABLE record ADD COLUMN note TEXT", "DROP TABLE wallet")
    await _open(path)  # what a later version added without need, and a table that was not there


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("PRIMARY KEY (id, owner)", "PRIMARY KEY (id)", "its key is id, not id, owner"),
        ("salt BLOB", "pepper BLOB", "without salt"),
    ],
)
async def test_other_tables_are_refused_by_name(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = tmp_path / "ledger.db"
    await _open(path)
    made = _definition(path, "record")
    assert old in made
    before = _changed(path, "DROP TABLE record", made.replace(old, new))
    with pytest.raises(TablesOutdated, match="record") as refused:
        await _open(path)
    assert told in refused.value.detail
    assert "ledger.db" in refused.value.detail
    assert path.read_bytes() == before
