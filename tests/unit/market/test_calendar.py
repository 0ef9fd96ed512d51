"""Gates and windows against wall-clock times worked out by hand for Rome."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import (
    Status,
    planned_session,
    sessions_delivering_on,
)
from platone.market.domain.problem.session import SessionOffCalendar, SessionState
from platone.messages.base import MarketType

ROME = ZoneInfo("Europe/Rome")


def _wall(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ROME)  # type: ignore[misc,arg-type]


def test_a_summer_day_as_in_the_deliverables() -> None:
    day_ahead, *real_time = sessions_delivering_on(MarketDay(date(2021, 6, 23)))

    assert day_ahead.window.start == datetime(2021, 6, 22, 22, tzinfo=UTC)
    assert day_ahead.gate_opens == _wall(2021, 6, 22, 11)
    assert day_ahead.gate_closes == _wall(2021, 6, 22, 15, 30)
    assert day_ahead.window.hours == 24
    assert [plan.window.start for plan in real_time] == [
        _wall(2021, 6, 23, hour) for hour in (0, 4, 8, 12, 16, 20)
    ]
    noon = real_time[3]
    assert (noon.gate_opens, noon.gate_closes) == (_wall(2021, 6, 23, 9), _wall(2021, 6, 23, 10))
    assert noon.window.indices == range(48, 64)
    assert 50 in noon.window.indices  # 12:30 local, the field test's quarter-hour


@pytest.mark.parametrize(
    ("day", "slots", "first_hours"),
    [
        (date(2021, 3, 28), 92, 3),
        (date(2021, 6, 23), 96, 4),
        (date(2021, 10, 31), 100, 5),
    ],
)
def test_days_when_clocks_change(day: date, slots: int, first_hours: int) -> None:
    day_ahead, *real_time = sessions_delivering_on(MarketDay(day))

    assert len(day_ahead.window.indices) == slots == day_ahead.window.hours * 4
    assert [plan.window.hours for plan in real_time] == [first_hours, 4, 4, 4, 4, 4]
    assert real_time[0].gate_closes == real_time[0].window.start - timedelta(hours=2)
    assert real_time[1].window.start.astimezone(ROME).hour == 4


@given(st.dates(date(2000, 1, 2), date(2050, 1, 1)), st.sampled_from(["Europe/Rome", "UTC"]))
def test_windows_part_every_day(on: date, zone: str) -> None:
    day = MarketDay(on, zone)

    indices = [index for plan in sessions_delivering_on(day)[1:] for index in plan.window.indices]

    assert indices == list(range(day.quarter_hours))
    for plan in sessions_delivering_on(day):
        assert plan.gate_opens < plan.gate_closes <= plan.window.start
        assert planned_session(plan.market_type, plan.window.start, zone) == plan


def test_identifiers_are_distinct() -> None:
    plans = [
        plan
        for number in range(30)
        for plan in sessions_delivering_on(MarketDay(date(2021, 6, 1) + timedelta(days=number)))
    ]
    assert len({plan.id for plan in plans}) == 210
    assert all(len(plan.id) == 24 for plan in plans)


def test_off_calendar() -> None:
    with pytest.raises(SessionOffCalendar):
        planned_session(MarketType.REAL_TIME, _wall(2021, 6, 23, 13), "Europe/Rome")


def test_states_go_one_way() -> None:
    assert Status.CREATED.follow(Status.ACTIVE) is Status.ACTIVE
    with pytest.raises(SessionState):
        Status.CREATED.follow(Status.CLOSED)
    with pytest.raises(SessionState):
        Status.SETTLED.follow(Status.CREATED)
    with pytest.raises(SessionState):
        Status.PARTLY_PAID.follow(Status.NOT_PAID)
    ended = {status for status in Status if status.is_final}
    untraded = {Status.NOT_TRADED, Status.NOT_VALIDATED, Status.CANCELLED}
    assert ended == {Status.SETTLED} | untraded
