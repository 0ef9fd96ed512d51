"""The gap that a request states is true: nothing cheaper exists by more than that part."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.grid.flexibility.conftest import Case, MakeCase
from tests.unit.grid.flexibility.convex_bound import lower_bound

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flexibility import cure
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower, snapshot

DATA = Path(__file__).parents[3] / "data" / "grid" / "flexibility"
ENOUGH = 2e-5
"""The gap at which a request ends, by the documentation."""
SOLVER = 2e-6
"""Part by which the bound itself is uncertain."""
LEAST_KW = 72.7943
"""Least change of the case, by a convex bound and by an interior-point optimal power flow."""


def request(
    case: Case, engine: GridModelPowerFlow, margins: np.ndarray, tan: float
) -> FlexibilityNeed:
    pods = [
        PodFlexibility(
            pod_id=point.pod_id, max_up_kw=0.0, max_down_kw=float(margin), kvar_per_kw=tan
        )
        for point, margin in zip(case.network.connection_points, margins, strict=True)
    ]
    return size_request(Limits(case.network), engine, case.power, pods, in_groups=False)


def asked_kw(need: FlexibilityNeed) -> float:
    return -sum(each.change_kw for each in need.needs)


@pytest.mark.parametrize("first", range(0, 240, 20))
def test_of_radial_networks_with_one_bottleneck(
    random_village: MakeCase, engine: GridModelPowerFlow, first: int
) -> None:
    for seed in range(first, first + 20):
        case = random_village(seed)
        rng = np.random.default_rng(seed)
        tan = float(rng.choice([0.0, 0.3]))
        margins = case.power.p_kw[0] * rng.uniform(0.5, 1.0)
        need = request(case, engine, margins, tan)
        bound = lower_bound(case.network, case.power, margins, np.ones(len(margins)), tan)
        if need.incurable or bound is None:
            assert bool(need.incurable) == (bound is None), seed
            continue
        assert need.gap is not None, seed
        assert need.gap <= ENOUGH, seed
        assert asked_kw(need) <= bound * (1 + need.gap + SOLVER), seed


@pytest.mark.parametrize("seeds", [range(30), range(200, 230), range(400, 430)])
def test_of_trees_with_many_limits(
    random_tree: MakeCase, engine: GridModelPowerFlow, seeds: range
) -> None:
    for seed in seeds:
        case = random_tree(seed)
        margins = case.power.p_kw[0]
        need = request(case, engine, margins, 0.3)
        bound = lower_bound(case.network, case.power, margins, np.ones(len(margins)), 0.3)
        if need.incurable or bound is None or not need.needs:
            continue
        if need.gap is not None:
            # an excess of 1e-6 of some MW counts as none, and makes the cost uncertain by a watt
            assert asked_kw(need) <= bound * (1 + need.gap + SOLVER) + 1e-3, seed


def test_of_the_case_that_failed(engine: GridModelPowerFlow) -> None:
    network = read_pandapower((DATA / "request_gap_net.json").read_bytes())
    flexible = json.loads((DATA / "request_gap_flexibility.json").read_text())["flex"]
    pods = [
        PodFlexibility(
            pod_id=each["id"],
            max_up_kw=each["up"],
            max_down_kw=each["down"],
            kvar_per_kw=each["tan"],
        )
        for each in flexible
    ]
    need = size_request(Limits(network), engine, snapshot(network), pods, in_groups=False)
    assert need.incurable == ()
    assert asked_kw(need) == pytest.approx(LEAST_KW, rel=ENOUGH)
    assert need.gap is not None
    assert asked_kw(need) <= LEAST_KW * (1 + need.gap) + 1e-4


@pytest.mark.parametrize("rounds", [3, 5, 8])
def test_where_the_rounds_run_out_the_gap_is_true_or_not_told(
    random_village: MakeCase,
    engine: GridModelPowerFlow,
    monkeypatch: pytest.MonkeyPatch,
    rounds: int,
) -> None:
    monkeypatch.setattr(cure, "_MOST_ROUNDS", rounds)
    told = 0
    for seed in range(20):
        case = random_village(seed)
        margins = case.power.p_kw[0]
        need = request(case, engine, margins, 0.0)
        bound = lower_bound(case.network, case.power, margins, np.ones(len(margins)), 0.0)
        assert bound is not None
        if need.gap is not None and not need.incurable:
            told += 1
            assert asked_kw(need) <= bound * (1 + need.gap + SOLVER), seed
    assert told > 0


def test_more_rounds_leave_no_more_excess(
    random_village: MakeCase, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(8):
        case = random_village(seed)
        left = []
        for rounds in range(1, 12):
            monkeypatch.setattr(cure, "_MOST_ROUNDS", rounds)
            need = request(case, engine, case.power.p_kw[0], 0.0)
            left.append(max((each.violation.excess for each in need.incurable), default=0.0))
        assert left == sorted(left, reverse=True), seed
        assert left[0] > left[-1]


def test_where_limits_are_not_convex_no_gap_is_told(
    random_mesh: MakeCase, random_village: MakeCase, engine: GridModelPowerFlow
) -> None:
    mesh = random_mesh(67)
    pods = [
        PodFlexibility(pod_id=point.pod_id, max_up_kw=2000.0, max_down_kw=2000.0, kvar_per_kw=0.3)
        for point in mesh.network.connection_points
    ]
    need = size_request(Limits(mesh.network), engine, mesh.power, pods, in_groups=False)
    assert need.needs
    assert need.gap is None
    village = random_village(3)
    power = ConsumerPower(-1.1 * village.power.p_kw, village.power.q_kvar)
    points = village.network.connection_points
    less = [
        PodFlexibility(pod_id=each.pod_id, max_up_kw=100.0, max_down_kw=0.0, kvar_per_kw=0.0)
        for each in points
    ]
    feeding_in = size_request(Limits(village.network), engine, power, less, in_groups=False)
    assert feeding_in.needs
    assert feeding_in.incurable == ()
    assert feeding_in.gap is None
