"""What real time builds on: baselines that counted, schedules, and offers that still stand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from platone.market.domain.recording import NO_TRADES, DayAheadTrades, changes_of, standing_offers
from platone.market.domain.validation import validate_as_cleared
from platone.messages.base import MarketType
from platone.messages.market import Flexibility, PowerPoint, RecordedService, ServiceType
from platone.messages.outcome import AcceptedPower, MarketOutcome, PodOutcome

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
TRADES = DayAheadTrades({"A": {1: -5.0, 2: 3.0}, "GONE": {0: 1.0}}, {"A": [10.0, 11.0, 12.0, 13.0]})


def test_a_baseline_that_was_traded_on_stays() -> None:
    curves = {"A": [20.0, 21.0, 22.0, 23.0], "B": [1.0, 1.0, 1.0, 1.0]}
    counted = TRADES.counted(curves)
    assert counted == {"A": [20.0, 11.0, 12.0, 23.0], "B": [1.0, 1.0, 1.0, 1.0]}
    assert TRADES.schedules(counted) == {"A": [20.0, 6.0, 15.0, 23.0], "B": [1.0, 1.0, 1.0, 1.0]}
    assert curves["A"] == [20.0, 21.0, 22.0, 23.0]
    assert counted["A"] == [20.0, 11.0, 12.0, 23.0]
    assert NO_TRADES.counted(curves) == NO_TRADES.schedules(curves) == curves


def power(index: int, change_kw: float | None) -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=None if change_kw is None else 50.0,
        accepted_p_change=change_kw,
        player_service_id="s",
        player_offer_id="AGG",
    )


def test_changes_of_a_quarter_hour_add_up_and_rejections_are_none() -> None:
    lines = [power(3, -5.0), power(3, 2.0), power(3, None), power(4, None)]
    outcome = MarketOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[PodOutcome(pod="A", power=lines), PodOutcome(pod="B", power=[power(0, 1.0)])],
    )
    for each in (outcome, validate_as_cleared(outcome)):
        assert changes_of(each) == {"A": {3: -3.0}, "B": {0: 1.0}}


def offer(pod: str, totals_kw: dict[int, float], **more: Any) -> RecordedService:
    points = [PowerPoint(index=index, p=kw, p_price=0.1) for index, kw in totals_kw.items()]
    values: dict[str, Any] = {
        "player_id": "AGG",
        "service_type": ServiceType.OFFER,
        "player_service_id": f"offer-{pod}",
        "flexibility": [Flexibility(pod=[pod], power=points)],
    } | more
    return RecordedService(**values)


def standing(day_ahead: list[RecordedService], real_time: list[RecordedService]) -> Any:
    schedules = {"A": [10.0] * 8, "B": [20.0] * 8}
    found = standing_offers(day_ahead, real_time, schedules, range(2, 6))
    return {
        each.flexibility[0].pod[0]: [point.index for point in each.flexibility[0].power]
        for each in found
        if each.flexibility[0].pod
    }


def test_what_is_neither_updated_nor_sold_out_stands() -> None:
    """In the session's own quarter-hours; sold out to a millionth of a watt is sold out."""
    first = offer("A", {1: 5.0, 2: 5.0, 3: 10.0, 4: 10.0 + 0.9e-9, 5: 10.0 - 1.1e-9, 6: 5.0})
    assert standing([first], []) == {"A": [2, 5]}
    assert standing([first], [offer("A", {2: 7.0})]) == {"A": [5]}
    assert standing([first], [offer("B", {2: 7.0})]) == {"A": [2, 5]}
    assert standing([first], [offer("A", {2: 7.0, 5: 1.0})]) == {}
    request = structs.replace(offer("A", {2: 7.0}), service_type=ServiceType.DSO_REQUEST)
    assert standing([first], [request]) == {"A": [2, 5]}
    assert standing([request, offer("C", {2: 1.0}), offer("B", {2: 1.0})], []) == {"B": [2]}


def test_of_several_entries_those_with_something_left_stand() -> None:
    points = [PowerPoint(index=2, p=10.0, p_price=0.1)]
    sold, open_one = (Flexibility(pod=[pod], power=points) for pod in ("A", "B"))
    both = structs.replace(offer("A", {}), flexibility=[sold, open_one])
    assert standing([both], []) == {"B": [2]}


@pytest.mark.parametrize("pod", [None, []])
def test_an_entry_without_a_pod_stands_nowhere(pod: list[str] | None) -> None:
    odd = structs.replace(offer("A", {2: 5.0}), flexibility=[Flexibility(pod=pod, power=[])])
    assert standing([odd], [odd]) == {}
