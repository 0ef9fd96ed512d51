"""The operator's orders: in which state each is taken, and until when something is extended."""

from datetime import UTC, date, datetime, timedelta

import pytest

from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import Status, day_ahead_session
from platone.market.domain.deadline import DEFAULT_DEADLINES, Deadlines
from platone.market.domain.override import check_override
from platone.market.domain.problem.session import ExtensionInvalid, SessionState
from platone.market.domain.session import Session
from platone.market.domain.topic import topics_of
from platone.messages.session_event import OverrideAction, SessionOverride

PLAN = day_ahead_session(MarketDay(date(2021, 6, 23)))
OPENS = datetime(2021, 6, 22, 9, tzinfo=UTC)  # 11:00 in Rome
CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
NEXT = datetime(2021, 6, 23, 22, tzinfo=UTC)
DUE = datetime(2021, 6, 22, 17, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TAKEN_IN = {
    OverrideAction.EXTEND_GATE: {"created", "active"},
    OverrideAction.EXTEND_DECISION: {"created", "active", "closed", "outcome"},
    OverrideAction.CLOSE: {"active"},
    OverrideAction.CANCEL: {"created", "active", "closed", "outcome"},
    OverrideAction.TAKE_ALL: {"outcome"},
    OverrideAction.TAKE_NOTHING: {"outcome"},
}


def session(status: Status) -> Session:
    return Session(PLAN, status, None, used=True, since=OPENS, decision_due=DUE)


def check(status: Status, action: OverrideAction, until: datetime | None, now: datetime) -> None:
    check_override(session(status), SessionOverride(action=action, reason="x", until=until), now)


@pytest.mark.parametrize("action", list(OverrideAction))
@pytest.mark.parametrize("status", list(Status))
def test_each_order_is_taken_in_its_states_alone(status: Status, action: OverrideAction) -> None:
    is_extension = action in {OverrideAction.EXTEND_GATE, OverrideAction.EXTEND_DECISION}
    until = MIDNIGHT if is_extension else None
    before = OPENS - TICK
    if status.value in TAKEN_IN[action]:
        check(status, action, until, before)
        return
    with pytest.raises(SessionState) as refused:
        check(status, action, until, before)
    assert refused.value.fields == {"status": status.value}
    assert f"{status.value} does not take {action.value}" in refused.value.detail


def test_a_session_is_closed_once_its_gate_opens_also_before_somebody_has_noted_it() -> None:
    check(Status.CREATED, OverrideAction.CLOSE, None, OPENS)
    with pytest.raises(SessionState):
        check(Status.CREATED, OverrideAction.CLOSE, None, OPENS - TICK)


@pytest.mark.parametrize(
    ("action", "was", "latest"),
    [
        (OverrideAction.EXTEND_GATE, CLOSES, MIDNIGHT),  # until delivery begins
        (OverrideAction.EXTEND_DECISION, DUE, NEXT),  # until it ends
    ],
)
def test_what_is_extended_ends_later_than_it_did(
    action: OverrideAction, was: datetime, latest: datetime
) -> None:
    after = was + timedelta(hours=1)
    for now, first in ((OPENS, was), (after, after)):
        for until in (first + TICK, latest):
            check(Status.ACTIVE, action, until, now)
        for wrong in (None, first, latest + TICK):
            with pytest.raises(ExtensionInvalid) as refused:
                check(Status.ACTIVE, action, wrong, now)
            told = {"after": first.isoformat(), "latest": latest.isoformat()}
            assert refused.value.fields == told


@pytest.mark.parametrize("action", [OverrideAction.CLOSE, OverrideAction.CANCEL])
def test_other_orders_have_no_end(action: OverrideAction) -> None:
    with pytest.raises(ExtensionInvalid, match=f"{action.value} has no end"):
        check(Status.ACTIVE, action, MIDNIGHT, OPENS)


@pytest.mark.parametrize(
    ("answer", "before", "due"),
    [
        (timedelta(hours=4), timedelta(minutes=30), datetime(2021, 6, 22, 17, 30, tzinfo=UTC)),
        (timedelta(hours=9), timedelta(minutes=30), datetime(2021, 6, 22, 21, 30, tzinfo=UTC)),
        (timedelta(minutes=1), timedelta(0), datetime(2021, 6, 22, 14, 0, tzinfo=UTC)),
        (timedelta(hours=4), timedelta(hours=9), datetime(2021, 6, 22, 14, 0, tzinfo=UTC)),
    ],
)
def test_trades_are_final_in_time(answer: timedelta, before: timedelta, due: datetime) -> None:
    """The gate closes at 13:30 UTC, delivery begins at 22:00; half an hour there is in any case."""
    assert Deadlines(answer, before).decision_due(PLAN) == due


def test_the_usual_deadline_is_four_hours_after_the_gate() -> None:
    assert DEFAULT_DEADLINES.decision_due(PLAN) == DUE
    assert DEFAULT_DEADLINES.before_delivery == timedelta(minutes=30)


def test_each_party_has_its_topics() -> None:
    names = ("validated_outcome_", "Settlement_", "Dispute_", "Qualification_", "marketSession_")
    assert topics_of("ACEAE") == tuple(f"{name}ACEAE" for name in names)
