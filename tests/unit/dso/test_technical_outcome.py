"""The grid's answer in the market's words: totals, prices and cuts, also where they are zero."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from platone.dso.domain.day import PodDay
from platone.dso.domain.forecast import Forecast
from platone.dso.domain.technical_outcome import (
    accepted_trades,
    by_slot,
    grid_trades,
    market_baseline,
    technical_outcome,
)
from platone.grid.flexibility.validation import Verdict
from platone.grid.flow.limit import Limits, LimitState
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.outcome import AcceptedPower, Cut, MarketOutcome, PodOutcome, TechnicalPower

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
FIRST = LimitState("line0", "current", 75.0, 60.0, "A")
SECOND = LimitState("bus2", "voltage", 1.12, 1.1, "pu")
TAN_PHI = 0.5


def trade(
    total_kw: float | None, change_kw: float | None, price: float | None = 0.1, index: int = 4
) -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=total_kw,
        accepted_p_price=price,
        accepted_p_change=change_kw,
        player_service_id="s",
        player_offer_id="AGG",
    )


def outcome(**powers: list[AcceptedPower]) -> MarketOutcome:
    return MarketOutcome(
        market_outcome="outcome-7",
        market_type=MarketType.REAL_TIME,
        start_time=START,
        duration=4,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[
            PodOutcome(pod=pod.replace("_", "-"), power=power) for pod, power in powers.items()
        ],
    )


def answer(market: MarketOutcome, *verdicts: Verdict) -> dict[tuple[str, int], TechnicalPower]:
    trades = accepted_trades(market)
    order = [slot for slot, powers in sorted(trades.items()) for _ in powers]
    told = technical_outcome(market, trades, by_slot(order, verdicts))
    for name in ("market_outcome", "market_type", "start_time", "duration", "interval"):
        assert getattr(told, name) == getattr(market, name)
    return {(part.pod, power.index): power for part in told.flexibility for power in part.power}


def test_what_is_not_cut_is_told_as_the_market_said_it() -> None:
    told = answer(outcome(POD_1=[trade(60.0, -40.0)]), Verdict(-40.0))
    assert told == {
        ("POD-1", 4): TechnicalPower(index=4, accepted_p_value=60.0, accepted_p="OK", cuts=())
    }


def test_a_total_of_zero_is_one() -> None:
    told = answer(outcome(POD_1=[trade(0.0, -100.0)]), Verdict(-100.0))
    assert told["POD-1", 4].accepted_p_value == 0.0
    part = answer(outcome(POD_1=[trade(0.0, -100.0)]), Verdict(-30.0, (FIRST,)))
    assert part["POD-1", 4].accepted_p_value == 70.0


def test_several_trades_are_kept_in_sum_and_blamed_once() -> None:
    """100 kW less 30 and 20 kW, of which 25 and 5 kW are kept: 70 kW."""
    told = answer(
        outcome(POD_1=[trade(50.0, -30.0), trade(50.0, -20.0)]),
        Verdict(-25.0, (FIRST, SECOND)),
        Verdict(-5.0, (FIRST,)),
    )
    (power,) = told.values()
    assert (power.accepted_p_value, power.accepted_p) == (70.0, "OK")
    assert power.cuts == (
        Cut(element="line0", kind="current", value=75.0, limit=60.0, unit="A"),
        Cut(element="bus2", kind="voltage", value=1.12, limit=1.1, unit="pu"),
    )


@pytest.mark.parametrize("nothing", [0.0, None])
def test_a_trade_without_a_change_moves_no_baseline(nothing: float | None) -> None:
    """100 kW less 40: of them 10 are kept, also beside a trade that changes nothing."""
    market = outcome(POD_1=[trade(60.0, -40.0), trade(60.0, nothing)])
    (power,) = answer(market, Verdict(-10.0, (FIRST,)), Verdict(0.0)).values()
    assert (power.accepted_p_value, power.accepted_p) == (90.0, "OK")


@pytest.mark.parametrize(
    ("kept_kw", "said"), [(0.0, "NOK"), (-0.9e-6, "NOK"), (0.9e-6, "NOK"), (-1.1e-6, "OK")]
)
def test_cut_to_nothing_is_no(kept_kw: float, said: str) -> None:
    (power,) = answer(outcome(POD_1=[trade(60.0, -40.0)]), Verdict(kept_kw, (FIRST,))).values()
    assert power.accepted_p == said
    assert power.accepted_p_value == pytest.approx(100.0, abs=2e-6)


def test_rejected_offers_are_left_out_and_slots_kept_apart() -> None:
    market = outcome(
        POD_1=[trade(60.0, -40.0), trade(None, None, None), trade(10.0, 1.0, index=5)],
        POD_2=[trade(7.0, 2.0)],
    )
    told = answer(market, Verdict(-40.0), Verdict(1.0), Verdict(0.5, (FIRST,)))
    assert {slot: power.accepted_p_value for slot, power in told.items()} == {
        ("POD-1", 4): 60.0,
        ("POD-1", 5): 10.0,
        ("POD-2", 4): 5.5,
    }


@pytest.fixture
def forecast(feeder: Callable[..., Network]) -> Forecast:
    """A feeder with another power in each of 96 quarter-hours."""
    network = feeder((100.0, 100.0))
    p_kw = np.arange(96.0)[:, None] + np.array([[0.0, 1000.0, 2000.0]])
    nothing = np.zeros(96)
    pods = {
        f"POD-{number}": PodDay("AGG", nothing, nothing, 0.0, 0.0, TAN_PHI * number)
        for number in (1, 2)
    }
    return Forecast(
        network=network,
        limits=Limits(network),
        day=MarketDay(date(2021, 6, 23)),
        pods=pods,
        power=ConsumerPower(p_kw, 2 * p_kw),
        has_trades=False,
    )


def test_the_grid_begins_at_the_markets_baseline(forecast: Forecast) -> None:
    """POD-2: 2004 kW forecast, 0 kW by the market; its kvar follow at its own power factor."""
    trades = accepted_trades(outcome(POD_2=[trade(-20.0, -30.0), trade(-20.0, 10.0)]))
    found = market_baseline(forecast, trades, [5, 4])
    assert found.p_kw.tolist() == [[5.0, 1005.0, 2005.0], [4.0, 1004.0, 0.0]]
    assert found.q_kvar.tolist() == [[10.0, 2010.0, 4010.0], [8.0, 2008.0, 4008.0 - 2004.0]]
    assert forecast.power.p_kw[4, 2] == 2004.0


def test_a_free_trade_is_free_on_the_grid_too(forecast: Forecast) -> None:
    market = outcome(
        POD_2=[trade(0.0, -30.0, 0.0), trade(0.0, 10.0, 0.25)], POD_1=[trade(3.0, 0.0, index=5)]
    )
    found = grid_trades(forecast, accepted_trades(market), [5, 4])
    assert [
        (slot, each.pod_id, each.scenario, each.change_kw, each.price_eur_per_kwh, each.kvar_per_kw)
        for slot, each in found
    ] == [
        (("POD-1", 5), "POD-1", 0, 0.0, 0.1, TAN_PHI),
        (("POD-2", 4), "POD-2", 1, -30.0, 0.0, 2 * TAN_PHI),
        (("POD-2", 4), "POD-2", 1, 10.0, 0.25, 2 * TAN_PHI),
    ]
