"""Runs of many quarter-hours, reactive power, and what a market does with a group."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.grid.flexibility.conftest import Worst

from platone.grid.flexibility.acceptance import Changes, accept
from platone.grid.flexibility.request import PodFlexibility, size_request
from platone.grid.flow import chunk
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Source
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

TAN_PHI = 0.4
MakeNetwork = Callable[..., Network]


def run_of(network: Network, scenarios: int) -> ConsumerPower:
    rng = np.random.default_rng(3)
    p_kw = rng.uniform(100, 1300, (scenarios, len(network.consumers)))
    return ConsumerPower(p_kw, p_kw * TAN_PHI)


def test_parts_of_a_run_do_not_show(
    feeder: MakeNetwork, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = feeder((90.0, 70.0, 40.0))
    power = run_of(network, 40)
    pods = [
        PodFlexibility(pod_id=f"POD-{i}", max_up_kw=0.0, max_down_kw=900.0, kvar_per_kw=TAN_PHI)
        for i in (1, 2, 3)
    ]
    left: list[int] = []
    whole = size_request(Limits(network), engine, power, pods)
    monkeypatch.setattr(chunk, "_MOST", 7)
    parts = size_request(Limits(network), engine, power, pods, left.append)
    assert len(whole.needs) > 10
    assert [(each.scenario, each.pods) for each in parts.needs] == [
        (each.scenario, each.pods) for each in whole.needs
    ]
    assert [each.change_kw for each in parts.needs] == pytest.approx(
        [each.change_kw for each in whole.needs], rel=1e-5
    )
    assert [each.scenario for each in parts.violations] == [
        each.scenario for each in whole.violations
    ]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


def test_a_quarter_hour_without_solution_is_named_by_its_place(
    feeder: MakeNetwork, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = feeder((90.0,))
    power = run_of(network, 20)
    power.p_kw[13] *= 1e5
    monkeypatch.setattr(chunk, "_MOST", 7)
    with pytest.raises(PowerFlowDiverged) as caught:
        size_request(Limits(network), engine, power, [])
    assert caught.value.fields["quarterHours"] == [13]


def test_reactive_power_that_is_offered_cures_a_voltage(
    feeder: MakeNetwork, engine: GridModelPowerFlow, worst_by_pandapower: Worst
) -> None:
    network = feeder((900.0, 900.0, 900.0), km=8.0, min_pu=0.965)
    power = ConsumerPower(np.array([[200.0, 800.0, 900.0, 1000.0]]), np.full((1, 4), 300.0))
    dear = [
        PodFlexibility(
            pod_id=f"POD-{i}",
            max_up_kw=0.0,
            max_down_kw=500.0,
            kvar_per_kw=TAN_PHI,
            cost_eur_per_kwh=1.0,
            max_q_up_kvar=0.0,
            max_q_down_kvar=900.0,
            cost_eur_per_kvarh=0.01,
        )
        for i in (1, 2, 3)
    ]
    found = size_request(Limits(network), engine, power, dear)
    assert {violation.state.kind for violation in found.violations} == {"voltage"}
    assert found.incurable == ()
    assert sum(abs(need.change_kw) for need in found.needs) == 0
    assert sum(need.change_kvar for need in found.needs) < 0
    after = ConsumerPower(power.p_kw, power.q_kvar.copy())
    for need in found.needs:
        for pod in need.pods:
            share = need.change_kvar / len(need.pods)
            after.q_kvar[0, network.pod_position[pod]] += share
    assert worst_by_pandapower(network, power) > 1e-3
    assert worst_by_pandapower(network, after) < 1e-4


def test_least_money_is_not_least_power(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    network = feeder((80.0, 200.0, 200.0), km=4.0)
    power = ConsumerPower(np.array([[0.0, 1000.0, 1000.0, 1300.0]]), np.zeros((1, 4)))
    kw = {}
    for prices in ((None, None, None), (0.02, 0.3, 0.3)):
        pods = [
            PodFlexibility(
                pod_id=f"POD-{i}",
                max_up_kw=0.0,
                max_down_kw=900.0,
                kvar_per_kw=0.0,
                cost_eur_per_kwh=price,
            )
            for i, price in zip((1, 2, 3), prices, strict=True)
        ]
        found = size_request(Limits(network), engine, power, pods, in_groups=False)
        kw[prices[0]] = {need.pods[0]: -need.change_kw for need in found.needs}
    assert list(kw[None]) == ["POD-3"]  # behind the most impedance: it saves the most losses
    assert list(kw[0.02]) == ["POD-1"]
    assert kw[None]["POD-3"] < kw[0.02]["POD-1"]


def test_a_limit_that_only_another_split_breaks_is_kept_too(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    # a ring: less power at one end lets more current come from the other
    rng = np.random.default_rng(632270)
    count = int(rng.integers(2, 6))
    pods_kw = rng.uniform(300, 1500, count)
    limits_a = pods_kw[::-1].cumsum()[::-1] / 34.6 * rng.uniform(0.5, 1.3, count) * 0.6 + 8
    network = feeder((*limits_a, float(limits_a.max())), ring=True, km=float(rng.uniform(0.3, 2)))
    p_kw = np.array([[50.0, *pods_kw]])
    power = ConsumerPower(p_kw, p_kw * TAN_PHI)
    pods = [
        PodFlexibility(
            pod_id=f"POD-{i + 1}", max_up_kw=0.0, max_down_kw=float(kw), kvar_per_kw=TAN_PHI
        )
        for i, kw in enumerate(pods_kw)
    ]
    found = size_request(Limits(network), engine, power, pods)
    assert found.needs
    for need in found.needs:
        for pod in need.pods:
            after = ConsumerPower(power.p_kw.copy(), power.q_kvar.copy())
            kw = max(need.change_kw, -float(p_kw[0, network.pod_position[pod]]))
            after.p_kw[0, network.pod_position[pod]] += kw
            after.q_kvar[0, network.pod_position[pod]] += kw * TAN_PHI
            excess = Limits(network).excess(engine.solve(network, after))
            if len(found.needs) == 1:
                assert excess.max() < 2e-4


IMMATERIAL = (300, 312)
"""Meshes in which some changes are cut for limits on which their effect is small."""


@pytest.mark.parametrize("seed", [*range(10), *IMMATERIAL])
def test_what_is_accepted_in_meshes_breaks_nothing_new(
    random_mesh: Callable[[int], Any],
    engine: GridModelPowerFlow,
    worst_by_pandapower: Worst,
    seed: int,
) -> None:
    case = random_mesh(seed)
    limits, rng = Limits(case.network), np.random.default_rng(seed)
    count = case.power.p_kw.shape[1]
    before = float(limits.excess(engine.solve(case.network, case.power)).max())
    changes = Changes(
        np.zeros(count, np.int64),
        np.arange(count),
        rng.uniform(-2500, 2500, count),
        rng.choice([0.0, 0.01, 0.05], count),
        np.full(count, 0.3),
    )
    found = accept(limits, engine, case.power, changes)
    part = found.accepted_kw / changes.change_kw
    assert ((part >= 0) & (part <= 1)).all()
    cut = np.flatnonzero(found.accepted_kw != changes.change_kw)
    assert set(cut.tolist()) == set(found.against)
    assert all(found.against.values())
    accepted = ConsumerPower(
        case.power.p_kw + found.accepted_kw, case.power.q_kvar + 0.3 * found.accepted_kw
    )
    assert worst_by_pandapower(case.network, accepted) < max(before, 0.0) + 2e-5


def test_a_cure_of_what_was_broken_before_breaks_nothing_new(engine: GridModelPowerFlow) -> None:
    # feeding in relieves a line that is far beyond its limit, but lifts a voltage too high
    network = Network(
        id="relief",
        version="1",
        buses=tuple(
            Bus(id=name, nominal_kv=20.0, min_pu=0.5, max_pu=most)
            for name, most in zip("abc", (1.1, 1.1, 1.005), strict=True)
        ),
        sources=(Source(id="S", bus="a", voltage_pu=1.0),),
        lines=(
            Line(
                id="weak",
                from_bus="a",
                to_bus="b",
                resistance_ohm=0.01,
                reactance_ohm=0.01,
                capacitance_nf=0.0,
                limit_a=2.0,
            ),
            Line(
                id="long",
                from_bus="b",
                to_bus="c",
                resistance_ohm=5.0,
                reactance_ohm=0.5,
                capacitance_nf=0.0,
                limit_a=None,
            ),
        ),
        transformers=(),
        loads=(),
        connection_points=(
            ConnectionPoint(pod_id="B", bus="b"),
            ConnectionPoint(pod_id="C", bus="c"),
        ),
    )
    limits = Limits(check(network))
    baseline = ConsumerPower(np.array([[3000.0, 0.0]]), np.zeros((1, 2)))
    at_c = np.array([0]), np.array([1])
    changes = Changes(*at_c, np.array([-1000.0]), np.array([0.1]), np.zeros(1))
    (kw,) = accept(limits, engine, baseline, changes).accepted_kw
    after = engine.solve(network, ConsumerPower(np.array([[3000.0, kw]]), np.zeros((1, 2))))
    assert kw < -100
    assert after.voltage_pu[0, 2] == pytest.approx(1.005, abs=1e-5)
