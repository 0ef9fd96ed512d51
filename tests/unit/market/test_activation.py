"""How long activations last and how soon they begin, against every way to take the offers."""

import itertools
import random
from datetime import date, timedelta

import msgspec
import pytest
from tests.unit.market.linked_case import RULES, Case, Part, outcome_cost
from tests.unit.market.market_case import grid_limit

from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import SessionWindow
from platone.market.domain.activation import check_durations, check_reached, connected
from platone.market.domain.clearing import clear
from platone.market.domain.mixed_program import GAP
from platone.market.domain.problem.order import DeliveryTooSoon
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.recording_check import check_recording
from platone.market.domain.validation import validate
from platone.messages.clearing import ClearingRules, Product
from platone.messages.market import RecordedSession
from platone.messages.order import OrderTerms
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, TechnicalPod, TechnicalPower

EUR = 1e-6
"""Cost by which a sum of rounded volumes may differ, EUR/h."""
LEAST_KW = 0.1
"""The default product's least volume: 100 W."""


def of_product(case: Case, product: Product) -> RecordedSession:
    rules = msgspec.structs.replace(RULES, product=product)
    return msgspec.structs.replace(case.session(), rules=rules)


def sold(outcome: MarketOutcome) -> dict[str, dict[int, float]]:
    """The kW of reduction by PoD and quarter-hour."""
    return {
        pod.pod: {
            power.index: -power.accepted_p_change
            for power in pod.power
            if power.accepted_p_change is not None
        }
        for pod in outcome.flexibility
    }


def keeps(indices: set[int], least: int, most: int) -> bool:
    return all(least <= len(run) <= most for run in connected(indices))


def _least_by_hand(case: Case, least: int, most: int) -> float:
    """Every set of quarter-hours in which each offer is taken; then the cheapest volumes there."""
    parts = [offer[0] for offer in case.offers]
    ways = [
        [
            set(chosen)
            for count in range(len(part.kw) + 1)
            for chosen in itertools.combinations(part.kw, count)
            if keeps(set(chosen), least, most)
        ]
        for part in parts
    ]
    best = float("inf")
    for chosen in itertools.product(*ways):
        cost = 0.0
        for index, need in case.needs.items():
            on = [part for part, indices in zip(parts, chosen, strict=True) if index in indices]
            floor = LEAST_KW if least > 1 else 0.0
            cost += sum(floor * part.price for part in on)
            left = need - floor * len(on)
            for part in sorted(on, key=lambda part: part.price):
                volume = max(0.0, min(left, part.kw[index] - floor))
                if part.price < case.limit:
                    cost, left = cost + volume * part.price, left - volume
            cost += case.limit * max(0.0, left)
        best = min(best, cost)
    return best


def _random(rng: random.Random) -> Case:
    offers = [
        [
            Part(
                f"POD-{number}",
                dict.fromkeys(range(rng.randint(0, 1), rng.randint(4, 5)), 20.0),
                rng.randint(1, 40) / 100,
            )
        ]
        for number in range(3)
    ]
    needs = {index: float(rng.choice([0, 0, 15, 30])) + 0.5 for index in range(5)}
    return Case(needs, 0.35, offers)


@pytest.mark.parametrize("seed", range(40))
def test_no_way_that_keeps_the_durations_is_cheaper(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    case = _random(rng)
    least, most = rng.choice([(1, 2), (2, 5), (3, 5), (2, 3)])
    product = Product(least_quarter_hours=least, most_quarter_hours=most)
    session = of_product(case, product)
    check_recording(session)
    outcome = clear(session)
    for indices in sold(outcome).values():
        assert keeps(set(indices), least, most)
    least_cost = _least_by_hand(case, least, most)
    assert least_cost - EUR <= outcome_cost(case, outcome) <= least_cost * (1 + GAP) + EUR


def test_the_durations_change_what_is_bought() -> None:
    """Otherwise the test above would hold of a clearing that knows none."""
    differing = 0
    for seed in range(20):
        case = _random(random.Random(seed))  # noqa: S311
        free = outcome_cost(case, clear(case.session()))
        bound = outcome_cost(case, clear(of_product(case, Product(least_quarter_hours=3))))
        assert bound >= free - EUR
        differing += bound > free + EUR
    assert differing > 5


def test_an_activation_that_lasts_falls_as_a_whole() -> None:
    case = Case({1: 10.0, 2: 10.0}, 0.5, [[Part("POD-A", dict.fromkeys(range(4), 20.0), 0.1)]])
    outcome = clear(of_product(case, Product(least_quarter_hours=2)))
    (pod,) = outcome.flexibility
    trades = [power for power in pod.power if power.accepted_p_value is not None]
    assert [power.index for power in trades] == [1, 2]
    assert {power.linked for power in trades} == {"activation-1"}
    answers = [
        TechnicalPower(
            index=power.index,
            accepted_p_value=power.accepted_p_value + (5.0 if power.index == 2 else 0.0),
        )
        for power in trades
        if power.accepted_p_value is not None
    ]
    technical = TechnicalOutcome(
        market_type=outcome.market_type,
        duration=outcome.duration,
        interval=15,
        start_time=outcome.start_time,
        market_outcome=outcome.market_outcome,
        flexibility=[TechnicalPod(pod="POD-A", power=answers)],
    )
    (final,) = validate(outcome, technical).flexibility
    assert all(power.accepted_p_value is None for power in final.power)


def test_a_block_within_an_activation_falls_with_it() -> None:
    """One message: a block of two quarter-hours, and two more beside it."""
    parts = [
        Part("POD-A", {0: 10.0, 1: 10.0}, 0.1, OrderTerms(block="b", least_share=1.0)),
        Part("POD-A", {2: 10.0, 3: 10.0}, 0.1),
    ]
    case = Case(dict.fromkeys(range(4), 10.0), 0.5, [parts])
    outcome = clear(of_product(case, Product(least_quarter_hours=4)))
    assert {power.linked for power in outcome.flexibility[0].power} == {"b"}


def test_what_lasts_too_short_says_so() -> None:
    case = Case({1: 10.0}, 0.5, [[Part("POD-A", {1: 20.0}, 0.1)]])
    outcome = clear(of_product(case, Product(least_quarter_hours=2)))
    assert [power.rejection_type_p for power in outcome.flexibility[0].power] == ["blockDidNotFit"]


def refusals(case: Case, product: Product) -> list[tuple[str, object]]:
    session = case.session()
    baselines = {pod.pod_id: pod.power_baseline for pod in session.pods}
    try:
        for service in session.flexibility_services:
            check_durations(service, baselines, product)
    except PlatoneError as error:
        return [(each.slug, each.fields["quarterHours"]) for each in (error, *error.others)]
    return []


def test_an_offer_that_cannot_be_an_activation_is_refused_by_name() -> None:
    block = OrderTerms(block="b", least_share=1.0)
    parts = [Part("POD-A", {0: 1.0, 1: 1.0, 3: 1.0}, 0.1), Part("POD-B", {5: 1.0}, 0.1)]
    case = Case({0: 1.0}, 0.5, [parts])
    assert refusals(case, Product()) == []
    assert refusals(case, Product(least_quarter_hours=2)) == [("activation-too-short", 1)] * 2
    long = Case({0: 1.0}, 0.5, [[Part("POD-A", dict.fromkeys(range(5), 1.0), 0.1, block)]])
    assert refusals(long, Product(most_quarter_hours=5)) == []
    assert refusals(long, Product(most_quarter_hours=4)) == [("activation-too-long", 5)]
    plain = Case({0: 1.0}, 0.5, [[Part("POD-A", dict.fromkeys(range(5), 1.0), 0.1)]])
    assert refusals(plain, Product(most_quarter_hours=4)) == []


def test_a_request_may_need_a_quarter_hour_alone() -> None:
    case = Case({1: 1.0}, 0.5, [[Part("POD-A", {0: 1.0, 1: 1.0}, 0.1)]])
    assert refusals(case, Product(least_quarter_hours=2)) == []


def test_what_comes_too_soon_is_told_in_the_order_of_time() -> None:
    """Of those that the session delivers, whatever order they are named in."""
    day = MarketDay(date(2021, 6, 23))
    window = SessionWindow(day, day.instant(8), day.instant(64))
    product = Product(full_activation_minutes=60)
    with pytest.raises(DeliveryTooSoon) as refused:
        check_reached([40, 9, 2, 17, 90], window, day.instant(50), product)
    found = (refused.value, *refused.value.others)
    assert [each.fields["index"] for each in found] == [9, 17, 40]


def test_a_quarter_hour_is_traded_where_there_is_time_to_reach_it() -> None:
    """Trades are final half an hour before a session starts."""
    day = MarketDay(date(2021, 6, 23))
    window = SessionWindow(day, day.start, day.end)
    final = day.start - timedelta(minutes=30)
    for minutes, first in ((None, 0), (0, 0), (30, 0), (31, 1), (45, 1), (60, 2)):
        product = Product(full_activation_minutes=minutes)
        check_reached(range(first, 96), window, final, product)
        if first:
            with pytest.raises(DeliveryTooSoon) as refused:
                check_reached(range(96), window, final, product)
            assert refused.value.fields["firstIndex"] == first
            assert len(refused.value.others) == first - 1


def test_durations_are_for_least_cost() -> None:
    session = Case({0: 1.0}, 0.1, [[Part("POD-A", {0: 1.0}, 0.1)]]).session()
    rules = ClearingRules(product=Product(most_quarter_hours=2))
    with pytest.raises(RecordingInvalid):
        clear(msgspec.structs.replace(session, rules=rules))


@pytest.mark.parametrize("needs", [{0: 10.0}, {0: 10.0, 2: 10.0}])
def test_who_needs_an_activation_pays_where_it_only_goes_on(needs: dict[int, float]) -> None:
    """In the second quarter-hour nobody asks; the least volume goes on there, at its own price."""
    case = Case(needs, 0.5, [[Part("POD-A", {0: 10.0, 1: 10.0}, 0.1)]])
    outcome = clear(of_product(case, Product(least_quarter_hours=2)))
    (pod,) = outcome.flexibility
    trades = {
        power.index: (power.request_service_id, power.accepted_p_price)
        for power in pod.power
        if power.accepted_p_change is not None
    }
    assert trades[1] == ("ask", 0.1)
    assert sold(outcome)["POD-A"] == pytest.approx({0: 10.0, 1: LEAST_KW}, abs=1e-5)


@pytest.mark.parametrize("effect", [1e-9, 1e-7])
def test_a_full_element_that_an_offer_hardly_touches_stops_no_clearing(effect: float) -> None:
    case = Case({0: 29.0}, 0.5, [[Part("POD-A", {0: 8.0, 1: 8.0}, 0.1)]])
    limit = grid_limit("line/1", {"POD-A": -effect}, most=0.0)
    limit = msgspec.structs.replace(limit, index=1)
    made = of_product(case, Product(least_quarter_hours=2))
    outcome = clear(msgspec.structs.replace(made, grid_limits=(limit,)))
    assert sold(outcome)["POD-A"] in ({}, {0: 8.0, 1: pytest.approx(LEAST_KW, abs=1e-5)})
