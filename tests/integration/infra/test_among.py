"""Rows are found by many keys at once, whatever the keys are, in either database."""

from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table, delete, insert, select
from tests.records import RecordsAt

from platone.infra.among import among, among_keys
from platone.infra.db import Database

NAMES = ["a", "A", "a'b", 'a"b', "a\\", "ä\u2028", "", " ", "1", "1.0", "null", "[]", "€" * 50]
"""Texts that look like something else to somebody: quotes, numbers, JSON."""
metadata = MetaData()
place = Table("place", metadata, Column("name", String, primary_key=True))
part = Table(
    "part",
    metadata,
    Column("name", String, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
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


NUMBERS = [-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1]
PARTS = [(name, number) for name in NAMES for number in NUMBERS]
PARTLY = [*PARTS[::5], ("b", 1), ("1", 7), PARTS[0], (NAMES[0], 2**53)]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "keys", [[], PARTS[3:4], PARTS, PARTLY], ids=["none", "one", "all", "some, others and twice"]
)
async def test_rows_are_those_whose_keys_of_two_columns_are_named(
    tmp_path: Path, records_at: RecordsAt, keys: list[tuple[str, int]]
) -> None:
    database = Database(records_at(tmp_path / "places.db"), metadata)
    try:
        await database.open()
        async with database.transaction() as connection:
            rows = [{"name": name, "number": number} for name, number in PARTS]
            await connection.execute(insert(part), rows)
            its = among_keys(connection, (part.c.name, part.c.number), keys)
            found = [tuple(row) for row in await connection.execute(select(part).where(its))]
            await connection.execute(delete(part).where(its))
            left = [tuple(row) for row in await connection.execute(select(part))]
    finally:
        await database.close()
    assert sorted(found) == sorted(set(PARTS) & set(keys))
    assert sorted(left) == sorted(set(PARTS) - set(keys))


@pytest.mark.sqlite_only
async def test_rows_of_many_keys_are_found_by_the_whole_key(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    """As values of a statement SQLite compared two keys and more with each row of the table."""
    database = Database(records_at(tmp_path / "places.db"), metadata)
    await database.open()
    async with database.reading() as connection:
        its = among_keys(connection, (part.c.name, part.c.number), PARTLY)
        asked = select(part).where(its).compile(dialect=connection.dialect)
        values = tuple(asked.params[name] for name in asked.positiontup or ())
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values)
        assert (
            plan.mappings().all()[0]["detail"]
            == "SEARCH part USING PRIMARY KEY (name=? AND number=?)"
        )
    await database.close()
