"""Nobody is better off by splitting or merging what it asks or offers; nobody loses by honesty."""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest
from tests.unit.market.plain_clearing import plain_offers, plain_requests
from tests.unit.market.random_session import START, random_session

from platone.market.domain.clearing import clear
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
)

SEEDS = range(150)
Sales = dict[tuple[str, str, int], tuple[float, float]]
"""Change and EUR/h by request (or the one that it is a part of), PoD and quarter-hour."""


@dataclass
class Market:
    """A random session and what it trades."""

    recorded: RecordedSession

    def sales(self) -> Sales:
        found: Sales = defaultdict(lambda: (0.0, 0.0))
        for pod in clear(self.recorded).flexibility:
            for power in pod.power:
                if power.accepted_p_change is not None:
                    name = (power.request_service_id or "").split("/")[0]
                    kw, eur = found[name, pod.pod, power.index]
                    paid = abs(power.accepted_p_change) * (power.accepted_p_price or 0)
                    found[name, pod.pod, power.index] = kw + power.accepted_p_change, eur + paid
        return dict(found)

    def requests(self) -> list[RecordedService]:
        return [s for s in self.recorded.flexibility_services if s.service_type.value != "offer"]

    def with_services(self, services: list[RecordedService]) -> "Market":
        return Market(msgspec.structs.replace(self.recorded, flexibility_services=services))


def split(recorded: RecordedSession, request: RecordedService, parts: int) -> list[RecordedService]:
    """The same need in several requests, in eighths of a kW."""
    members = members_of(recorded, request)
    return [
        msgspec.structs.replace(
            request,
            player_service_id=f"{request.player_service_id}/{part}",
            flexibility=[
                Flexibility(
                    pod=entry.pod,
                    pom=entry.pom,
                    power=[part_of(point, members, part, parts) for point in entry.power],
                )
                for entry in request.flexibility
            ],
        )
        for part in range(parts)
    ]


def members_of(recorded: RecordedSession, request: RecordedService) -> list[SessionPod]:
    (entry,) = request.flexibility
    return [
        pod
        for pod in recorded.pods
        if (pod.pod_id in entry.pod if entry.pod is not None else pod.po_m_id == entry.pom)
    ]


def part_of(point: PowerPoint, members: list[SessionPod], part: int, parts: int) -> PowerPoint:
    baseline_kw = sum(pod.power_baseline[point.index] for pod in members)
    eighths = round((point.p - baseline_kw) * 8)
    share = eighths // parts + (part < eighths % parts)
    return msgspec.structs.replace(point, p=baseline_kw + share / 8)


def assert_same(found: Sales, expected: Sales, seed: int) -> None:
    assert set(found) == set(expected), seed
    for key, (kw, eur) in expected.items():
        assert math.isclose(found[key][0], kw, abs_tol=1e-9), (seed, key)
        assert math.isclose(found[key][1], eur, abs_tol=1e-9), (seed, key)


@pytest.mark.parametrize("parts", [2, 5, 10])
def test_splitting_a_request_changes_nothing_for_anybody(parts: int) -> None:
    for seed in SEEDS:
        market = Market(random_session(seed))
        for request in market.requests():
            others = [s for s in market.recorded.flexibility_services if s is not request]
            divided = market.with_services([*others, *split(market.recorded, request, parts)])
            assert_same(divided.sales(), market.sales(), seed)


def test_offers_in_one_message_or_in_many_are_the_same_but_in_ties() -> None:
    for seed in SEEDS:
        market = Market(random_session(seed, ties=False))
        at_once = [
            msgspec.structs.replace(service, submitted_at=START)
            for service in market.recorded.flexibility_services
        ]
        offers = [s for s in at_once if s.service_type is ServiceType.OFFER]
        merged = [
            msgspec.structs.replace(
                mine[0],
                player_service_id="all",
                flexibility=[entry for service in mine for entry in service.flexibility],
            )
            for name in sorted({offer.player_id for offer in offers})
            if (mine := [offer for offer in offers if offer.player_id == name])
        ]
        requests = [s for s in at_once if s.service_type is not ServiceType.OFFER]
        apart = market.with_services(at_once).sales()
        together = market.with_services([*requests, *merged]).sales()
        assert_same(together, apart, seed)


def test_a_pod_in_two_halves_sells_and_earns_the_same() -> None:
    for seed in SEEDS:
        market = Market(random_session(seed))
        whole = market.recorded.pods[0]
        halves = [
            msgspec.structs.replace(
                whole,
                pod_id=f"{whole.pod_id}{half}",
                power_baseline=[kw / 2 for kw in whole.power_baseline],
            )
            for half in "ab"
        ]
        divided = Market(
            msgspec.structs.replace(
                market.recorded,
                pods=[*market.recorded.pods[1:], *halves],
                flexibility_services=[
                    _halved(service, whole.pod_id)
                    for service in market.recorded.flexibility_services
                ],
            )
        )
        found: Sales = defaultdict(lambda: (0.0, 0.0))
        for (name, pod, index), (kw, eur) in divided.sales().items():
            key = name, pod.rstrip("ab"), index
            found[key] = found[key][0] + kw, found[key][1] + eur
        assert_same(dict(found), market.sales(), seed)


def _halved(service: RecordedService, pod_id: str) -> RecordedService:
    """The service for two half PoDs in place of a whole one."""
    entries = []
    for entry in service.flexibility:
        if entry.pod is None or pod_id not in entry.pod:
            entries.append(entry)
        elif service.service_type is ServiceType.OFFER:
            power = [msgspec.structs.replace(at, p=at.p / 2) for at in entry.power]
            entries += [Flexibility(pod=[f"{pod_id}{half}"], power=power) for half in "ab"]
        else:
            others = [pod for pod in entry.pod if pod != pod_id]
            entries.append(
                Flexibility(pod=[*others, f"{pod_id}a", f"{pod_id}b"], power=entry.power)
            )
    return msgspec.structs.replace(service, flexibility=entries)


def test_nobody_pays_above_its_limit_or_sells_below_its_price() -> None:
    for seed in SEEDS:
        market = Market(random_session(seed))
        limits = {(r.name, r.index): float(r.limit) for r in plain_requests(market.recorded)}
        asked = {(o.pod, o.index): float(o.price) for o in plain_offers(market.recorded)}
        for (name, pod, index), (kw, eur) in market.sales().items():
            price = eur / abs(kw)
            assert asked[pod, index] - 1e-9 <= price <= limits[name, index] + 1e-9, seed


def test_who_could_have_bought_an_offer_pays_no_more_for_another() -> None:
    """No envy: where an offer is sold for less, its buyer's own limit stands against more."""
    for seed in SEEDS:
        market = Market(random_session(seed))
        sales = market.sales()
        requests = {(r.name, r.index): r for r in plain_requests(market.recorded)}
        prices = {(name, at): eur / abs(kw) for (name, _, at), (kw, eur) in sales.items()}
        offers = {(o.pod, o.index): o for o in plain_offers(market.recorded)}
        for name, pod, index in sales:
            mine = prices[name, index]
            for (other, at), price in prices.items():
                offer = offers[pod, index]
                if at == index and requests[other, at].could_buy(offer, offer.left):
                    assert price <= mine + 1e-9 or math.isclose(
                        mine, requests[name, index].limit, abs_tol=1e-9
                    ), seed


def test_only_ties_depend_on_when_something_was_submitted() -> None:
    for seed in SEEDS:
        market = Market(random_session(seed, ties=False))
        turned = [
            msgspec.structs.replace(service, submitted_at=START + timedelta(minutes=-place))
            for place, service in enumerate(market.recorded.flexibility_services)
        ]
        assert_same(market.with_services(turned).sales(), market.sales(), seed)
