"""A meter read by its counters: nothing falls between two readings, whatever was lost."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platone.bootstrap import CountingMeter, Showing, register_meter
from platone.messages.metering import Reading

NOON = datetime(2021, 6, 23, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
METER = CountingMeter(meter_id="A-1", digits=6, unit_wh=1, most_kw=100.0)


class Counters:
    """Counters that tell the showings that they are given."""

    def __init__(self) -> None:
        self.known: list[Showing] = []

    def show(self, quarter: int, imported: int) -> None:
        at = NOON + quarter * QUARTER
        self.known.append(Showing(meter=METER, at=at, imported=imported))

    async def showings(self, since: datetime | None) -> Sequence[Showing]:
        return [each for each in self.known if since is None or each.at >= since]


def ends(readings: Sequence[Reading]) -> datetime:
    return max(each.start_time + timedelta(minutes=each.duration_minutes) for each in readings)


async def test_what_a_meter_has_forgotten_is_known_from_before(tmp_path: Path) -> None:
    """It shows 100, then 150; it forgets both, and shows 400 three quarter-hours later."""
    counters = Counters()
    counters.show(0, 100)
    counters.show(1, 150)
    first = await register_meter(tmp_path, counters, "IT1", 15).read(None)
    assert [each.energy_wh for each in first] == [50]
    counters.known.clear()
    counters.show(4, 400)
    then = await register_meter(tmp_path, counters, "IT1", 15).read(ends(first))
    assert [(each.energy_wh, each.quality) for each in then] == [
        (83, "estimated"),
        (83, "estimated"),
        (84, "estimated"),
    ]


async def test_a_node_that_was_killed_before_it_kept_them_reads_the_same_again(
    tmp_path: Path,
) -> None:
    counters = Counters()
    for quarter, imported in enumerate((0, 10, 30, 60)):
        counters.show(quarter, imported)
    before = await register_meter(tmp_path, counters, "IT1", 15).read(None)
    again = await register_meter(tmp_path, counters, "IT1", 15).read(None)
    since = before[0].start_time + QUARTER  # or kept the first of them only
    rest = await register_meter(tmp_path, counters, "IT1", 15).read(since)
    assert again == before
    assert [*before[:1], *rest] == before
    shutil.rmtree(tmp_path)  # with its memory lost, the meter's own suffices
    assert await register_meter(tmp_path, counters, "IT1", 15).read(since) == rest
    assert await register_meter(tmp_path, counters, "IT1", 15).read(ends(rest)) == []
