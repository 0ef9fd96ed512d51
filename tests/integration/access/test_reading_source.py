"""Where readings come from is kept once: carried over from earlier versions, and erased whole."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, column, insert, table
from tests.records import RecordsAt, ask

from platone.access.records.erasure import ErasureRecords
from platone.access.records.reading import StoredReading, find_readings
from platone.access.records.table import metadata
from platone.infra.db import Database
from platone.infra.migration import make_at
from platone.messages.metering import Reading

pytestmark = pytest.mark.both_databases
HOUR = 455_832
"""The hour since 1970 that begins on the first of January 2022, UTC."""
OLD, NEW = "0x" + "0b" * 20, "0x" + "5A" * 20
GONE, KEPT = "IT001E00000077", "IT001E00000078"


def row(pod: str, quarter: int, device: str, **more: object) -> dict[str, object]:
    """A row of the earlier version's table."""
    return {
        "pod_id": pod,
        "hour": HOUR + quarter // 4,
        "minute": quarter % 4 * 15,
        "duration_minutes": 15,
        "quality": "measured",
        "revision": 0,
        "energy_wh": 100 * quarter,
        "reactive_energy_varh": None,
        "device": device,
        "sequence": quarter // 12,
    } | more


ROWS = [
    *(row(GONE, quarter, OLD) for quarter in range(24)),
    row(GONE, 24, OLD, quality="estimated"),
    row(GONE, 24, NEW, revision=1, energy_wh=-(10**13), reactive_energy_varh=7),
    row(KEPT, 3, NEW, quality="simulated"),
]


def expected(each: dict[str, object]) -> StoredReading:
    start_s = int(str(each["hour"])) * 3600 + int(str(each["minute"])) * 60
    told = {
        key: value
        for key, value in each.items()
        if key not in {"hour", "minute", "device", "sequence"}
    }
    reading = Reading(start_time=datetime.fromtimestamp(start_s, UTC), **told)  # type: ignore[arg-type]
    return StoredReading(reading, (str(each["device"]), int(str(each["sequence"]))))


async def store_as_before(url: str) -> None:
    database = Database(url, MetaData())
    await database.open()
    async with database.transaction() as connection:
        await connection.run_sync(make_at, metadata, "r0004_long_packed")
        await connection.execute(insert(table("readings", *map(column, ROWS[0]))), ROWS)
    await database.close()


async def opened(url: str) -> Database:
    database = Database(url, metadata)
    await database.open()
    return database


async def found(database: Database) -> list[StoredReading]:
    hours = {(pod, HOUR + hour) for pod in (GONE, KEPT, "unknown") for hour in range(24)}
    async with database.reading() as connection:
        readings = await find_readings(connection, hours)
    return sorted(readings, key=lambda it: (it.reading.pod_id, it.reading.start_time, it.message))


async def test_several_that_start_at_once_carry_old_ones_over_once(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "access.db")
    await store_as_before(url)
    databases = await asyncio.gather(*(opened(url) for _ in range(4)))
    for each in databases:
        assert await found(each) == [expected(row) for row in ROWS]
        await each.close()
    assert len(ask(url, "SELECT * FROM reading_source")) == 3
    if url.startswith("sqlite"):  # SQLite 3.40 takes other orders of columns for damage
        assert ask(url, "PRAGMA quick_check") == [("ok",)]


async def test_an_erasure_leaves_neither_readings_nor_their_source(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "access.db")
    await store_as_before(url)
    database = await opened(url)
    assert await ErasureRecords(database).devices_of([GONE]) == [OLD, NEW]
    await ErasureRecords(database).erase([GONE])
    assert await found(database) == [expected(ROWS[-1])]
    assert ask(url, "SELECT pod_id, device FROM reading_source") == [(KEPT, NEW)]
    assert len(ask(url, "SELECT * FROM readings")) == 1
    await database.close()
