"""What a technical outcome may do to the trades of a market outcome."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.market.domain.problem import OutcomeBeyondAccepted, OutcomeMismatch
from platone.market.domain.validation import validate
from platone.messages.base import MarketType
from platone.messages.market import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    PodOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
    ValidatedPower,
)

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
BASELINE_KW = 100.0
CUT = Cut(element="line/3", kind="current", value=30.07, limit=19.6, unit="A")


def market(*changes_kw: float) -> MarketOutcome:
    """One PoD with a trade for each change, and another one whose offer was rejected."""
    total_kw = BASELINE_KW + sum(changes_kw)
    trades = [
        AcceptedPower(
            index=10,
            accepted_p_value=total_kw,
            accepted_p_price=0.1,
            accepted_p_change=change_kw,
            player_service_id="offer",
            player_request_id=f"requester-{number}",
            player_offer_id="AGG",
        )
        for number, change_kw in enumerate(changes_kw)
    ]
    rejected = AcceptedPower(
        index=10,
        accepted_p_value=None,
        rejection_type_p="noRequest",
        player_service_id="other",
        player_offer_id="AGG",
    )
    return MarketOutcome(
        market_outcome="outcome",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[
            PodOutcome(pod="POD0", power=trades),
            PodOutcome(pod="POD1", power=[rejected]),
        ],
    )


def technical(*answers: tuple[str, int, float], said: str | None = None) -> TechnicalOutcome:
    return TechnicalOutcome(
        market_type=MarketType.DAY_AHEAD,
        duration=24,
        interval=15,
        start_time=START,
        market_outcome="outcome",
        flexibility=[
            TechnicalPod(
                pod=pod,
                power=[
                    TechnicalPower(index=index, accepted_p_value=kw, accepted_p=said, cuts=(CUT,))
                ],
            )
            for pod, index, kw in answers
        ],
    )


def final(outcome: MarketOutcome, total_kw: float, said: str | None = None) -> list[ValidatedPower]:
    return validate(outcome, technical(("POD0", 10, total_kw), said=said)).flexibility[0].power


def test_the_last_trade_is_cut_first() -> None:
    first, second = final(market(-30, -20), 60)  # 40 of 50 kW remain

    assert (first.accepted_p_change, first.rejection_type_p, first.cuts) == (-30, None, ())
    assert (second.accepted_p_change, second.rejection_type_p) == (-10, "gridLimit")
    assert second.cuts == (CUT,)
    assert first.accepted_p_value == second.accepted_p_value == 60
    assert second.accepted_p_price == 0.1


def test_a_trade_that_is_cut_wholly_is_a_rejection() -> None:
    first, second = final(market(30, 20), 115)

    assert first.accepted_p_change == 15
    assert first.accepted_p_value == 115
    assert (second.accepted_p_value, second.accepted_p_change) == (None, None)
    assert second.rejection_type_p == "gridLimit"


def test_nok_is_the_baseline() -> None:
    (power,) = final(market(-30), BASELINE_KW, "NOK")
    assert power.accepted_p_value is None
    with pytest.raises(OutcomeBeyondAccepted):
        final(market(-30), 80, "NOK")


def test_rejected_offers_are_told_as_they_were() -> None:
    outcome = validate(market(-30), technical(("POD0", 10, 70.0)))
    (power,) = outcome.flexibility[1].power
    assert power.rejection_type_p == "noRequest"


@pytest.mark.parametrize("total_kw", [69.99, 100.01, -70.0])
def test_validation_never_goes_beyond(total_kw: float) -> None:
    with pytest.raises(OutcomeBeyondAccepted):
        final(market(-30), total_kw)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [("POD0", 11, 70.0)],
        [("POD0", 10, 70.0), ("POD1", 10, 100.0)],
        [("POD0", 10, 70.0), ("POD0", 10, 70.0)],
    ],
)
def test_the_same_trades_each_once(answers: list[tuple[str, int, float]]) -> None:
    with pytest.raises(OutcomeMismatch):
        validate(market(-30), technical(*answers))


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=4),
    st.sampled_from([1, -1]),
    st.floats(0, 1),
)
def test_what_is_left_adds_up_to_the_grids_total(sizes: list[int], sign: int, share: float) -> None:
    outcome = market(*(float(sign * size) for size in sizes))
    accepted_kw = BASELINE_KW + sign * sum(sizes)
    total_kw = BASELINE_KW + share * (accepted_kw - BASELINE_KW)

    powers = final(outcome, total_kw)

    changes = [power.accepted_p_change or 0.0 for power in powers]
    assert BASELINE_KW + sum(changes) == pytest.approx(total_kw, abs=2e-6)
    for change, size in zip(changes, sizes, strict=True):
        assert 0 <= sign * change <= size + 1e-9
