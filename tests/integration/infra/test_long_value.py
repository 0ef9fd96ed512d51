"""Long values are read in parts as they are read in one."""

import random
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, insert, select

from platone.infra.db import Database, sqlite_url
from platone.infra.long_value import read_long

PART = 4_000_000
metadata = MetaData()
text = Table("text", metadata, Column("id", String, primary_key=True), Column("body", LargeBinary))


@pytest.mark.parametrize("length", [None, 0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 7])
async def test_a_value_is_the_one_that_was_stored(tmp_path: Path, length: int | None) -> None:
    database = Database(sqlite_url(tmp_path / "one.db"), metadata)
    await database.open()
    stored = None if length is None else random.Random(length).randbytes(length)  # noqa: S311
    rows: list[dict[str, object]] = [
        {"id": "before", "body": b"other"},
        {"id": "it", "body": stored},
    ]
    async with database.transaction() as connection:
        await connection.execute(insert(text), rows)
        assert await read_long(connection, text.c.body, text.c.id == "it") == stored
    async with database.reading() as connection:
        assert await read_long(connection, text.c.body, text.c.id == "it") == stored
        assert await read_long(connection, text.c.body, text.c.id == "none") is None
        whole = select(text.c.body).where(text.c.id == "it")
        assert (await connection.execute(whole)).scalar() == stored
    await database.close()
