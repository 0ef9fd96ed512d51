from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.flexibility.validation import Trade, Validation, validate
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

TAN_PHI = 0.4
MakeNetwork = Callable[..., Network]
Deal = tuple[int, float, float]
"""Number of the PoD, change in kW, price."""


def power_of(pods_kw: list[float], other_kw: float = 200.0) -> ConsumerPower:
    p_kw = np.array([[other_kw, *pods_kw]])
    return ConsumerPower(p_kw, p_kw * TAN_PHI)


def judge(
    network: Network, power: ConsumerPower, deals: list[Deal], engine: GridModelPowerFlow
) -> Validation:
    trades = [
        Trade(
            pod_id=f"POD-{pod}",
            scenario=0,
            change_kw=kw,
            price_eur_per_kwh=price,
            kvar_per_kw=TAN_PHI,
        )
        for pod, kw, price in deals
    ]
    return validate(Limits(network), engine, power, trades)


def excess_with(
    network: Network,
    power: ConsumerPower,
    deals: list[Deal],
    accepted_kw: list[float],
    engine: GridModelPowerFlow,
) -> np.ndarray:
    p_kw = power.p_kw.copy()
    for (pod, _, _), kw in zip(deals, accepted_kw, strict=True):
        p_kw[0, pod] += kw
    flow = engine.solve(network, ConsumerPower(p_kw, p_kw * TAN_PHI))
    excess: np.ndarray = Limits(network).excess(flow)[0]
    return excess


def accepted(found: Validation) -> list[float]:
    return [verdict.accepted_kw for verdict in found.verdicts]


def test_what_the_grid_takes_is_not_cut(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    network = feeder((100.0, 100.0))
    found = judge(network, power_of([500, 500]), [(1, 300.0, 0.1), (2, -200.0, 0.2)], engine)
    assert accepted(found) == [300.0, -200.0]
    assert found.violations == ()


def test_equal_trades_are_cut_pro_rata(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    network = feeder((60.0,))
    deals = [(1, 600.0, 0.05), (1, 300.0, 0.05)]
    found = judge(network, power_of([1400.0]), deals, engine)
    first, second = accepted(found)
    assert 0 < second < 300
    assert first == pytest.approx(2 * second, rel=1e-5)
    assert excess_with(network, power_of([1400.0]), deals, [first, second], engine).max() < 1e-6


def test_the_cheaper_trade_is_cut_first(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    network = feeder((60.0,))
    deals = [(1, 300.0, 0.09), (1, 300.0, 0.02)]
    found = judge(network, power_of([1400.0]), deals, engine)
    assert accepted(found)[0] == 300.0
    assert 0 < accepted(found)[1] < 300.0


def test_a_cut_names_element_value_and_limit(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((100.0, 40.0))
    deals = [(1, 300.0, 0.05), (2, 900.0, 0.05)]
    power = power_of([500.0, 700.0])
    found = judge(network, power, deals, engine)
    assert found.verdicts[0].accepted_kw == 300.0
    (cause,) = found.verdicts[1].causes
    whole = excess_with(network, power, deals, [300.0, 900.0], engine)
    assert (cause.element, cause.kind, cause.limit, cause.unit) == ("line1", "current", 40.0, "A")
    assert cause.value == pytest.approx(40.0 * (1 + max(whole[1], whole[3])))


def test_a_voltage_stands_against_feeding_in(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((900.0, 900.0), km=10.0, max_pu=1.03)
    deals = [(2, -2500.0, 0.05)]
    power = power_of([0.0, 500.0], other_kw=0.0)
    found = judge(network, power, deals, engine)
    assert -2500 < accepted(found)[0] < 0
    assert found.verdicts[0].causes[0].kind == "voltage"
    assert excess_with(network, power, deals, accepted(found), engine).max() == pytest.approx(
        0, abs=1e-5
    )


def test_a_violation_of_the_baseline_cuts_only_what_makes_it_worse(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    # line1 is overloaded from the start: POD-1 does not touch it, POD-3 relieves it
    network = feeder((200.0, 40.0, 100.0))
    deals = [(1, 300.0, 0.05), (2, 200.0, 0.05), (3, -100.0, 0.05)]
    found = judge(network, power_of([500.0, 1200.0, 800.0]), deals, engine)
    assert accepted(found)[0] == 300.0
    assert accepted(found)[1] == pytest.approx(0.0, abs=1e-3)
    assert accepted(found)[2] == -100.0
    assert found.verdicts[1].causes[0].element == "line1"
    assert [violation.state.element for violation in found.left] == ["line1"]


def test_what_relieves_makes_room_for_what_loads(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((60.0,))
    deals = [(1, -500.0, 0.05), (1, 300.0, 0.05)]
    power = power_of([2100.0])
    found = judge(network, power, deals, engine)
    assert accepted(found)[0] == -500.0
    assert 0 < accepted(found)[1] < 300.0
    assert excess_with(network, power, deals, accepted(found), engine).max() < 1e-6


def test_a_trade_without_price_is_still_cut_no_more_than_needed(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((60.0,))
    found = judge(network, power_of([1400.0]), [(1, 600.0, 0.0)], engine)
    after = excess_with(network, power_of([1400.0]), [(1, 600.0, 0.0)], accepted(found), engine)
    assert after.max() == pytest.approx(0, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), ring=st.sampled_from([0, 1]))
def test_nothing_new_is_broken_and_nothing_gets_worse(
    feeder: MakeNetwork, engine: GridModelPowerFlow, seed: int, ring: int
) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    pods_kw = rng.uniform(100, 1200, count)
    through_a = pods_kw[::-1].cumsum()[::-1] / 34.6
    limits_a = through_a * rng.uniform(0.9, 1.4, count) * (0.6 if ring else 1.0) + 8
    limits = (*limits_a, float(limits_a.max())) if ring else tuple(limits_a)
    network = feeder(limits, ring=bool(ring), km=float(rng.uniform(0.3, 2)))
    power = power_of(list(pods_kw), other_kw=50.0)
    deals = [
        (int(rng.integers(1, count + 1)), float(rng.uniform(-500, 900)), float(price))
        for price in rng.choice([0.0, 0.01, 0.02, 0.05], int(rng.integers(1, 7)))
    ]
    found = judge(network, power, deals, engine)
    for (_, kw, _), verdict in zip(deals, found.verdicts, strict=True):
        assert 0 <= verdict.accepted_kw / kw <= 1
        assert (verdict.accepted_kw == kw) or verdict.causes
    before = excess_with(network, power, deals, [0.0] * len(deals), engine)
    ends = before[: 2 * len(limits)].reshape(2, -1).max(axis=0)
    before[: 2 * len(limits)] = np.tile(ends, 2)
    after = excess_with(network, power, deals, accepted(found), engine)
    assert (after <= np.maximum(before, 0.0) + 2e-5).all()
    again = judge(network, power, deals[::-1], engine)
    assert accepted(again)[::-1] == pytest.approx(accepted(found), abs=0.05)
