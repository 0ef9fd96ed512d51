from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec import structs

from platone.aggregator.domain.activation import is_trade, parties_of, setpoints_of, trades_of
from platone.aggregator.domain.problem import OutcomeContradictsItself
from platone.aggregator.domain.remuneration import remunerate
from platone.messages.base import MarketType
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement

ROME = "Europe/Rome"


def trade(
    value: float | None, index: int = 50, *, by: str = "ACEAE", **more: str
) -> ValidatedPower:
    return ValidatedPower(
        index=index,
        accepted_p_value=value,
        accepted_p_price=0.07,
        player_service_id=f"{by}/pod",
        player_request_id=None if value is None else more.get("request", "TSO"),
        player_offer_id=by,
    )


def outcome(*parts: ValidatedPod) -> ValidatedOutcome:
    return ValidatedOutcome(
        market_outcome="60d1b91478e4d2002bdcd39c",
        market_type=MarketType.DAY_AHEAD,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=list(parts),
    )


def test_the_setpoint_of_the_deliverable() -> None:
    """D3.6 figure 47: 207.662 kW at 12:30 local time on 23 June 2021."""
    found = setpoints_of(
        outcome(ValidatedPod(pod="IT002E60550189", power=[trade(207.662)])), "ACEAE", ROME
    )
    (setpoint,) = found
    assert setpoint.start_time == datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
    assert setpoint.power_kw == 207.662
    assert setpoint.duration_minutes == 15


def test_one_setpoint_a_quarter_hour_and_none_for_what_was_refused() -> None:
    both_requests = [trade(90.0), trade(90.0, request="DSO"), trade(95.0, 51), trade(None, 52)]
    parts = [
        ValidatedPod(pod="POD-1", power=both_requests),
        ValidatedPod(pod="POD-2", power=[trade(10.0, by="ACEAE_2")]),
    ]
    found = setpoints_of(outcome(*parts), "ACEAE", ROME)
    assert [(each.pod_id, each.power_kw) for each in found] == [("POD-1", 90.0), ("POD-1", 95.0)]
    assert len({each.setpoint_id for each in found}) == 2
    assert found == setpoints_of(outcome(*parts), "ACEAE", ROME)


def test_a_contradiction_is_refused() -> None:
    part = ValidatedPod(pod="POD-1", power=[trade(90.0), trade(91.0)])
    with pytest.raises(OutcomeContradictsItself):
        setpoints_of(outcome(part), "ACEAE", ROME)


def test_setpoints_are_in_order_of_time_and_named_by_what_they_are_for() -> None:
    part = ValidatedPod(pod="POD-1", power=[trade(2.0, 95), trade(1.0, 0), trade(0.0, 7)])
    found = setpoints_of(outcome(part), "ACEAE", ROME)
    assert [(each.setpoint_id, each.power_kw) for each in found] == [
        ("60d1b91478e4d2002bdcd39c-POD-1-0", 1.0),
        ("60d1b91478e4d2002bdcd39c-POD-1-7", 0.0),
        ("60d1b91478e4d2002bdcd39c-POD-1-95", 2.0),
    ]
    assert found[0].start_time == datetime(2021, 6, 22, 22, tzinfo=UTC)
    assert {each.market_outcome for each in found} == {"60d1b91478e4d2002bdcd39c"}


def test_what_is_cut_to_nothing_or_nobody_asked_for_is_no_trade() -> None:
    whole = trade(90.0)
    assert is_trade(whole)
    assert is_trade(structs.replace(whole, accepted_p_change=-1.0))
    assert is_trade(structs.replace(whole, accepted_p_value=0.0))
    assert not is_trade(structs.replace(whole, accepted_p_change=0.0))
    assert not is_trade(structs.replace(whole, player_request_id=None))
    assert not is_trade(structs.replace(whole, accepted_p_value=None))


def test_an_aggregator_sees_its_own_trades() -> None:
    mixed = ValidatedPod(pod="POD-1", power=[trade(1.0), trade(2.0, by="ACEAE_2")])
    foreign = ValidatedPod(pod="POD-2", power=[trade(3.0, by="ACEAE_2")])
    known = outcome(mixed, foreign)
    assert parties_of(known) == {"ACEAE", "ACEAE_2"}
    assert trades_of(known, "ACEAE") == [ValidatedPod(pod="POD-1", power=[trade(1.0)])]
    assert [part.pod for part in trades_of(known, "ACEAE_2")] == ["POD-1", "POD-2"]
    assert trades_of(known, "ACEAE_3") == []


def settlement(number: str, market_outcome: str, *paid: tuple[str, float, float]) -> Settlement:
    return Settlement(
        settlement_id=number,
        market_outcome_id=market_outcome,
        market_type=MarketType.DAY_AHEAD,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        flexibility=[
            FlexibilitySettlement(
                pod=pod,
                power=[
                    MeasuredPower(
                        index="50",
                        requested_p=1.0,
                        measured_p=1.0,
                        baseline_p=2.0,
                        price_p=0.1,
                        paid_p=paid_eur,
                        penalty_p=penalty_eur,
                        request_player_id="DSO",
                        offer_player_id="ACEAE",
                        customer_tokens="0.1",
                    )
                ],
            )
            for pod, paid_eur, penalty_eur in paid
        ],
    )


def test_earnings_add_up_exactly_and_a_second_run_replaces_the_first() -> None:
    found = remunerate(
        [
            settlement("S1", "O1", ("POD-1", 99.0, 0.0)),
            settlement("S2", "O2", ("POD-1", 0.1, 0.0), ("POD-2", 7.0, 11.0)),
            settlement("S1b", "O1", ("POD-1", 0.2, 0.0)),
        ],
        "ACEAE",
        ROME,
    )
    assert [(each.pod_id, each.net_eur) for each in found] == [
        ("POD-1", Decimal("0.3")),
        ("POD-2", Decimal("-4.0")),
    ]
    assert found[0].customer_tokens == Decimal("0.2")
    assert remunerate([settlement("S1", "O1", ("POD-1", 1.0, 0.0))], "ACEAE_2", ROME) == []


def test_earnings_are_of_one_aggregator_in_order_of_pods() -> None:
    whole = settlement("S1", "O1", ("POD-2", 1.0, 0.25), ("POD-1", 2.0, 0.0))
    (power,) = whole.flexibility[0].power
    other = structs.replace(power, offer_player_id="ACEAE_2", customer_tokens=None)
    shared = FlexibilitySettlement(pod="POD-2", power=[power, other])
    whole = structs.replace(whole, flexibility=[shared, whole.flexibility[1]])
    found = remunerate([whole], "ACEAE", ROME)
    assert [each.pod_id for each in found] == ["POD-1", "POD-2"]
    (earning,) = found[1].earnings
    assert (earning.settlement_id, earning.power) == ("S1", power)
    assert earning.start_time == datetime(2021, 6, 23, 10, 30, tzinfo=UTC)  # 12:30 in Rome
    assert (earning.paid_eur, earning.penalty_eur) == (Decimal("1.0"), Decimal("0.25"))
    (foreign,) = remunerate([whole], "ACEAE_2", ROME)
    assert (foreign.net_eur, foreign.customer_tokens) == (Decimal("0.75"), Decimal(0))


def test_both_kinds_of_power_are_earned_and_owed() -> None:
    whole = settlement("S1", "O1", ("POD-1", 1.0, 0.25))
    (power,) = whole.flexibility[0].power
    both = structs.replace(power, paid_q=0.5, penalty_q=0.125)
    part = FlexibilitySettlement(pod="POD-1", power=[both])
    (found,) = remunerate([structs.replace(whole, flexibility=[part])], "ACEAE", ROME)
    (earning,) = found.earnings
    assert (earning.paid_eur, earning.penalty_eur) == (Decimal("1.5"), Decimal("0.375"))
    assert found.net_eur == Decimal("1.125")


def test_what_is_no_trade_hides_no_trade_after_it() -> None:
    nobodys = structs.replace(trade(40.0, 52), player_request_id=None)
    cut = structs.replace(trade(50.0, 53), accepted_p_change=0.0)
    part = ValidatedPod(
        pod="POD-1", power=[trade(None, 50), nobodys, cut, trade(1.0, 54), trade(2.0, 55)]
    )
    found = setpoints_of(outcome(part), "ACEAE", ROME)
    assert [each.power_kw for each in found] == [1.0, 2.0]


def reactive(total_kvar: float, index: int = 50) -> ValidatedPower:
    return structs.replace(trade(None, index), accepted_q_value=total_kvar, player_request_id="DSO")


def test_reactive_power_that_was_sold_is_held_beside_active_power_or_alone() -> None:
    part = ValidatedPod(pod="POD-1", power=[trade(90.0), reactive(40.0), reactive(35.0, 51)])
    found = setpoints_of(outcome(part), "ACEAE", ROME)
    assert [(each.power_kw, each.power_kvar) for each in found] == [(90.0, 40.0), (None, 35.0)]
    contradictory = ValidatedPod(pod="POD-1", power=[reactive(40.0), reactive(41.0)])
    with pytest.raises(OutcomeContradictsItself):
        setpoints_of(outcome(contradictory), "ACEAE", ROME)
