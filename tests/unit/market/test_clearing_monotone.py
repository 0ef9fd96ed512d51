"""Who asks more for an offer sells no more of it; who needs more buys no less and no cheaper."""

from random import Random

import msgspec
import pytest
from tests.unit.market.random_session import random_session

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, Method
from platone.messages.market import RecordedService, RecordedSession, ServiceType

SEEDS = range(200)
EPSILON = 1e-9


def one_pool(seed: int) -> RecordedSession:
    """A random session in which all requests are for all PoDs."""
    recorded = random_session(seed, ties=False)
    everyone = [pod.pod_id for pod in recorded.pods]

    def widened(service: RecordedService) -> RecordedService:
        if service.service_type is ServiceType.OFFER:
            return service
        (entry,) = service.flexibility
        members = [
            pod
            for pod in recorded.pods
            if (pod.pod_id in entry.pod if entry.pod is not None else pod.po_m_id == entry.pom)
        ]
        beyond = [pod for pod in recorded.pods if pod not in members]
        power = [
            msgspec.structs.replace(
                at, p=at.p + sum(pod.power_baseline[at.index] for pod in beyond)
            )
            for at in entry.power
        ]
        wide = msgspec.structs.replace(entry, pod=everyone, pom=None, power=power)
        return msgspec.structs.replace(service, flexibility=[wide])

    services = [widened(service) for service in recorded.flexibility_services]
    return msgspec.structs.replace(recorded, flexibility_services=services)


def changed(recorded: RecordedSession, place: int, kw: float, price: float) -> RecordedSession:
    """The session with other volumes and prices in one of its messages."""
    services = list(recorded.flexibility_services)
    services[place] = msgspec.structs.replace(
        services[place],
        flexibility=[
            msgspec.structs.replace(
                entry,
                power=[
                    msgspec.structs.replace(at, p=at.p + kw, p_price=at.p_price + price)
                    for at in entry.power
                ],
            )
            for entry in services[place].flexibility
        ],
    )
    return msgspec.structs.replace(recorded, flexibility_services=services)


def sold(recorded: RecordedSession, offer: RecordedService) -> dict[int, float]:
    (pod_id,) = offer.flexibility[0].pod or [""]
    found = dict.fromkeys(range(3), 0.0)
    for pod in clear(recorded).flexibility:
        for power in pod.power:
            if pod.pod == pod_id:
                found[power.index] += abs(power.accepted_p_change or 0.0)
    return found


def bought(recorded: RecordedSession, request: RecordedService) -> dict[int, tuple[float, float]]:
    """The change and the price by quarter-hour; the price is 0 where nothing is bought."""
    found = dict.fromkeys(range(3), (0.0, 0.0))
    for pod in clear(recorded).flexibility:
        for power in pod.power:
            if power.request_service_id == request.player_service_id:
                change_kw, price = power.accepted_p_change or 0.0, power.accepted_p_price or 0.0
                found[power.index] = found[power.index][0] + change_kw, price
    return found


def test_a_dearer_offer_sells_no_more() -> None:
    sales = 0
    for seed in SEEDS:
        recorded, random = one_pool(seed), Random(seed)  # noqa: S311 - a test's
        for place, offer in enumerate(recorded.flexibility_services):
            if offer.service_type is ServiceType.OFFER:
                before = sold(recorded, offer)
                after = sold(changed(recorded, place, 0, random.randint(1, 50) / 1000), offer)
                assert all(after[at] <= before[at] + EPSILON for at in before), seed
                sales += any(before.values())
    assert sales > 100


def test_a_greater_need_buys_no_less_and_no_cheaper() -> None:
    purchases = 0
    for seed in SEEDS:
        recorded, random = one_pool(seed), Random(seed)  # noqa: S311 - a test's
        for place, request in enumerate(recorded.flexibility_services):
            if request.service_type is not ServiceType.OFFER:
                before = bought(recorded, request)
                more_kw = random.randint(1, 80) / 8
                after = bought(changed(recorded, place, more_kw, 0), request)
                less = bought(changed(recorded, place, -more_kw, 0), request)
                for at, (kw, price) in before.items():
                    if kw > 0:
                        assert after[at][0] >= kw - EPSILON, seed
                        assert after[at][1] >= price, seed
                    if kw < 0:
                        assert less[at][0] <= kw + EPSILON, seed
                        assert less[at][1] >= price, seed
                    purchases += kw != 0
    assert purchases > 100


SOME = SEEDS[:60]
"""Sessions that are cleared by both rules, which takes longer."""
POOLS = {
    rules.method: rules for rules in (ClearingRules(), ClearingRules(method=Method.LEAST_COST))
}


@pytest.mark.parametrize("method", POOLS)
def test_a_dearer_offer_sells_no_more_where_requests_are_for_several_groups(method: Method) -> None:
    """What goes to another request instead frees no more of it than it takes."""
    sales, moved = 0, 0
    for seed in SOME:
        recorded, random = of_rules(seed, method), Random(seed)  # noqa: S311 - a test's
        for place, offer in enumerate(recorded.flexibility_services):
            if offer.service_type is ServiceType.OFFER:
                before = sold(recorded, offer)
                dearer = changed(recorded, place, 0, random.randint(1, 50) / 1000)
                after = sold(dearer, offer)
                assert all(after[at] <= before[at] + EPSILON for at in before), seed
                sales += any(before.values())
                moved += after != before
    assert min(sales, moved) > 20


@pytest.mark.parametrize("method", POOLS)
def test_who_pays_more_buys_no_less_where_requests_are_for_several_groups(method: Method) -> None:
    purchases, moved = 0, 0
    for seed in SOME:
        recorded, random = of_rules(seed, method), Random(seed)  # noqa: S311 - a test's
        for place, request in enumerate(recorded.flexibility_services):
            if request.service_type is not ServiceType.OFFER:
                before = bought(recorded, request)
                more = changed(recorded, place, 0, random.randint(1, 50) / 1000)
                after = bought(more, request)
                for at, (kw, _) in before.items():
                    assert abs(after[at][0]) >= abs(kw) - EPSILON, (seed, place)
                    purchases += kw != 0
                    moved += after[at][0] != kw
    assert min(purchases, moved) > 20


def of_rules(seed: int, method: Method) -> RecordedSession:
    """A random session with groups of its requests' own, by a rule of clearing."""
    return msgspec.structs.replace(random_session(seed, ties=False), rules=POOLS[method])
