"""Final outcomes as the DSO reads them: totals of each quarter-hour, and who sold what."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platone.dso.domain.final_outcome import activated, totals_of, trades_by_place
from platone.messages.base import MarketType
from platone.messages.outcome import (
    TechnicalPod,
    TechnicalPower,
    ValidatedOutcome,
    ValidatedPod,
    ValidatedPower,
)

START = datetime(2021, 6, 22, 22, tzinfo=UTC)


def power(index: int, p: float | None, q: float | None = None, **more: Any) -> ValidatedPower:
    told = {"player_service_id": "o", "player_offer_id": "A", "player_request_id": "DSO"}
    fixed = {"accepted_p_value": p, "accepted_q_value": q}
    return ValidatedPower(index=index, **{**fixed, **told, **more})


def outcome(**pods: list[ValidatedPower]) -> ValidatedOutcome:
    return ValidatedOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[ValidatedPod(pod=pod, power=lines) for pod, lines in pods.items()],
    )


NONE = power(3, None, rejection_type_p="notNeeded")


@pytest.mark.parametrize(
    ("trades", "totals"),
    [
        ([], (None, None)),
        ([NONE], (None, None)),
        ([NONE, power(3, 7.0), power(3, 8.0)], (7.0, None)),
        ([power(3, None, -2.0)], (None, -2.0)),
        ([power(3, 0.0), NONE, power(3, None, 0.0)], (0.0, 0.0)),
    ],
)
def test_a_total_is_that_of_the_trades(
    trades: list[ValidatedPower], totals: tuple[float | None, float | None]
) -> None:
    assert totals_of(trades) == totals


def test_what_is_activated_has_the_form_of_an_answer() -> None:
    final = outcome(
        P1=[power(3, 7.0), NONE, power(3, 7.0), power(4, None, -2.0), power(5, 0.0, 1.0)],
        P2=[NONE],
        P3=[power(6, None, 0.0)],
    )
    made = activated(final)
    assert (made.market_outcome, made.market_type, made.start_time) == (
        "o",
        MarketType.DAY_AHEAD,
        START,
    )
    assert (made.duration, made.interval) == (24, 15)
    assert made.flexibility == [
        TechnicalPod(
            pod="P1",
            power=[
                TechnicalPower(index=3, accepted_p_value=7.0, accepted_p="OK"),
                TechnicalPower(
                    index=4, accepted_p_value=0.0, accepted_q_value=-2.0, accepted_q="OK"
                ),
                TechnicalPower(
                    index=5,
                    accepted_p_value=0.0,
                    accepted_p="OK",
                    accepted_q_value=1.0,
                    accepted_q="OK",
                ),
            ],
        ),
        TechnicalPod(
            pod="P3",
            power=[
                TechnicalPower(index=6, accepted_p_value=0.0, accepted_q_value=0.0, accepted_q="OK")
            ],
        ),
    ]


def test_a_partys_trades_are_its_own_of_a_place_and_time() -> None:
    mine, reactive = power(3, 7.0), power(3, None, 1.0)
    lines = [mine, power(4, 7.0), NONE, power(3, 7.0, player_offer_id="B"), reactive]
    final = outcome(P1=lines, P2=[power(3, 9.0)])
    assert trades_by_place(final, "A") == {
        ("P1", 3): [mine, reactive],
        ("P1", 4): [power(4, 7.0)],
        ("P2", 3): [power(3, 9.0)],
    }
    assert trades_by_place(final, "C") == {}
