"""A machine's clock that was set back is told, at the start and while the server runs."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platone.bootstrap.machine_clock import ClockSetBack, WatchClock, latest_seen
from platone.kernel.clock import SimulatedClock

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def look(watch: WatchClock) -> None:
    """One look, without the pause after it."""
    task = asyncio.create_task(watch.turn())
    done, _ = await asyncio.wait([task], timeout=0.5)
    if done:
        task.result()
    task.cancel()


def old_folder(folder: Path, at: datetime) -> None:
    for name in ("market.db", "ledger.db"):
        (folder / name).touch()
        os.utime(folder / name, (at.timestamp(), at.timestamp()))


async def test_years_back_on_an_old_folder_is_told(tmp_path: Path) -> None:
    old_folder(tmp_path, NOW)
    with pytest.raises(ClockSetBack, match="2019-01-01"):
        await look(WatchClock(tmp_path, SimulatedClock(datetime(2019, 1, 1, tzinfo=UTC), 1.0)))


@pytest.mark.parametrize(
    ("moved", "is_told"),
    [
        (timedelta(minutes=-4), False),
        (timedelta(minutes=-6), True),
        (timedelta(days=400), False),
    ],
)
async def test_what_was_seen_counts_after_a_restart(
    tmp_path: Path, moved: timedelta, *, is_told: bool
) -> None:
    await look(WatchClock(tmp_path, SimulatedClock(NOW, 1.0)))
    again = WatchClock(tmp_path, SimulatedClock(NOW + moved, 1.0))
    if is_told:
        with pytest.raises(ClockSetBack):
            await look(again)
    else:
        await look(again)


async def test_a_person_says_that_the_later_instant_was_wrong(tmp_path: Path) -> None:
    await look(WatchClock(tmp_path, SimulatedClock(datetime(2036, 1, 1, tzinfo=UTC), 1.0)))
    with pytest.raises(ClockSetBack):
        await look(WatchClock(tmp_path, SimulatedClock(NOW, 1.0)))
    (tmp_path / "machine-clock").write_text(NOW.isoformat() + "\n", "utf-8")
    await look(WatchClock(tmp_path, SimulatedClock(NOW, 1.0)))


def test_a_new_folder_has_seen_nothing(tmp_path: Path) -> None:
    assert latest_seen(tmp_path) is None
