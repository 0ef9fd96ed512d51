"""Orders, deviations and dispatch of small sites at their edges, worked by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platone.aggregator.domain.delivery import (
    Ordered,
    alarms_of,
    dispatched_quarters,
    orders_of,
    shares_by_start,
)
from platone.aggregator.domain.dispatch import SiteDispatch
from platone.aggregator.domain.power_program import PlannedShare
from platone.kernel.market_time import MarketDay
from platone.messages.asset import Asset, Plant
from platone.messages.base import MarketType
from platone.messages.delivery import AlarmKind, DispatchedQuarter, DispatchState
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower

DAY = MarketDay.holding(datetime(2021, 6, 23, 10, tzinfo=UTC))
QUARTER = timedelta(minutes=15)
AT = DAY.instant(50)
ONE, TWO = (Asset(asset_id=name, pod_id="P1", plant=Plant(peak_kw=8.0)) for name in ("one", "two"))


def trade(index: int, total: float | None, change: float | None, **more: Any) -> ValidatedPower:
    told = {"player_service_id": "o", "player_offer_id": "A", "player_request_id": "DSO"}
    fixed = {"accepted_p_value": total, "accepted_p_change": change}
    return ValidatedPower(index=index, **{**told, **fixed, **more})


def outcome(kind: MarketType, *trades: ValidatedPower, pod: str = "P1") -> ValidatedOutcome:
    start = DAY.start if kind is MarketType.DAY_AHEAD else DAY.instant(48)
    return ValidatedOutcome(
        market_outcome=f"o-{kind.value}",
        market_type=kind,
        start_time=start,
        duration=24 if kind is MarketType.DAY_AHEAD else 4,
        interval=15,
        output_hash="0" * 64,
        flexibility=[ValidatedPod(pod=pod, power=list(trades))],
    )


def test_changes_of_all_sessions_add_up_and_the_last_total_counts() -> None:
    ahead = outcome(MarketType.DAY_AHEAD, trade(50, 86.0, -10.0), trade(50, 86.0, -4.0))
    real = outcome(MarketType.REAL_TIME, trade(50, 91.0, 5.0), trade(51, 7.0, 2.0))
    found = orders_of([ahead, real], "A", DAY.zone)
    assert found == {"P1": {AT: Ordered(91.0, -9.0), AT + QUARTER: Ordered(7.0, 2.0)}}
    assert list(found["P1"]) == [AT, AT + QUARTER]
    assert orders_of([ahead], "B", DAY.zone) == {}


def test_of_reactive_power_alone_nothing_is_ordered_here() -> None:
    reactive = trade(50, None, None, accepted_q_value=3.0, accepted_q_change=3.0)
    assert orders_of([outcome(MarketType.DAY_AHEAD, reactive)], "A", DAY.zone) == {}


def dispatched(
    measured_kw: float | None, change_kw: float = -10.0, now: datetime = AT + QUARTER
) -> DispatchedQuarter:
    measured = {} if measured_kw is None else {AT: measured_kw}
    orders = {AT: Ordered(90.0, change_kw)}
    (found,) = dispatched_quarters(orders, DAY, now, measured, {})
    return found


@pytest.mark.parametrize(
    ("change_kw", "off_kw", "state"),
    [
        (-10.0, 0.5, "delivered"),  # a twentieth of 10 kW
        (-10.0, 0.501, "deviates"),
        (10.0, -0.5, "delivered"),
        (10.0, -0.501, "deviates"),
        (1.0, 0.0999, "delivered"),  # a tenth of a kW is never told
        (1.0, 0.1001, "deviates"),
    ],
)
def test_what_is_off_by_more_than_a_twentieth_deviates(
    change_kw: float, off_kw: float, state: str
) -> None:
    assert dispatched(90.0 + off_kw, change_kw).state.value == state


def test_a_quarter_hour_is_over_when_it_ends() -> None:
    assert dispatched(None).state is DispatchState.AWAITED
    before = dispatched(90.0, now=AT + QUARTER - timedelta(seconds=1))
    assert (before.state, before.measured_kw) == (DispatchState.AHEAD, 90.0)
    assert (before.shares, before.uncovered_kw, before.index) == ((), 0.0, 50)


@pytest.mark.parametrize(("change_kw", "sign"), [(6.0, 1), (0.5, 1), (-0.5, -1), (-6.0, -1)])
def test_shares_are_told_by_quarter_hour_to_their_side(change_kw: float, sign: int) -> None:
    shares = (
        PlannedShare(1, TWO, 4.0, 0.2),
        PlannedShare(1, ONE, 2.0, 0.1),
        PlannedShare(2, ONE, 3.0, 0.1),
    )
    dispatch = SiteDispatch(shares, {2: 1.5})
    found = shares_by_start(dispatch, 49, DAY, {1: change_kw, 2: change_kw, 3: change_kw})
    told = {
        start: ([(each.asset_id, each.change_kw) for each in parts], missing)
        for start, (parts, missing) in found.items()
    }
    assert told == {
        AT: ([("one", sign * 2.0), ("two", sign * 4.0)], 0.0),
        AT + QUARTER: ([("one", sign * 3.0)], 1.5),
        AT + 2 * QUARTER: ([], 0.0),
    }


def quarter(state: DispatchState, measured: float | None, uncovered: float) -> DispatchedQuarter:
    return DispatchedQuarter(
        index=50,
        state=state,
        ordered_kw=90.0,
        change_kw=-10.0,
        uncovered_kw=uncovered,
        measured_kw=measured,
    )


def test_alarms_tell_what_is_missing() -> None:
    cases = [
        (quarter(DispatchState.DEVIATES, 93.0, 2.0), AlarmKind.DEVIATES, 3.0),
        (quarter(DispatchState.DEVIATES, 80.0, 0.0), AlarmKind.DEVIATES, -10.0),
        (quarter(DispatchState.AHEAD, None, 0.004), AlarmKind.UNCOVERED, 0.004),
        (quarter(DispatchState.DEVIATES, None, 2.0), AlarmKind.UNCOVERED, 2.0),
    ]
    silent = [quarter(DispatchState.DELIVERED, 90.0, 0.0), quarter(DispatchState.AHEAD, 80.0, 0.0)]
    now = AT + QUARTER
    found = list(alarms_of("P1", DAY, [*silent, *(case for case, _, _ in cases)], now))
    assert [(each.kind, each.missing_kw) for each in found] == [(k, m) for _, k, m in cases]
    for each in found:
        assert (each.pod_id, each.start_time, each.ordered_kw) == ("P1", AT, 90.0)
        assert each.noticed_at == now
