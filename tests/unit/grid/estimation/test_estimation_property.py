"""Properties that hold for any network, state and set of sensors."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.result import EstimationOptions
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import Flow, snapshot
from platone.grid.network.branch import Line, Switch, Transformer
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Shunt, Source
from platone.grid.network.model import Network

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENGINE = GridModelPowerFlow()


def line(name: str, a: str, b: str, km: float, *, closed: bool = True) -> Line:
    return Line(
        id=name,
        from_bus=a,
        to_bus=b,
        resistance_ohm=0.3 * km,
        reactance_ohm=0.2 * km,
        capacitance_nf=250.0 * km,
        limit_a=None,
        to_closed=closed,
    )


def transformer(draw: st.DrawFn) -> Transformer:
    return Transformer(
        id="t",
        from_bus="hv",
        to_bus="b0",
        from_kv=110.0,
        to_kv=20.5,
        rated_kva=25e3,
        short_circuit_percent=11.0,
        copper_loss_kw=80.0,
        no_load_percent=0.1,
        iron_loss_kw=20.0,
        phase_shift_deg=draw(st.sampled_from([0.0, 150.0, 330.0])),
        tap_position=draw(st.integers(-3, 3)),
        tap_step_percent=1.5,
        magnetising=draw(st.sampled_from(["pi", "t", "from", "to"])),
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A tree behind a transformer, with rings, switches, shunts and buses without consumers."""
    count = draw(st.integers(3, 12))
    number = st.floats(0.1, 3.0)
    buses = [Bus(id="hv", nominal_kv=110.0, min_pu=None, max_pu=None)]
    buses += [Bus(id=f"b{i}", nominal_kv=20.0, min_pu=None, max_pu=None) for i in range(count)]
    lines, switches = [], []
    for i in range(1, count):
        parent = f"b{draw(st.integers(0, i - 1))}"
        if draw(st.integers(0, 5)) == 0:
            switches.append(Switch(id=f"s{i}", bus=f"b{i}", other=parent))
        else:
            km = draw(number)
            lines.append(line(f"l{i}", parent, f"b{i}", km))
    for i in range(draw(st.integers(0, 2))):
        ends = draw(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)))
        if ends[0] != ends[1]:
            km, is_open = draw(number), draw(st.booleans())
            a, b = (f"b{end}" for end in ends)
            lines.append(line(f"r{i}", a, b, km, closed=not is_open))
    loads = [
        Load(
            id=f"c{i}",
            bus=f"b{i}",
            p_kw=draw(st.floats(-600, 900)),
            q_kvar=draw(st.floats(-100, 300)),
        )
        for i in range(count)
        if draw(st.booleans())
    ]
    unit = transformer(draw)
    shunts = (
        (Shunt(id="cap", bus=f"b{count - 1}", p_kw=0.0, q_kvar=-200.0),)
        if draw(st.booleans())
        else ()
    )
    return check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=tuple(buses),
            sources=(
                Source(id="s", bus="hv", voltage_pu=1.01, angle_deg=draw(st.floats(-40, 40))),
            ),
            lines=tuple(lines),
            transformers=(unit,),
            loads=tuple(loads),
            switches=tuple(switches),
            shunts=shunts,
        )
    )


def exact(network: Network, flow: Flow, draw: Any) -> list[Measurement]:
    """Enough to know everything, and at random more; all of it without error."""
    found: list[Measurement] = [
        VoltageMeasurement(
            id="v-hv", bus="hv", voltage_kv=flow.voltage_pu[0, 0] * 110.0, std_kv=0.1
        )
    ]
    for row, bus in enumerate(network.buses[1:], start=1):
        if draw(st.booleans()):
            kv, std = flow.voltage_pu[0, row] * bus.nominal_kv, 0.02
            found.append(VoltageMeasurement(id=f"v{row}", bus=bus.id, voltage_kv=kv, std_kv=std))
    power = flow.power
    for row, each in enumerate(network.consumers):
        found.append(
            Injection(
                id=f"m-{each.id}", element=each.id,
                p_kw=power.p_kw[0, row], q_kvar=power.q_kvar[0, row], std_kw=3.0, std_kvar=2.0,
            )
        )  # fmt: skip
    ports = flow.circuit.ports
    for row, branch in enumerate(network.branches):
        kva, amperes = flow.from_kva[0, row], flow.from_a[0, row]
        if draw(st.booleans()):
            found.append(
                BranchPower(
                    id=f"f-{branch.id}", branch=branch.id, end="to",
                    p_kw=flow.to_kva[0, row].real, std_kw=10.0,
                    q_kvar=flow.to_kva[0, row].imag, std_kvar=10.0,
                )
            )  # fmt: skip
        if amperes > 1.0 and draw(st.booleans()):
            found.append(
                BranchCurrent(id=f"i-{branch.id}", branch=branch.id, end="from",
                              current_a=amperes, std_a=0.5)
            )  # fmt: skip
        if amperes > 1.0 and draw(st.booleans()):
            angle = flow.node_rad[0, ports.from_node[row]] - np.angle(kva)
            found.append(
                BranchCurrent(
                    id=f"p-{branch.id}", branch=branch.id, end="from", current_a=amperes,
                    std_a=0.5, angle_deg=float(np.rad2deg(np.angle(np.exp(1j * angle)))),
                    std_deg=0.5,
                )
            )  # fmt: skip
    if any(getattr(each, "angle_deg", None) is not None for each in found):
        # a current that is nothing but charging would be too little to tell angles by
        found[0] = VoltageMeasurement(
            id="v-hv", bus="hv", voltage_kv=flow.voltage_pu[0, 0] * 110.0, std_kv=0.1,
            angle_deg=float(np.rad2deg(flow.angle_rad[0, 0])), std_deg=0.05,
        )  # fmt: skip
    return found


@SLOW
@given(networks(), st.data())
def test_exact_measurements_give_the_state_back(network: Network, data: st.DataObject) -> None:
    flow = ENGINE.solve(network, snapshot(network))
    model = NetworkModel(network)
    measurements = exact(network, flow, data.draw)
    found = estimate(model, measurements, None, EstimationOptions(pseudo="never"))
    assert np.abs(found.voltage - flow.voltage[0][model.fed]).max() < 1e-6
    assert found.test.objective < 1e-3
    assert not found.bad


@SLOW
@given(networks(), st.data())
def test_more_measurements_never_make_it_less_certain(
    network: Network, data: st.DataObject
) -> None:
    flow = ENGINE.solve(network, snapshot(network))
    model = NetworkModel(network)
    # angles of phasors would replace the reference, so that angles were of something else
    every = [
        each
        for each in exact(network, flow, data.draw)
        if not (isinstance(each, BranchCurrent) and each.angle_deg is not None)
    ]
    least = [each for each in every if isinstance(each, Injection) or each.id == "v-hv"]
    more = [each for each in every if each in least or data.draw(st.booleans())]
    few, many = (
        estimate(model, each, None, EstimationOptions(pseudo="never", most_removed=0)).uncertainty
        for each in (least, more)
    )
    assert (many.voltage_pu <= few.voltage_pu * (1 + 1e-5) + 1e-12).all()
    assert (many.angle_rad <= few.angle_rad * (1 + 1e-5) + 1e-10).all()


@SLOW
@given(networks(), st.data())
def test_the_order_of_measurements_does_not_matter(network: Network, data: st.DataObject) -> None:
    flow = ENGINE.solve(network, snapshot(network))
    model = NetworkModel(network)
    measurements = exact(network, flow, data.draw)
    shuffled = data.draw(st.permutations(measurements))
    one, other = (estimate(model, each) for each in (measurements, shuffled))
    assert np.abs(one.voltage - other.voltage).max() < 1e-8


@SLOW
@given(networks(), st.floats(-180, 180), st.data())
def test_another_clock_turns_all_angles_and_changes_nothing_else(
    network: Network, turn_deg: float, data: st.DataObject
) -> None:
    """Phasors' angles are told against a clock; when they all shift, so does the state."""
    flow = ENGINE.solve(network, snapshot(network))
    model = NetworkModel(network)
    base = exact(network, flow, data.draw)
    states = []
    for turn in (0.0, turn_deg):
        angle = np.rad2deg(flow.angle_rad[0, 0]) + turn
        phasor = VoltageMeasurement(
            id="pmu",
            bus="hv",
            voltage_kv=flow.voltage_pu[0, 0] * 110,
            std_kv=0.1,
            angle_deg=float((angle + 180) % 360 - 180),
            std_deg=0.1,
        )
        rest = [each for each in base[1:] if getattr(each, "angle_deg", None) is None]
        states.append(estimate(model, [*rest, phasor]).voltage)
    turned = states[0] * np.exp(1j * np.deg2rad(turn_deg))
    assert np.abs(turned - states[1]).max() < 1e-6
