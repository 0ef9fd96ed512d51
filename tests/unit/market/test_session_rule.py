"""States of sessions, their gates, whom they wait for, and who sees and sends what."""

from datetime import UTC, date, datetime, timedelta
from itertools import product as pairs
from typing import Any

import pytest
from msgspec import structs

from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import Status, day_ahead_session
from platone.market.domain.certification import certified_text, first_batch
from platone.market.domain.delivery import LineState
from platone.market.domain.participant_view import (
    offering_parties,
    own_lines,
    own_service,
    own_trades,
    settled_parties,
)
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.problem.session import MarketClosed, MarketNotYetOpen, SessionState
from platone.market.domain.progress import Unpaid, Wait, status_of_payment, wait_of
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.validation import validate_as_cleared
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, Pricing, Product, ShadowPrice
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    PowerPoint,
    RecordedService,
    ServiceType,
    WaitsFor,
)
from platone.messages.outcome import AcceptedPower, MarketOutcome, PodOutcome
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement

PLAN = day_ahead_session(MarketDay(date(2021, 10, 31)))
"""The session of a day of 25 hours; its gate is open on the day before, 11:00 to 15:30 in Rome."""
OPENS = datetime(2021, 10, 30, 9, tzinfo=UTC)
CLOSES = datetime(2021, 10, 30, 13, 30, tzinfo=UTC)
PRODUCT = Product(highest_price=3.0)
SINCE = datetime(2021, 11, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)

FOLLOWING = {
    "created": ["active", "cancelled"],
    "active": ["closed", "cancelled"],
    "closed": ["outcome", "notTraded", "cancelled"],
    "outcome": ["validated", "notValidated", "cancelled"],
    "validated": ["notTraded", "notPaid", "partlyPaid", "settled"],
    "notTraded": [],
    "notValidated": [],
    "cancelled": [],
    "notPaid": ["partlyPaid", "settled"],
    "partlyPaid": ["settled"],
    "settled": [],
}


@pytest.mark.parametrize(("before", "after"), list(pairs(Status, Status)))
def test_a_state_follows_another_or_does_not(before: Status, after: Status) -> None:
    if after.value in FOLLOWING[before.value]:
        assert before.follow(after) is after
        return
    with pytest.raises(SessionState) as refused:
        before.follow(after)
    assert refused.value.fields == {"status": before.value}


def test_what_states_allow() -> None:
    open_ones = {"created", "active"}
    assert {each.value for each in Status if each.takes_submissions} == open_ones
    bringing = open_ones | {"closed", "outcome"}
    assert {each.value for each in Status if each.may_bring_trades} == bringing
    ends = {"notTraded", "notValidated", "cancelled", "settled"}
    assert {each.value for each in Status if each.is_final} == ends


def session(status: Status) -> Session:
    return Session(PLAN, status, "outcome-1", used=True, since=SINCE, decision_due=CLOSES)


@pytest.mark.parametrize("status", [Status.CREATED, Status.ACTIVE])
def test_a_gate_is_open_from_its_first_instant_to_before_its_last(status: Status) -> None:
    taking = session(status)
    taking.check_open(OPENS)
    taking.check_open(CLOSES - TICK)
    with pytest.raises(MarketNotYetOpen) as early:
        taking.check_open(OPENS - TICK)
    assert early.value.fields == {"gateOpens": OPENS.isoformat()}
    with pytest.raises(MarketClosed) as late:
        taking.check_open(CLOSES)
    assert late.value.fields == {"gateCloses": CLOSES.isoformat()}


@pytest.mark.parametrize("status", [each for each in Status if not each.takes_submissions])
def test_a_closed_session_takes_nothing_while_its_gate_is_open(status: Status) -> None:
    with pytest.raises(MarketClosed):
        session(status).check_open(OPENS)


def test_a_session_tells_its_terms_and_whom_it_waits_for() -> None:
    one = session(Status.OUTCOME)
    terms = one.terms()
    assert (terms.market_type, terms.duration, terms.interval) == (MarketType.DAY_AHEAD, 25, 15)
    assert terms.start_time == datetime(2021, 10, 30, 22, tzinfo=UTC)
    said = one.message(Wait(WaitsFor.SYSTEM_OPERATOR, SINCE), PRODUCT)
    assert (said.id, said.status, said.market_outcome) == (PLAN.id, "outcome", "outcome-1")
    assert (said.duration, said.interval, said.start_time) == (25, 15, terms.start_time)
    assert (said.gate_opens, said.gate_closes) == (OPENS, CLOSES)
    assert (said.waiting_for, said.waiting_since) == (WaitsFor.SYSTEM_OPERATOR, SINCE)
    nobody = one.message(None, PRODUCT)
    assert (nobody.waiting_for, nobody.waiting_since) == (None, None)


@pytest.mark.parametrize("status", Status)
def test_a_session_tells_what_is_traded_as_long_as_it_takes_anything(status: Status) -> None:
    is_told = session(status).message(None, PRODUCT).product == PRODUCT
    assert is_told == (status in {Status.CREATED, Status.ACTIVE})


@pytest.mark.parametrize(
    ("paid", "lines", "status"),
    [
        (0, 0, Status.SETTLED),
        (3, 3, Status.SETTLED),
        (2, 3, Status.PARTLY_PAID),
        (1, 3, Status.PARTLY_PAID),
        (0, 3, Status.NOT_PAID),
    ],
)
def test_payment_is_whole_in_part_or_none(paid: int, lines: int, status: Status) -> None:
    assert status_of_payment(paid, lines) is status


def unpaid(state: LineState, hour: int) -> Unpaid:
    start = SINCE + timedelta(hours=hour)
    return Unpaid(state, start, start + timedelta(hours=4))


def test_whom_a_session_waits_for() -> None:
    operator, dso = WaitsFor.MARKET_OPERATOR, WaitsFor.SYSTEM_OPERATOR
    open_one, refused = unpaid(LineState.OPEN, 4), unpaid(LineState.REFUSED, 0)
    ordered = unpaid(LineState.ORDERED, 8)
    assert wait_of(Status.CLOSED, SINCE, [], ()) == Wait(operator, SINCE)
    assert wait_of(Status.OUTCOME, SINCE, [], ()) == Wait(dso, SINCE)
    for status in (Status.CREATED, Status.ACTIVE, Status.VALIDATED, Status.PARTLY_PAID):
        assert wait_of(status, SINCE, [], ()) is None
    for status in (Status.SETTLED, Status.NOT_TRADED):
        assert wait_of(status, SINCE, [refused], ()) is None
    for lines, whom, hour in (
        ([refused, open_one, ordered], WaitsFor.LEDGER, 12),
        ([refused, open_one], WaitsFor.METERED_DATA_ADMINISTRATOR, 8),
        ([refused], operator, 4),
    ):
        found = wait_of(Status.NOT_PAID, SINCE, lines, ())
        assert found == Wait(whom, SINCE + timedelta(hours=hour))


def test_an_open_window_may_wait_for_the_grid_first() -> None:
    open_one, refused = unpaid(LineState.OPEN, 4), unpaid(LineState.REFUSED, 0)
    held = {open_one.window_start}
    found = wait_of(Status.VALIDATED, SINCE, [open_one], held)
    assert found == Wait(WaitsFor.SYSTEM_OPERATOR, open_one.window_end)
    elsewhere = wait_of(Status.VALIDATED, SINCE, [open_one], {SINCE})
    assert elsewhere == Wait(WaitsFor.METERED_DATA_ADMINISTRATOR, open_one.window_end)
    other = wait_of(Status.VALIDATED, SINCE, [refused], {refused.window_start})
    assert other == Wait(WaitsFor.MARKET_OPERATOR, refused.window_end)


@pytest.mark.parametrize(
    ("player", "kind", "aggregates", "is_allowed"),
    [
        ("AGG", ServiceType.OFFER, True, True),
        ("DSO", ServiceType.OFFER, False, False),
        ("DSO", ServiceType.DSO_REQUEST, False, True),
        ("TSO", ServiceType.DSO_REQUEST, True, False),
        ("TSO", ServiceType.TSO_REQUEST, False, True),
        ("DSO", ServiceType.TSO_REQUEST, True, False),
    ],
)
def test_who_may_send_what(
    player: str, kind: ServiceType, *, aggregates: bool, is_allowed: bool
) -> None:
    rules = MarketRules()
    if is_allowed:
        rules.check_player(player, kind, aggregates=aggregates)
        return
    with pytest.raises(ServiceNotAllowed) as refused:
        rules.check_player(player, kind, aggregates=aggregates)
    assert refused.value.fields == {"serviceType": kind.value}


def test_default_rules_are_not_recorded() -> None:
    assert MarketRules().recorded is None
    assert MarketRules().product == Product()
    assert (MarketRules().days_ahead, MarketRules().payment_records_kept) == (2, timedelta(0))
    bid = ClearingRules(pricing=Pricing.AS_BID, product=Product())
    assert MarketRules(clearing=bid).recorded == bid
    assert MarketRules(clearing=bid).product == Product()


def power(offering: str, asking: str | None) -> AcceptedPower:
    return AcceptedPower(
        index=1,
        accepted_p_value=1.0,
        accepted_p_price=0.1,
        accepted_p_change=1.0,
        player_service_id="s",
        player_request_id=asking,
        player_offer_id=offering,
    )


def outcome() -> MarketOutcome:
    return MarketOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=SINCE,
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="1" * 64,
        flexibility=[
            PodOutcome(pod="1", power=[power("B", "DSO"), power("A", "TSO"), power("A", None)]),
            PodOutcome(pod="2", power=[power("B", "TSO")]),
        ],
    )


@pytest.mark.parametrize(
    ("party", "seen"),
    [
        ("A", {"1": ["A", "A"]}),
        ("B", {"1": ["B"], "2": ["B"]}),
        ("DSO", {"1": ["B"]}),
        ("TSO", {"1": ["A"], "2": ["B"]}),
        ("C", {}),
    ],
)
def test_a_party_sees_what_it_sold_or_bought(party: str, seen: dict[str, list[str]]) -> None:
    whole = outcome()
    both: list[Any] = [whole, validate_as_cleared(whole)]
    for each in both:
        part = own_trades(each, party)
        found = {pod.pod: [one.player_offer_id for one in pod.power] for pod in part.flexibility}
        assert found == seen
        assert part.output_hash == each.output_hash
        assert offering_parties(each) == ["A", "B"]


def test_a_party_sees_its_own_shadow_prices() -> None:
    shadow = ShadowPrice(index=1, player_id="DSO", name="r", unit="kW", price=0.5, missing=0.0)
    other = structs.replace(shadow, player_id="TSO")
    whole = structs.replace(outcome(), shadow_prices=(shadow, other))
    assert own_trades(whole, "DSO").shadow_prices == (shadow,)
    assert own_trades(whole, "A").shadow_prices == ()


def test_who_asks_a_point_of_measurement_does_not_learn_who_is_behind_it() -> None:
    power = [PowerPoint(index=1, p=1.0, p_price=0.1)]
    noted = AskedGroup(pods=("IT001", "IT002"), needs_kw=(-3.0,))
    request = RecordedService(
        player_id="TSO",
        service_type=ServiceType.TSO_REQUEST,
        player_service_id="r",
        flexibility=[Flexibility(pom="POM", power=power)],
        asked=(noted,),
    )
    seen = own_service(request)
    assert seen.asked == (AskedGroup(needs_kw=(-3.0,)),)
    assert seen.flexibility == request.flexibility


def line(offering: str, asking: str) -> MeasuredPower:
    return MeasuredPower(
        index="1",
        requested_p=1.0,
        measured_p=1.0,
        baseline_p=1.0,
        price_p=1.0,
        paid_p=1.0,
        penalty_p=0.0,
        request_player_id=asking,
        offer_player_id=offering,
    )


def test_a_party_sees_its_own_lines() -> None:
    settlement = Settlement(
        settlement_id="s",
        market_outcome_id="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=SINCE,
        flexibility=[
            FlexibilitySettlement(pod="1", power=[line("B", "DSO"), line("A", "TSO")]),
            FlexibilitySettlement(pod="2", power=[line("B", "TSO")]),
        ],
    )

    def seen(party: str) -> dict[str, list[str]]:
        return {
            pod.pod: [each.offer_player_id for each in pod.power]
            for pod in own_lines(settlement, party).flexibility
        }

    assert seen("A") == {"1": ["A"]}
    assert seen("DSO") == {"1": ["B"]}
    assert seen("TSO") == {"1": ["A"], "2": ["B"]}
    assert seen("C") == {}
    assert settled_parties(settlement) == ["A", "B"]


def test_records_go_together_up_to_16_megabytes_and_5000() -> None:
    assert first_batch([8_000_000, 8_000_000]) == 2
    assert first_batch([8_000_000, 8_000_001]) == 1
    assert first_batch([8_000_000, 7_999_999, 1, 1]) == 3
    assert [first_batch([1] * count) for count in (4_999, 5_000, 5_001)] == [4_999, 5_000, 5_000]


def test_a_text_of_4_megabytes_is_certified_itself_and_no_longer_one() -> None:
    most = 4_000_000 - len('[""]')
    assert certified_text("id", b'["%b"]' % (b"a" * most)) == '["' + "a" * most + '"]'
    assert certified_text("id", b'["%b"]' % (b"a" * (most + 1))).startswith('{"id":"id","sha256":"')
