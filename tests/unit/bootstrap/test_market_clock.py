from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platone.bootstrap.market_clock import MarketClock
from platone.kernel.clock import ClockRefused, SimulatedClock
from platone.settings import Settings

START = datetime(2021, 6, 22, 8, tzinfo=UTC)


def test_a_simulated_clock_goes_on_where_it_was(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, clock=START, speed=0)
    first = MarketClock(settings)
    assert first.clock.now() == START
    assert isinstance(first.clock, SimulatedClock)
    first.clock.move_to(START + timedelta(hours=5))
    first.keep(first.clock.now())
    assert MarketClock(settings).clock.now() == START + timedelta(hours=5)


def test_a_later_start_is_taken(tmp_path: Path) -> None:
    MarketClock(Settings(data=tmp_path, clock=START, speed=0)).keep(START)
    later = START + timedelta(days=1)
    assert MarketClock(Settings(data=tmp_path, clock=later, speed=0)).clock.now() == later


def test_the_machines_clock_is_not_kept(tmp_path: Path) -> None:
    made = MarketClock(Settings(data=tmp_path))
    made.keep(made.clock.now())
    assert list(tmp_path.iterdir()) == []


def test_a_moved_clock_is_on_the_disk_before_it_is_seen(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, clock=START, speed=0)
    MarketClock(settings).move_to(START + timedelta(hours=5))
    assert MarketClock(settings).clock.now() == START + timedelta(hours=5)


def test_a_clock_that_cannot_be_written_is_not_moved(tmp_path: Path) -> None:
    made = MarketClock(Settings(data=tmp_path, clock=START, speed=0))
    (tmp_path / "clock.new").mkdir()  # in the place of the draft
    with pytest.raises(OSError, match="directory"):
        made.move_to(START + timedelta(hours=5))
    assert made.clock.now() == START
    (tmp_path / "clock.new").rmdir()
    made.move_to(START + timedelta(hours=5))
    assert made.clock.now() == START + timedelta(hours=5)


def test_a_clock_never_goes_back(tmp_path: Path) -> None:
    made = MarketClock(Settings(data=tmp_path, clock=START, speed=0))
    with pytest.raises(ClockRefused):
        made.move_to(START - timedelta(seconds=1))
    assert list(tmp_path.iterdir()) == []
