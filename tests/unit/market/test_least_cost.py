"""Clearing at least cost: worked examples, proofs by duality in fractions, and brute force."""

from fractions import Fraction
from itertools import product
from random import Random

import msgspec
import pytest
from tests.unit.market.market_case import (
    BASELINE_KW,
    TSO,
    ask,
    changes,
    grid_limit,
    offer,
    reasons,
    session,
    trades,
)

from platone.market.domain.clearing import clear
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.replay import clear_file
from platone.messages.clearing import ClearingRules, GridLimit, Method, Pricing
from platone.messages.market import RecordedSession, ServiceType
from platone.messages.outcome import MarketOutcome

JOINT = ClearingRules(method=Method.LEAST_COST)
STEP = Fraction(1, 1_000_000)


def prices(outcome: MarketOutcome) -> dict[str, set[float | None]]:
    return {
        pod: {power.accepted_p_price for power in powers} for pod, powers in trades(outcome).items()
    }


def test_one_change_serves_dso_and_tso() -> None:
    outcome = clear(
        session(
            offer("POD0", -50, 0.1),
            offer("POD1", -50, 0.05),
            ask("dso", ["POD0"], -30, 0.5),
            ask("tso", ["POD0", "POD1"], -40, 0.5, TSO),
            rules=JOINT,
        )
    )

    assert changes(outcome) == {"POD0": -30, "POD1": -10}
    assert prices(outcome) == {"POD0": {0.1}, "POD1": {0.05}}
    paid = {p.request_service_id: p.accepted_p_change for p in trades(outcome)["POD0"]}
    assert paid == {"dso": -15, "tso": -15}  # each finds it worth 0.05
    worth = {shadow.name: (shadow.price, shadow.missing) for shadow in outcome.shadow_prices}
    assert worth == {"dso": (0.05, 0.0), "tso": (0.05, 0.0)}


def test_a_need_is_met_only_as_far_as_it_is_worth_its_price() -> None:
    outcome = clear(
        session(
            offer("POD0", -10, 0.1),
            offer("POD1", -50, 0.6),
            ask("dso", ["POD0", "POD1"], -30, 0.5),
            rules=JOINT,
        )
    )

    assert changes(outcome) == {"POD0": -10, "POD1": 0}
    assert reasons(outcome) == {"POD0": None, "POD1": "priceAboveLimit"}
    (shadow,) = outcome.shadow_prices
    assert (shadow.price, shadow.missing) == (0.5, 20.0)


def test_what_one_asks_is_made_up_for_elsewhere() -> None:
    """The DSO's reduction must not take from the TSO, who needs more of all together."""
    outcome = clear(
        session(
            offer("POD0", -50, 0.1),
            offer("POD1", 80, 0.05),
            ask("dso", ["POD0"], -30, 0.5),
            ask("tso", ["POD0", "POD1"], 20, 0.5, TSO),
            rules=JOINT,
        )
    )

    assert changes(outcome) == {"POD0": -30, "POD1": 50}


def test_offers_count_by_their_effect_on_the_congested_element() -> None:
    """0.1 for an effect of 0.2 costs more a unit than 0.3 for an effect of 1."""
    line = grid_limit("line", {"POD0": 0.2, "POD1": 1.0}, most=-8.0, price=10.0)
    outcome = clear(
        session(offer("POD0", -50, 0.1), offer("POD1", -50, 0.3), rules=JOINT, limits=(line,))
    )

    assert changes(outcome) == {"POD0": 0, "POD1": -8}
    assert reasons(outcome) == {"POD0": "notNeeded", "POD1": "partlyNeeded"}
    (shadow,) = outcome.shadow_prices
    assert (shadow.name, shadow.unit, shadow.price) == ("line", "A", 0.3)
    (power,) = trades(outcome)["POD1"]
    assert (power.player_request_id, power.request_service_id) == ("DSO", "line")


def test_limits_of_other_elements_are_kept() -> None:
    """The cheap offer would overload another line after 5 kW."""
    relief = grid_limit("line", {"POD0": 1.0, "POD1": 1.0}, most=-20.0, price=10.0)
    other = grid_limit("other", {"POD0": -1.0}, most=5.0)
    outcome = clear(
        session(
            offer("POD0", -50, 0.1), offer("POD1", -50, 0.3), rules=JOINT, limits=(relief, other)
        )
    )

    assert changes(outcome) == {"POD0": -5, "POD1": -15}
    worth = {shadow.name: shadow.price for shadow in outcome.shadow_prices}
    assert worth == pytest.approx({"line": 0.3, "other": 0.2})
    assert prices(outcome) == {"POD0": {0.1}, "POD1": {0.3}}


def test_an_offer_that_a_limit_stands_against_is_told_so() -> None:
    relief = grid_limit("line", {"POD0": 1.0, "POD1": 1.0}, most=-20.0, price=10.0)
    other = grid_limit("other", {"POD0": -1.0}, most=0.0)
    outcome = clear(
        session(
            offer("POD0", -50, 0.1), offer("POD1", -50, 0.3), rules=JOINT, limits=(relief, other)
        )
    )

    assert changes(outcome) == {"POD0": 0, "POD1": -20}
    assert reasons(outcome)["POD0"] == "gridLimit"


def test_reasons_without_a_request_and_in_the_wrong_direction() -> None:
    outcome = clear(
        session(
            offer("POD0", 10, 0.1),
            offer("POD1", -10, 0.1),
            offer("POD2", -10, 0.2),
            ask("dso", ["POD0", "POD2"], -5, 1.0),
            rules=JOINT,
        )
    )

    assert reasons(outcome) == {
        "POD0": "wrongDirection",
        "POD1": "noRequest",
        "POD2": "partlyNeeded",
    }


def test_equal_offers_are_taken_in_order() -> None:
    pods = [f"POD{number}" for number in range(9)]
    outcome = clear(
        session(*(offer(pod, -10, 0.1) for pod in pods), ask("a", pods, -35, 1.0), rules=JOINT)
    )

    assert [-changes(outcome)[pod] for pod in pods] == [10, 10, 10, 5, 0, 0, 0, 0, 0]


def test_each_offer_can_be_paid_its_own_price() -> None:
    rules = ClearingRules(method=Method.LEAST_COST, pricing=Pricing.AS_BID)
    outcome = clear(
        session(
            offer("POD0", -50, 0.1),
            offer("POD1", -50, 0.2),
            ask("a", ["POD0", "POD1"], -60, 1.0),
            rules=rules,
        )
    )

    assert prices(outcome) == {"POD0": {0.1}, "POD1": {0.2}}


@pytest.mark.parametrize(
    "limit",
    [
        grid_limit("line", {"POD0": 1.0}, most=-1.0),
        grid_limit("line", {"POD0": 1.0}, least=1.0),
        grid_limit("line", {"POD0": 1.0}, least=1.0, most=0.0, price=1.0),
        grid_limit("line", {"POD9": 1.0}, most=1.0),
    ],
)
def test_a_limit_that_says_nothing_is_refused(limit: GridLimit) -> None:
    recorded = session(offer("POD0", -50, 0.1), rules=JOINT, limits=(limit,))
    without = [pod for pod in recorded.pods if pod.pod_id != "POD9"]
    with pytest.raises(RecordingInvalid):
        clear(msgspec.structs.replace(recorded, pods=without))


def random_grid(seed: int, offers: int, volumes: list[float]) -> RecordedSession:
    """Offers both ways, requests of both operators, and limits with and without need."""
    random = Random(seed)  # noqa: S311 - a test's
    pods = [f"POD{number}" for number in range(offers)]
    services = [
        offer(pod, random.choice([-1, 1]) * random.choice(volumes), random.randint(0, 20) / 100)
        for pod in pods
    ]
    for number in range(random.randint(0, 2)):
        group = random.sample(pods, random.randint(1, offers))
        kind = random.choice([ServiceType.DSO_REQUEST, TSO])
        need_kw = random.choice([-1, 1]) * random.choice(volumes)
        services.append(ask(f"r{number}", group, need_kw, random.randint(5, 30) / 100, kind))
    limits = [
        grid_limit(
            f"e{number}",
            {pod: random.choice([-1.0, -0.5, 0.5, 1.0]) for pod in pods},
            most=random.choice([-2.0, -1.0, 0.0, 1.0, 3.0]),
            price=random.randint(5, 30) / 100,
        )
        for number in range(random.randint(1, 2))
    ]
    return session(*services, rules=JOINT, limits=tuple(limits))


class Problem:
    """The programme of a session in exact fractions, written down from the messages."""

    def __init__(self, recorded: RecordedSession) -> None:
        self.offers: dict[str, tuple[Fraction, Fraction]] = {}
        self.rows: dict[str, tuple[dict[str, Fraction], Fraction, Fraction]] = {}
        self.limits = {limit.element for limit in recorded.grid_limits}
        for service in recorded.flexibility_services:
            (entry,) = service.flexibility
            (point,) = entry.power
            pods = entry.pod or []
            change = Fraction(point.p) - len(pods) * Fraction(BASELINE_KW)
            if service.service_type is ServiceType.OFFER:
                self.offers[pods[0]] = change, Fraction(round(point.p_price * 100), 100)
            elif change:
                sign = 1 if change > 0 else -1
                effects = {pod: Fraction(sign) for pod in pods}
                worth = Fraction(round(point.p_price * 100), 100)
                self.rows[service.player_service_id] = effects, abs(change), worth
        for limit in recorded.grid_limits:
            effects = {each.pod: -Fraction(each.effect) for each in limit.effects}
            worth = Fraction(round((limit.price or 0) * 100), 100)
            self.rows[limit.element] = effects, -Fraction(limit.most or 0), worth

    def cost(self, change: dict[str, Fraction]) -> Fraction | None:
        """What changes cost with what they leave unmet; none where they break a limit."""
        total = sum((abs(kw) * self.offers[pod][1] for pod, kw in change.items()), Fraction(0))
        for name, (effects, need, worth) in self.rows.items():
            done = sum((effects.get(pod, 0) * kw for pod, kw in change.items()), Fraction(0))
            if name in self.limits and done < min(need, Fraction(0)) - STEP:
                return None  # a limit is broken, or broken worse than before
            total += max(Fraction(0), need - done) * worth
        return total

    def bound(self, shadow: dict[str, Fraction]) -> Fraction:
        """By weak duality no changes cost less than this, whatever the shadow prices are."""
        total = Fraction(0)
        for name, (_, need, worth) in self.rows.items():
            total += shadow[name] * need
            if need > 0 and name in self.limits:
                total += need * min(Fraction(0), worth - shadow[name])
            elif need > 0:
                assert shadow[name] <= worth
        for pod, (change, price) in self.offers.items():
            sign = 1 if change > 0 else -1
            value = sum(
                (shadow[n] * e.get(pod, Fraction(0)) * sign for n, (e, _, _) in self.rows.items()),
                Fraction(0),
            )
            total += abs(change) * min(Fraction(0), price - value)
        return total


def test_every_outcome_is_proven_least_by_its_own_shadow_prices() -> None:
    traded = 0
    for seed in range(300):
        recorded = random_grid(seed, 8, [0.7, 1.3, 2.9, 4.1, 5.0])
        problem, outcome = Problem(recorded), clear(recorded)
        change = {pod: Fraction(kw) for pod, kw in changes(outcome).items()}
        cost = problem.cost(change)
        shadow = {
            each.name: Fraction(round(each.price / STEP)) * STEP for each in outcome.shadow_prices
        }
        assert cost is not None, seed
        assert abs(cost - problem.bound(shadow)) <= 50 * STEP, seed  # volumes are rounded
        traded += any(change.values())
    assert traded > 100


def test_no_combination_on_a_grid_of_volumes_costs_less() -> None:
    for seed in range(40):
        recorded = random_grid(seed, 4, [1.0, 2.0])
        problem, outcome = Problem(recorded), clear(recorded)
        found = problem.cost({pod: Fraction(kw) for pod, kw in changes(outcome).items()})
        assert found is not None
        steps = [
            [change * Fraction(part, 4) for part in range(5)]
            for change, _ in problem.offers.values()
        ]
        for parts in product(*steps):
            other = problem.cost(dict(zip(problem.offers, parts, strict=True)))
            assert other is None or found <= other + 50 * STEP, seed


def test_nobody_sells_below_its_price_and_buyers_pay_no_more_than_it_is_worth() -> None:
    for seed in range(200):
        recorded = random_grid(seed, 8, [0.7, 1.3, 2.9, 4.1])
        problem, outcome = Problem(recorded), clear(recorded)
        for pod, powers in trades(outcome).items():
            for power in powers:
                assert (power.accepted_p_price or 0) >= float(problem.offers[pod][1]), seed
        for shadow in outcome.shadow_prices:
            if shadow.name not in problem.limits:
                assert round(shadow.price / STEP) * STEP <= problem.rows[shadow.name][2], seed


def test_the_same_bytes_whatever_the_order_of_the_lists() -> None:
    for seed in range(50):
        recorded = random_grid(seed, 8, [1.0, 2.0])
        turned = msgspec.structs.replace(
            recorded,
            pods=recorded.pods[::-1],
            flexibility_services=recorded.flexibility_services[::-1],
            grid_limits=recorded.grid_limits[::-1],
        )
        assert clear_file(msgspec.json.encode(turned)) == clear_file(msgspec.json.encode(recorded))


def test_limits_without_offers_are_told_with_what_is_missing() -> None:
    """In a quarter-hour without offers nothing changes: what needs relief is missing."""
    limits = (
        grid_limit("kept", {"PODA": 1.0}, most=5.0),
        grid_limit("broken", {"PODA": 1.0}, most=-5.0, price=1.0),
    )
    outcome = clear(session(rules=JOINT, limits=limits))
    assert {each.name: each.missing for each in outcome.shadow_prices} == {"kept": 0, "broken": 5}
