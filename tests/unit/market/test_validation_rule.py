"""What a technical outcome may do to the trades of a market outcome."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.market.domain.problem.outcome import OutcomeBeyondAccepted, OutcomeMismatch
from platone.market.domain.validation import has_trades, validate, validate_as_cleared
from platone.messages.base import MarketType
from platone.messages.outcome import (
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


@pytest.mark.parametrize(
    ("answers", "index", "what"),
    [
        ([("POD1", 10, 70.0)], 10, "has no answer"),
        ([("POD0", 9, 70.0)], 9, "has no trade"),
        ([("POD0", 10, 70.0), ("POD0", 10, 70.0)], 10, "is answered twice"),
    ],
)
def test_of_what_does_not_match_the_first_is_named(
    answers: list[tuple[str, int, float]], index: int, what: str
) -> None:
    with pytest.raises(OutcomeMismatch, match=f"POD0 at index {index} {what}") as refused:
        validate(market(-30), technical(*answers))
    assert refused.value.fields == {"pod": "POD0", "index": index}


@pytest.mark.parametrize(
    "other",
    [
        {"market_outcome": "another"},
        {"market_type": MarketType.REAL_TIME},
        {"start_time": START + timedelta(days=1)},
        {"duration": 25},
        {"interval": 30},
    ],
)
def test_an_answer_about_another_outcome_is_refused(other: dict[str, Any]) -> None:
    answer = technical(("POD0", 10, 70.0))
    assert validate(market(-30), answer).market_outcome == "outcome"
    with pytest.raises(OutcomeMismatch):
        validate(market(-30), msgspec.structs.replace(answer, **other))


def test_a_total_of_zero_is_a_total() -> None:
    """100 kW less 100 kW: the grid takes all of it, or 40 kW of it, or nothing."""
    (whole,) = final(market(-100), 0.0)
    assert (whole.accepted_p_value, whole.accepted_p_change, whole.cuts) == (0.0, -100.0, ())
    (part,) = final(market(-100), 60.0)
    assert (part.accepted_p_value, part.accepted_p_change) == (60.0, -40.0)
    with pytest.raises(OutcomeBeyondAccepted):
        final(market(-100), -0.01)


def test_rounding_on_the_way_is_set_right() -> None:
    """A milliwatt is rounding: the total is then the accepted one, or the baseline, exactly."""
    for total_kw in (70 - 9e-7, 70 + 9e-7):
        (power,) = final(market(-30), total_kw)
        assert (power.accepted_p_value, power.accepted_p_change) == (70.0, -30.0)
        assert power.rejection_type_p is None
    for total_kw in (BASELINE_KW - 9e-7, BASELINE_KW + 9e-7):
        (power,) = final(market(-30), total_kw)
        assert (power.accepted_p_value, power.rejection_type_p) == (None, "gridLimit")
    (power,) = final(market(-30), 70 + 2e-6)
    assert power.accepted_p_change == pytest.approx(-30 + 2e-6, abs=1e-9)
    for total_kw in (70 - 1.1e-6, BASELINE_KW + 1.1e-6):
        with pytest.raises(OutcomeBeyondAccepted):
            final(market(-30), total_kw)


def test_the_final_outcome_keeps_what_the_market_said_of_itself() -> None:
    outcome = market(-30, -20)
    told = validate(outcome, technical(("POD0", 10, 60.0)))
    for name in ("market_outcome", "market_type", "start_time", "duration", "interval"):
        assert getattr(told, name) == getattr(outcome, name)
    assert told.certification_id == "validatedOutcome-outcome"
    assert [part.pod for part in told.flexibility] == ["POD0", "POD1"]
    assert [len(part.power) for part in told.flexibility] == [2, 1]
    whole = validate_as_cleared(outcome)
    assert [len(part.power) for part in whole.flexibility] == [2, 1]
    changes = [each.accepted_p_change for each in whole.flexibility[0].power]
    assert changes == [-30, -20]
    assert whole.output_hash != told.output_hash
    assert has_trades(outcome)
    assert not has_trades(market())


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


def _linked(*linked: str | None) -> MarketOutcome:
    """Two PoDs with a reduction of 10 kW each in three quarter-hours, of orders by name."""
    pods = [
        PodOutcome(
            pod=pod,
            power=[
                AcceptedPower(
                    index=index,
                    accepted_p_value=BASELINE_KW - 10.0,
                    accepted_p_price=0.1,
                    accepted_p_change=-10.0,
                    player_service_id="offer",
                    player_request_id="DSO",
                    player_offer_id="AGG",
                    linked=name,
                )
                for index, name in enumerate(linked)
            ],
        )
        for pod in ("POD0", "POD1")
    ]
    return msgspec.structs.replace(market(), flexibility=pods)


def test_a_linked_order_that_the_grid_cuts_in_part_falls_as_a_whole() -> None:
    outcome = _linked("block", "block", None)
    answers = [
        (pod, index, BASELINE_KW - (4.0 if (pod, index) == ("POD1", 1) else 10.0))
        for pod in ("POD0", "POD1")
        for index in range(3)
    ]
    final = validate(outcome, technical(*answers))
    kept = {
        (pod.pod, power.index): (power.accepted_p_change, power.rejection_type_p)
        for pod in final.flexibility
        for power in pod.power
    }
    assert kept == {
        ("POD0", 0): (None, "gridLimit"),
        ("POD0", 1): (None, "gridLimit"),
        ("POD0", 2): (-10.0, None),
        ("POD1", 0): (None, "gridLimit"),
        ("POD1", 1): (None, "gridLimit"),
        ("POD1", 2): (-10.0, None),
    }


def test_a_cut_of_another_order_leaves_a_linked_one() -> None:
    outcome = _linked("block", None)
    answers = [
        (pod, index, BASELINE_KW - 10.0 * (1 - index))
        for pod in ("POD0", "POD1")
        for index in (0, 1)
    ]
    final = validate(outcome, technical(*answers))
    assert [power.accepted_p_change for power in final.flexibility[0].power] == [-10.0, None]
