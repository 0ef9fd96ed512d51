"""The states that measurements determine, and the expected values put in for the others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.estimation.allocation import flow_of
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.jacobian import Jacobian
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Origin,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.observability import find_undetermined
from platone.grid.estimation.placement import place_measurements
from platone.grid.estimation.pseudo import expected_within
from platone.grid.estimation.result import EstimationOptions
from platone.grid.estimation.sensors import SensorSet
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.model import Network
from platone.grid.problem.estimation import NothingObservable

NEVER = EstimationOptions(pseudo="never")


def expected_of(network: Network, factor: float = 1.0, share: float = 0.3) -> Any:
    power = snapshot(network)
    return expected_within(power.p_kw[0] * factor, power.q_kvar[0] * factor, share)


@pytest.mark.parametrize("seed", range(6))
def test_unobservable_nodes_are_those_of_the_null_space(
    measured_street: Any, street: Any, seed: int
) -> None:
    model, measurements = measured_street(street(12))
    random = np.random.default_rng(seed)
    left = [each for each in measurements if random.random() > 0.45]
    placed = place_measurements(model, SensorSet(left))
    found = find_undetermined(placed.series_sensors)
    series = placed.series_sensors
    counted = series.is_measured
    linear = series.rows.at(series.start)
    jacobian = Jacobian(series.rows, counted).at(linear, np.ones(series.rows.count)).toarray()
    length = np.linalg.norm(jacobian, axis=1, keepdims=True)
    matrix = np.concatenate([jacobian / length, series.constraints.toarray()])
    _, singular, right = np.linalg.svd(matrix)
    null = right[int((singular > 1e-9).sum()) :]
    moved = np.hypot(null[:, ::2], null[:, 1::2]).max(axis=0, initial=0.0) > 1e-6
    assert (found.is_open == moved).all()


def test_one_missing_meter_is_found_and_named(measured_street: Any, street: Any) -> None:
    network = street()
    model, measurements = measured_street(network)
    left = [
        each
        for each in measurements
        if (isinstance(each, Injection) and each.element != "c7") or each.id == "v-b0"
    ]
    found = estimate(model, left, expected_of(network))
    assert [each.id for each in found.pseudo] == ["expected/c7"]
    assert found.pseudo[0].source is Origin.PSEUDO
    names = {bus.id for bus in network.buses}
    open_buses = {
        bus.id
        for bus in network.buses
        if found.is_unobservable[model.state_of_node[model.connections.node_of_bus[bus.id]]]
    }
    assert open_buses == names  # of b0 the magnitude is measured, but not its angle to the source
    assert not found.is_undetermined.any()


def test_half_of_the_meters_are_enough_with_what_is_expected(
    measured_street: Any, street: Any
) -> None:
    network = street(16)
    model, measurements = measured_street(network, noise=1.0)
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    left = [
        each
        for place_, each in enumerate(measurements)
        if not isinstance(each, Injection) or place_ % 2
    ]
    found = estimate(model, left, expected_of(network, 1.1))
    assert found.is_unobservable.any()
    assert not found.is_undetermined.any()
    missing = {load.id for load in network.loads} - {
        each.element for each in left if isinstance(each, Injection)
    }
    assert {each.element for each in found.pseudo if isinstance(each, Injection)} == missing
    error = np.abs(np.abs(found.voltage) - flow.node_pu[0])
    assert (error < 5 * found.uncertainty.voltage_pu).all()


def test_without_what_is_expected_the_rest_is_estimated(measured_street: Any, street: Any) -> None:
    network = street(16)
    model, measurements = measured_street(network)
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    # one feeder of two is measured: the buses with odd numbers
    left = [
        each
        for each in measurements
        if each.id in {"station", "v-b0", "v-hv"}
        or (isinstance(each, Injection) and int(each.element[1:]) % 2)
    ]
    found = estimate(model, left, None, NEVER)
    known = flow_of(found)
    is_known = np.isfinite(known.voltage_pu[0])
    names = [bus.id for bus in network.buses]
    assert {name for name, flag in zip(names, is_known, strict=True) if flag} == {
        "hv",
        "b0",
        "b2",  # the station's flow less that of the other feeder is what enters this one
        *(f"b{i}" for i in range(1, 16, 2)),
    }
    assert np.allclose(known.voltage_pu[0][is_known], flow.voltage_pu[0][is_known], atol=2e-5)
    is_finite = np.isfinite(known.from_a[0, : len(network.lines)]).tolist()
    lines = {line.id for line, flag in zip(network.lines, is_finite, strict=True) if flag}
    assert lines == {"l2", *(f"l{i}" for i in range(1, 16, 2))}


def test_a_measured_voltage_is_told_where_its_angle_is_not_known(
    measured_street: Any, street: Any
) -> None:
    model, measurements = measured_street(street())
    left = [each for each in measurements if isinstance(each, VoltageMeasurement)]
    found = flow_of(estimate(model, left, None, NEVER))
    assert np.isfinite(found.voltage_pu).all()
    is_turned = dict(
        zip((bus.id for bus in model.network.buses), np.isnan(found.angle_rad[0]), strict=True)
    )
    assert not is_turned["hv"]
    assert is_turned["b5"]
    assert is_turned["b7"]
    assert np.isnan(found.from_a[0, model.network.branch_position["l7"]])


def test_without_a_voltage_the_source_counts_as_set(measured_street: Any, street: Any) -> None:
    network = street()
    model, measurements = measured_street(network)
    left = [each for each in measurements if isinstance(each, Injection)]
    found = estimate(model, left, expected_of(network))
    assert [each.id for each in found.pseudo] == ["expected/s"]
    assert np.abs(found.voltage).max() == pytest.approx(1.02, abs=1e-6)
    with pytest.raises(NothingObservable):
        estimate(model, left, None, NEVER)
    with pytest.raises(NothingObservable):
        estimate(model, [], None, NEVER)


def test_nothing_measured_is_what_is_expected(street: Any) -> None:
    network = street()
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    found = estimate(NetworkModel(network), [], expected_of(network))
    assert np.allclose(np.abs(found.voltage), flow.node_pu[0], atol=1e-7)
    assert found.test.degrees == 0
    power = flow_of(found).power
    assert np.allclose(power.p_kw[0], [load.p_kw for load in network.loads], atol=1e-4)


def test_current_magnitudes_count_where_powers_tell_their_direction(
    measured_street: Any, street: Any
) -> None:
    """They do not make a network observable, but what is expected better."""
    network = street(12)
    model, measurements = measured_street(network)
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    currents = [
        BranchCurrent(
            id=f"i-{line.id}", branch=line.id, end="from", current_a=flow.from_a[0, row], std_a=0.1
        )
        for row, line in enumerate(network.lines)
    ]
    few = [each for each in measurements if isinstance(each, VoltageMeasurement | BranchPower)]
    without = estimate(model, few, expected_of(network, 1.2))
    found = estimate(model, [*few, *currents], expected_of(network, 1.2))
    assert found.is_unobservable.any()
    error, before = (np.abs(each.voltage - flow.voltage[0]).max() for each in (found, without))
    assert error < before / 2
    assert np.abs(flow_of(found).from_a - flow.from_a).max() < 1.0


def test_consumers_behind_one_bus_share_what_is_left(street: Any, measured_street: Any) -> None:
    """Two meters at one bus count as their sum; its residual goes to the less certain one."""
    from dataclasses import replace  # noqa: PLC0415

    from platone.grid.network.element import Load  # noqa: PLC0415

    network = street()
    network = replace(
        network, loads=(*network.loads, Load(id="second", bus="b7", p_kw=100.0, q_kvar=20.0))
    )
    model, measurements = measured_street(network)
    found = estimate(model, measurements)
    names = [names for names in found.placed.readings if len(names) > 1]
    assert [[each.measurement for each in pair] for pair in names] == [["m-c7", "m-second"]] * 2
    power = flow_of(found).power
    assert np.allclose(power.p_kw[0], [load.p_kw for load in network.loads], atol=1e-3)
    half = [each for each in measurements if each.id != "m-second"]
    told = estimate(model, half, expected_of(network, 1.5))
    assert [each.id for each in told.pseudo] == []
    assert told.placed.unused == {"m-c7": told.placed.unused["m-c7"]}


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_network_of_one_or_two_buses(nodes: int, feeder: Callable[..., Network]) -> None:
    network = feeder((100.0,) * (nodes - 1), with_load=False)
    voltage = VoltageMeasurement(id="v", bus="bus0", voltage_kv=20.2, std_kv=0.02)
    meters = [
        Injection(id=each.id, element=each.id, p_kw=50.0, q_kvar=5.0, std_kw=1.0, std_kvar=1.0)
        for each in network.consumers
    ]
    found = estimate(NetworkModel(network), [voltage, *meters])
    assert np.abs(found.voltage[0]) == pytest.approx(1.01)
    assert not found.is_unobservable.any()
