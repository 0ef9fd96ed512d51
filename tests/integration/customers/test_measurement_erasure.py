"""An erasure leaves nothing of a point of delivery's readings, and all of the others'."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.records import RecordsAt, ask

from platone.customers.domain.erasure import StoredErasure, first_parts
from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.erasure import ErasureRecords
from platone.customers.records.measurement import MeasurementRecords
from platone.infra.db import Database
from platone.messages.registry import Measurement

pytestmark = pytest.mark.both_databases
GONE, KEPT = "IT001E00000077", "IT001E00000078"
FIRST = datetime(2021, 12, 31, 22, tzinfo=UTC)
OLD_DEVICE, NEW_DEVICE = "0x" + "0b" * 20, "0x" + "5A" * 20
HASH = bytes(range(1, 33))
"""The hash of every message of the point of delivery that goes."""
COUNTS = """
SELECT (SELECT count(*) FROM measurement_pod), (SELECT count(*) FROM measurement_device),
    (SELECT count(*) FROM measurement_message), (SELECT count(*) FROM measurement)
"""


def measured(pod: str, number: int, device: str, version: int = 1) -> Measurement:
    return Measurement(
        pod_id=pod,
        start_time=FIRST + timedelta(minutes=15 * number),
        duration_minutes=15,
        energy_wh=number,
        quality="measured",
        device=device,
        sequence=number // 12,
        certification_id=f"of-{pod}-{number // 12}",
        certification_hash=(HASH if pod == GONE else HASH[::-1]).hex(),
        received_at=FIRST + timedelta(hours=number // 12),
        revision=version - 1,
        version=version,
    )


async def store(database: Database) -> list[Measurement]:
    """Store readings of two points of delivery, with corrections, and return those of one."""
    of_gone = [measured(GONE, number, OLD_DEVICE) for number in range(24)]
    of_gone += [measured(GONE, number, NEW_DEVICE) for number in range(24, 60)]
    of_kept = [measured(KEPT, number, NEW_DEVICE) for number in range(60)]
    async with MeasurementRecords(database).transaction() as transaction:
        await transaction.add([*of_gone, *of_kept])
        await transaction.add([measured(GONE, 3, NEW_DEVICE, 2), measured(KEPT, 3, NEW_DEVICE, 2)])
    return of_kept


def counted(folder: Path, word: bytes) -> int:
    """How often a word stands in the database's files."""
    return sum(each.read_bytes().count(word) for each in folder.glob("customers.db*"))


async def erase(database: Database) -> None:
    asked = StoredErasure("1", None, (GONE,), FIRST, None, (*first_parts(),))
    await ErasureRecords(database).add(asked, [], "DPO")
    await ErasureRecords(database).erase(asked, FIRST)


async def test_its_readings_messages_devices_and_name_go_and_no_others(
    database: Database, tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "customers.db")
    of_kept = await store(database)
    # Five messages each, of which the year's end parts one, and a correction.
    assert ask(url, COUNTS) == [(2, 3, 14, 122)]
    await erase(database)
    assert ask(url, COUNTS) == [(1, 1, 7, 61)]
    assert ask(url, "SELECT pod_id FROM measurement_pod") == [(KEPT,)]
    wanted = Selection(Scope(), 0, int(FIRST.timestamp()) + 86_400)
    found = await MeasurementRecords(database).select(wanted, 1000, superseded=True)
    assert [each for each in found if each.version == 1] == of_kept
    if url.startswith("sqlite"):
        for word in (GONE.encode(), OLD_DEVICE.encode(), HASH):
            assert counted(tmp_path, word) == 0, word
        assert counted(tmp_path, KEPT.encode()) > 0


async def test_what_a_removal_that_was_broken_off_left_goes_too(
    database: Database, tmp_path: Path, records_at: RecordsAt
) -> None:
    url = records_at(tmp_path / "customers.db")
    await store(database)
    ask(url, "DELETE FROM measurement")
    await erase(database)
    assert ask(url, COUNTS) == [(1, 1, 7, 0)]


async def test_new_readings_of_the_same_name_are_a_new_beginning(database: Database) -> None:
    await store(database)
    await erase(database)
    again = measured(GONE, 7, OLD_DEVICE)
    async with MeasurementRecords(database).transaction() as transaction:
        await transaction.add([again, measured("IT001E00000079", 7, OLD_DEVICE)])
    wanted = Selection(Scope(), 0, int(FIRST.timestamp()) + 86_400, (GONE,))
    assert await MeasurementRecords(database).select(wanted, 1000, superseded=True) == [again]
