"""Trades of reactive power as the grid's validation takes them."""

from datetime import UTC, datetime

from platone.dso.domain.reactive_trade import reactive_changes, reactive_trades
from platone.grid.flexibility.validation import Trade
from platone.messages.base import MarketType
from platone.messages.outcome import AcceptedPower, MarketOutcome, PodOutcome


def power(
    index: int,
    total_kvar: float | None,
    change_kvar: float | None = None,
    price: float | None = None,
    total_kw: float | None = None,
) -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=total_kw,
        accepted_q_value=total_kvar,
        accepted_q_change=change_kvar,
        accepted_q_price=price,
        player_service_id="q",
        player_request_id="DSO",
        player_offer_id="AGG",
    )


def trade(pod: str, row: int, change: float, price: float) -> Trade:
    return Trade(
        pod_id=pod,
        scenario=row,
        change_kw=change,
        price_eur_per_kwh=price,
        kvar_per_kw=0.0,
        is_reactive=True,
    )


def test_trades_are_told_by_place_and_row_with_their_prices() -> None:
    outcome = MarketOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[
            PodOutcome(pod="B", power=[power(51, 5.0, 2.0, 0.25), power(51, 5.0, -1.0, 0.5)]),
            PodOutcome(
                pod="A",
                power=[
                    power(50, None),  # refused
                    power(50, 1.0, 1.0, 0.1, total_kw=9.0),  # of active power
                    power(50, 3.0),  # free, and no change
                ],
            ),
        ],
    )
    found = reactive_trades(outcome)
    assert {slot: len(each) for slot, each in found.items()} == {("B", 51): 2, ("A", 50): 1}
    assert reactive_changes(found, range(50, 52)) == [
        (("A", 50), trade("A", 0, 0.0, 0.0)),
        (("B", 51), trade("B", 1, 2.0, 0.25)),
        (("B", 51), trade("B", 1, -1.0, 0.5)),
    ]
