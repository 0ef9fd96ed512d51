"""Lists of parties are sorted, so that the same bytes are told each time."""

from datetime import UTC, datetime

from platone.market.domain.participant_view import offering_parties, settled_parties
from platone.messages.base import MarketType
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
PARTIES = [f"AGG-{number:02}" for number in range(30)]


def test_parties_are_told_in_their_order() -> None:
    """Thirty names of a set do not come in order by chance."""
    trades = [
        ValidatedPower(index=0, accepted_p_value=1.0, player_service_id="o", player_offer_id=party)
        for party in PARTIES[::-1]
    ]
    outcome = ValidatedOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[ValidatedPod(pod="P1", power=trades)],
    )
    assert offering_parties(outcome) == PARTIES
    lines = [
        MeasuredPower(
            index="0",
            requested_p=0.0,
            measured_p=None,
            baseline_p=0.0,
            price_p=0.0,
            paid_p=0.0,
            penalty_p=0.0,
            request_player_id="DSO",
            offer_player_id=party,
        )
        for party in PARTIES[::-1]
    ]
    settlement = Settlement(
        settlement_id="s",
        market_outcome_id="o",
        market_type=MarketType.DAY_AHEAD,
        flexibility=[FlexibilitySettlement(pod="P1", power=lines)],
        start_time=START,
    )
    assert settled_parties(settlement) == PARTIES
