"""Which sessions a baseline comes too late for, against a walk through days and sessions."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from platone.customers.domain.baseline import PowerSeries
from platone.customers.domain.gate import MOST_TOLD, closed_sessions
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import MarketType

ROME = "Europe/Rome"
DAY = MarketDay(date(2021, 6, 23))
MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
GATE = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
"""The day-ahead gate of 23 June closes at 15:30 in Rome, the day before."""


def series(start: datetime, hours: float) -> PowerSeries:
    return PowerSeries(int(start.timestamp()), [1.0] * round(4 * hours))


def told(power: PowerSeries, now: datetime, moved: Any = None) -> list[tuple[str, datetime]]:
    found = closed_sessions(power, now, ROME, moved or {})
    return [(each.market_type.value, each.start_time) for each in found]


@pytest.mark.parametrize(
    ("now", "count"),
    [
        (GATE - timedelta(microseconds=1), 0),
        (GATE, 1),
        (MIDNIGHT - 2 * HOUR - timedelta(microseconds=1), 1),
        (MIDNIGHT - 2 * HOUR, 2),
        (MIDNIGHT + 2 * HOUR, 3),
        (MIDNIGHT + 17 * HOUR, 6),
        (MIDNIGHT + 18 * HOUR, 7),
        (MIDNIGHT + timedelta(days=9), 7),
    ],
)
def test_gates_close_one_after_the_other(now: datetime, count: int) -> None:
    wanted = [("dayAhead", MIDNIGHT)]
    wanted += [("realTime", MIDNIGHT + hour * HOUR) for hour in (0, 4, 8, 12, 16, 20)]
    assert told(series(MIDNIGHT, 24), now) == wanted[:count]
    for each in closed_sessions(series(MIDNIGHT, 24), now, ROME, {}):
        is_day = each.market_type is MarketType.DAY_AHEAD
        assert each.gate_closed == (GATE if is_day else each.start_time - 2 * HOUR)


@pytest.mark.parametrize(
    ("start", "hours", "windows"),
    [
        (MIDNIGHT + 4 * HOUR, 4, [4]),
        (MIDNIGHT + 4 * HOUR, 4.25, [4, 8]),
        (MIDNIGHT + 3.75 * HOUR, 0.25, [0]),
        (MIDNIGHT + 3.75 * HOUR, 0.5, [0, 4]),
    ],
)
def test_a_session_is_meant_where_a_quarter_hour_of_it_is(
    start: datetime, hours: float, windows: list[int]
) -> None:
    late = MIDNIGHT + timedelta(days=2)
    found = [at for kind, at in told(series(start, hours), late) if kind == "realTime"]
    assert found == [MIDNIGHT + hour * HOUR for hour in windows]


def test_a_gate_that_was_moved_counts_as_it_was() -> None:
    power, key = series(MIDNIGHT, 24), (MarketType.DAY_AHEAD, MIDNIGHT)
    assert told(power, GATE, {key: GATE + HOUR}) == []
    early = closed_sessions(power, GATE - HOUR, ROME, {key: GATE - HOUR})
    assert [(each.market_type, each.gate_closed) for each in early] == [
        (MarketType.DAY_AHEAD, GATE - HOUR)
    ]


def test_the_latest_twenty_are_named() -> None:
    whole = series(MIDNIGHT - timedelta(days=10), 24 * 11)
    found = told(whole, MIDNIGHT + timedelta(days=5))
    assert len(found) == MOST_TOLD == 20
    assert found[-1] == ("realTime", MIDNIGHT + 20 * HOUR)
    assert found == sorted(found, key=lambda each: (each[1], each[0]))
    everything = [
        item
        for day in range(-3, 1)
        for item in told(series(MIDNIGHT + timedelta(days=day), 24), MIDNIGHT + timedelta(days=5))
    ]
    assert sorted(found) == sorted(everything[-20:])


def test_a_series_far_ahead_is_never_late() -> None:
    assert told(series(MIDNIGHT + timedelta(days=3), 24), MIDNIGHT) == []
    ahead = MIDNIGHT + timedelta(days=2)
    assert told(series(ahead, 24), ahead - timedelta(days=1)) == []
    assert told(series(ahead, 24), ahead - 8 * HOUR) == [("dayAhead", ahead)]
