"""The first look at a day's sessions: who is to act where, and which are worth a row."""

from datetime import UTC, datetime, timedelta

import pytest

from platone.dashboard.domain.outlook import gates_due, next_gate, waits_of, worth_a_row
from platone.messages.base import MarketType, Role
from platone.messages.market import MarketSession, WaitsFor

OPENS = datetime(2021, 6, 22, 9, tzinfo=UTC)
DSO = frozenset({Role.SYSTEM_OPERATOR})
PROVIDER = frozenset({Role.FLEXIBILITY_SERVICE_PROVIDER})
OPERATOR = frozenset({Role.MARKET_OPERATOR})


def session(status: str, waits: WaitsFor | None = None, later_h: int = 0) -> MarketSession:
    opens = OPENS + timedelta(hours=later_h)
    return MarketSession(
        id=f"{status}-{later_h}",
        market_type=MarketType.DAY_AHEAD,
        start_time=opens + timedelta(hours=13),
        duration=24,
        interval=15,
        status=status,
        gate_opens=opens,
        gate_closes=opens + timedelta(hours=4),
        waiting_for=waits,
        decision_due=opens + timedelta(hours=8),
    )


@pytest.mark.parametrize(
    ("roles", "is_dso", "told"),
    [
        (PROVIDER, False, ["Offer flexibility"]),
        (DSO, False, ["Ask for flexibility"]),  # a TSO does not answer for the grid
        (DSO, True, ["Ask for flexibility", "Say what the grid can take"]),
        (OPERATOR, False, ["The DSO's answer is awaited; you can answer in its place"]),
        (frozenset({Role.AUDITOR}), False, []),
    ],
)
def test_each_is_told_what_it_can_do(roles: frozenset[Role], is_dso: bool, told: list[str]) -> None:  # noqa: FBT001
    sessions = [session("active"), session("outcome", WaitsFor.SYSTEM_OPERATOR), session("settled")]
    assert [each.what for each in waits_of(sessions, roles, is_dso=is_dso)] == told


def test_who_alone_can_go_on_is_told_so_and_until_when() -> None:
    stuck = session("outcome", WaitsFor.MARKET_OPERATOR)
    assert waits_of([stuck], DSO, is_dso=True) == []
    (wait,) = waits_of([stuck], OPERATOR, is_dso=False)
    assert (wait.session, wait.what) == (stuck, "It cannot go on without you")
    assert wait.by == OPENS + timedelta(hours=8)


def test_a_gate_that_is_open_ends_when_it_closes() -> None:
    (wait,) = waits_of([session("active")], PROVIDER, is_dso=False)
    assert wait.by == OPENS + timedelta(hours=4)


def test_what_comes_next_and_what_was_traded_are_worth_a_row() -> None:
    later, sooner = session("created", later_h=8), session("created", later_h=4)
    settled, idle = session("settled"), session("notTraded")
    assert next_gate([later, sooner, settled], OPENS) is sooner
    assert worth_a_row([idle, settled, sooner, later], OPENS) == [settled, sooner]
    assert next_gate([settled], OPENS) is None


def test_a_gate_that_is_due_is_being_opened_and_is_not_what_comes_next() -> None:
    due, coming = session("created"), session("created", later_h=4)
    assert next_gate([due, coming], OPENS) is coming
    assert next_gate([due], OPENS) is None
    assert gates_due([due, coming, session("active")], OPENS) == 1
    assert gates_due([due, coming], OPENS - timedelta(microseconds=1)) == 0
