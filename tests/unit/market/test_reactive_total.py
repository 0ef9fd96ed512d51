"""The reactive power that was sold the day ahead is a total, of each point and quarter-hour."""

from datetime import UTC, datetime

from platone.market.domain.recording import reactive_totals
from platone.messages.base import MarketType
from platone.messages.outcome import AcceptedPower, MarketOutcome, PodOutcome

START = datetime(2021, 6, 22, 22, tzinfo=UTC)


def power(index: int, kvar: float | None, kw: float | None = None) -> AcceptedPower:
    return AcceptedPower(
        index=index,
        accepted_p_value=kw,
        accepted_q_value=kvar,
        accepted_q_change=None if kvar is None else 1.0,
        player_service_id="s",
        player_offer_id="AGG",
    )


def test_totals_are_those_after_the_last_trade() -> None:
    outcome = MarketOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[
            PodOutcome(pod="A", power=[power(3, 7.0), power(3, 7.0), power(4, -2.0)]),
            PodOutcome(pod="B", power=[power(3, None), power(3, 9.0, kw=50.0), power(5, 0.0)]),
        ],
    )
    assert reactive_totals(outcome) == {"A": {3: 7.0, 4: -2.0}, "B": {5: 0.0}}
