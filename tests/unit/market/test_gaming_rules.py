"""The tricks of :mod:`test_gaming_probe` under other rules, with what they bring there.

The market is the same, 40 offers of 10 kW less at 0.01 to 0.40 EUR/kWh, each cost its price;
docs/reference/market-rules.md tells the results.
"""

from itertools import combinations

import msgspec
import pytest
from tests.unit.market.random_session import START
from tests.unit.market.test_gaming_probe import BASELINE_KW, OFFERS, PODS, TSO, ask, offer

from platone.kernel.market_time import MarketDay
from platone.market.domain.baseline import MeteredDay, PodHistory, ten_of_ten
from platone.market.domain.clearing import clear
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, Method, Pricing, Product
from platone.messages.market import (
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    RecordedSession,
    SessionPod,
    SessionTerms,
)
from platone.messages.order import OrderTerms

LEAST = ClearingRules(method=Method.LEAST_COST)
LINKED = ClearingRules(method=Method.LEAST_COST, linked_orders=True)
DURATION = ClearingRules(method=Method.LEAST_COST, product=Product(most_quarter_hours=1))
AT_LEAST_COST = pytest.mark.parametrize(
    "rules", [LEAST, LINKED, DURATION], ids=["leastCost", "linkedOrders", "durations"]
)
Sold = dict[str, tuple[float, float]]
"""Volume in kW and EUR/h by PoD."""


def sold(rules: ClearingRules | None, *services: RecordedService) -> Sold:
    """What each PoD sells, of either kind of power."""
    pods = sorted({pod for s in services for entry in s.flexibility for pod in entry.pod or ()})
    recorded = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(
                pod_id=pod,
                aggregator_id="AGG",
                power_baseline=[BASELINE_KW] * 96,
                reactive_baseline=[BASELINE_KW] * 96,
            )
            for pod in pods
        ],
        flexibility_services=list(services),
        rules=rules,
    )
    found: Sold = {}
    for pod in clear(recorded).flexibility:
        for power in pod.power:
            change = power.accepted_p_change or power.accepted_q_change or 0.0
            price = power.accepted_p_price or power.accepted_q_price or 0.0
            kw, eur = found.get(pod.pod, (0.0, 0.0))
            found[pod.pod] = kw - change, eur - change * price
    return found


def totals(rules: ClearingRules | None, *services: RecordedService) -> tuple[float, float]:
    found = sold(rules, *services).values()
    return sum(kw for kw, _ in found), sum(eur for _, eur in found)


def profit(found: Sold, mine: dict[str, float]) -> float:
    """EUR/h of a party beyond what its kilowatts cost it."""
    return sum(eur - kw * mine[pod] for pod, (kw, eur) in found.items() if pod in mine)


def block(service: RecordedService, name: str | None = None) -> RecordedService:
    """The same, all or nothing."""
    terms = OrderTerms(least_share=1.0, block=name)
    entries = [msgspec.structs.replace(each, order=terms) for each in service.flexibility]
    return msgspec.structs.replace(service, flexibility=entries)


@AT_LEAST_COST
@pytest.mark.parametrize("shaved_kw", [1e-6, 4e-4, 9e-4])
def test_less_than_a_watt_sets_no_price(rules: ClearingRules, shaved_kw: float) -> None:
    """Whether the buyer asks so much more or a seller offers so much less."""
    exact = totals(rules, *OFFERS, ask("all", 200))
    assert exact == pytest.approx((200, 40))
    assert totals(rules, *OFFERS, ask("all", 200 + shaved_kw)) == pytest.approx(exact)
    assert totals(rules, *OFFERS, ask("all", 200), ask("tiny", 5e-4, TSO)) == pytest.approx(exact)
    shaved = [*OFFERS[:9], offer(PODS[9], -10 + shaved_kw, 0.10), *OFFERS[10:]]
    kw, eur = totals(rules, *shaved, ask("all", 200))
    assert kw == pytest.approx(200 - shaved_kw)
    assert eur == pytest.approx(40 - 0.20 * shaved_kw)


def test_less_than_a_watt_sets_no_price_beside_a_block() -> None:
    """Quarter-hours that a block joins are decided by a program of their own."""
    blocks = [*OFFERS[:3], block(OFFERS[3]), *OFFERS[4:]]
    exact = totals(LINKED, *blocks, ask("all", 200))
    assert exact == pytest.approx((200, 40))
    assert totals(LINKED, *blocks, ask("all", 200.000_4)) == pytest.approx(exact)


@pytest.mark.parametrize("parts", [2, 10])
def test_at_least_cost_a_need_in_parts_is_another_need(parts: int) -> None:
    """A change counts for every request of its group: the same kilowatts meet each part."""
    asked = [ask(f"part-{n:02d}", 200 / parts) for n in range(parts)]
    kw, eur = totals(LEAST, *OFFERS, *asked)
    one = totals(LEAST, *OFFERS, ask("all", 200 / parts))
    assert (kw, eur) == pytest.approx(one)
    assert kw == pytest.approx(200 / parts)


@AT_LEAST_COST
def test_an_offer_in_two_earns_the_same(rules: ClearingRules) -> None:
    whole = profit(sold(rules, *OFFERS, ask("all", 195)), {PODS[9]: 0.10})
    halves = [offer("POD09a", -4, 0.10), offer("POD09b", -6, 0.10)]
    asked = [pod for pod in PODS if pod != PODS[9]] + ["POD09a", "POD09b"]
    found = sold(rules, *OFFERS[:9], *halves, *OFFERS[10:], ask("all", 195, pods=asked))
    assert whole == pytest.approx(10 * (0.20 - 0.10))
    assert profit(found, {"POD09a": 0.10, "POD09b": 0.10}) == pytest.approx(whole)


@AT_LEAST_COST
def test_withdrawing_at_the_gate_brings_what_it_does_by_merit_order(rules: ClearingRules) -> None:
    """Every set of the five offers that a party with every fourth one sells."""
    mine = {PODS[n]: (n + 1) / 100 for n in range(0, 40, 4)}
    gains = {}
    for count in range(3):
        for gone in combinations(range(0, 20, 4), count):
            left = [each for n, each in enumerate(OFFERS) if n not in gone]
            gains[gone] = profit(sold(rules, *left, ask("all", 200)), mine)
    honest = gains[()]
    assert honest == pytest.approx(10 * sum(0.20 - n for n in (0.01, 0.05, 0.09, 0.13, 0.17)))
    assert max(gains.values()) / honest == pytest.approx(1.02, abs=0.005)
    assert gains[12, 16] / honest == pytest.approx(0.945, abs=0.005)


@AT_LEAST_COST
def test_who_is_at_the_margin_gains_at_most_up_to_the_next_price(rules: ClearingRules) -> None:
    def with_ask(price: float) -> float:
        dearer = [*OFFERS[:19], offer(PODS[19], -10, price), *OFFERS[20:]]
        return profit(sold(rules, *dearer, ask("all", 195)), {PODS[19]: 0.20})

    assert with_ask(0.20) == pytest.approx(0)
    assert with_ask(0.209) == pytest.approx(5 * 0.009)
    assert with_ask(0.211) == pytest.approx(0)


@pytest.mark.parametrize("need_kw", [192, 195, 199, 200])
def test_nobody_gains_by_offering_all_or_nothing(need_kw: float) -> None:
    """Each of the forty alone turns its offer into a block: none earns more than before."""
    plain = sold(LINKED, *OFFERS, ask("all", need_kw))
    for n in range(0, 40, 3):
        cost = {PODS[n]: (n + 1) / 100}
        services = [*OFFERS[:n], block(OFFERS[n]), *OFFERS[n + 1 :]]
        changed = sold(LINKED, *services, ask("all", need_kw))
        assert profit(changed, cost) <= profit(plain, cost) + 1e-6


def test_two_blocks_made_one_earn_no_more() -> None:
    """Two cheap offers and two at the margin, as blocks of their own and as one."""
    for pair in ((3, 4), (18, 19), (19, 20)):
        cost = {PODS[n]: (n + 1) / 100 for n in pair}
        others = [each for n, each in enumerate(OFFERS) if n not in pair]
        apart = sold(LINKED, *others, *(block(OFFERS[n]) for n in pair), ask("all", 195))
        merged = msgspec.structs.replace(
            OFFERS[pair[0]],
            flexibility=[entry for n in pair for entry in OFFERS[n].flexibility],
        )
        together = sold(LINKED, *others, block(merged, "both"), ask("all", 195))
        assert profit(together, cost) <= profit(apart, cost) + 1e-6


def as_reactive(service: RecordedService) -> RecordedService:
    """The same of reactive power."""
    entries = [
        Flexibility(
            pod=entry.pod,
            power=[
                PowerPoint(index=at.index, p=0.0, p_price=0.0, q=at.p, q_price=at.p_price)
                for at in entry.power
            ],
            power_kind=PowerKind.REACTIVE,
            order=entry.order,
        )
        for entry in service.flexibility
    ]
    return msgspec.structs.replace(service, flexibility=entries)


@pytest.mark.parametrize("rules", [ClearingRules(), LEAST, ClearingRules(pricing=Pricing.AS_BID)])
def test_reactive_power_is_sold_as_active_power_is_by_every_trick(rules: ClearingRules) -> None:
    reactive = msgspec.structs.replace(rules, reactive=Product())
    tricks = [
        [*OFFERS, ask("all", 200)],
        [*OFFERS, *(ask(f"part-{n:02d}", 20) for n in range(10))],
        [*OFFERS, ask("all", 200.000_4)],
        [*OFFERS[:16], *OFFERS[17:], ask("all", 200)],
        [*OFFERS[:9], offer(PODS[9], -9.999_6, 0.10), *OFFERS[10:], ask("all", 200)],
    ]
    for services in tricks:
        expected, found = sold(rules, *services), sold(reactive, *map(as_reactive, services))
        assert found.keys() == expected.keys()
        for pod, amounts in expected.items():
            assert found[pod] == pytest.approx(amounts), pod


def test_consuming_more_before_an_activation_shifts_a_ten_of_ten_baseline() -> None:
    """Three hours of 10 kW more raise a baseline of 100 kW by 10, and no more than 20."""
    day = MarketDay.holding(START, "Europe/Rome")
    level, index = 25_000_000, 72  # 100 kW in a quarter-hour; 18 o'clock
    days, on = {}, day
    for _ in range(40):
        on = on.previous
        days[on.on] = MeteredDay((level,) * 96)

    def baseline_kw(more_kw: float) -> float:
        today = [level] * 96
        for at in range(index - 16, index - 4):
            today[at] += round(more_kw * 250_000)
        known = {**days, day.on: MeteredDay(tuple(today), frozenset({index}))}
        found = ten_of_ten(PodHistory(day, known, [100.0] * 96), index)
        assert found is not None
        return found.energy / 250_000

    assert [baseline_kw(more) for more in (0, 10, 20, 50)] == pytest.approx([100, 110, 120, 120])
