"""What is left where an order falls as a whole, and where a whole session is refused."""

from typing import Any

import msgspec
from tests.unit.market.test_validation_rule import BASELINE_KW, CUT, market, technical

from platone.market.domain.rejection import Rejection
from platone.market.domain.validation import refuse_all, validate
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    PodOutcome,
    TechnicalOutcome,
    ValidatedOutcome,
    ValidatedPower,
)

Powers = dict[tuple[str, int], list[ValidatedPower]]
OTHER_CUT = Cut(element="transformer/1", kind="current", value=310.0, limit=280.0, unit="A")


def trade(index: int, change_kw: float, total_kw: float, **fields: Any) -> AcceptedPower:
    """A trade of an offer of the party AGG, of reactive power where the kind says so."""
    whole: dict[str, Any] = {
        "index": index,
        "accepted_p_value": total_kw,
        "accepted_p_price": 0.1,
        "accepted_p_change": change_kw,
        "player_service_id": "offer",
        "player_request_id": "DSO",
        "player_offer_id": "AGG",
    }
    return AcceptedPower(**whole | fields)


def reactive(index: int, change_kvar: float, total_kvar: float) -> AcceptedPower:
    return trade(
        index,
        0.0,
        0.0,
        accepted_p_value=None,
        accepted_p_price=None,
        accepted_p_change=None,
        accepted_q_value=total_kvar,
        accepted_q_price=0.2,
        accepted_q_change=change_kvar,
    )


def outcome_of(**pods: list[AcceptedPower]) -> MarketOutcome:
    flexibility = [PodOutcome(pod=pod, power=power) for pod, power in pods.items()]
    return msgspec.structs.replace(market(), flexibility=flexibility)


def by_spot(final: ValidatedOutcome) -> Powers:
    found: Powers = {}
    for pod in final.flexibility:
        for power in pod.power:
            found.setdefault((pod.pod, power.index), []).append(power)
    return found


def cut_by(answer: TechnicalOutcome, pod: str, *cuts: Cut) -> TechnicalOutcome:
    """The answer, with other limits that stand against what is cut of a PoD."""
    pods = [
        msgspec.structs.replace(
            each, power=[msgspec.structs.replace(power, cuts=cuts) for power in each.power]
        )
        if each.pod == pod
        else each
        for each in answer.flexibility
    ]
    return msgspec.structs.replace(answer, flexibility=pods)


def test_what_stands_beside_a_fallen_order_stays_with_its_own_total() -> None:
    """100 kW less 30 and 20: the 30 fall with what the grid cuts elsewhere, so 80 kW are left."""
    outcome = outcome_of(
        POD0=[trade(0, -30.0, 50.0, linked="block"), trade(0, -20.0, 50.0)],
        POD1=[trade(1, 10.0, 110.0, linked="block"), trade(2, 5.0, 105.0)],
    )
    answer = technical(("POD0", 0, 50.0), ("POD1", 1, BASELINE_KW), ("POD1", 2, 105.0), said=None)
    final = by_spot(validate(outcome, answer))
    fallen, beside = final["POD0", 0]
    assert (fallen.accepted_p_value, fallen.accepted_p_change) == (None, None)
    assert (fallen.accepted_p_price, fallen.rejection_type_p) == (None, "gridLimit")
    assert (beside.accepted_p_value, beside.accepted_p_change) == (80.0, -20.0)
    assert (beside.accepted_p_price, beside.rejection_type_p, beside.cuts) == (0.1, None, ())
    (other,) = final["POD1", 2]
    assert (other.accepted_p_value, other.accepted_p_change) == (105.0, 5.0)


def test_a_total_of_zero_and_a_change_of_nothing_count_as_such_beside_a_fallen_order() -> None:
    """100 kW less 60 and 40 and nothing are 0 kW; without the 60 they are 60 kW."""
    outcome = outcome_of(
        POD0=[trade(0, -60.0, 0.0, linked="block"), trade(0, -40.0, 0.0), trade(0, 0.0, 0.0)],
        POD1=[trade(0, -60.0, 40.0, linked="block")],
    )
    final = by_spot(validate(outcome, technical(("POD0", 0, 0.0), ("POD1", 0, BASELINE_KW))))
    _, beside, _ = final["POD0", 0]
    assert (beside.accepted_p_value, beside.accepted_p_change) == (60.0, -40.0)


def test_another_trade_keeps_its_own_cut_where_an_order_falls() -> None:
    outcome = outcome_of(
        POD0=[trade(0, -30.0, 70.0, linked="block")],
        POD1=[trade(0, -30.0, 70.0)],
    )
    final = by_spot(validate(outcome, technical(("POD0", 0, BASELINE_KW), ("POD1", 0, 90.0))))
    (other,) = final["POD1", 0]
    assert (other.accepted_p_value, other.accepted_p_change) == (90.0, -10.0)
    assert (other.rejection_type_p, other.cuts) == ("gridLimit", (CUT,))


def test_a_trade_that_changes_nothing_takes_no_part_of_a_cut() -> None:
    """100 kW less 30, of which the grid takes 10; the change of nothing is served last."""
    outcome = outcome_of(POD0=[trade(0, -30.0, 70.0), trade(0, 0.0, 70.0)])
    first, _ = by_spot(validate(outcome, technical(("POD0", 0, 90.0))))["POD0", 0]
    assert (first.accepted_p_value, first.accepted_p_change) == (90.0, -10.0)


def test_a_fallen_order_names_every_limit_that_cut_a_part_of_it() -> None:
    outcome = outcome_of(
        POD0=[trade(0, -30.0, 70.0, linked="block")],
        POD1=[trade(0, -30.0, 70.0, linked="block")],
        POD2=[trade(0, -30.0, 70.0, linked="block")],
    )
    answer = technical(("POD0", 0, 80.0), ("POD1", 0, 90.0), ("POD2", 0, 70.0))
    answer = cut_by(cut_by(answer, "POD1", OTHER_CUT, CUT), "POD2")
    powers = [power for its in by_spot(validate(outcome, answer)).values() for power in its]
    assert [power.accepted_p_value for power in powers] == [None] * 3
    assert [power.cuts for power in powers] == [(CUT, OTHER_CUT)] * 3


def test_an_order_of_the_same_name_in_another_offer_stands() -> None:
    outcome = outcome_of(
        POD0=[trade(0, -30.0, 70.0, linked="block")],
        POD1=[trade(0, -30.0, 70.0, linked="block", player_service_id="another")],
        POD2=[trade(0, -30.0, 70.0, linked="block", player_offer_id="AGG2")],
    )
    answer = technical(("POD0", 0, BASELINE_KW), ("POD1", 0, 70.0), ("POD2", 0, 70.0))
    final = by_spot(validate(outcome, answer))
    changes = [power.accepted_p_change for its in final.values() for power in its]
    assert changes == [None, -30.0, -30.0]


def test_of_a_refused_session_nothing_is_left_and_every_line_says_why() -> None:
    """What was rejected at the clearing keeps its own reason."""
    rejected = trade(
        3,
        0.0,
        0.0,
        accepted_p_value=None,
        accepted_p_price=None,
        accepted_p_change=None,
        rejection_type_p="noRequest",
        player_request_id=None,
    )
    outcome = outcome_of(
        POD0=[trade(0, -30.0, 50.0), trade(0, -20.0, 50.0), reactive(0, 4.0, 9.0)],
        POD1=[rejected],
    )
    final = refuse_all(outcome, Rejection.CANCELLED)
    assert [len(pod.power) for pod in final.flexibility] == [3, 1]
    for power in final.flexibility[0].power[:2]:
        assert (power.accepted_p_value, power.accepted_p_price) == (None, None)
        assert (power.accepted_p_change, power.rejection_type_p) == (None, "cancelled")
        assert (power.player_request_id, power.player_offer_id) == ("DSO", "AGG")
    of_reactive = final.flexibility[0].power[2]
    assert (of_reactive.accepted_q_value, of_reactive.accepted_q_price) == (None, None)
    assert (of_reactive.accepted_q_change, of_reactive.rejection_type_q) == (None, "cancelled")
    assert of_reactive.rejection_type_p is None
    assert final.flexibility[1].power[0].rejection_type_p == "noRequest"
    assert final.certification_id == "validatedOutcome-outcome"
