"""Baselines cover market days, and sessions deliver when they may: both of the recorded years."""

from datetime import UTC, datetime, timedelta

import pytest

from platone.aggregator.domain.baseline import check_market_day
from platone.aggregator.domain.problem import BaselineNotOfMarketDay, SessionStartInvalid
from platone.aggregator.domain.window import window_of
from platone.kernel.record_time import InstantOutOfRange
from platone.messages.base import MarketType
from platone.messages.market import SessionReference
from platone.messages.registry import Series

ROME = "Europe/Rome"
SPRING = datetime(2021, 3, 27, 23, tzinfo=UTC)  # midnight before the clock goes forward
SUMMER = datetime(2021, 6, 22, 22, tzinfo=UTC)
AUTUMN = datetime(2021, 10, 30, 22, tzinfo=UTC)


def series(start: datetime, count: int) -> Series:
    return Series(pod_id="POD-1", start_time=start, values=[1.0] * count)


@pytest.mark.parametrize(("start", "count"), [(SPRING, 92), (SUMMER, 96), (AUTUMN, 100)])
def test_a_baseline_has_all_quarter_hours_of_its_day(start: datetime, count: int) -> None:
    check_market_day(series(start, count), ROME)
    for other in {92, 96, 100, count - 1, count + 1} - {count}:
        with pytest.raises(BaselineNotOfMarketDay) as refused:
            check_market_day(series(start, other), ROME)
        assert refused.value.fields == {"podId": "POD-1", "expected": count, "received": other}
    with pytest.raises(BaselineNotOfMarketDay):
        check_market_day(series(start + timedelta(minutes=15), count), ROME)
    with pytest.raises(BaselineNotOfMarketDay):
        check_market_day(series(start, count), "Europe/London")


UNRECORDED = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize("start", UNRECORDED)
def test_years_that_are_not_recorded_are_told_so(start: datetime) -> None:
    with pytest.raises(InstantOutOfRange):
        check_market_day(series(start, 96), ROME)
    for kind in MarketType:
        with pytest.raises(InstantOutOfRange):
            window_of(SessionReference(market_type=kind, start_time=start), ROME)


def test_a_session_of_the_day_ahead_delivers_a_whole_day() -> None:
    """24 hours from midnight in Rome, and 25 where an hour comes twice."""
    for start, hours in ((SUMMER, 24), (AUTUMN, 25), (SPRING, 23)):
        named = SessionReference(market_type=MarketType.DAY_AHEAD, start_time=start)
        window = window_of(named, ROME)
        assert (window.start, window.hours) == (start, hours)
        assert window.indices == range(4 * hours)


def test_a_session_in_real_time_delivers_four_hours() -> None:
    noon = datetime(2021, 6, 23, 10, tzinfo=UTC)
    window = window_of(SessionReference(market_type=MarketType.REAL_TIME, start_time=noon), ROME)
    assert (window.start, window.hours, window.indices) == (noon, 4, range(48, 64))


@pytest.mark.parametrize(
    ("kind", "start", "name"),
    [
        (MarketType.DAY_AHEAD, SUMMER + timedelta(hours=4), "day-ahead"),
        (MarketType.DAY_AHEAD, SUMMER + timedelta(minutes=15), "day-ahead"),
        (MarketType.REAL_TIME, SUMMER + timedelta(hours=1), "real-time"),
    ],
)
def test_a_start_of_no_session_is_refused(kind: MarketType, start: datetime, name: str) -> None:
    with pytest.raises(SessionStartInvalid, match=f"No {name} session of {ROME}") as refused:
        window_of(SessionReference(market_type=kind, start_time=start), ROME)
    assert refused.value.fields == {"startTime": start.isoformat(), "zone": ROME}
