"""Old months of measurements go whole; what is younger, or still needed, never does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select
from tests.records import RecordsAt, ask

from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.measurement import CORRECTIONS, MeasurementRecords
from platone.customers.records.retention import MonthRecords
from platone.customers.records.table import measurement, measurement_mark, outbox
from platone.infra.db import Database
from platone.messages.registry import Measurement

pytestmark = pytest.mark.both_databases
AGE = timedelta(days=400)
NEWEST = datetime(2022, 6, 15, 12, tzinfo=UTC)
LIMIT = datetime(2021, 5, 1, tzinfo=UTC)
"""First instant of the month of 11 May 2021, which is 400 days before the newest."""
PARTS = """
SELECT inhrelid::regclass::text FROM pg_inherits
WHERE inhparent = 'measurement'::regclass ORDER BY 1
"""


def measured(start: datetime, version: int = 1) -> Measurement:
    return Measurement(
        pod_id="POD-1",
        start_time=start,
        duration_minutes=15,
        energy_wh=1000,
        quality="measured",
        device="0x" + "5A" * 20,
        sequence=version,
        certification_id=f"{start:%H%M}-{version}",
        certification_hash="00",
        received_at=start + timedelta(hours=1),
        revision=version - 1,
        version=version,
    )


async def store(database: Database, *starts: datetime) -> None:
    async with MeasurementRecords(database).transaction() as transaction:
        await transaction.add([measured(each) for each in starts])


async def starts_in(database: Database) -> list[datetime]:
    query = select(measurement.c.start_s).order_by(measurement.c.start_s)
    async with database.reading() as connection:
        found = (await connection.execute(query)).scalars().all()
    return [datetime.fromtimestamp(each, UTC) for each in found]


async def removed(database: Database, now: datetime = NEWEST) -> int:
    return sum([number async for number in MonthRecords(database).remove(now, AGE)])


QUARTER = timedelta(minutes=15)
OLD = [LIMIT - QUARTER, LIMIT - timedelta(days=31), LIMIT - timedelta(days=700)]
YOUNG = [LIMIT, LIMIT + timedelta(days=5), NEWEST]


async def test_months_before_the_limits_own_go_and_the_count_foretells_it(
    database: Database, tmp_path: Path, records_at: RecordsAt
) -> None:
    await store(database, *OLD, *YOUNG)
    assert await MonthRecords(database).count(NEWEST, AGE) == 3
    assert await removed(database) == 3
    assert await starts_in(database) == YOUNG
    assert await removed(database) == 0
    url = records_at(tmp_path / "customers.db")
    if not url.startswith("sqlite"):
        assert ask(url, PARTS) == [("measurement_2021_05",), ("measurement_2022_06",)]
    await store(database, LIMIT - QUARTER)  # a month that went can come again
    wanted = Selection(Scope(), 0, int(NEWEST.timestamp()) + 900)
    found = await MeasurementRecords(database).select(wanted, 10)
    assert [each.start_time for each in found] == [LIMIT - QUARTER, *YOUNG]


async def test_what_gone_readings_had_in_common_goes_with_them(
    database: Database, tmp_path: Path, records_at: RecordsAt
) -> None:
    """Their messages, devices that sent no others, and points of delivery that have no others."""
    old, young = [measured(each) for each in OLD], [measured(each) for each in YOUNG]
    earlier = replace(old[0], start_time=OLD[0] - QUARTER, device="0x" + "0b" * 20)
    elsewhere = replace(old[0], pod_id="POD-2")
    async with MeasurementRecords(database).transaction() as transaction:
        await transaction.add([*old, *young, earlier, elsewhere])
    assert await removed(database) == 5
    url = records_at(tmp_path / "customers.db")
    assert ask(url, "SELECT pod_id FROM measurement_pod") == [("POD-1",)]
    assert ask(url, "SELECT address FROM measurement_device") == [(young[0].device,)]
    counted = "SELECT count(*) FROM measurement_message"
    assert ask(url, counted) == [(len(YOUNG),)]  # each is a message of its own
    if not url.startswith("sqlite"):
        parts = ask(url, PARTS.replace("'measurement'", "'measurement_message'"))
        assert [name for (name,) in parts] == [
            "measurement_message_2021_05",
            "measurement_message_2022_06",
        ]


async def test_a_clock_that_is_years_ahead_takes_nothing_away(database: Database) -> None:
    await store(database, *YOUNG)
    assert await removed(database, NEWEST + timedelta(days=3650)) == 0
    assert await starts_in(database) == YOUNG


async def test_a_clock_that_is_behind_keeps_by_its_own_time(database: Database) -> None:
    await store(database, *OLD, *YOUNG)
    assert await removed(database, NEWEST - timedelta(days=600)) == 1
    assert await starts_in(database) == [OLD[1], OLD[0], *YOUNG]


async def test_a_month_stays_while_a_reading_of_it_waits_for_kafka(database: Database) -> None:
    await store(database, *OLD, *YOUNG)
    mark = {
        "topic": "Measurement_MO",
        "number": 1,
        "pod_id": "POD-1",
        "start_s": int(OLD[1].timestamp()),
        "duration_minutes": 15,
        "version": 1,
        "marked_us": 1,
    }
    async with database.transaction() as connection:
        await connection.execute(insert(measurement_mark).values(**mark))
    assert await removed(database) == 1
    assert await starts_in(database) == [OLD[1], OLD[0], *YOUNG]
    async with database.transaction() as connection:
        await connection.execute(measurement_mark.delete())
    assert await removed(database) == 2


async def test_all_stay_while_word_of_corrected_readings_waits(database: Database) -> None:
    await store(database, *OLD, *YOUNG)
    async with database.transaction() as connection:
        await outbox.put(connection, CORRECTIONS, b"{}")
    assert await MonthRecords(database).count(NEWEST, AGE) == 0
    assert await removed(database) == 0
    async with database.transaction() as connection:
        await connection.execute(outbox.table.delete())
    assert await removed(database) == 3


async def test_a_removal_that_ends_midway_goes_on_later(database: Database) -> None:
    many = [LIMIT - QUARTER * number for number in range(1, 3_001)]
    await store(database, *many, *YOUNG)
    async for number in MonthRecords(database).remove(NEWEST, AGE):
        assert 0 < number <= 3_000
        break  # as a server that is killed
    left = await starts_in(database)
    assert left[-3:] == YOUNG
    assert await removed(database) == len(left) - 3
    assert await starts_in(database) == YOUNG
