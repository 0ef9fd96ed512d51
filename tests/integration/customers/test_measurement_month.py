"""On PostgreSQL measurements are in a table of their month, UTC."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.records import RecordsAt, ask

from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.measurement import MeasurementRecords
from platone.infra.db import Database
from platone.messages.registry import Measurement

pytestmark = pytest.mark.both_databases
LAST = datetime(2021, 12, 31, 23, 45, tzinfo=UTC)
SPREAD = """
SELECT tableoid::regclass::text, count(*) FROM measurement GROUP BY tableoid ORDER BY 1
"""


def measured(start: datetime, version: int = 1) -> Measurement:
    return Measurement(
        pod_id="POD-1",
        start_time=start,
        duration_minutes=15,
        energy_wh=1000 * version,
        quality="measured",
        device="0x" + "5A" * 20,
        sequence=version,
        certification_id=f"{start:%H%M}-{version}",
        certification_hash="00",
        received_at=start + timedelta(hours=1),
        revision=version - 1,
        version=version,
    )


async def test_each_month_has_its_rows_and_all_are_read_in_order(
    database: Database, tmp_path: Path, records_at: RecordsAt
) -> None:
    records = MeasurementRecords(database)
    starts = [LAST + timedelta(minutes=15 * number) for number in range(-2, 3)]
    async with records.transaction() as transaction:
        await transaction.add([measured(each) for each in starts])
    async with records.transaction() as transaction:
        await transaction.add([measured(LAST, 2)])
    wanted = Selection(Scope(), int(starts[0].timestamp()), int(starts[-1].timestamp()) + 900)
    found = await records.select(wanted, 100)
    assert [each.start_time for each in found] == starts
    assert [each.energy_wh for each in found] == [1000, 1000, 2000, 1000, 1000]
    url = records_at(tmp_path / "customers.db")
    if not url.startswith("sqlite"):
        assert ask(url, SPREAD) == [("measurement_2021_12", 4), ("measurement_2022_01", 2)]


async def test_a_month_whose_first_rows_were_not_stored_is_made_again(database: Database) -> None:
    records = MeasurementRecords(database)
    with pytest.raises(RuntimeError, match="as a disk may"):
        async with records.transaction() as transaction:
            await transaction.add([measured(LAST)])
            raise RuntimeError("it failed, as a disk may")
    async with records.transaction() as transaction:
        await transaction.add([measured(LAST)])
