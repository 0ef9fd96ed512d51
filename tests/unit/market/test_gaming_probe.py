"""Attempts to gain by a trick, with what they bring; docs/reference/market-rules.md tells them.

One market for all: 40 PoDs of 100 kW, each offering 10 kW less at 0.01, 0.02, … 0.40 EUR/kWh.
"""

import pytest
from tests.unit.market.random_session import START

from platone.market.domain.clearing import clear
from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)

DSO, TSO = ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST
PODS = [f"POD{number:02d}" for number in range(40)]
BASELINE_KW = 100.0


def offer(pod: str, change_kw: float, price: float) -> RecordedService:
    power = [PowerPoint(index=0, p=BASELINE_KW + change_kw, p_price=price)]
    return RecordedService(
        player_id="AGG",
        service_type=ServiceType.OFFER,
        player_service_id=f"offer-{pod}",
        flexibility=[Flexibility(pod=[pod], power=power)],
    )


OFFERS = [offer(pod, -10, (number + 1) / 100) for number, pod in enumerate(PODS)]


def ask(
    name: str,
    reduce_kw: float,
    kind: ServiceType = DSO,
    *,
    limit: float = 1.0,
    pods: list[str] = PODS,
) -> RecordedService:
    power = [PowerPoint(index=0, p=len(pods) * BASELINE_KW - reduce_kw, p_price=limit)]
    return RecordedService(
        player_id=kind.value[:3],
        service_type=kind,
        player_service_id=name,
        flexibility=[Flexibility(pod=pods, power=power)],
    )


def bill(*services: RecordedService) -> dict[str, tuple[float, float, set[float]]]:
    """Volume, EUR/h and prices of each request."""
    recorded = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=[BASELINE_KW] * 96)
            for pod in PODS
        ],
        flexibility_services=list(services),
    )
    found: dict[str, tuple[float, float, set[float]]] = {}
    for pod in clear(recorded).flexibility:
        for power in pod.power:
            if power.accepted_p_change is not None:
                name, price = power.request_service_id or "", power.accepted_p_price or 0.0
                kw, eur, prices = found.get(name, (0.0, 0.0, set()))
                found[name] = (
                    kw - power.accepted_p_change,
                    eur - power.accepted_p_change * price,
                    prices | {price},
                )
    return found


def totals(*services: RecordedService) -> tuple[float, float]:
    found = bill(*services).values()
    return sum(kw for kw, _, _ in found), sum(eur for _, eur, _ in found)


@pytest.mark.parametrize("parts", [2, 10, 50])
def test_a_need_in_parts_costs_the_same(parts: int) -> None:
    whole = totals(*OFFERS, ask("all", 200))
    divided = totals(*OFFERS, *(ask(f"part-{n:02d}", 200 / parts) for n in range(parts)))

    assert whole == pytest.approx((200, 200 * 0.20))
    assert divided == pytest.approx(whole)


def test_parts_at_lower_limits_cost_the_same_until_they_buy_less() -> None:
    stairs = [ask(f"part-{n}", 20, limit=0.20 + n / 1000) for n in range(10)]

    assert totals(*OFFERS, *stairs) == pytest.approx((200, 200 * 0.20))
    too_low = [ask(f"part-{n}", 20, limit=0.11 + n / 100) for n in range(10)]
    volume_kw, eur = totals(*OFFERS, *too_low)
    assert volume_kw == pytest.approx(140)  # the low ones go without
    assert eur == pytest.approx(140 * 0.14)


def test_ten_buyers_of_both_kinds_have_one_price() -> None:
    buyers = [ask(f"buyer-{n}", 20, TSO if n % 2 else DSO) for n in range(10)]

    prices = {price for _, _, found in bill(*OFFERS, *buyers).values() for price in found}

    assert prices == {0.20}


def test_a_milliwatt_sets_no_price() -> None:
    exact = bill(*OFFERS, ask("all", 200))["all"]

    found = bill(*OFFERS, ask("all", 200.000_001))["all"]

    assert found == exact
    assert "tiny" not in bill(*OFFERS, ask("all", 200), ask("tiny", 0.000_5, TSO))


@pytest.mark.parametrize(("need_kw", "whole_price"), [(200, 0.20), (390, 0.39)])
def test_places_apart_are_markets_apart(need_kw: float, whole_price: float) -> None:
    """Who asks each place for its part pays each its own price, and bears the risk of each."""
    apart = [ask(pod, need_kw / 40, pods=[pod]) for pod in PODS]

    assert totals(*OFFERS, ask("all", need_kw)) == pytest.approx((need_kw, need_kw * whole_price))
    assert totals(*OFFERS, *apart) == pytest.approx((need_kw, need_kw * 0.205))
    missing = [ask(pod, 11, pods=[pod]) for pod in PODS]
    assert totals(*OFFERS, *missing)[0] == pytest.approx(400)  # nobody makes up for another place


def test_a_low_limit_of_who_is_served_first_caps_only_its_own_price() -> None:
    found = bill(*OFFERS, ask("dso", 100, limit=0.12), ask("tso", 100, TSO))

    assert found["dso"][0] == pytest.approx(100)
    assert found["dso"][2] == {0.12}
    assert found["tso"][2] == {0.20}


def test_an_offer_above_its_cost_sells_less_or_the_same() -> None:
    """The one at the margin can raise the price up to the next one's, and no further."""
    honest = bill(*OFFERS, ask("all", 195))["all"]
    assert honest[2] == {0.20}
    dearer = [*OFFERS[:19], offer(PODS[19], -10, 0.209), *OFFERS[20:]]
    assert bill(*dearer, ask("all", 195))["all"][2] == {0.209}
    too_dear = [*OFFERS[:19], offer(PODS[19], -10, 0.211), *OFFERS[20:]]
    assert bill(*too_dear, ask("all", 195))["all"][2] == {0.21}
