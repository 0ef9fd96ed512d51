"""The record of phasors keeps what it says, and no more."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.records import RecordsAt

from platone.dso.domain.phasor import PhasorSample
from platone.dso.records.phasor import PhasorRecords
from platone.dso.records.table import metadata
from platone.grid.phasor.component import ComponentPhasors
from platone.infra.db import Database
from platone.messages.phasor import Phase

pytestmark = pytest.mark.both_databases

START = datetime(2021, 6, 22, 13, tzinfo=UTC)
END = START + timedelta(days=1)


@pytest.fixture
async def database(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Database]:
    opened = Database(records_at(tmp_path / "dso.db"), metadata)
    await opened.open()
    yield opened
    await opened.close()


def taken(second: float, component: str = "line/1", device: str = "P") -> PhasorSample:
    phasors = {Phase.A: complex(second, -1 / 3), Phase.C: -0.1j}
    at = START + timedelta(seconds=second)
    return PhasorSample(device, at, ComponentPhasors(component, phasors, {Phase.A: 1 / 7 + 0j}, {}))


def seconds(found: Iterable[PhasorSample]) -> list[float]:
    return [(it.at - START).total_seconds() for it in found]


async def test_what_is_stored_comes_back_to_the_bit(database: Database) -> None:
    record = PhasorRecords(database)
    kept = [taken(0.000001, "é b"), taken(0.1), taken(0.1, "line/2"), taken(0.1, device="Q")]
    await record.keep(kept)
    assert await record.between("P", START, END) == (kept[:3], None)
    assert await record.latest("Q") == kept[3:]
    assert await record.latest("R") == []


async def test_the_oldest_go_and_other_devices_stay(database: Database) -> None:
    record = PhasorRecords(database, kept=100)
    await record.keep([taken(1.0, device="Q")])
    for block in range(30):
        await record.keep([taken(10.0 * block + index) for index in range(10)])
    found, rest = await record.between("P", START, END)
    assert rest is None
    assert 100 <= len(found) <= 110
    assert seconds(found) == list(range(300 - len(found), 300))
    assert len(await record.latest("Q")) == 1


async def test_what_earlier_runs_left_goes_too(database: Database) -> None:
    for run in range(40):  # each ends before it would look after the bound by itself
        await PhasorRecords(database, kept=100).keep([taken(5.0 * run + i) for i in range(5)])
    found, _ = await PhasorRecords(database).between("P", START, END)
    assert 100 <= len(found) <= 110
    assert seconds(found)[-1] == 199


async def test_a_long_history_comes_in_parts_that_cut_no_instant(database: Database) -> None:
    record = PhasorRecords(database, answered=7)
    kept = [taken(second, f"line/{line}") for second in range(10) for line in range(3)]
    kept += [taken(5, f"more/{line}") for line in range(20)]  # more than an answer in one instant
    await record.keep(kept)
    found: list[PhasorSample] = []
    begin: datetime | None = START
    parts = 0
    while begin is not None:
        part, begin = await record.between("P", begin, END)
        assert not {it.at for it in part} & {it.at for it in found}
        found += part
        parts += 1
    assert 2 < parts <= 10
    assert seconds(found) == sorted(seconds(kept))
    assert {(it.at, it.component.id) for it in found} == {(it.at, it.component.id) for it in kept}
