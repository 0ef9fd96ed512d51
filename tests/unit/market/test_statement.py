"""What a settlement says of each line, and who may read it."""

from datetime import UTC, datetime
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.canonical import canonical_json
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.metering import Metered
from platone.market.domain.outcome_part import outcome_text, plain_text
from platone.market.domain.participant_view import (
    offering_parties,
    own_lines,
    own_trades,
    settled_parties,
)
from platone.market.domain.statement import _euro, pay_under, settlement_lines
from platone.messages.base import MarketType
from platone.messages.ledger import AgreementTerms, PaidLine, SettlementLine
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.settlement import (
    FlexibilitySettlement,
    MeasuredPower,
    SettledQuantities,
    SettledTerms,
    Settlement,
)

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
TERMS = AgreementTerms(
    pod="POD-A", aggregator_id="AGG", customer_share_ppm=600_000, penalty_price=20_000
)


def line(pod: str = "POD-A", index: int = 50, rank: int = 0) -> DeliveryLine:
    return DeliveryLine(
        line_id=f"{pod}.{index}.{rank}",
        outcome_id="O",
        pod=pod,
        index=index,
        starts=START,
        window_start=START,
        rank=rank,
        baseline_kw=100.0,
        total_kw=60.0,
        change_kw=-40.0,
        price=0.5,
        request_player_id="DSO",
        offer_player_id="AGG",
    )


def quantity(of: DeliveryLine, measured: int = 17_500_000) -> SettlementLine:
    """A quarter-hour of 100 kW is 25 kWh; 40 kW less are 10 kWh less; 70 kW are 17.5 kWh."""
    return SettlementLine(
        line_id=of.line_id,
        pod=of.pod,
        aggregator_id=of.offer_player_id,
        start_time=of.starts,
        readings=("reading-7",),
        baseline=25_000_000,
        ordered=-10_000_000,
        measured=measured,
        price=500_000,
    )


def told(*lines: DeliveryLine, paid: PaidLine | None = None) -> dict[str, list[MeasuredPower]]:
    first = lines[0]
    quantities = {first.line_id: quantity(first)}
    payments = {} if paid is None else {first.line_id: paid}
    metered = {first.line_id: Metered(17_500_000, "reading-7")}
    parts = settlement_lines(lines, quantities, payments, metered)
    return {part.pod: part.power for part in parts}


def test_a_long_settlement_is_written_in_parts_as_in_one() -> None:
    lines = [line(f"POD-{number:03d}", index) for number in range(450) for index in (3, 50)]
    quantities = {each.line_id: quantity(each) for each in lines[::3]}
    metered = {name: Metered(17_500_000, "reading-7") for name in quantities}
    settlement = Settlement(
        settlement_id='O.1 "flexibility":[]',
        market_outcome_id="O",
        market_type=MarketType.DAY_AHEAD,
        flexibility=settlement_lines(lines, quantities, {}, metered),
        start_time=START,
    )
    assert plain_text(settlement) == msgspec.json.encode(settlement)
    assert outcome_text(settlement) == canonical_json(settlement)
    empty = msgspec.structs.replace(settlement, flexibility=[])
    assert plain_text(empty) == msgspec.json.encode(empty)


def test_a_payment_by_hand() -> None:
    """Of 10 kWh 7.5 are delivered at 0.50 €, 2.5 are missing at 0.02 €: 3.75 € less 0.05 €."""
    paid = pay_under(quantity(line()), TERMS)
    assert (paid.line_id, paid.delivered, paid.problem) == ("POD-A.50.0", 7_500_000, None)
    assert (paid.paid, paid.penalty) == (3_750_000_000_000_000_000, 50_000_000_000_000_000)
    assert paid.customer_tokens == 2_220_000_000_000_000_000  # six tenths of 3.70 €
    assert paid.aggregator_tokens == 1_480_000_000_000_000_000
    assert paid.owed == 0


def test_who_delivers_nothing_owes_the_penalty() -> None:
    paid = pay_under(quantity(line(), measured=25_000_000), TERMS)
    assert (paid.delivered, paid.paid) == (0, 0)
    assert paid.penalty == paid.owed == 200_000_000_000_000_000  # 10 kWh at 0.02 €
    assert (paid.customer_tokens, paid.aggregator_tokens) == (0, 0)


def test_without_order_or_agreement_nothing_is_paid() -> None:
    nothing = msgspec.structs.replace(quantity(line()), ordered=0)
    for paid in (pay_under(nothing, TERMS), pay_under(quantity(line()), None)):
        assert paid.problem
        assert (paid.line_id, paid.paid, paid.customer_tokens) == ("POD-A.50.0", 0, 0)


def test_a_settled_line_says_all_that_it_rests_on() -> None:
    (power,) = told(line(), paid=pay_under(quantity(line()), TERMS))["POD-A"]
    assert power == MeasuredPower(
        index="50",
        requested_p=60.0,
        measured_p=70.0,
        baseline_p=100.0,
        price_p=0.5,
        paid_p=3.75,
        penalty_p=0.05,
        request_player_id="DSO",
        offer_player_id="AGG",
        status="settled",
        line_id="POD-A.50.0",
        customer_tokens="2.22",
        certification_id="reading-7",
        change_p=-40.0,
        reference_p=100.0,
        quality="measured",
        quantities=SettledQuantities(
            reference=25_000_000,
            ordered=-10_000_000,
            measured=17_500_000,
            price=500_000,
            delivered=7_500_000,
        ),
        terms=SettledTerms(customer_share_ppm=600_000, penalty_price=20_000),
    )


def test_a_payment_that_does_not_tell_its_agreement_has_no_terms() -> None:
    """One that lacks any of them, as one of before they were told: the rest is as of any other."""
    paid = pay_under(quantity(line()), TERMS)
    for lacks in ({"customer_share_ppm": None}, {"penalty_price": None}):
        (power,) = told(line(), paid=msgspec.structs.replace(paid, **lacks))["POD-A"]
        assert (power.terms, power.status, power.paid_p) == (None, "settled", 3.75)


def test_a_line_that_is_not_paid_says_so() -> None:
    refused = PaidLine(line_id="POD-A.50.0", problem="no agreement")
    for paid in (None, refused):
        (power,) = told(line(), paid=paid)["POD-A"]
        assert (power.status, power.paid_p, power.customer_tokens) == ("notPaid", 0.0, None)
        assert power.measured_p == 70.0


def test_a_line_without_measurement_says_so() -> None:
    missing = told(line(), line("POD-B", 51))["POD-B"]
    assert missing == [
        MeasuredPower(
            index="51",
            requested_p=60.0,
            measured_p=None,
            baseline_p=100.0,
            price_p=0.5,
            paid_p=0.0,
            penalty_p=0.0,
            request_player_id="DSO",
            offer_player_id="AGG",
            status="missingMeasurement",
            line_id="POD-B.51.0",
            change_p=-40.0,
        )
    ]


def test_lines_stand_by_pod_quarter_hour_and_trade() -> None:
    mixed = [line("POD-B", 9), line("POD-A", 50, 1), line("POD-A", 50), line("POD-A", 9)]
    parts = settlement_lines(mixed, {}, {}, {})
    assert [(part.pod, [each.line_id for each in part.power]) for part in parts] == [
        ("POD-A", ["POD-A.9.0", "POD-A.50.0", "POD-A.50.1"]),
        ("POD-B", ["POD-B.9.0"]),
    ]


def measured(name: str, requester: str, offerer: str) -> MeasuredPower:
    return MeasuredPower(
        index="1",
        requested_p=1.0,
        measured_p=1.0,
        baseline_p=1.0,
        price_p=1.0,
        paid_p=1.0,
        penalty_p=0.0,
        request_player_id=requester,
        offer_player_id=offerer,
        line_id=name,
    )


def test_each_party_reads_the_lines_it_asked_for_or_offered() -> None:
    whole = Settlement(
        settlement_id="S",
        market_outcome_id="O",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        flexibility=settlement_parts(),
    )
    read = {
        party: [each.line_id for part in own_lines(whole, party).flexibility for each in part.power]
        for party in ("DSO", "TSO", "AGG1", "AGG2", "OTHER")
    }
    assert read == {
        "DSO": ["a", "c"],
        "TSO": ["b"],
        "AGG1": ["a", "b"],
        "AGG2": ["c"],
        "OTHER": [],
    }
    assert [part.pod for part in own_lines(whole, "AGG2").flexibility] == ["POD-B"]
    assert settled_parties(whole) == ["AGG1", "AGG2"]


def settlement_parts() -> list[FlexibilitySettlement]:
    return [
        FlexibilitySettlement(
            pod="POD-A", power=[measured("a", "DSO", "AGG1"), measured("b", "TSO", "AGG1")]
        ),
        FlexibilitySettlement(pod="POD-B", power=[measured("c", "DSO", "AGG2")]),
    ]


def test_each_party_reads_the_trades_it_asked_for_or_offered() -> None:
    def trade(name: str, requester: str | None, offerer: str) -> ValidatedPower:
        return ValidatedPower(
            index=1,
            accepted_p_value=None if requester is None else 1.0,
            player_service_id=name,
            player_request_id=requester,
            player_offer_id=offerer,
        )

    whole = ValidatedOutcome(
        market_outcome="O",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[
            ValidatedPod(pod="POD-B", power=[trade("a", "DSO", "AGG2"), trade("b", None, "AGG2")]),
            ValidatedPod(pod="POD-A", power=[trade("c", "TSO", "AGG1")]),
        ],
    )
    read = {
        party: [each.player_service_id for part in own.flexibility for each in part.power]
        for party in ("DSO", "TSO", "AGG1", "AGG2", "OTHER")
        for own in (own_trades(whole, party),)
    }
    assert read == {"DSO": ["a"], "TSO": ["c"], "AGG1": ["c"], "AGG2": ["a", "b"], "OTHER": []}
    assert offering_parties(whole) == ["AGG1", "AGG2"]
    assert own_trades(whole, "AGG1").output_hash == whole.output_hash


@given(st.integers(-(10**40), 10**40))
def test_euros_are_the_nearest_floats_of_exact_tokens(atto: int) -> None:
    assert _euro(atto) == float(Fraction(atto, 10**18))
