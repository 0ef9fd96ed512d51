"""Contingency analysis: order, runs, names, and its parts at other places."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.cli.outage_text import outage_text
from platone.grid.contingency.outage import outages_of
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.circuit import circuit_of
from platone.grid.network.element import Load
from platone.grid.network.event import Switching, happened
from platone.grid.network.model import Network
from platone.grid.network.outage import without_branches
from platone.grid.problem.calculation import PowerFlowDiverged, UnknownBranch
from platone.grid.run.distributed_outage import spread_outages
from platone.grid.run.grid_work import GridWork
from platone.grid.run.workers import InProcess

MakeNetwork = Callable[..., Network]


def _power(network: Network, quarter_hours: int, kw: float = 400.0) -> ConsumerPower:
    p_kw = np.random.default_rng(3).uniform(0, kw, (quarter_hours, len(network.consumers)))
    return ConsumerPower(p_kw, 0.3 * p_kw)


def test_circuit_is_that_of_switching(two_levels: MakeNetwork) -> None:
    network = two_levels(clock=5, tap=2)
    for place, branch in enumerate(network.branches):
        ours = circuit_of(without_branches(network, [place]))
        fresh = circuit_of(happened(network, [Switching(branch.id, closed=False)]))
        assert np.array_equal(ours.fed, fresh.fed)
        assert np.array_equal(ours.ports.closed, fresh.ports.closed)
        assert np.allclose(ours.admittance.toarray(), fresh.admittance.toarray(), rtol=1e-12)


def test_what_is_switched_off_stands_in_the_network(two_levels: MakeNetwork) -> None:
    network = two_levels()
    left = without_branches(network, [0, len(network.lines)])
    assert (left.lines[0].from_closed, left.lines[0].to_closed) == (False, False)
    assert (left.transformers[0].from_closed, left.transformers[0].to_closed) == (False, False)
    assert left.lines[1:] == network.lines[1:]


def test_lost_load_comes_before_broken_limits(feeder: MakeNetwork) -> None:
    """On a radial feeder the nearer the outage is to the source, the more goes dark."""
    network = feeder((90.0, 60.0, 40.0), with_load=False)
    found = grid.outage(network, _power(network, 96))
    assert [each.outage.element for each in found.contingencies] == ["line0", "line1", "line2"]
    assert [len(each.found.islands[0].consumers) for each in found.contingencies] == [3, 2, 1]


def test_in_a_ring_the_worst_excess_comes_first(feeder: MakeNetwork) -> None:
    network = feeder((30.0, 30.0, 30.0, 30.0), ring=True, with_load=False)
    power = _power(network, 96, 900.0)
    found = grid.outage(network, power)
    assert not any(each.found.islands for each in found.contingencies)
    added = [each.found.violations[0].added for each in found.contingencies]
    assert added == sorted(added, reverse=True)
    engine = GridModelPowerFlow()
    for each in found.contingencies:
        left = without_branches(network, each.outage.branches)
        excess = Limits(left).of_elements(Limits(left).excess(engine.solve(left, power)))
        assert each.found.violations
        for violation in each.found.violations:
            element = violation.worst.state.element
            column = excess[:, network.branch_position[element]]
            assert violation.worst.excess == pytest.approx(column.max())
            assert violation.worst.scenario == column.argmax()
            assert violation.quarter_hours == (column > 0).sum()


def test_both_voltage_limits_of_a_bus_may_break(feeder: MakeNetwork) -> None:
    network = feeder((None, None), km=20.0, min_pu=0.97, max_pu=1.01, with_load=False)
    power = ConsumerPower(np.array([[0.0, 1500.0], [0.0, -1500.0]]), np.zeros((2, 2)))
    found = grid.outage(network, power, ["line1"])
    of_last = [each for each in found.intact if each.worst.state.element == "bus2"]
    assert sorted(each.worst.scenario for each in of_last) == [0, 1]
    assert all(each.quarter_hours == 1 for each in of_last)


def test_intact_value_is_that_without_the_outage(feeder: MakeNetwork) -> None:
    network = feeder((30.0, 90.0, 90.0), ring=True, with_load=False)
    power = _power(network, 30, 900.0)
    found = grid.outage(network, power, ["line2"])
    flow = grid.power_flow(network, power)
    (violation,) = [
        each
        for each in found.contingencies[0].found.violations
        if each.worst.state.element == "line0"
    ]
    most = max(flow.from_a[:, 0].max(), flow.to_a[:, 0].max())
    assert violation.intact == pytest.approx(most)
    assert violation.added == pytest.approx(violation.worst.excess - max(most / 30 - 1, 0))


def test_a_long_run_is_cut_and_tells_the_same(feeder: MakeNetwork) -> None:
    """Power flows are solved in parts of 2,048 quarter-hours; the last one holds the worst."""
    network = feeder((30.0, 30.0, 30.0), ring=True, with_load=False)
    power = _power(network, 3000, 900.0)
    power.p_kw[2900] = 2000.0
    whole = grid.outage(network, power, ["line0"])
    (contingency,) = whole.contingencies
    later = ConsumerPower(power.p_kw[2048:], power.q_kvar[2048:])
    early = ConsumerPower(power.p_kw[:2048], power.q_kvar[:2048])
    parts = [grid.outage(network, each, ["line0"]).contingencies[0] for each in (early, later)]
    assert [each.worst.scenario for each in contingency.found.violations] == [2900] * len(
        contingency.found.violations
    )
    counted = {
        violation.worst.state.element: violation.quarter_hours
        for violation in contingency.found.violations
    }
    summed = dict.fromkeys(counted, 0)
    for part in parts:
        for violation in part.found.violations:
            summed[violation.worst.state.element] += violation.quarter_hours
    assert counted == summed


def test_lost_load_over_a_run(feeder: MakeNetwork) -> None:
    network = feeder((None, None), with_load=False)
    power = ConsumerPower(np.array([[0.0, 100.0], [0.0, 300.0], [0.0, -80.0]]), np.zeros((3, 2)))
    found = grid.outage(network, power, ["line1"])
    (island,) = found.contingencies[0].found.islands
    assert island.consumers == ("POD-2",)
    assert (island.lost_kw, island.lost_kwh, island.lost_generation_kwh) == (300.0, 100.0, 20.0)


def test_quarter_hours_without_solution_are_named(feeder: MakeNetwork) -> None:
    network = feeder((None,) * 4, ring=True, km=30.0, with_load=False)
    power = ConsumerPower(np.full((3, 3), 100.0), np.zeros((3, 3)))
    power.p_kw[1] = 3500.0
    grid.power_flow(network, power)
    found = grid.outage(network, power, ["line0", "line1"])
    assert found.contingencies[0].outage.element == "line0"
    assert found.contingencies[0].found.unsolved == (1,)
    left = without_branches(network, [0])
    with pytest.raises(PowerFlowDiverged) as error:
        GridModelPowerFlow().solve(left, power)
    assert error.value.fields["quarterHours"] == [1]


def test_an_intact_network_without_solution_is_refused(feeder: MakeNetwork) -> None:
    network = feeder((90.0,))
    power = ConsumerPower(np.array([[1e7, 1e7]]), np.zeros((1, 2)))
    with pytest.raises(PowerFlowDiverged):
        grid.outage(network, power)


def test_unknown_branches_are_refused(feeder: MakeNetwork) -> None:
    network = feeder((90.0, 60.0))
    with pytest.raises(UnknownBranch, match="'line9'") as error:
        grid.outage(network, branches=["line0", "line9"])
    assert error.value.fields == {"element": "line9"}
    with pytest.raises(UnknownBranch, match="'bus0'"):
        grid.outage(network, branches=["bus0"])


def test_named_twice_is_looked_at_once(feeder: MakeNetwork) -> None:
    found = grid.outage(feeder((90.0, 60.0)), branches=["line1", "line0", "line1"])
    assert sorted(each.outage.element for each in found.contingencies) == ["line0", "line1"]


def test_branches_without_voltage_are_left_out(two_levels: MakeNetwork) -> None:
    """A line that is on at one end is charged from there, and is looked at; one that is off not."""
    network = two_levels()
    assert [each.element for each in outages_of(network)] == [*(f"line{i}" for i in range(5)), "t"]
    off = happened(network, [Switching("line0", closed=False)])
    assert [each.element for each in outages_of(off)] == [*(f"line{i}" for i in range(1, 5)), "t"]
    assert [each.element for each in outages_of(off, ["line0"])] == ["line0"]


def test_progress_counts_down_the_states(feeder: MakeNetwork) -> None:
    network = feeder((90.0, 60.0))
    told: list[int] = []
    grid.outage(network, _power(network, 96), progress=told.append)
    assert told[0] == 2 * 96
    assert told[-1] == 0
    assert told == sorted(told, reverse=True)


def test_in_parts_as_in_one(feeder: MakeNetwork) -> None:
    network = feeder((30.0,) * 7, ring=True)
    power = _power(network, 10, 500.0)
    told: list[int] = []
    parts = spread_outages(InProcess(), network, power, outages_of(network), told.append)
    assert parts == GridWork().outages(network, power, outages_of(network))
    assert told == [52, 35, 17, 0]


def test_it_says_in_one_line_what_it_is(feeder: MakeNetwork) -> None:
    network = feeder((90.0, 60.0))
    assert repr(grid.outage(network, snapshot(network))) == (
        "<Outages: 2 branches over 1 quarter-hours; 2 leave buses dark (2 also after switching), "
        "0 break limits>"
    )


def test_consumers_without_load_are_named(feeder: MakeNetwork) -> None:
    network = feeder((90.0, 60.0), with_load=False)
    idle: Any = replace(
        network, loads=(Load(id="idle", name="", bus="bus2", p_kw=0.0, q_kvar=0.0),)
    )
    (contingency,) = grid.outage(idle, branches=["line1"]).contingencies
    assert contingency.found.islands[0].consumers == ("idle", "POD-2")


def test_consumers_that_are_dark_without_any_outage_are_told(feeder: MakeNetwork) -> None:
    """feeder: a source, then buses 1 to 3 in a row; its second line is switched off."""
    network = feeder((30.0,) * 3)
    dark = happened(network, [Switching("line1", closed=False)])
    power = _power(dark, 4)
    instants = tuple(datetime(2026, 6, 1, 12, 15 * row, tzinfo=UTC) for row in range(4))
    found = grid.outage(dark, grid.PowerSeries(instants, power))
    (island,) = found.unsupplied
    rows = [dark.consumer_position[each] for each in island.consumers]
    there = {each.id for each in dark.loads if each.bus in island.buses}
    there |= {each.pod_id for each in dark.connection_points if each.bus in island.buses}
    assert there == set(island.consumers)
    assert island.lost_kw == pytest.approx(power.p_kw[:, rows].sum(axis=1).max())
    message = found.message()
    assert [each.buses for each in message.unsupplied] == [list(island.buses)]
    text = outage_text(message, "")
    assert "without any outage: " in text
    assert f"{island.lost_kwh:,.1f} kWh" in text
    assert grid.outage(network, power).unsupplied == ()
