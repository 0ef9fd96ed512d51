"""Records that another version made are refused at the start, and left as they are."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from platone.infra.db import Database, RecordsOutdated, sqlite_url


def _metadata(*names: str) -> MetaData:
    metadata = MetaData()
    Table(
        "fact",
        metadata,
        Column("id", Integer, primary_key=True),
        *(Column(each, String) for each in names),
    )
    Table(f"other_{len(names)}", metadata, Column("id", Integer, primary_key=True))
    return metadata


async def test_a_table_without_a_column_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "facts.db")
    old = Database(url, _metadata("said"))
    await old.open()
    await old.close()
    new = Database(url, _metadata("said", "heard"))
    with pytest.raises(RecordsOutdated, match="Table fact lacks heard"):
        await new.open()
    await new.close()
    with closing(sqlite3.connect(tmp_path / "facts.db")) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert names == {"fact", "other_1"}


async def test_what_this_version_made_is_opened_again(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "facts.db")
    for _ in range(2):
        database = Database(url, _metadata("said"))
        await database.open()
        await database.close()
