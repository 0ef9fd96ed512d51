"""The one rule for instants that are recorded, and the doors that ask it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from platone.aggregator.domain.baseline import check_market_day
from platone.aggregator.domain.window import window_of
from platone.customers.domain.instant import aligned_s
from platone.customers.domain.problem import StartNotAligned
from platone.kernel.clock import SimulatedClock
from platone.kernel.record_time import InstantOutOfRange, check_recordable
from platone.messages.base import MarketType
from platone.messages.market import SessionReference
from platone.messages.registry import Series

FIRST, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
OUTSIDE = [
    FIRST - timedelta(microseconds=1),
    END,
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
    datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=5))),
]


@pytest.mark.parametrize("instant", [FIRST, END - timedelta(microseconds=1)])
def test_the_bounds_are_half_open(instant: datetime) -> None:
    check_recordable(instant)


@pytest.mark.parametrize("instant", OUTSIDE)
def test_the_same_instants_are_refused_at_every_door(instant: datetime) -> None:
    with pytest.raises(InstantOutOfRange):
        check_recordable(instant)
    with pytest.raises(InstantOutOfRange):
        SimulatedClock(FIRST, speed=0).move_to(instant)
    with pytest.raises(InstantOutOfRange):
        check_market_day(Series(pod_id="IT001", start_time=instant, values=[1.0] * 96), "UTC")
    with pytest.raises(InstantOutOfRange):
        window_of(SessionReference(market_type=MarketType.DAY_AHEAD, start_time=instant), "UTC")
    with pytest.raises(StartNotAligned):
        aligned_s(instant, 900)
