"""Laws of every set of rules, on random sessions of several quarter-hours, groups and places."""

from datetime import timedelta
from itertools import product
from random import Random

import msgspec
import pytest
from tests.unit.market.random_session import START, random_session
from tests.unit.market.test_clearing_monotone import bought, changed, sold

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, Method, Pricing, Ties
from platone.messages.market import RecordedSession, ServiceType
from platone.messages.outcome import MarketOutcome

SEEDS = range(40)
RULES = [
    ClearingRules(method=method, pricing=pricing, ties=ties)
    for method, pricing, ties in product(Method, Pricing, Ties)
    if method is Method.MERIT_ORDER or ties is Ties.BY_TIME
]
"""All rules under which sessions of plain orders are cleared: at least cost nobody shares."""
EPSILON = 1e-6
every_rules = pytest.mark.parametrize(
    "rules", RULES, ids=lambda each: f"{each.method.value}-{each.pricing.value}-{each.ties.value}"
)
pytestmark = pytest.mark.usefixtures("adjoint")


def under(rules: ClearingRules, seed: int) -> RecordedSession:
    return msgspec.structs.replace(random_session(seed, ties=False), rules=rules)


def trades(outcome: MarketOutcome) -> dict[tuple[str, int, str, str], tuple[float, float]]:
    """Change and price by PoD, quarter-hour, offer and request, rounded to a milliwatt."""
    return {
        (part.pod, each.index, each.player_service_id, each.player_request_id or ""): (
            round(each.accepted_p_change or 0.0, 6), round(each.accepted_p_price or 0.0, 9))
        for part in outcome.flexibility
        for each in part.power
        if each.accepted_p_change is not None
    }  # fmt: skip


@every_rules
def test_when_orders_came_decides_nothing_where_no_two_are_equal(rules: ClearingRules) -> None:
    """They come in another order, at other instants, and stand in another order."""
    found = 0
    for seed in SEEDS:
        recorded, random = under(rules, seed), Random(seed)  # noqa: S311 - a test's
        services = [
            msgspec.structs.replace(each, submitted_at=START - timedelta(minutes=minutes))
            for each, minutes in zip(
                recorded.flexibility_services,
                random.sample(range(1, 1_000), len(recorded.flexibility_services)),
                strict=True,
            )
        ]
        random.shuffle(services)
        other = msgspec.structs.replace(recorded, flexibility_services=services)
        assert trades(clear(other)) == trades(clear(recorded)), seed
        found += len(trades(clear(recorded)))
    assert found > 100


@every_rules
def test_nobody_loses_by_an_honest_order(rules: ClearingRules) -> None:
    """An offer is paid its price at least, and sells no more than it offers, its way."""
    for seed in SEEDS:
        recorded = under(rules, seed)
        outcome = clear(recorded)
        for service in recorded.flexibility_services:
            if service.service_type is not ServiceType.OFFER:
                continue
            (entry,) = service.flexibility
            (pod,) = [each for each in recorded.pods if each.pod_id in (entry.pod or ())]
            for at in entry.power:
                offered_kw = at.p - pod.power_baseline[at.index]
                mine = [
                    (each.accepted_p_change or 0.0, each.accepted_p_price or 0.0)
                    for part in outcome.flexibility
                    if part.pod == pod.pod_id
                    for each in part.power
                    if each.index == at.index and each.accepted_p_change
                ]
                assert all(price >= at.p_price - EPSILON for _, price in mine), seed
                assert all(kw * offered_kw > 0 for kw, _ in mine), seed
                assert abs(sum(kw for kw, _ in mine)) <= abs(offered_kw) + EPSILON, seed


@pytest.mark.parametrize("pricing", Pricing)
def test_at_least_cost_a_dearer_offer_sells_no_more(pricing: Pricing) -> None:
    """With any groups and places: of two least costs, a price and its volume go opposite ways."""
    rules, compared = ClearingRules(method=Method.LEAST_COST, pricing=pricing), 0
    for seed in SEEDS:
        recorded, random = under(rules, seed), Random(seed)  # noqa: S311 - a test's
        for place, service in enumerate(recorded.flexibility_services):
            if service.service_type is ServiceType.OFFER:
                dearer = changed(recorded, place, 0.0, random.choice([0.01, 0.05, 0.2]))
                before, after = sold(recorded, service), sold(dearer, service)
                assert all(after[at] <= before[at] + EPSILON for at in before), (seed, place)
                compared += sum(after[at] < before[at] - EPSILON for at in before)
    assert compared > 20


def test_at_least_cost_a_greater_need_buys_no_less() -> None:
    """With any groups and places: the worth of what is bought rises ever less with its volume."""
    rules, compared = ClearingRules(method=Method.LEAST_COST), 0
    for seed in SEEDS:
        recorded, random = under(rules, seed), Random(seed)  # noqa: S311 - a test's
        for place, service in enumerate(recorded.flexibility_services):
            if service.service_type is ServiceType.OFFER:
                continue
            more_kw = random.randint(1, 80) / 8
            before = bought(recorded, service)
            up = bought(changed(recorded, place, more_kw, 0.0), service)
            down = bought(changed(recorded, place, -more_kw, 0.0), service)
            for at, (kw, _) in before.items():
                if kw > 0:
                    assert up[at][0] >= kw - EPSILON, (seed, place)
                elif kw < 0:
                    assert down[at][0] <= kw + EPSILON, (seed, place)
                compared += up[at][0] > kw + EPSILON or down[at][0] < kw - EPSILON
    assert compared > 20
