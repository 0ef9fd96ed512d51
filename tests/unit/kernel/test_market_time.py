from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.market_time import (
    QUARTER_HOUR,
    QUARTER_HOUR_MINUTES,
    QUARTER_HOUR_S,
    QUARTERS_AN_HOUR,
    MarketDay,
    as_utc,
)
from platone.kernel.record_time import InstantOutOfRange


@pytest.mark.parametrize(
    ("on", "quarter_hours"),
    [(date(2021, 6, 23), 96), (date(2021, 3, 28), 92), (date(2021, 10, 31), 100)],
)
def test_days_have_as_many_quarter_hours_as_the_calendar_says(on: date, quarter_hours: int) -> None:
    assert MarketDay(on).quarter_hours == quarter_hours


def test_the_field_tests_day_is_that_of_d3_6() -> None:
    day = MarketDay(date(2021, 6, 23))
    assert day.start == datetime(2021, 6, 22, 22, tzinfo=UTC)
    assert day.instant(50) == datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
    assert day.at(time(12, 30)) == day.instant(50)


@given(
    st.dates(date(2000, 1, 2), date(2040, 12, 31)),
    st.sampled_from(["Europe/Rome", "Europe/Athens", "UTC"]),
)
def test_quarter_hours_partition_the_time_line(on: date, zone: str) -> None:
    day = MarketDay(on, zone)
    instants = list(day.instants())
    assert len(instants) == day.quarter_hours
    assert instants[0] == day.start
    assert instants[-1] + QUARTER_HOUR == day.next.start == day.end
    assert [day.index(instant) for instant in instants] == list(range(len(instants)))
    assert day.index(instants[7] + timedelta(minutes=14, seconds=59)) == 7
    assert MarketDay.holding(instants[-1], zone) == day
    assert day.next.previous == day


def test_what_lies_outside_the_day_is_refused() -> None:
    day = MarketDay(date(2021, 6, 23))
    assert (day.instant(0), day.instant(95)) == (day.start, day.end - QUARTER_HOUR)
    for index in (-1, 96):
        with pytest.raises(IndexError):
            day.instant(index)
    with pytest.raises(IndexError):
        day.index(day.end)
    with pytest.raises(IndexError):
        day.index(day.start - timedelta(microseconds=1))
    with pytest.raises(ValueError, match="no time zone"):
        as_utc(datetime(2021, 6, 23))  # noqa: DTZ001 - what is refused


def test_a_quarter_hour_is_the_same_in_every_unit() -> None:
    assert timedelta(hours=1) == QUARTERS_AN_HOUR * QUARTER_HOUR
    assert QUARTER_HOUR.total_seconds() == QUARTER_HOUR_S == QUARTER_HOUR_MINUTES * 60


def test_years_end_at_both_ends() -> None:
    first, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    last = end - timedelta(microseconds=1)
    assert (as_utc(first), as_utc(last)) == (first, last)
    for outside in (first - timedelta(microseconds=1), end):
        with pytest.raises(InstantOutOfRange):
            as_utc(outside)
