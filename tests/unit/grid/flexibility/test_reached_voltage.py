"""Voltages that are far from their limits, and that what is offered could bring there.

A line with one point of delivery behind it has a voltage in closed form.
"""

from math import sqrt

import numpy as np
import pytest
from tests.unit.market.market_case import TSO, ask, changes, offer, session

from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flexibility.straight_limit import StraightLimit, straighten_limits
from platone.grid.flexibility.validation import Trade, validate
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Source
from platone.grid.network.model import Network
from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, GridLimit, Method, PodEffect

R_OHM, X_OHM, KV, BASELINE_KW = 0.05, 0.02, 0.4, 100.0
POD = "POD-1"
ENGINE = GridModelPowerFlow()


def network(min_pu: float | None = 0.9, max_pu: float | None = 1.1) -> Network:
    line = Line(id="line", from_bus="feeding", to_bus="end", resistance_ohm=R_OHM,
                reactance_ohm=X_OHM, capacitance_nf=0.0, limit_a=None)  # fmt: skip
    ends = Bus(id="end", nominal_kv=KV, min_pu=min_pu, max_pu=max_pu)
    return check(
        Network(
            id="a-line",
            name="a line",
            version="1",
            buses=(Bus(id="feeding", nominal_kv=KV, min_pu=None, max_pu=None), ends),
            sources=(Source(id="grid", bus="feeding", voltage_pu=1.0),),
            lines=(line,),
            connection_points=(ConnectionPoint(pod_id=POD, bus="end"),),
        )
    )


def voltage_pu(kw: float) -> float:
    """The upper root of V^4 + (2 R P - 1) V^2 + (R^2 + X^2) P^2 = 0, per unit, without kvar."""
    ohm = KV**2
    p, r, x = kw / 1e3, R_OHM / ohm, X_OHM / ohm
    half = (1 - 2 * r * p) / 2
    return sqrt(half + sqrt(half**2 - (r * r + x * x) * p * p))


def told(up_kw: float, down_kw: float, **band: float | None) -> list[StraightLimit]:
    power = ConsumerPower(np.array([[BASELINE_KW]]), np.zeros((1, 1)))
    pod = PodFlexibility(pod_id=POD, max_up_kw=up_kw, max_down_kw=down_kw, kvar_per_kw=0.0)
    return straighten_limits(Limits(network(**band)), ENGINE, power, np.zeros((1, 1)), [pod])


def kw_at(limit: StraightLimit, change_pu: float) -> float:
    return BASELINE_KW + change_pu / limit.effects[POD]


@pytest.mark.parametrize(("up_kw", "down_kw", "end_pu"), [(0.0, 500.0, 1.1), (300.0, 0.0, 0.9)])
def test_a_limit_that_offers_could_reach_is_told_however_far_it_is(
    up_kw: float, down_kw: float, end_pu: float
) -> None:
    """At the baseline it lies more than half of half the band away from both limits."""
    assert 0.95 < voltage_pu(BASELINE_KW) < 1.05
    (limit,) = told(up_kw, down_kw)
    change_pu = limit.most if end_pu > 1 else limit.least
    assert voltage_pu(kw_at(limit, change_pu)) == pytest.approx(end_pu, abs=1e-3)
    assert np.isinf(limit.least if end_pu > 1 else limit.most)


@pytest.mark.parametrize(("up_kw", "down_kw"), [(400.0, 500.0), (310.0, 900.0), (900.0, 410.0)])
def test_a_band_that_can_be_left_on_both_sides_is_told_on_both(
    up_kw: float, down_kw: float
) -> None:
    """It is exact below, and on the safe side above: a voltage falls ever more steeply."""
    (limit,) = told(up_kw, down_kw)
    lower, upper = (voltage_pu(kw_at(limit, each)) for each in (limit.least, limit.most))
    assert lower == pytest.approx(0.9, abs=1e-3)
    assert 1.05 < upper < 1.1


@pytest.mark.parametrize(("up_kw", "down_kw"), [(100.0, 100.0), (0.0, 0.0)])
def test_what_offers_cannot_reach_is_not_told(up_kw: float, down_kw: float) -> None:
    assert all(0.9 < voltage_pu(BASELINE_KW + kw) < 1.1 for kw in (up_kw, -down_kw))
    assert told(up_kw, down_kw) == []


@pytest.mark.parametrize("band", [{"min_pu": None}, {"max_pu": None}])
def test_a_band_that_is_open_on_one_side_has_a_limit_on_the_other(
    band: dict[str, float | None],
) -> None:
    (limit,) = told(400.0, 500.0, **band)
    assert np.isinf(limit.least) == ("min_pu" in band)
    assert np.isinf(limit.most) == ("max_pu" in band)


def test_offers_that_leave_the_grid_without_a_state_reach_every_limit() -> None:
    """The line carries no more than 1 / (2 (R + |Z|)) per unit, 1541 kW."""
    (limit,) = told(9_000.0, 0.0)
    assert voltage_pu(kw_at(limit, limit.least)) == pytest.approx(0.9, abs=0.02)


def test_the_market_decides_nothing_that_validation_then_cuts() -> None:
    """A TSO wants 500 kW less; what the closed form allows is sold."""
    limits = tuple(
        GridLimit(player_id="DSO", element=each.element, index=0, unit=each.unit, price=None,
                  least=None if np.isinf(each.least) else each.least,
                  most=None if np.isinf(each.most) else each.most,
                  effects=[PodEffect(pod=pod, effect=by) for pod, by in each.effects.items()])
        for each in told(0.0, 500.0)
    )  # fmt: skip
    sold_kw = changes(
        clear(
            session(
                offer(POD, -500.0, 0.05),
                ask("need", [POD], -500.0, 0.1, TSO),
                rules=ClearingRules(method=Method.LEAST_COST),
                limits=limits,
            )
        )
    )[POD]
    assert voltage_pu(BASELINE_KW + sold_kw) == pytest.approx(1.1, abs=1e-3)
    power = ConsumerPower(np.array([[BASELINE_KW]]), np.zeros((1, 1)))
    trade = Trade(
        pod_id=POD, scenario=0, change_kw=sold_kw, price_eur_per_kwh=0.05, kvar_per_kw=0.0
    )
    (verdict,) = validate(Limits(network()), ENGINE, power, [trade]).verdicts
    assert verdict.accepted_kw == pytest.approx(sold_kw, rel=1e-3)
