"""Rows are found by many keys at once, whatever the keys are, in either database."""

from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, String, Table, insert, select
from tests.records import RecordsAt

from platone.infra.among import among
from platone.infra.db import Database

NAMES = ["a", "A", "a'b", 'a"b', "a\\", "ä\u2028", "", " ", "1", "1.0", "null", "[]", "€" * 50]
"""Texts that look like something else to somebody: quotes, numbers, JSON."""
metadata = MetaData()
place = Table("place", metadata, Column("name", String, primary_key=True))
NAMED = select(place.c.name).where(among(place.c.name, "names"))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "keys",
    [[], ["a"], NAMES, NAMES[::2], ["b", "a'b", "a'b"], [*map(str, range(40_000)), "null"]],
    ids=["none", "one", "all", "some", "others and twice", "more than a statement binds"],
)
async def test_rows_are_those_whose_key_is_named(
    tmp_path: Path, records_at: RecordsAt, keys: list[str]
) -> None:
    database = Database(records_at(tmp_path / "places.db"), metadata)
    try:
        await database.open()
        async with database.transaction() as connection:
            await connection.execute(insert(place), [{"name": name} for name in NAMES])
        async with database.reading() as connection:
            rows = await connection.execute(NAMED, {"names": keys})
            found = list(rows.scalars())
    finally:
        await database.close()
    assert sorted(found) == sorted(set(NAMES) & set(keys))
