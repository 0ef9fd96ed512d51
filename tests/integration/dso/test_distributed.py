"""Days and feeders on a real Dask cluster give what one process gives."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flexibility.validation import Trade, Validation, validate
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line, Switch
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Load, Source
from platone.grid.network.feeder import independent_parts
from platone.grid.network.model import Network
from platone.grid.problem.calculation import ClusterMissing, PowerFlowDiverged, WorkersInvalid
from platone.grid.run import distributed, span, workers
from platone.grid.run.grid_work import GridWork

TAN_PHI = 0.3


@pytest.fixture(scope="module")
def two_feeders() -> Network:
    """Two feeders from one busbar, with a tie between their ends that is open at one of them."""
    names = ["bar", "rail", *(f"{side}{i}" for side in "ab" for i in range(3))]
    ends = [("bar", "a0"), ("a0", "a1"), ("a1", "a2"), ("rail", "b0"), ("b0", "b1"), ("b1", "b2")]
    lines = [
        Line(
            id=f"line{i}",
            from_bus=a,
            to_bus=b,
            resistance_ohm=0.4,
            reactance_ohm=0.3,
            capacitance_nf=200.0,
            limit_a=60.0,
        )
        for i, (a, b) in enumerate(ends)
    ]
    tie = Line(
        id="tie",
        from_bus="a2",
        to_bus="b2",
        resistance_ohm=0.4,
        reactance_ohm=0.3,
        capacitance_nf=900.0,
        limit_a=60.0,
        to_closed=False,
    )
    return check(
        Network(
            id="two",
            version="1",
            buses=tuple(Bus(id=name, nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for name in names),
            sources=(Source(id="S", bus="bar", voltage_pu=1.0),),
            lines=(*lines, tie),
            loads=(Load(id="at-the-bar", bus="bar", p_kw=50.0, q_kvar=10.0),),
            connection_points=tuple(
                ConnectionPoint(pod_id=f"POD-{name}", bus=name) for name in names[2:]
            ),
            switches=(Switch(id="coupler", bus="bar", other="rail"),),
        )
    )


@pytest.fixture(scope="module")
def days(two_feeders: Network) -> ConsumerPower:
    """Three days in which some quarter-hours are congested."""
    rng = np.random.default_rng(5)
    p_kw = rng.uniform(200, 830, (288, len(two_feeders.consumers)))
    return ConsumerPower(p_kw, p_kw * TAN_PHI)


@pytest.fixture(scope="module")
def pods(two_feeders: Network) -> list[PodFlexibility]:
    points = two_feeders.connection_points
    return [
        PodFlexibility(pod_id=each.pod_id, max_up_kw=100.0, max_down_kw=400.0, kvar_per_kw=TAN_PHI)
        for each in points
    ]


@pytest.fixture
def whole(two_feeders: Network, days: ConsumerPower, pods: list[PodFlexibility]) -> FlexibilityNeed:
    return size_request(Limits(two_feeders), GridModelPowerFlow(), days, pods, in_groups=False)


def changes(need: FlexibilityNeed) -> dict[tuple[int, tuple[str, ...]], float]:
    return {(each.scenario, each.pods): each.change_kw for each in need.needs}


def assert_same(found: FlexibilityNeed, whole: FlexibilityNeed) -> None:
    assert len(whole.needs) > 20
    assert len(found.violations) == len(whole.violations)
    first, second = changes(found), changes(whole)
    totals = [sum(each.values()) for each in (first, second)]
    assert totals[0] == pytest.approx(totals[1], rel=1e-4)
    for each, other in zip(found.violations, whole.violations, strict=True):
        assert (each.scenario, each.state.element) == (other.scenario, other.state.element)


def test_feeders_are_parts_that_only_a_source_joins(
    two_feeders: Network, days: ConsumerPower
) -> None:
    one, other = independent_parts(two_feeders)
    assert [line.id for line in one.lines] == ["line0", "line1", "line2", "tie"]
    assert [line.id for line in other.lines] == ["line3", "line4", "line5"]
    assert {bus.id for bus in other.buses} >= {"bar", "rail", "b0", "b1", "b2"}
    engine = GridModelPowerFlow()
    flow = engine.solve(two_feeders, days)
    for part in (one, other):
        columns = [two_feeders.consumer_position[each.id] for each in part.consumers]
        power = ConsumerPower(days.p_kw[:, columns], days.q_kvar[:, columns])
        rows = [two_feeders.branch_position[each.id] for each in part.branches]
        assert engine.solve(part, power).from_a == pytest.approx(flow.from_a[:, rows], abs=1e-6)


def test_a_meshed_network_is_one_part(two_feeders: Network) -> None:
    closed = tuple(replace(line, to_closed=True) for line in two_feeders.lines)
    network = check(replace(two_feeders, lines=closed))
    assert independent_parts(network) == (network,)


@pytest.mark.parametrize("where", ["", "processes:2"])
def test_in_parts_it_is_the_same(
    where: str,
    two_feeders: Network,
    days: ConsumerPower,
    pods: list[PodFlexibility],
    whole: FlexibilityNeed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(span, "SCENARIOS_OF_A_PART", 96)
    left: list[int] = []
    with workers.workers(where) as here:
        found = distributed.spread_request(
            here, two_feeders, days, pods, left.append, in_groups=False
        )
    assert_same(found, whole)
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


def local(count: int, **options: Any) -> Any:
    make: Any = LocalCluster
    options |= {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    return make(n_workers=count, threads_per_worker=1, **options)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two workers in processes of their own."""
    make: Any = LocalCluster
    with make(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as found:
        yield found


def test_on_a_cluster_it_is_the_same(
    cluster: Any,
    two_feeders: Network,
    days: ConsumerPower,
    pods: list[PodFlexibility],
    whole: FlexibilityNeed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(span, "SCENARIOS_OF_A_PART", 96)
    points = two_feeders.connection_points
    trades = [
        Trade(
            pod_id=each.pod_id,
            scenario=scenario,
            change_kw=300.0,
            price_eur_per_kwh=0.02 + 0.01 * place,
            kvar_per_kw=TAN_PHI,
        )
        for scenario in range(0, 288, 24)
        for place, each in enumerate(points)
    ]
    with workers.workers(cluster.scheduler_address) as cluster_workers:
        assert cluster_workers.count == 2
        found = distributed.spread_request(
            cluster_workers, two_feeders, days, pods, in_groups=False
        )
        judged = distributed.spread_validation(cluster_workers, two_feeders, days, trades)
        none = ConsumerPower(days.p_kw * 100, days.q_kvar * 100)
        with pytest.raises(PowerFlowDiverged):
            distributed.spread_request(cluster_workers, two_feeders, none, pods)
    assert_same(found, whole)
    here = validate(Limits(two_feeders), GridModelPowerFlow(), days, trades)
    assert kept(judged) == pytest.approx(kept(here), abs=0.5)
    assert sum(kept(judged)) == pytest.approx(sum(kept(here)), rel=1e-4)
    assert any(verdict.causes for verdict in judged.verdicts)


def kept(found: Validation) -> list[float]:
    return [verdict.accepted_kw for verdict in found.verdicts]


def test_a_cluster_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(ClusterMissing, match=r"tcp://127\.0\.0\.1:9"),
        workers.workers("tcp://127.0.0.1:9", timeout_s=1.0),
    ):
        pass


@pytest.mark.parametrize(
    "where", ["processes:0", "processes:two", "http://10.0.0.5:8786", "tcp://x"]
)
def test_a_place_that_is_none_is_named(where: str) -> None:
    with pytest.raises(WorkersInvalid, match=where):
        GridWork(where)


def test_a_scheduler_without_workers_is_named() -> None:
    with (
        local(0) as empty,
        pytest.raises(ClusterMissing, match="no workers"),
        workers.workers(empty.scheduler_address, timeout_s=1.0),
    ):
        pass


@pytest.mark.parametrize("where", ["processes:1", "cluster"])
def test_workers_that_end_are_named(where: str) -> None:
    with ExitStack() as stack:
        if where == "cluster":
            cluster = stack.enter_context(local(1))
            # Dask fails to end a worker that it just starts again
            stack.callback(cluster.wait_for_workers, 1, timeout=60)
            where = cluster.scheduler_address
        here = stack.enter_context(workers.workers(where))
        with pytest.raises(ClusterMissing):
            list(here.map(os._exit, [1]))


@pytest.mark.parametrize(
    ("scenarios", "least", "lengths"),
    [
        (1, 8, [1]),
        (96, 8, [96]),
        (192, 8, [96, 96]),
        (700, 1, [350, 350]),
        (2016, 2, [672, 672, 672]),
    ],
)
def test_a_run_is_cut_evenly_and_not_below_days(
    scenarios: int, least: int, lengths: list[int]
) -> None:
    found = span.spans(scenarios, least)
    assert [each.stop - each.start for each in found] == lengths
    assert [found[0].start, found[-1].stop] == [0, scenarios]


def test_unbalanced_states_in_parts_are_the_same(
    two_feeders: Network, days: ConsumerPower, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = tuple(
        replace(line, zero_resistance_ohm=1.2, zero_reactance_ohm=0.9, zero_capacitance_nf=0.0)
        for line in two_feeders.lines
    )
    points = tuple(
        replace(point, phases="ABC"[place % 3])
        for place, point in enumerate(two_feeders.connection_points)
    )
    network = check(replace(two_feeders, lines=lines, connection_points=points))
    power = phase_power(network, ConsumerPower(days.p_kw / 3, days.q_kvar / 3))
    whole = CurrentInjectionFlow().solve(network, power)
    monkeypatch.setattr(span, "SCENARIOS_OF_A_PART", 96)
    found = GridWork("processes:2").phase_flow(network, power)
    assert np.ptp(whole.from_a, axis=2).max() > 1.0
    assert found.from_a == pytest.approx(whole.from_a, abs=1e-6)


def test_states_in_parts_are_the_same(
    two_feeders: Network, days: ConsumerPower, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "SCENARIOS_OF_A_PART", 96)
    whole = GridModelPowerFlow().solve(two_feeders, days)
    found = GridWork(cluster.scheduler_address).power_flow(two_feeders, days)
    assert found.from_a == pytest.approx(whole.from_a, abs=1e-6)
    none = ConsumerPower(days.p_kw.copy(), days.q_kvar)
    none.p_kw[200] *= 100
    with pytest.raises(PowerFlowDiverged) as error:
        GridWork("processes:2").power_flow(two_feeders, none)
    assert error.value.fields["quarterHours"] == [200]
