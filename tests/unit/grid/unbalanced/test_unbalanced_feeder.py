"""Random feeders, against what holds of every state, whoever calculated it."""

import cmath
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.flow import current_injection
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhasePower
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line, Switch, Transformer
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Shunt, Source
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

_OMEGA = 2 * math.pi * 50


@st.composite
def feeders(draw: st.DrawFn) -> tuple[Network, PhasePower]:
    """20/0.4 kV; lines from each bus to an earlier one, a ring, open ends, a fused switch."""
    count = draw(st.integers(2, 12))
    part = st.floats(0.2, 1.0)
    lines = []
    for place in range(1, count):
        km = draw(st.floats(0.01, 0.15))
        series = 0.3 * km, 0.08 * km, 300.0 * km
        zero = 1.2 * km * draw(part), 0.32 * km * draw(part), 200.0 * km * draw(part)
        earlier = draw(st.integers(0, place - 1))
        lines.append(cable(f"line{place}", f"b{earlier}", f"b{place}", series, zero))
    if draw(st.booleans()):  # a ring, or a line that is switched on at one end alone
        data = (0.1, 0.05, 9e4), (0.3, 0.1, 5e4)
        lines.append(cable("ring", "b0", f"b{count - 1}", *data, to_closed=draw(st.booleans())))
    group = draw(st.sampled_from(["Dyn5", "YNyn0", "Yzn5", "Dyn11", "YNyn6"]))
    lag = 30.0 * int(group.lstrip("DYNynz"))
    points = tuple(
        ConnectionPoint(
            pod_id=f"POD-{i}", bus=f"b{i}", phases=draw(st.sampled_from(["A", "B", "AC", "ABC"]))
        )
        for i in range(count)
    )
    network = Network(
        id="n",
        name="n",
        version="1",
        buses=tuple(bus(name) for name in ["mv", "twin", *(f"b{i}" for i in range(count))]),
        sources=(
            Source(id="S", bus="mv", voltage_pu=1.01, angle_deg=10.0, negative_reactance_ohm=2.0),
        ),
        lines=tuple(lines),
        transformers=(transformer(group, lag, tap=draw(st.integers(-3, 3))),),
        connection_points=points,
        switches=(Switch(id="tie", bus="b0", other="twin"),),
        shunts=(Shunt(id="capacitor", bus="twin", p_kw=0.1, q_kvar=-5.0),),
    )
    power = np.array([[draw(st.floats(-6, 10)) for _ in points] for _ in range(2)])
    return check(network), phase_power(network, ConsumerPower(power, power * draw(part) / 2))


def bus(name: str) -> Bus:
    return Bus(id=name, nominal_kv=20.0 if name == "mv" else 0.4, min_pu=0.9, max_pu=1.1)


def cable(
    name: str, first: str, second: str, series: Any, zero: Any, *, to_closed: bool = True
) -> Line:
    return Line(
        id=name,
        from_bus=first,
        to_bus=second,
        resistance_ohm=series[0],
        reactance_ohm=series[1],
        capacitance_nf=series[2],
        limit_a=200.0,
        to_closed=to_closed,
        zero_resistance_ohm=zero[0],
        zero_reactance_ohm=zero[1],
        zero_capacitance_nf=zero[2],
    )


def transformer(group: str, lag: float, tap: int = 0) -> Transformer:
    return Transformer(
        id="trafo",
        from_bus="mv",
        to_bus="b0",
        from_kv=20.0,
        to_kv=0.4,
        rated_kva=160.0,
        short_circuit_percent=4.0,
        copper_loss_kw=2.35,
        no_load_percent=1.0,
        iron_loss_kw=0.46,
        phase_shift_deg=lag,
        tap_position=tap,
        tap_step_percent=2.5,
        vector_group=group,
        zero_short_circuit_percent=3.6,
        zero_magnetising_percent=5000.0,
    )


@settings(max_examples=60, deadline=None)
@given(feeders())
def test_kirchhoff_holds_in_phase_coordinates(case: tuple[Network, PhasePower]) -> None:
    """What the lines carry away from each bus beyond the transformer is what consumers feed in."""
    network, power = case
    flow = CurrentInjectionFlow().solve(network, power)
    place = network.bus_position
    for row in range(2):
        leaves = np.zeros((len(network.buses), 3), complex)
        for line in network.lines:
            ends = [place[line.from_bus], place[line.to_bus]]
            currents = line_currents_a(line, *(flow.voltage[row, end] for end in ends))
            for end, current in zip(ends, currents, strict=True):
                leaves[end] += current
        kva = power.p_kw[row] + 1j * power.q_kvar[row]
        for point, withdrawn in zip(network.connection_points, kva, strict=True):
            volt = flow.voltage[row, place[point.bus]] * 400 / math.sqrt(3)
            leaves[place[point.bus]] += np.conj(withdrawn * 1e3 / volt)
        inner = [i for i, each in enumerate(network.buses) if each.id not in {"mv", "b0", "twin"}]
        assert np.abs(leaves[inner]).max(initial=0.0) < 1e-4
        at_station = leaves[place["b0"]] + capacitor_a(flow.voltage[row, place["b0"]])
        assert abs(at_station.sum()) == pytest.approx(flow.to_neutral_a[row, -1], abs=1e-3)


def line_currents_a(line: Line, first: Any, second: Any) -> tuple[Any, Any]:
    """Carson's line as a matrix of self and mutual impedances, per phase."""
    base = 400 / math.sqrt(3)
    z0 = complex(line.zero_resistance_ohm or 0, line.zero_reactance_ohm or 0)
    c0 = line.zero_capacitance_nf or 0
    series = matrix(complex(line.resistance_ohm, line.reactance_ohm), z0)
    half = matrix(0.5j * _OMEGA * line.capacitance_nf * 1e-9, 0.5j * _OMEGA * c0 * 1e-9)
    own = np.linalg.inv(series) + half
    if line.to_closed:
        through = np.linalg.inv(series)
        return own @ first * base - through @ second * base, own @ second * base - (
            through @ first * base
        )
    tail = np.linalg.inv(series + np.linalg.inv(half))
    return (half + tail) @ first * base, 0 * second


def matrix(positive: complex, zero: complex) -> Any:
    own, mutual = (zero + 2 * positive) / 3, (zero - positive) / 3
    return np.full((3, 3), mutual) + np.eye(3) * (own - mutual)


def capacitor_a(voltage: Any) -> Any:
    return np.conj((0.1 - 5j) / 3 * 1e3 / (400 / math.sqrt(3))) * voltage


@settings(max_examples=60, deadline=None)
@given(feeders())
def test_balanced_power_gives_the_balanced_power_flow(case: tuple[Network, PhasePower]) -> None:
    network, power = case
    even = PhasePower(
        *(np.repeat(each.mean(axis=2)[:, :, None], 3, 2) for each in (power.p_kw, power.q_kvar))
    )
    flow = CurrentInjectionFlow().solve(network, even)
    expected = GridModelPowerFlow().solve(network, power.total)
    for phase in range(3):
        turned = expected.voltage[:, expected.circuit.node_of_bus] * cmath.rect(
            1, -phase * 2 * math.pi / 3
        )
        assert np.abs(flow.voltage[:, :, phase] - turned).max() < 1e-7
        assert np.allclose(flow.from_a[:, :, phase], expected.from_a, rtol=1e-5, atol=1e-4)
        assert np.allclose(flow.to_a[:, :, phase], expected.to_a, rtol=1e-5, atol=1e-4)
    assert np.allclose(flow.loss_kw, expected.loss_kw, atol=1e-4)
    assert np.allclose(flow.bus_kva, expected.bus_kva, atol=1e-3)
    assert np.allclose(flow.loading(), expected.loading(), rtol=1e-5)
    assert flow.unbalance.max() < 1e-9


@settings(max_examples=40, deadline=None)
@given(feeders())
def test_all_that_is_withdrawn_and_lost_is_supplied(case: tuple[Network, PhasePower]) -> None:
    network, power = case
    flow = CurrentInjectionFlow().solve(network, power)
    balance = flow.bus_kva.sum(axis=1) + (flow.from_kva + flow.to_kva).sum(axis=1)
    assert np.abs(balance).max() < 1e-5
    assert (flow.loss_kw > -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(feeders())
def test_phases_that_change_places_change_results(case: tuple[Network, PhasePower]) -> None:
    network, power = case
    flow = CurrentInjectionFlow().solve(network, power)
    moved = PhasePower(np.roll(power.p_kw, 1, axis=2), np.roll(power.q_kvar, 1, axis=2))
    again = CurrentInjectionFlow().solve(network, moved)
    assert np.allclose(again.voltage_pu, np.roll(flow.voltage_pu, 1, axis=2), atol=1e-8)
    assert np.allclose(again.from_a, np.roll(flow.from_a, 1, axis=2), atol=1e-4)


def two_buses(series: complex = 0.5 + 0j) -> Network:
    ohm = series.real, series.imag
    line = cable("line", "a", "b", (*ohm, 0.0), (*ohm, 0.0))
    buses = (
        Bus(id="a", nominal_kv=0.4, min_pu=0.9, max_pu=1.1),
        Bus(id="b", nominal_kv=0.4, min_pu=0.9, max_pu=1.1),
    )
    points = (ConnectionPoint(pod_id="POD-1", bus="b", phases="B"),)
    return check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=buses,
            sources=(Source(id="S", bus="a", voltage_pu=1.0),),
            lines=(line,),
            connection_points=points,
        )
    )


def drawn(network: Network, kw: float) -> PhasePower:
    return phase_power(network, ConsumerPower(np.array([[kw]]), np.zeros((1, 1))))


@pytest.mark.parametrize("part", [0.3, 0.9, 0.99, 0.999])
def test_up_to_the_greatest_power_that_a_line_can_carry(
    part: float, phases: CurrentInjectionFlow
) -> None:
    """E = 231 V behind R carries at most E^2 / 4R: at U = E (1 + sqrt(1 - P / Pmax)) / 2."""
    network = two_buses()
    most_kw = (400 / math.sqrt(3)) ** 2 / (4 * 0.5) / 1e3
    flow = phases.solve(network, drawn(network, part * most_kw))
    expected = (1 + math.sqrt(1 - part)) / 2
    assert flow.voltage_pu[0, 1] == pytest.approx([1.0, expected, 1.0], abs=1e-7)
    amperes = part * most_kw * 1e3 / (expected * 400 / math.sqrt(3))
    assert flow.from_a[0, 0] == pytest.approx([0, amperes, 0], abs=1e-3)
    assert flow.from_neutral_a[0, 0] == pytest.approx(amperes, abs=1e-3)
    assert flow.loss_kw[0, 0] == pytest.approx(0.5 * amperes**2 / 1e3, abs=1e-4)


def test_beyond_it_the_scenario_is_named(phases: CurrentInjectionFlow) -> None:
    network = two_buses()
    power = np.array([[1.0], [30.0], [2.0]])
    with pytest.raises(PowerFlowDiverged) as failed:
        phases.solve(network, phase_power(network, ConsumerPower(power, 0 * power)))
    assert failed.value.fields["quarterHours"] == [1]


def test_unbalance_is_negative_over_positive_sequence(phases: CurrentInjectionFlow) -> None:
    network = two_buses(0.2 + 0.1j)
    flow = phases.solve(network, drawn(network, 20.0))
    a, b, c = (complex(each) for each in flow.voltage[0, 1])
    turn = cmath.rect(1, 2 * math.pi / 3)
    negative, positive = a + turn**2 * b + turn * c, a + turn * b + turn**2 * c
    assert flow.unbalance[0, 1] == pytest.approx(abs(negative / positive), rel=1e-9)
    assert abs(flow.positive[0, 1]) == pytest.approx(abs(positive) / 3)


def test_many_loaded_nodes_are_solved_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are answered by a dense matrix, many by the factors."""
    buses = tuple(bus(f"b{i}") for i in range(40))
    lines = tuple(
        cable(f"l{i}", f"b{i - 1}", f"b{i}", (0.01, 0.004, 3.0), (0.04, 0.01, 2.0))
        for i in range(1, 40)
    )
    points = tuple(
        ConnectionPoint(pod_id=f"POD-{i}", bus=f"b{i}", phases="ABC"[i % 3])
        for i in range(0, 40, 3)
    )
    network = Network(
        id="n",
        name="n",
        version="1",
        buses=buses,
        sources=(Source(id="S", bus="b0", voltage_pu=1.0),),
        lines=lines,
        transformers=(),
        loads=(),
        connection_points=points,
    )
    power = np.linspace(-1.0, 2.0, 3 * len(points)).reshape(3, -1)
    of_phases = phase_power(network, ConsumerPower(power, power / 3))
    few = CurrentInjectionFlow().solve(network, of_phases)
    monkeypatch.setattr(current_injection, "_DENSE_ENTRIES", 0)
    many = CurrentInjectionFlow().solve(network, of_phases)
    assert np.abs(few.voltage - many.voltage).max() < 1e-9
