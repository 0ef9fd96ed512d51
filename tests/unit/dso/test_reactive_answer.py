"""The answer about reactive power, from verdicts about its trades, by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from platone.dso.domain.forecast import Forecast
from platone.dso.domain.reactive_trade import cut_of, with_reactive, with_reactive_baseline
from platone.grid.flexibility.validation import Verdict
from platone.grid.flow.limit import Limits, LimitState
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)

LOW = LimitState(element="b", kind="voltage", value=0.94, limit=0.95, unit="pu")
HOT = LimitState(element="l", kind="current", value=60.0, limit=50.0, unit="A")
HOT_CUT = Cut(element="l", kind="current", value=60.0, limit=50.0, unit="A")
LOW_CUT = Cut(element="b", kind="voltage", value=0.94, limit=0.95, unit="pu")
Slot = tuple[str, int]


def sold(total_kvar: float | None, change_kvar: float | None, index: int = 3) -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=None,
        accepted_q_value=total_kvar,
        accepted_q_change=change_kvar,
        player_service_id="q",
        player_offer_id="A",
    )


def answered(
    trades: dict[Slot, list[AcceptedPower]],
    verdicts: dict[Slot, list[Verdict]],
    *active: TechnicalPod,
    base_kw: dict[Slot, float] | None = None,
) -> list[tuple[str, list[TechnicalPower]]]:
    technical = TechnicalOutcome(
        market_type=MarketType.DAY_AHEAD,
        duration=24,
        interval=15,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        market_outcome="o",
        flexibility=list(active),
    )
    found = with_reactive(technical, trades, verdicts, base_kw or {})
    assert (found.market_outcome, found.duration) == ("o", 24)
    return [(part.pod, part.power) for part in found.flexibility]


def told(
    kept_kvar: float, *causes: LimitState, change_kvar: float = -4.0
) -> tuple[float | None, str | None, tuple[Cut, ...]]:
    """The answer about a trade from a baseline of 10 kvar, of which so much is kept."""
    slot = ("P", 3)
    trades = {slot: [sold(10.0 + change_kvar, change_kvar)]}
    ((_, (power,)),) = answered(trades, {slot: [Verdict(kept_kvar, causes)]})
    return power.accepted_q_value, power.accepted_q, power.cuts


def test_what_is_not_cut_is_told_as_it_was_sold() -> None:
    assert told(-4.0) == (6.0, "OK", ())


@pytest.mark.parametrize(
    ("kept_kvar", "word"),
    [(-3.0, "OK"), (3.0, "OK"), (0.0, "NOK"), (1e-6, "NOK"), (-1e-6, "NOK"), (1.5e-6, "OK")],
)
def test_a_trade_of_either_sign_is_refused_where_nothing_of_it_is_left(
    kept_kvar: float, word: str
) -> None:
    value, answer, cuts = told(kept_kvar, LOW, HOT)
    assert value == pytest.approx(10.0 + kept_kvar, abs=1e-12)
    assert (answer, cuts) == (word, (LOW_CUT, HOT_CUT))


def test_trades_of_a_quarter_hour_are_answered_together_each_limit_once() -> None:
    """From 10 kvar, 5 more and 2 less were sold, and one without a change: 13; 3 less 1 stay."""
    slot = ("P", 3)
    trades = {slot: [sold(13.0, 5.0), sold(13.0, -2.0), sold(13.0, None)]}
    verdicts = {slot: [Verdict(3.0, (LOW,)), Verdict(-1.0, (HOT, LOW)), Verdict(0.0, ())]}
    active = TechnicalPod(
        pod="P",
        power=[TechnicalPower(index=3, accepted_p_value=7.0, accepted_p="OK", cuts=(HOT_CUT,))],
    )
    ((_, (power,)),) = answered(trades, verdicts, active, base_kw={slot: 99.0})
    assert power == TechnicalPower(
        index=3,
        accepted_p_value=7.0,
        accepted_p="OK",
        accepted_q_value=12.0,
        accepted_q="OK",
        cuts=(HOT_CUT, LOW_CUT),
    )


def test_a_trade_whose_total_nobody_told_is_answered_from_nothing() -> None:
    slot = ("P", 3)
    ((_, (power,)),) = answered({slot: [sold(None, 4.0)]}, {slot: [Verdict(1.0, (LOW,))]})
    assert power.accepted_q_value == -3.0


def test_active_power_is_what_is_expected_and_nothing_where_it_is_not_known() -> None:
    slots = [("Q", 3), ("P", 9), ("P", 2)]
    trades = {slot: [sold(1.0, 1.0, slot[1])] for slot in slots}
    verdicts = {slot: [Verdict(1.0, ())] for slot in slots}
    other = TechnicalPod(pod="P", power=[TechnicalPower(index=5, accepted_p_value=8.0)])
    found = answered(trades, verdicts, other, base_kw={("P", 2): 6.0, ("P", 9): 0.5})
    assert [
        (pod, [(each.index, each.accepted_p_value, each.accepted_q) for each in power])
        for pod, power in found
    ] == [
        ("P", [(2, 6.0, "OK"), (5, 8.0, None), (9, 0.5, "OK")]),
        ("Q", [(3, 0.0, "OK")]),
    ]
    assert [pod for pod, _ in answered(trades, verdicts)] == ["P", "Q"]


def test_a_cut_is_the_limit_that_stands_against_it() -> None:
    assert cut_of(LOW) == LOW_CUT


def test_who_trades_kvar_is_calculated_from_the_markets_baseline(
    feeder: Callable[..., Network],
) -> None:
    network = feeder((50.0, 50.0), with_load=False)
    forecast = Forecast(
        network=network,
        limits=Limits(network),
        day=MarketDay(date(2021, 6, 23)),
        pods={},
        power=ConsumerPower(np.zeros((96, 2)), np.zeros((96, 2))),
        has_trades=False,
    )
    expected = ConsumerPower(np.full((2, 2), 9.0), np.full((2, 2), 4.0))
    trades = {("POD-2", 51): [sold(8.0, 5.0), sold(8.0, None)], ("POD-1", 50): [sold(-1.0, 0.0)]}
    found = with_reactive_baseline(forecast, trades, range(50, 52), expected)
    assert found.q_kvar.tolist() == [[-1.0, 4.0], [4.0, 3.0]]
    assert found.p_kw.tolist() == [[9.0, 9.0], [9.0, 9.0]]
    assert expected.q_kvar.tolist() == [[4.0, 4.0], [4.0, 4.0]]
