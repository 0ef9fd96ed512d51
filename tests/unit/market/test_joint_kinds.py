"""Active and reactive power under common limits: beside an independent program, and by hand.

The feeder is a line of four buses; its power flow is a sweep that is written here, and its optimum
is found by scipy's SLSQP on that sweep. The market sees tangents only, told anew where it came to:
those of voltages take the place of the last ones, those of the current are added.
"""

from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy.optimize import minimize
from tests.unit.market.market_case import ask, offer, session

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, GridLimit, Method, PodEffect, Product
from platone.messages.market import Flexibility, PowerKind, PowerPoint, RecordedService
from platone.messages.outcome import MarketOutcome

BOTH = ClearingRules(method=Method.LEAST_COST, reactive=Product())
PODS = ["POD1", "POD2", "POD3"]
IMPEDANCE = np.array([0.010 + 0.012j, 0.014 + 0.010j, 0.020 + 0.012j])
"""Per unit, of the three sections."""
LOAD = np.array([0.9 + 0.45j, 0.7 + 0.4j, 0.8 + 0.35j])
ROOM_KW, ROOM_KVAR = 400.0, 300.0
KILO = 1e-3
"""A kW in per unit: the base is 1 MVA."""
ROUNDS = 12


def solve(less_kw: Any, less_kvar: Any) -> Any:
    """Magnitudes of the first section's current and of the three voltages, per unit."""
    power = LOAD - KILO * (less_kw + 1j * less_kvar)
    voltage = np.ones(3, complex)
    for _ in range(60):
        current = np.cumsum(np.conj(power / voltage)[::-1])[::-1]
        voltage = 1 - np.cumsum(IMPEDANCE * current)
    return np.concatenate([[abs(current[0])], np.abs(voltage)])


def tangents(at: Any) -> Any:
    """What one kW and one kvar less at each bus do, in a state, shape (flows, moves)."""
    columns = []
    for n in range(6):
        step = np.eye(6)[n]
        up, down = (solve(*np.split(at + sign * step, 2)) for sign in (1, -1))
        columns.append((up - down) / 2)
    return np.array(columns).T


class Case:
    """Bounds that the feeder breaks, and prices."""

    def __init__(self, seed: int) -> None:
        rng = Random(seed)  # noqa: S311 - a test's
        before = solve(np.zeros(3), np.zeros(3))
        self.most_a = before[0] * rng.uniform(0.80, 0.92)
        self.least_pu = before[3] + (1 - before[3]) * rng.uniform(0.05, 0.2)
        self.price = np.array([rng.randint(60, 200) / 1000 for _ in range(3)])
        self.reactive_price = np.array([rng.randint(10, 90) / 1000 for _ in range(3)])

    @property
    def prices(self) -> Any:
        return np.concatenate([self.price, self.reactive_price])

    def least_cost(self) -> float:
        """The cost that scipy finds, EUR for an hour, from several starts."""
        room = [(0.0, ROOM_KW)] * 3 + [(0.0, ROOM_KVAR)] * 3

        def left(moves: Any) -> Any:
            flow = solve(*np.split(moves, 2))
            return np.concatenate([[self.most_a - flow[0]], flow[1:] - self.least_pu]) * 1e3

        found = [
            minimize(
                lambda moves: self.prices @ moves,
                np.full(6, start),
                bounds=room,
                constraints={"type": "ineq", "fun": left},
                method="SLSQP",
                options={"ftol": 1e-9, "maxiter": 500},
            )
            for start in (50.0, 150.0, 250.0)
        ]
        kept = [each.fun for each in found if left(each.x).min() > -1e-4]
        return float(min(kept))

    def limits(self, at: Any) -> tuple[GridLimit, ...]:
        """The limits as tangents in a state, told from the baselines."""
        effect = tangents(at)
        base = solve(*np.split(at, 2)) - effect @ at
        told = []
        for row, name in enumerate(["line/1", "bus/1", "bus/2", "bus/3"]):
            bound = (self.most_a if row == 0 else self.least_pu) - base[row]
            told.append(
                GridLimit(
                    player_id="DSO",
                    element=name,
                    index=0,
                    unit="pu",
                    most=float(bound) if row == 0 else None,
                    least=float(bound) if row else None,
                    price=1e6,
                    effects=[
                        PodEffect(
                            pod=pod,
                            effect=float(-effect[row, n]),
                            reactive_effect=float(-effect[row, 3 + n]),
                        )
                        for n, pod in enumerate(PODS)
                    ],
                )
            )
        return tuple(told)

    def cleared(self, limits: tuple[GridLimit, ...]) -> MarketOutcome:
        services = [
            both_offer(pod, -ROOM_KW, float(p), -ROOM_KVAR, float(q))
            for pod, p, q in zip(PODS, self.price, self.reactive_price, strict=True)
        ]
        return clear_both(*services, limits=limits)


def both_offer(pod: str, kw: float, price: float, kvar: float, q_price: float) -> RecordedService:
    active = offer(pod, kw, price)
    power = [PowerPoint(index=0, p=0.0, p_price=0.0, q=kvar, q_price=q_price)]
    entry = Flexibility(pod=[pod], power=power, power_kind=PowerKind.REACTIVE)
    return msgspec.structs.replace(active, flexibility=[*active.flexibility, entry])


def clear_both(
    *services: RecordedService, limits: tuple[GridLimit, ...], rules: ClearingRules = BOTH
) -> MarketOutcome:
    made = session(*services, rules=rules, limits=limits)
    pods = [msgspec.structs.replace(pod, reactive_baseline=[0.0] * 96) for pod in made.pods]
    return clear(msgspec.structs.replace(made, pods=pods))


def moves(outcome: MarketOutcome) -> Any:
    """What is sold less of both kinds at each bus."""
    found = np.zeros(6)
    for pod in outcome.flexibility:
        for each in pod.power:
            place = PODS.index(pod.pod)
            found[place] -= each.accepted_p_change or 0.0
            found[3 + place] -= each.accepted_q_change or 0.0
    return found


@pytest.mark.parametrize("seed", range(8))
def test_both_kinds_cost_what_an_optimal_power_flow_costs(seed: int) -> None:
    case, at = Case(seed), np.zeros(6)
    currents: list[GridLimit] = []  # a current is convex in power: all of its tangents hold
    for number in range(ROUNDS):
        line, *buses = case.limits(at)
        currents.append(msgspec.structs.replace(line, element=f"line/1/{number}"))
        at = moves(case.cleared((*currents, *buses)))
    flow = solve(*np.split(at, 2))
    assert flow[0] <= case.most_a * (1 + 1e-5)
    assert (flow[1:] >= case.least_pu * (1 - 1e-5)).all()
    assert case.prices @ at == pytest.approx(case.least_cost(), rel=1e-3)
    assert at[:3].any() or at[3:].any()


def test_they_cost_less_than_either_kind_alone() -> None:
    """A grid of one voltage that both lift: the cheaper effect is taken, then the other."""
    told = [PodEffect(pod="POD1", effect=-1.0, reactive_effect=-2.0)]
    limit = GridLimit(
        player_id="DSO", element="bus/1", index=0, unit="pu", least=100.0, price=1.0, effects=told
    )
    # by effect a kvar costs 0.02 and a kW 0.03: first all 40 kvar, then 20 of the kW
    outcome = clear_both(both_offer("POD1", -60.0, 0.03, -40.0, 0.04), limits=(limit,))
    (pod,) = outcome.flexibility
    told_lines = {"P" if each.accepted_p_change is not None else "Q": each for each in pod.power}
    assert told_lines["P"].accepted_p_change == pytest.approx(-20)
    assert told_lines["P"].accepted_p_price == pytest.approx(0.03)
    assert told_lines["Q"].accepted_q_change == pytest.approx(-40)
    assert told_lines["Q"].accepted_q_price == pytest.approx(0.06)  # what two kW would cost
    (shadow,) = outcome.shadow_prices
    assert (shadow.name, shadow.unit) == ("bus/1", "pu")
    assert shadow.price == pytest.approx(0.03)


def test_requests_of_both_kinds_are_told_in_their_units() -> None:
    """Without a limit that binds, each kind is what it is when it is cleared apart."""
    told = [PodEffect(pod="POD1", effect=0.1, reactive_effect=0.1)]
    loose = GridLimit(player_id="DSO", element="line/1", index=0, unit="A", most=1e6, effects=told)
    apart = msgspec.structs.replace(
        loose, effects=[PodEffect(pod="POD1", effect=0.1), PodEffect(pod="POD2", effect=0.0)]
    )
    wanted = ask("need", ["POD1", "POD2"], -30.0, 0.5)
    point = PowerPoint(index=0, p=0.0, p_price=0.0, q=-15.0, q_price=0.4)
    reactive = Flexibility(pod=["POD1", "POD2"], power=[point], power_kind=PowerKind.REACTIVE)
    wanted = msgspec.structs.replace(wanted, flexibility=[*wanted.flexibility, reactive])
    offers = [
        both_offer("POD1", -25.0, 0.1, -10.0, 0.2),
        both_offer("POD2", -25.0, 0.2, -10.0, 0.1),
    ]
    together = clear_both(wanted, *offers, limits=(loose,))
    assert [(each.name, each.unit) for each in together.shadow_prices if each.price] == [
        ("need", "kW"),
        ("need", "kvar"),
    ]
    assert together.flexibility == clear_both(wanted, *offers, limits=(apart,)).flexibility
