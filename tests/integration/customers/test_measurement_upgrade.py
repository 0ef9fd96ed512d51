"""Readings that an earlier version stored are carried over whole, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, column, insert, table, text
from tests.records import RecordsAt, ask

from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.table import metadata
from platone.infra.db import Database
from platone.infra.migration import make_at
from platone.messages.registry import Measurement

pytestmark = pytest.mark.both_databases
BEFORE = "r0005_long_packed"
NEW_YEAR = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp())
NEW, OLD = "0x" + "5A" * 20, "0x" + "0b" * 20
_US = NEW_YEAR * 1_000_000


def row(pod: str, quarter: int, device: str, sequence: int, **more: object) -> dict[str, object]:
    """A row of the earlier version's table: some quarter-hours after the year's begin."""
    return {
        "pod_id": pod,
        "start_s": NEW_YEAR + 900 * quarter,
        "duration_minutes": 15,
        "version": 1,
        "is_superseded": False,
        "revision": 0,
        "energy_wh": 100 + quarter,
        "reactive_energy_varh": None,
        "quality": "measured",
        "meter_id": None,
        "device": device,
        "sequence": sequence,
        "certification_id": "",
        "certification_hash": f"{sequence:064x}",
        "received_us": _US + 7,
    } | more


ROWS = [
    *(row("POD-1", quarter, NEW, 3) for quarter in range(-2, 2)),  # a message of two months
    row("POD-1", 2, OLD, 4, is_superseded=True, quality="estimated", certification_id="cert-4"),
    row("POD-1", 2, NEW, 5, version=2, revision=1, reactive_energy_varh=-(10**12)),
    row("POD-1", 3, NEW, 6, certification_id=f"reading:{NEW}:6", meter_id="M 1"),
    row("POD-2", 0, NEW, 3, energy_wh=-(10**13), quality="simulated"),  # it has moved house
    *(row("POD-2", quarter, OLD, quarter) for quarter in range(3_000, 6_000)),
]
MONTHS = {"2021_12": (1638316800, NEW_YEAR), "2022_01": (NEW_YEAR, 1643673600)}
MONTHS |= {"2022_02": (1643673600, 1646092800), "2022_03": (1646092800, 1648771200)}


def expected(each: dict[str, object]) -> Measurement:
    told = {key: value for key, value in each.items() if key != "is_superseded"}
    start, us = told.pop("start_s"), told.pop("received_us")
    told["start_time"] = datetime.fromtimestamp(int(str(start)), UTC)
    told["received_at"] = datetime.fromtimestamp(NEW_YEAR, UTC) + timedelta(
        microseconds=int(str(us)) - _US
    )
    told["certification_id"] = (
        each["certification_id"] or f"reading:{each['device']}:{each['sequence']}"
    )
    return Measurement(**told)  # type: ignore[arg-type]


async def store_as_before(url: str) -> None:
    """Make the tables of the earlier version, and store the rows."""
    database = Database(url, MetaData())
    await database.open()
    async with database.transaction() as connection:
        await connection.run_sync(make_at, metadata, BEFORE)
        if not url.startswith("sqlite"):
            for name, (first, end) in MONTHS.items():
                made = f"CREATE TABLE measurement_{name} PARTITION OF measurement "
                await connection.execute(text(f"{made}FOR VALUES FROM ({first}) TO ({end})"))
        before = table("measurement", *map(column, ROWS[0]))
        await connection.execute(insert(before), ROWS)
    await database.close()


async def opened(url: str) -> Database:
    database = Database(url, metadata)
    await database.open()
    return database


async def readings(database: Database, *, superseded: bool) -> list[Measurement]:
    wanted = Selection(Scope(), NEW_YEAR - 86_400, NEW_YEAR + 90 * 86_400)
    return await MeasurementRecords(database).select(wanted, 10_000, superseded=superseded)


async def test_all_are_read_as_they_were_and_each_message_is_kept_once(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "customers.db")
    await store_as_before(url)
    database = await opened(url)
    assert await readings(database, superseded=True) == [expected(each) for each in ROWS]
    counted = [expected(each) for each in ROWS if not each["is_superseded"]]
    assert await readings(database, superseded=False) == counted
    pods = ask(url, "SELECT pod_id FROM measurement_pod ORDER BY number")
    assert pods == [("POD-1",), ("POD-2",)]
    assert len(ask(url, "SELECT * FROM measurement_device")) == 4
    if url.startswith("sqlite"):  # SQLite 3.40 takes some orders of columns for damage
        assert ask(url, "PRAGMA quick_check") == [("ok",)]
    # The first message has readings in two months: it is kept in each.
    assert len(ask(url, "SELECT * FROM measurement_message")) == len(ROWS) - 2
    if not url.startswith("sqlite"):
        spread = "SELECT tableoid::regclass::text, count(*) FROM {} GROUP BY 1 ORDER BY 1"
        found = dict(ask(url, spread.format("measurement")))
        assert list(found) == [f"measurement_{each}" for each in MONTHS]
        assert found["measurement_2021_12"] == 2
        messages = dict(ask(url, spread.format("measurement_message")))
        assert list(messages) == [f"measurement_message_{each}" for each in MONTHS]
        assert messages["measurement_message_2021_12"] == 1
    await database.close()


async def test_new_ones_go_on_after_them(tmp_path: Path, records_at: RecordsAt) -> None:
    url = records_at(tmp_path / "customers.db")
    await store_as_before(url)
    database = await opened(url)
    new = [expected(row("POD-1", 8_000, "0x" + "7c" * 20, 9)), expected(row("POD-3", 0, NEW, 3))]
    correction = expected(row("POD-1", 0, NEW, 10, version=2, energy_wh=7))
    async with MeasurementRecords(database).transaction() as transaction:
        await transaction.add([*new, correction])
    found = await readings(database, superseded=False)
    assert len(found) == len(ROWS) - 1 + len(new)  # one counted no more before, one does not now
    assert all(each in found for each in [*new, correction])
    assert expected(ROWS[2]) not in found
    await database.close()


async def test_several_that_start_at_once_carry_them_over_once(
    tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "customers.db")
    await store_as_before(url)
    databases = await asyncio.gather(*(opened(url) for _ in range(4)))
    for each in databases:
        assert await readings(each, superseded=True) == [expected(row) for row in ROWS]
        await each.close()
