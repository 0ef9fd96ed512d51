import time
from datetime import UTC, datetime, timedelta, timezone

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


def test_a_clock_may_be_moved_to_what_it_shows() -> None:
    clock = SimulatedClock(START, speed=0)
    clock.move_to(START)
    rome = timezone(timedelta(hours=2))
    clock.move_to(START.astimezone(rome))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("speed", [None, 1.0, 60.0, 3600.0])
@pytest.mark.parametrize("moved", [timedelta(0), timedelta(hours=7)])
def test_a_running_clock_keeps_its_speed(speed: float | None, moved: timedelta) -> None:
    """What it shows lies between two readings of the machine's clock, times its speed."""
    begin_s = time.monotonic()
    clock = SimulatedClock(START) if speed is None else SimulatedClock(START, speed)
    if moved:
        time.sleep(0.02)  # what ran before a move does not count after it
        begin_s = time.monotonic()
        clock.move_to(START + moved)
    known_s = time.monotonic()
    time.sleep(0.02)
    least_s = time.monotonic() - known_s
    shown_s = (clock.now() - START - moved).total_seconds()
    most_s = time.monotonic() - begin_s
    times = 1.0 if speed is None else speed
    assert times * least_s - 1e-5 <= shown_s <= times * most_s + 1e-5


def test_the_machines_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
