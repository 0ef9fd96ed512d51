from datetime import UTC, datetime, timedelta

import pytest

from platone.kernel.clock import ClockRefused, SimulatedClock, SystemClock

START = datetime(2021, 6, 22, 8, tzinfo=UTC)


def test_a_standing_clock_shows_its_start_until_it_is_moved() -> None:
    clock = SimulatedClock(START, speed=0)
    assert clock.now() == START
    clock.move_to(START + timedelta(hours=7))
    assert clock.now() == START + timedelta(hours=7)


def test_a_clock_does_not_go_back() -> None:
    clock = SimulatedClock(START, speed=0)
    with pytest.raises(ClockRefused, match="cannot go back"):
        clock.move_to(START - timedelta(seconds=1))
    assert clock.now() == START


def test_a_fast_clock_runs_fast() -> None:
    clock = SimulatedClock(START, speed=1e9)
    assert clock.now() < clock.now()


def test_the_machines_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
