"""Windows of sessions against wall-clock times worked out by hand, and against tzdata itself."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import (
    MarketType,
    real_time_window,
    session_windows,
    window_starting,
)

ROME = "Europe/Rome"
QUARTER = timedelta(minutes=15)
DAY_AHEAD, REAL_TIME = MarketType.DAY_AHEAD, MarketType.REAL_TIME


@pytest.mark.parametrize(
    ("start", "kind", "first", "count"),
    [
        ("2021-06-22T22:00:00+00:00", DAY_AHEAD, 0, 96),
        ("2021-03-27T23:00:00+00:00", DAY_AHEAD, 0, 92),
        ("2021-10-30T22:00:00+00:00", DAY_AHEAD, 0, 100),
        ("2021-06-23T10:00:00+00:00", REAL_TIME, 48, 16),
        ("2021-06-23T18:00:00+00:00", REAL_TIME, 80, 16),
        ("2021-03-27T23:00:00+00:00", REAL_TIME, 0, 12),
        ("2021-03-28T02:00:00+00:00", REAL_TIME, 12, 16),
        ("2021-03-28T18:00:00+00:00", REAL_TIME, 76, 16),
        ("2021-10-30T22:00:00+00:00", REAL_TIME, 0, 20),
        ("2021-10-31T19:00:00+00:00", REAL_TIME, 84, 16),
    ],
)
def test_sessions_deliver_their_quarter_hours(
    start: str, kind: MarketType, first: int, count: int
) -> None:
    window = window_starting(kind, datetime.fromisoformat(start), ROME)
    assert window is not None
    assert window.indices == range(first, first + count)
    assert window.hours * 4 == count


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (datetime(2021, 6, 22, 23, tzinfo=UTC), DAY_AHEAD),
        (datetime(2021, 6, 22, 22, 15, tzinfo=UTC), DAY_AHEAD),
        (datetime(2021, 6, 23, 2, tzinfo=UTC), DAY_AHEAD),
        (datetime(2021, 6, 23, 9, tzinfo=UTC), REAL_TIME),
        (datetime(2021, 6, 23, 10, 15, tzinfo=UTC), REAL_TIME),
        (datetime(2021, 3, 28, 3, tzinfo=UTC), REAL_TIME),
    ],
)
def test_no_session_starts_elsewhere(start: datetime, kind: MarketType) -> None:
    assert window_starting(kind, start, ROME) is None


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        # Chile changes its clocks at midnight: the hour lacks from the first session, or comes
        # twice in the last one
        ("America/Santiago", date(2021, 9, 5), [3, 4, 4, 4, 4, 4]),
        ("America/Santiago", date(2021, 4, 3), [4, 4, 4, 4, 4, 5]),
        ("Europe/Athens", date(2021, 3, 28), [3, 4, 4, 4, 4, 4]),
        # Athens turns back from 4 to 3 o'clock: the session of 04 h starts after it
        ("Europe/Athens", date(2021, 10, 31), [5, 4, 4, 4, 4, 4]),
        ("Asia/Kathmandu", date(2021, 10, 31), [4, 4, 4, 4, 4, 4]),
    ],
)
def test_hours_where_clocks_change_elsewhere(zone: str, on: date, hours: list[int]) -> None:
    assert [each.hours for each in session_windows(REAL_TIME, MarketDay(on, zone))] == hours


@given(
    st.dates(date(2000, 1, 2), date(2050, 1, 1)),
    st.sampled_from([ROME, "UTC", "Europe/Athens", "America/New_York", "Asia/Tehran"]),
)
def test_each_quarter_hour_lies_in_the_session_that_the_clocks_tell(on: date, zone: str) -> None:
    day = MarketDay(on, zone)
    (whole,) = session_windows(DAY_AHEAD, day)
    windows = session_windows(REAL_TIME, day)

    assert whole.indices == range((day.end - day.start) // QUARTER)
    assert [index for each in windows for index in each.indices] == list(whole.indices)
    for number, window in enumerate(windows):
        for index in window.indices:
            instant = day.start + index * QUARTER
            assert instant.astimezone(ZoneInfo(zone)).hour // 4 == number
            assert real_time_window(instant, zone) == window
        assert window_starting(REAL_TIME, window.start, zone) == window
