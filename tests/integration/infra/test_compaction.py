"""What was deleted stands in no byte of a database that was written anew."""

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, delete, insert, update

from platone.infra.db import Database, sqlite_url

NAME = b"IT001E00000077"
METADATA = MetaData()
MESSAGE = Table(
    "message",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("body", LargeBinary, nullable=False),
)


def count(file: Path) -> int:
    return sum(each.read_bytes().count(NAME) for each in file.parent.glob("records.db*"))


async def test_what_was_replaced_before_an_erasure_goes_too(tmp_path: Path) -> None:
    """Delivered messages are emptied long before; SQLite leaves their bytes in free pages."""
    file = tmp_path / "records.db"
    database = Database(sqlite_url(file), METADATA)
    await database.open()
    async with database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA secure_delete=OFF")  # as SQLite is by default
        rows = [{"body": NAME * 1000} for _ in range(20)]
        await connection.execute(insert(MESSAGE), rows)
    async with database.transaction() as connection:
        await connection.execute(update(MESSAGE).values(body=b""))
    async with database.erasing() as connection:
        await connection.execute(delete(MESSAGE))
    assert count(file) > 1000
    await database.compact()
    assert count(file) == 0
    await database.close()
