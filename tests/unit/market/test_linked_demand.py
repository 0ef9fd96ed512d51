"""Requests of a least part against every choice of which are met, each solved by another program.

The oracle writes the rules down once more as a linear program (scipy) for each set of requests that
are met, and takes the cheapest.
"""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from scipy.optimize import linprog
from tests.unit.market.linked_case import RULES
from tests.unit.market.market_case import BASELINE_KW
from tests.unit.market.random_session import START

from platone.market.domain.clearing import clear
from platone.market.domain.linked_demand import find_demands
from platone.market.domain.mixed_program import GAP
from platone.market.domain.order_book import Ask
from platone.market.domain.problem.order import LinkedOrderNotTraded, OrderTermsInvalid
from platone.market.domain.recording_check import check_recording
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.order import OrderTerms, Rebound
from platone.messages.outcome import MarketOutcome

PODS = ["POD-A", "POD-B", "POD-C"]
EUR = 1e-5
"""Cost by which a sum of rounded volumes may differ, EUR/h."""


@dataclass(frozen=True)
class Wish:
    """A request of a reduction of a group by quarter-hour."""

    name: str
    group: Sequence[str]
    kw: dict[int, float]
    limit: float
    terms: OrderTerms | None = None

    def least_kw(self, index: int) -> float:
        if self.terms is None:
            return 0.0
        share = self.terms.least_share
        if share is None:
            share = 1.0 if self.terms.block and self.terms.least_kw is None else 0.0
        return min(self.kw[index], max(share * self.kw[index], self.terms.least_kw or 0.0))

    def sets(self) -> list[tuple[int, ...]]:
        """The quarter-hours that are met together."""
        if self.terms is None:
            return []
        return [tuple(self.kw)] if self.terms.block else [(index,) for index in self.kw]


@dataclass(frozen=True)
class Sale:
    """An offer of a reduction of a PoD."""

    pod: str
    index: int
    kw: float
    price: float


def session(wishes: Sequence[Wish], sales: Sequence[Sale]) -> RecordedSession:
    services = [
        _service(
            wish.name,
            ServiceType.DSO_REQUEST,
            Flexibility(
                pod=list(wish.group),
                power=[
                    PowerPoint(
                        index=index, p=BASELINE_KW * len(wish.group) - kw, p_price=wish.limit
                    )
                    for index, kw in wish.kw.items()
                ],
                order=wish.terms,
            ),
        )
        for wish in wishes
    ]
    services += [
        _service(
            f"sale-{number}",
            ServiceType.OFFER,
            Flexibility(
                pod=[sale.pod],
                power=[PowerPoint(index=sale.index, p=BASELINE_KW - sale.kw, p_price=sale.price)],
            ),
        )
        for number, sale in enumerate(sales)
    ]
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=[BASELINE_KW] * 96)
            for pod in PODS
        ],
        flexibility_services=services,
        rules=RULES,
    )


def _service(name: str, kind: ServiceType, entry: Flexibility) -> RecordedService:
    return RecordedService(
        player_id="AGG" if kind is ServiceType.OFFER else "DSO",
        service_type=kind,
        player_service_id=name,
        flexibility=[entry],
    )


def bought(outcome: MarketOutcome) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for pod in outcome.flexibility:
        for power in pod.power:
            if power.accepted_p_change is not None:
                spot = pod.pod, power.index
                found[spot] = found.get(spot, 0.0) - power.accepted_p_change
    return found


def _cost(wishes: Sequence[Wish], sales: Sequence[Sale], outcome: MarketOutcome) -> float:
    """The cost of an outcome: who is not met by its least part loses all that it asked for."""
    volume = bought(outcome)
    cost = sum(volume.get((sale.pod, sale.index), 0.0) * sale.price for sale in sales)
    for wish in wishes:
        served = {
            index: sum(volume.get((pod, index), 0.0) for pod in wish.group) for index in wish.kw
        }
        unmet = {
            index
            for indices in wish.sets()
            if any(served[each] < wish.least_kw(each) - 1e-6 for each in indices)
            for index in indices
        }
        for index, kw in wish.kw.items():
            missing = kw if index in unmet else max(0.0, kw - served[index])
            cost += wish.limit * missing
    return cost


def _least(wishes: Sequence[Wish], sales: Sequence[Sale]) -> float:
    sets = [(wish, indices) for wish in wishes for indices in wish.sets()]
    best = float("inf")
    for chosen in itertools.product((False, True), repeat=len(sets)):
        met = {
            (wish.name, index): is_met
            for (wish, indices), is_met in zip(sets, chosen, strict=True)
            for index in indices
        }
        best = min(best, _solved(wishes, sales, met))
    return best


def _solved(
    wishes: Sequence[Wish], sales: Sequence[Sale], met: dict[tuple[str, int], bool]
) -> float:
    asked = [(wish, index) for wish in wishes for index in wish.kw]
    cost = [sale.price for sale in sales] + [wish.limit for wish, _ in asked]
    bounds: list[tuple[float, float]] = [(0.0, sale.kw) for sale in sales]
    rows, sides = [], []
    for place, (wish, index) in enumerate(asked):
        kw, is_met = wish.kw[index], met.get((wish.name, index))
        least = kw if is_met is False else 0.0
        most = kw - wish.least_kw(index) if is_met else kw
        bounds.append((least, max(least, most)))
        row = [
            -1.0 if sale.index == index and sale.pod in wish.group else 0.0 for sale in sales
        ] + [0.0] * len(asked)
        row[len(sales) + place] = -1.0
        rows.append(row)
        sides.append(-kw)
    found = linprog(cost, A_ub=rows, b_ub=sides, bounds=bounds)
    return float(found.fun) if found.status == 0 else float("inf")


def _random(rng: random.Random) -> tuple[list[Wish], list[Sale]]:
    wishes = []
    for number in range(rng.randint(2, 3)):
        terms = rng.choice(
            [
                None,
                OrderTerms(least_share=rng.choice([0.5, 1.0])),
                OrderTerms(block="b", least_share=rng.choice([None, 0.4])),
                OrderTerms(least_kw=rng.choice([10.0, 25.0])),
                OrderTerms(block="b", least_kw=15.0),
            ]
        )
        kw = {index: float(rng.choice([10, 20, 40])) + 0.5 for index in range(rng.randint(1, 3))}
        group = rng.sample(PODS, rng.randint(1, 3))
        wishes.append(Wish(f"wish-{number}", group, kw, rng.randint(5, 40) / 100, terms))
    sales = [
        Sale(pod, index, float(rng.choice([10, 20, 30])), rng.randint(1, 40) / 100)
        for pod in PODS
        for index in range(3)
        if rng.random() < 0.8
    ]
    return wishes, sales


@pytest.mark.parametrize("seed", range(60))
def test_no_choice_of_who_is_met_is_cheaper(seed: int) -> None:
    wishes, sales = _random(random.Random(seed))  # noqa: S311
    recorded = session(wishes, sales)
    check_recording(recorded)
    found = _cost(wishes, sales, clear(recorded))
    least = _least(wishes, sales)
    assert least - EUR <= found <= least * (1 + GAP) + EUR


def test_terms_change_what_is_bought() -> None:
    """Otherwise the test above would hold of a clearing that knows none."""
    differing = 0
    for seed in range(60):
        wishes, sales = _random(random.Random(seed))  # noqa: S311
        plain = [Wish(each.name, each.group, each.kw, each.limit) for each in wishes]
        with_terms, without = clear(session(wishes, sales)), clear(session(plain, sales))
        differing += bought(with_terms) != bought(without)
    assert differing > 10


WHOLE = OrderTerms(least_share=1.0)


def test_who_is_not_met_pays_nothing_and_offers_say_why() -> None:
    wish = Wish("wish", PODS, {0: 50.0}, 0.5, WHOLE)
    outcome = clear(session([wish], [Sale("POD-A", 0, 40.0, 0.1)]))
    assert bought(outcome) == {}
    (power,) = outcome.flexibility[0].power
    assert power.rejection_type_p == "requestNotMet"
    (shadow,) = outcome.shadow_prices
    assert (shadow.price, shadow.missing) == (0.0, 50.0)
    more = clear(session([wish], [Sale("POD-A", 0, 40.0, 0.1), Sale("POD-B", 0, 20.0, 0.2)]))
    assert sum(bought(more).values()) == pytest.approx(50.0)


def test_what_others_buy_of_its_group_is_not_paid_by_who_is_not_met() -> None:
    whole = Wish("whole", PODS, {0: 90.0}, 0.9, WHOLE)
    plain = Wish("plain", ["POD-A"], {0: 20.0}, 0.3)
    outcome = clear(session([whole, plain], [Sale("POD-A", 0, 30.0, 0.1)]))
    (power,) = [each for each in outcome.flexibility[0].power if each.accepted_p_change]
    assert (power.request_service_id, power.accepted_p_change) == ("plain", -20.0)


def test_a_block_is_met_in_all_its_quarter_hours_or_in_none() -> None:
    wish = Wish("wish", PODS, {0: 20.0, 1: 20.0}, 0.5, OrderTerms(block="b"))
    one = [Sale("POD-A", 0, 20.0, 0.1)]
    assert bought(clear(session([wish], one))) == {}
    both = bought(clear(session([wish], [*one, Sale("POD-B", 1, 20.0, 0.1)])))
    assert both == {("POD-A", 0): 20.0, ("POD-B", 1): 20.0}


@pytest.mark.parametrize(
    "terms",
    [
        OrderTerms(option_of="x"),
        OrderTerms(most_energy_kwh=1.0),
        OrderTerms(rebound=Rebound(after=1, share=1.0)),
    ],
)
def test_terms_of_offers_are_none_of_requests(terms: OrderTerms) -> None:
    with pytest.raises(OrderTermsInvalid):
        check_recording(session([Wish("wish", PODS, {0: 50.0}, 0.5, terms)], []))


def test_they_are_refused_where_linked_orders_are_not_traded() -> None:
    recorded = session([Wish("wish", PODS, {0: 50.0}, 0.5, WHOLE)], [])
    with pytest.raises(LinkedOrderNotTraded):
        check_recording(msgspec.structs.replace(recorded, rules=ClearingRules()))


@pytest.mark.parametrize("least_share", [1e-12, 1e-9, 1e-6])
def test_a_least_part_below_a_watt_counts_as_a_watt(least_share: float) -> None:
    """A block that can be met in one of its quarter-hours only is not met, and others are."""
    terms = OrderTerms(block="b", least_share=least_share)
    wishes = [
        Wish("b", ["POD-A"], {1: 25.5, 2: 8.125}, 0.1, terms),
        Wish("plain", ["POD-B"], {1: 4.0}, 0.1),
    ]
    sales = [
        Sale("POD-A", 1, 3.5, 0.04),
        Sale("POD-A", 2, -7.25, 0.02),
        Sale("POD-B", 1, 4.0, 0.05),
    ]
    assert bought(clear(session(wishes, sales))) == {("POD-B", 1): pytest.approx(4.0)}


@pytest.mark.parametrize(
    ("terms", "least_kw"),
    [
        (OrderTerms(), None),
        (OrderTerms(least_share=1e-9), 0.001),
        (OrderTerms(least_share=0.25), 2.0),
        (OrderTerms(least_kw=3.0), 3.0),
        (OrderTerms(least_kw=30.0), 8.0),
        (OrderTerms(block="b"), 8.0),
        (OrderTerms(block="b", least_kw=3.0), 3.0),
    ],
)
def test_the_least_part_of_a_need_of_8_kw(terms: OrderTerms, least_kw: float | None) -> None:
    """As the page of the rules says; without a least part any part of the need may be met."""
    service = _service("wish", ServiceType.DSO_REQUEST, Flexibility(power=[]))
    ask = Ask(service, np.array([0]), 50, -8.0, 0.1, terms)
    found = [each.least_kw for each in find_demands([ask])]
    assert found == ([] if least_kw is None else [least_kw])
