"""Small sessions with linked offers, and all that can be taken of them, by trying everything."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.unit.market.market_case import BASELINE_KW
from tests.unit.market.random_session import START

from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, Method
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.order import OrderTerms
from platone.messages.outcome import AcceptedPower, MarketOutcome

RULES = ClearingRules(method=Method.LEAST_COST, linked_orders=True)
SHARES = tuple(number / 10 for number in range(11))


@dataclass(frozen=True)
class Part:
    """An entry of an offer: the reduction of a PoD by quarter-hour, its price, and its terms."""

    pod: str
    kw: dict[int, float]
    price: float
    terms: OrderTerms | None = None


@dataclass(frozen=True)
class Case:
    """Needs of reduction by quarter-hour, all from one group; offers of parts."""

    needs: dict[int, float]
    limit: float
    offers: Sequence[Sequence[Part]] = field(default_factory=tuple)

    @property
    def pods(self) -> list[str]:
        return sorted({part.pod for offer in self.offers for part in offer})

    def session(self) -> RecordedSession:
        pods = self.pods
        total_kw = len(pods) * BASELINE_KW
        asked = [
            PowerPoint(index=index, p=total_kw - kw, p_price=self.limit)
            for index, kw in self.needs.items()
        ]
        request = _service("ask", ServiceType.DSO_REQUEST, [Flexibility(pod=pods, power=asked)])
        return RecordedSession(
            session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
            pods=[
                SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=[BASELINE_KW] * 96)
                for pod in pods
            ],
            flexibility_services=[
                request,
                *(
                    _service(f"offer-{number}", ServiceType.OFFER, [_entry(part) for part in offer])
                    for number, offer in enumerate(self.offers)
                ),
            ],
            rules=RULES,
        )

    def ways(self, shares: Sequence[float] = SHARES) -> Iterator[float]:
        """The cost of each way to take offers in tenths that all terms allow."""
        units = [unit for number, offer in enumerate(self.offers) for unit in _units(number, offer)]
        allowed = [
            [share for share in shares if share == 0 or share >= unit.least] for unit in units
        ]
        for chosen in itertools.product(*allowed):
            if _fits(units, chosen):
                yield self._cost_of(units, chosen)

    def _cost_of(self, units: Sequence["Unit"], chosen: Sequence[float]) -> float:
        moved: dict[int, float] = {}
        cost = 0.0
        for unit, share in zip(units, chosen, strict=True):
            for part, index, kw in unit.parts:
                moved[index] = moved.get(index, 0.0) + share * kw
                cost += share * kw * part.price
                rebound = part.terms.rebound if part.terms else None
                if rebound is not None:
                    later = index + rebound.after
                    moved[later] = moved.get(later, 0.0) - share * kw * rebound.share
        for index, kw in self.needs.items():
            cost += self.limit * max(0.0, kw - moved.get(index, 0.0))
        return cost


@dataclass(frozen=True)
class Unit:
    """What is taken in one share, as this test reads the rules."""

    offer: int
    parts: tuple[tuple[Part, int, float], ...]
    least: float
    choice: str | None
    option: object


def bid_of(case: Case, pod: str, power: AcceptedPower) -> float:
    """Price at which what was taken had been offered, EUR/kWh; 0 of what comes back."""
    if (power.accepted_p_change or 0.0) > 0:
        return 0.0
    offer = case.offers[int(power.player_service_id.removeprefix("offer-"))]
    block = power.linked if power.linked in {"a", "b"} else None
    (price,) = {
        part.price
        for part in offer
        if (part.pod, None if part.terms is None else part.terms.block) == (pod, block)
    }
    return price


def outcome_cost(case: Case, outcome: MarketOutcome) -> float:
    """Cost of an outcome at the offers' own prices, what is missing at its limit."""
    moved: dict[int, float] = {}
    cost = 0.0
    for pod in outcome.flexibility:
        for power in pod.power:
            change = power.accepted_p_change or 0.0
            moved[power.index] = moved.get(power.index, 0.0) - change
            cost += abs(change) * bid_of(case, pod.pod, power) if change else 0.0
    for index, kw in case.needs.items():
        cost += case.limit * max(0.0, kw - moved.get(index, 0.0))
    return cost


def _units(number: int, offer: Sequence[Part]) -> list[Unit]:
    blocks: dict[str, list[tuple[Part, int, float]]] = {}
    units = []
    for place, part in enumerate(offer):
        terms = part.terms or OrderTerms()
        least, option = terms.least_share or 0.0, terms.option_of
        points = [(part, index, kw) for index, kw in part.kw.items()]
        if terms.block is None:
            units += [Unit(number, (point,), least, option, place) for point in points]
        else:
            blocks.setdefault(terms.block, []).extend(points)
    for block, points in blocks.items():
        terms = points[0][0].terms or OrderTerms()
        units.append(Unit(number, tuple(points), terms.least_share or 0.0, terms.option_of, block))
    return units


def _fits(units: Sequence[Unit], chosen: Sequence[float]) -> bool:
    options: dict[tuple[int, str], set[object]] = {}
    energy: dict[int, tuple[float, float]] = {}
    for unit, share in zip(units, chosen, strict=True):
        if share and unit.choice is not None:
            options.setdefault((unit.offer, unit.choice), set()).add(unit.option)
        for part, _, kw in unit.parts:
            if part.terms is not None and part.terms.most_energy_kwh is not None:
                before, _ = energy.get(id(part), (0.0, 0.0))
                energy[id(part)] = before + share * kw / 4, part.terms.most_energy_kwh
    return all(len(found) < 2 for found in options.values()) and all(
        kwh <= most + 1e-9 for kwh, most in energy.values()
    )


def _entry(part: Part) -> Flexibility:
    power = [
        PowerPoint(index=index, p=BASELINE_KW - kw, p_price=part.price)
        for index, kw in part.kw.items()
    ]
    return Flexibility(pod=[part.pod], power=power, order=part.terms)


def _service(name: str, kind: ServiceType, entries: list[Flexibility]) -> RecordedService:
    return RecordedService(
        player_id="AGG" if kind is ServiceType.OFFER else "DSO",
        service_type=kind,
        player_service_id=name,
        flexibility=entries,
    )
