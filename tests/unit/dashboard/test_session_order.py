"""The page of a session offers its operator the orders that the market takes, and no other."""

from datetime import UTC, date, datetime, timedelta

import pytest

from platone.dashboard.domain.session_order import offered_orders
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import Status, day_ahead_session
from platone.market.domain.override import check_override
from platone.market.domain.session import Session
from platone.messages.base import MarketType
from platone.messages.market import MarketSession
from platone.messages.session_event import OverrideAction, SessionOverride

PLAN = day_ahead_session(MarketDay(date(2021, 6, 23)))
START = datetime(2021, 6, 22, 22, tzinfo=UTC)
OPENS, CLOSES = datetime(2021, 6, 22, 9, tzinfo=UTC), datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
END = datetime(2021, 6, 23, 22, tzinfo=UTC)
DUE = datetime(2021, 6, 22, 17, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NOWS = [
    OPENS - QUARTER,
    CLOSES,
    CLOSES + timedelta(minutes=7),
    START - QUARTER,
    START,
    END - QUARTER,
    END,
]


def shown(status: str) -> MarketSession:
    return MarketSession(
        id="1",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        status=status,
        gate_opens=OPENS,
        gate_closes=CLOSES,
        decision_due=DUE,
    )


def is_taken(status: Status, action: OverrideAction, now: datetime, until: datetime | None) -> bool:
    session = Session(PLAN, status, None, used=True, since=OPENS, decision_due=DUE)
    try:
        check_override(session, SessionOverride(action=action, reason="x", until=until), now)
    except PlatoneError:
        return False
    return True


@pytest.mark.parametrize("now", NOWS)
@pytest.mark.parametrize("status", list(Status))
def test_what_is_offered_is_taken_and_what_is_not_is_refused(status: Status, now: datetime) -> None:
    if status is Status.CREATED and now >= OPENS:
        return  # it is open then, and is shown so once that is noted
    offered = {each.action: each for each in offered_orders(shown(status.value), now)}
    quarters = [OPENS + place * QUARTER for place in range(200)]
    for action in OverrideAction:
        ends = quarters if action.value.startswith("extend") else [None]
        possible = [each for each in ends if is_taken(status, action, now, each)]
        assert (action.value in offered) == bool(possible), action
        if possible and possible != [None]:
            assert list(offered[action.value].ends) == possible[:100]


def test_an_order_says_what_it_leaves_behind_and_its_answer_says_yes() -> None:
    orders = offered_orders(shown("active"), CLOSES - QUARTER)
    assert [each.action for each in orders] == ["extendGate", "extendDecision", "close", "cancel"]
    assert all(each.told.endswith(".") and each.answer.startswith("Yes, ") for each in orders)
