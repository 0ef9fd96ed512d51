"""Merit order with other rules: each offer at its own price, and equals that share."""

import msgspec
import pytest
from tests.unit.market.market_case import DSO, TSO, ask, changes, offer, reasons, session, trades
from tests.unit.market.plain_clearing import plain_clear, plain_offers
from tests.unit.market.random_session import random_session

from platone.kernel.canonical import content_hash
from platone.market.domain.clearing import clear
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.clearing import ClearingRules, Method, Pricing, Product, Ties
from platone.messages.market import RecordedSession

AS_BID = ClearingRules(pricing=Pricing.AS_BID)
PRO_RATA = ClearingRules(ties=Ties.PRO_RATA)
PODS = ["POD0", "POD1", "POD2"]


def test_each_offer_is_paid_its_own_price() -> None:
    outcome = clear(
        session(
            offer("POD0", -50, 0.1),
            offer("POD1", -50, 0.2),
            ask("a", PODS, -60, 1.0),
            rules=AS_BID,
        )
    )

    assert [power.accepted_p_price for power in trades(outcome)["POD0"]] == [0.1]
    assert [power.accepted_p_price for power in trades(outcome)["POD1"]] == [0.2]


def test_as_bid_takes_what_as_cleared_takes() -> None:
    for seed in range(100):
        recorded = msgspec.structs.replace(random_session(seed), rules=AS_BID)
        expected = plain_clear(recorded)
        prices = {(o.pod, o.index): float(o.price) for o in plain_offers(recorded)}
        found = {
            (power.request_service_id or "", pod.pod, power.index): power
            for pod in clear(recorded).flexibility
            for power in pod.power
            if power.accepted_p_change is not None
        }
        assert set(found) == set(expected), seed
        for (name, pod, index), power in found.items():
            change = float(expected[name, pod, index][0])
            assert power.accepted_p_change == pytest.approx(change, abs=1e-9), seed
            assert power.accepted_p_price == prices[pod, index], seed


def test_equal_offers_share_in_proportion_to_what_they_offer() -> None:
    outcome = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", -20, 0.2),
            offer("POD2", -60, 0.2),
            ask("a", PODS, -50, 1.0),
            rules=PRO_RATA,
        )
    )

    assert changes(outcome) == pytest.approx({"POD0": -10, "POD1": -10, "POD2": -30})
    assert reasons(outcome) == {"POD0": None, "POD1": "partlyNeeded", "POD2": "partlyNeeded"}


def test_equal_requests_share_in_proportion_to_what_they_need() -> None:
    outcome = clear(
        session(
            offer("POD0", -40, 0.1),
            ask("a", PODS, -20, 1.0),
            ask("b", PODS, -60, 1.0),
            ask("c", PODS, -60, 0.5),
            ask("t", PODS, -60, 2.0, TSO),
            rules=PRO_RATA,
        )
    )

    shares = {p.request_service_id: p.accepted_p_change for p in trades(outcome)["POD0"]}
    assert shares == pytest.approx({"a": -10, "b": -30})


def test_pro_rata_without_equals_is_the_default() -> None:
    for seed in range(100):
        recorded = random_session(seed, ties=False)
        shared = clear(msgspec.structs.replace(recorded, rules=PRO_RATA))
        default = clear(recorded)
        assert changes(shared) == pytest.approx(changes(default)), seed
        assert reasons(shared) == reasons(default), seed


def test_splitting_pays_nothing_among_those_who_share() -> None:
    offers = [offer("POD0", -30, 0.1), offer("POD1", -30, 0.1)]
    rival = ask("rival", PODS, -60, 1.0)
    whole = clear(session(*offers, rival, ask("a", PODS, -60, 1.0), rules=PRO_RATA))
    parts = [ask(f"a{number}", PODS, -10, 1.0) for number in range(6)]
    divided = clear(session(*offers, rival, *parts, rules=PRO_RATA))

    def bought(outcome_of: object) -> float:
        powers = [p for each in trades(outcome_of).values() for p in each]  # type: ignore[arg-type]
        return -sum(p.accepted_p_change or 0 for p in powers if p.request_service_id != "rival")

    assert bought(whole) == pytest.approx(30)
    assert bought(divided) == pytest.approx(30)


def test_rules_are_part_of_a_recording_and_of_its_hash() -> None:
    default = session(offer("POD0", -50, 0.1), ask("a", ["POD0"], -10, 1.0, DSO))
    other = msgspec.structs.replace(default, rules=AS_BID)

    assert clear(other).input_hash != clear(default).input_hash
    assert clear(other).market_outcome != clear(default).market_outcome
    again = msgspec.json.decode(msgspec.json.encode(other), type=RecordedSession)
    assert clear(again) == clear(other)
    assert content_hash(ClearingRules()) == content_hash(ClearingRules(product=None))
    assert content_hash(ClearingRules(product=Product(price_tick=10))) != content_hash(
        ClearingRules()
    )


def test_equals_share_only_where_merit_order_decides() -> None:
    rules = ClearingRules(method=Method.LEAST_COST, ties=Ties.PRO_RATA)
    with pytest.raises(RecordingInvalid, match="pro rata"):
        clear(session(offer("POD0", -50, 0.1), rules=rules))
