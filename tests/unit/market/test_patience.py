"""Pauses between tries go by the market's clock; while that stands, by real seconds."""

from datetime import UTC, datetime, timedelta

from platone.kernel.clock import SimulatedClock
from platone.market.service.patience import Patience

NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)


class RealSeconds:
    """Real seconds that the test lets pass."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def __call__(self) -> float:
        return self.passed_s


def test_pauses_double_by_the_market_s_clock_up_to_a_quarter_hour() -> None:
    clock = SimulatedClock(NOON, speed=0)
    patience = Patience(clock, RealSeconds())
    for pause_s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        patience.wait("it")
        clock.move_to(clock.now() + timedelta(seconds=pause_s - 0.001))
        assert not patience.is_ripe("it")
        clock.move_to(clock.now() + timedelta(seconds=0.001))
        assert patience.is_ripe("it")
    assert patience.tries("it") == 12
    patience.forget("it")
    assert patience.tries("it") == 0


def test_a_jump_of_the_clock_ends_every_pause() -> None:
    """However few real seconds a simulated quarter-hour takes."""
    clock = SimulatedClock(NOON, speed=0)
    patience = Patience(clock, RealSeconds())
    for _ in range(20):
        patience.wait("it")
    clock.move_to(NOON + timedelta(minutes=15))
    assert patience.is_ripe("it")


def test_while_the_clock_stands_real_seconds_count() -> None:
    clock, real = SimulatedClock(NOON, speed=0), RealSeconds()
    patience = Patience(clock, real)
    patience.wait("it")
    real.passed_s = 0.9
    assert not patience.is_ripe("it")
    real.passed_s = 1.0
    assert patience.is_ripe("it")
    assert patience.is_ripe("another")


def test_real_seconds_do_not_count_while_the_clock_runs() -> None:
    clock, real = SimulatedClock(NOON, speed=0), RealSeconds()
    patience = Patience(clock, real)
    for _ in range(11):
        patience.wait("it")
    clock.move_to(NOON + timedelta(minutes=1))
    real.passed_s = 1e6
    assert not patience.is_ripe("it")
    patience.hurry()
    assert patience.is_ripe("it")


def test_a_pause_that_began_by_a_clock_that_was_set_back_is_over() -> None:
    """Else what was tried while the clock stood a day ahead would wait for a day."""
    clock = SetClock(NOON + timedelta(days=1))
    patience = Patience(clock, RealSeconds())
    patience.wait("it")
    clock.instant = NOON
    assert patience.is_ripe("it")
    patience.wait("it")
    assert not patience.is_ripe("it")
    assert patience.tries("it") == 2


class SetClock:
    """A machine's clock, which can be set back."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant
