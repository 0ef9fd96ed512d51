"""MATPOWER's published market of active and reactive power: the same volumes, the same prices.

Network, generators and loads are those of the auction (:mod:`test_auction_case`), with offers of
reactive power beside (Ray Zimmerman's `t_runmarket.m`). A generator offers both kinds, each by
itself; a load's reactive power follows its active power, and is priced with it: load 2 bids 50 for
a MW and 20 for each of the 0.4 Mvar that go with it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.unit.market.market_case import offer as plain_offer
from tests.unit.market.market_case import session, trades
from tests.unit.market.test_auction_case import (
    ASKED,
    BID_MW,
    BIDS,
    BLOCK_MW,
    CASE,
    DEAR,
    ROOM_MVAR,
    tangents,
)

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, GridLimit, Method, PodEffect, Product
from platone.messages.market import Flexibility, PowerKind, PowerPoint, RecordedService
from platone.messages.outcome import MarketOutcome

FILE = Path(__file__).parents[2] / "data/matpower/market_state.json"
STATE: dict[str, Any] = json.loads(FILE.read_text())
RULES = ClearingRules(
    method=Method.LEAST_COST, product=Product(least_volume_w=1), reactive=Product(least_volume_w=1)
)
REACTIVE_PRICE = 3.0
"""Generator 6 asks it for a Mvar; all others ask nothing."""
HAIR = 1e-5
"""Price at which a generator leaves the optimal state's reactive power: where it is free, any other
would do as well to the first order."""
PUBLISHED_MVAR = [4.2722, 11.3723, 14.1472, 22.8939, 36.7886, 12.3375]
LOAD_MVAR = 20.0
"""Load 2 bids it for a Mvar."""


def reactive_offer(pod: str, kvar: float, price: float) -> RecordedService:
    """An offer of reactive power of a PoD that has none without."""
    power = [PowerPoint(index=0, p=0.0, p_price=0.0, q=kvar, q_price=price)]
    entry = Flexibility(pod=[pod], power=power, power_kind=PowerKind.REACTIVE)
    return msgspec.structs.replace(
        plain_offer(pod, 0.0, 0.0), player_service_id=f"offer-{pod}-q", flexibility=[entry]
    )


class Market:
    """The offers, and the effects of each on the tangents in the optimal state."""

    def __init__(self) -> None:
        self.effect, self.value, self.least, self.most = tangents(STATE)
        self.place = {row[0]: n for n, row in enumerate(CASE["buses"])}
        self.offers: list[RecordedService] = []
        self.active: dict[str, Any] = {}
        self.reactive: dict[str, Any] = {}
        self.shift = np.zeros(len(self.value))
        for number, bus in enumerate(CASE["generatorBuses"]):
            self._add_generator(number, bus)
        for number, (bus, p_mw, q_mvar) in enumerate(CASE["loads"]):
            self._add_load(number, bus, p_mw, q_mvar)

    def of_bus(self, bus: float) -> tuple[Any, Any]:
        """What a MW and a Mvar more withdrawn at a bus do to the tangents."""
        at, count = self.place[bus], len(self.place)
        return -self.effect[:, at], -self.effect[:, count + at]

    def _add_generator(self, number: int, bus: float) -> None:
        p, q = self.of_bus(bus)
        left = STATE["pg"][number]
        for block, mw in enumerate(BLOCK_MW):
            name = f"GEN{number + 1}-{block + 1}"
            self._offer(name, -mw, float(ASKED[number, block]), p, -min(left, mw))
            left -= min(left, mw)
        now = STATE["qg"][number]
        if number == len(PUBLISHED_MVAR) - 1:
            self._offer_reactive(f"GEN{number + 1}", -60.0, REACTIVE_PRICE, q, -now)
        else:
            for sign, name in ((-1, "MORE"), (1, "LESS")):
                self._offer_reactive(f"GEN{number + 1}-{name}", sign * ROOM_MVAR, HAIR, q, 0.0)

    def _add_load(self, number: int, bus: float, p_mw: float, q_mvar: float) -> None:
        p, q = self.of_bus(bus)
        ratio = q_mvar / p_mw
        more = ratio * LOAD_MVAR if number == 1 else 0.0
        left = -p_mw + STATE["pg"][6 + number]
        for block in (2, 1, 0):
            moved = min(left, BID_MW)
            price = float(BIDS[number, block]) + more
            self._offer(f"LOAD{number + 1}-{block + 1}", -BID_MW, price, p + ratio * q, -moved)
            left -= moved

    def _offer(self, name: str, mw: float, price: float, effect: Any, moved: float) -> None:
        self.offers.append(plain_offer(name, mw, price))
        self.active[name] = effect / CASE["baseMVA"]
        self.shift += self.active[name] * moved

    def _offer_reactive(self, name: str, mvar: float, price: float, q: Any, moved: float) -> None:
        self.offers.append(reactive_offer(name, mvar, price))
        self.reactive[name] = q / CASE["baseMVA"]
        self.shift += self.reactive[name] * moved

    def limits(self) -> tuple[GridLimit, ...]:
        """The limits of the grid, counted from no dispatch."""
        return tuple(
            GridLimit(
                player_id="DSO",
                element=f"row/{n}",
                index=0,
                unit="pu",
                least=self._told(self.least[n], n),
                most=self._told(self.most[n], n),
                price=DEAR * CASE["baseMVA"],
                effects=[
                    PodEffect(pod=name, effect=float(effect[n]))
                    for name, effect in self.active.items()
                ]
                + [
                    PodEffect(pod=name, effect=0.0, reactive_effect=float(effect[n]))
                    for name, effect in self.reactive.items()
                ],
            )
            for n in range(len(self.value))
        )

    def _told(self, bound: float, n: int) -> float | None:
        return float(bound - self.value[n] + self.shift[n]) if np.isfinite(bound) else None

    def clear(self) -> MarketOutcome:
        """The outcome."""
        made = session(*self.offers, rules=RULES, limits=self.limits())
        pods = [msgspec.structs.replace(pod, reactive_baseline=[0.0] * 96) for pod in made.pods]
        return clear(msgspec.structs.replace(made, pods=pods))


@pytest.fixture(scope="module")
def market() -> Market:
    return Market()


@pytest.fixture(scope="module")
def outcome(market: Market) -> MarketOutcome:
    return market.clear()


def sold(outcome: MarketOutcome) -> dict[str, float]:
    return {
        pod: -sum(each.accepted_p_change or 0.0 for each in its)
        for pod, its in trades(outcome).items()
    }


def reactive(outcome: MarketOutcome) -> dict[str, tuple[float, float]]:
    """Volume and price of what each sells of reactive power, whoever pays it."""
    found: dict[str, tuple[float, float]] = {}
    for pod in outcome.flexibility:
        for each in pod.power:
            if each.accepted_q_change is not None:
                volume = found.get(pod.pod, (0.0, 0.0))[0] - each.accepted_q_change
                found[pod.pod] = volume, each.accepted_q_price or 0.0
    return found


def test_the_published_volumes_come_out(outcome: MarketOutcome) -> None:
    found = sold(outcome)
    for g in range(1, 7):
        assert [found[f"GEN{g}-{block}"] for block in (1, 2, 3)] == pytest.approx([12, 24, 0])
    kept = [[BID_MW - found[f"LOAD{d}-{b}"] for b in (1, 2, 3)] for d in (1, 2, 3)]
    expected = np.array([[10, 10, 10], [10, 0.196, 0], [10, 10, 0]])
    assert np.array(kept) == pytest.approx(expected, abs=5e-3)


def test_the_published_reactive_volumes_come_out(outcome: MarketOutcome) -> None:
    """The one that has a price is cleared; the free ones stay where the optimal state has them."""
    found = reactive(outcome)
    assert found["GEN6"][0] == pytest.approx(PUBLISHED_MVAR[5], abs=5e-3)
    assert set(found) == {"GEN6"}
    assert STATE["qg"][:5] == pytest.approx(PUBLISHED_MVAR[:5], abs=5e-3)


def test_the_published_prices_come_out(market: Market, outcome: MarketOutcome) -> None:
    price = {pod: its[0].accepted_p_price for pod, its in trades(outcome).items() if its}
    assert price["GEN1-1"] == pytest.approx(50.1578, abs=5e-4)
    assert reactive(outcome)["GEN6"][1] == pytest.approx(REACTIVE_PRICE, abs=5e-5)
    # the last MW of load 2 that is let go: 56.9853 for it, and 2.5367 for each of its 0.4 Mvar
    assert price["LOAD2-3"] == pytest.approx(56.9853 + 0.4 * 2.5367, abs=5e-4)
    at_bus = prices(market, outcome)
    assert at_bus[1.0][0] == pytest.approx(50.1578, abs=5e-4)
    assert at_bus[15.0][0] == pytest.approx(56.9853, abs=5e-5 + 1e-4)
    published = {7.0: 0.4861, 15.0: 2.5367, 30.0: 1.3763, 13.0: REACTIVE_PRICE}
    assert {bus: at_bus[bus][1] for bus in published} == pytest.approx(published, abs=1e-4)


def prices(market: Market, outcome: MarketOutcome) -> dict[float, tuple[float, float]]:
    """What a MW and a Mvar less are worth at each bus, by the shadow prices of the limits."""
    worth = np.zeros(len(market.value))
    for each in outcome.shadow_prices:
        row = int(each.name.removeprefix("row/"))
        is_at_most = abs(market.most[row] - market.value[row]) < 1e-6
        worth[row] = -each.price if is_at_most else each.price
    p, _ = market.of_bus(1.0)
    worth[0] *= np.sign(-(worth @ p))  # the balance binds both ways; energy has a price above 0
    scale = CASE["baseMVA"]
    found = {}
    for bus in market.place:
        p, q = market.of_bus(bus)
        found[bus] = float(-(worth @ p) / scale), float(-(worth @ q) / scale)
    return found
