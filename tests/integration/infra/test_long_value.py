"""Long values are read and written in parts as they are in one."""

import random
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, event, insert, select

from platone.infra.db import Database, sqlite_url
from platone.infra.long_value import add_long, change_long, read_long

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


@pytest.mark.parametrize(("length", "is_whole"), [(PART - 1, True), (PART + 1, False)])
async def test_no_statement_gives_a_long_value_in_one(
    tmp_path: Path, length: int, *, is_whole: bool
) -> None:
    database = Database(sqlite_url(tmp_path / "one.db"), metadata)
    await database.open()
    async with database.transaction() as connection:
        await connection.execute(insert(text).values(id="it", body=bytes(length)))
    statements: list[str] = []
    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    async with database.reading() as connection:
        found = await read_long(connection, text.c.body, text.c.id == "it")
    assert found == bytes(length)
    assert any(each.startswith("SELECT text.body") for each in statements) is is_whole
    await database.close()


@pytest.mark.parametrize("length", [None, 0, PART, PART + 1, 2 * PART + 7])
async def test_a_value_written_in_parts_is_the_one_that_was_given(
    tmp_path: Path, length: int | None
) -> None:
    database = Database(sqlite_url(tmp_path / "one.db"), metadata)
    await database.open()
    given = None if length is None else random.Random(length).randbytes(length)  # noqa: S311
    statements: list[tuple[object, ...]] = []
    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[3]))
    async with database.transaction() as connection:
        await connection.execute(insert(text).values(id="before", body=b"other"))
        await add_long(connection, text, {"id": "it", "body": given})
        await connection.execute(insert(text).values(id="after", body=b"more"))
        await connection.execute(insert(text).values(id="changed", body=b"less"))
        await change_long(connection, text, text.c.id == "changed", {"body": given})
        await change_long(connection, text, text.c.id == "none", {"body": given})
    async with database.reading() as connection:
        rows = (await connection.execute(select(text))).all()
    assert {row.id: row.body for row in rows} == {
        "before": b"other",
        "it": given,
        "after": b"more",
        "changed": given,
    }
    is_long = length is not None and length > PART
    assert (given not in [value for each in statements for value in each]) is is_long
    await database.close()


async def test_nothing_is_left_of_a_value_whose_transaction_fails(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "one.db"), metadata)
    await database.open()
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as connection:
            await add_long(connection, text, {"id": "it", "body": bytes(PART + 1)})
            raise ZeroDivisionError
    async with database.reading() as connection:
        assert (await connection.execute(select(text.c.id))).all() == []
    await database.close()
