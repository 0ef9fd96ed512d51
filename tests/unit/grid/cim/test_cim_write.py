"""Written as CGMES and read again, a network has the same power flow and the same identifiers."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.unit.grid.cim.cim_path import read_cim_path

from platone.grid.file.cim.cim_object import key_of
from platone.grid.file.cim.read import read_cim
from platone.grid.file.cim.write import write_cim
from platone.grid.file.cim.xml_writer import Cgmes, mrid
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower, Flow, snapshot
from platone.grid.network.branch import (
    Line,
    Magnetising,
    Switch,
    ThreeWindingTransformer,
    Transformer,
    Winding,
)
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Generator, Load, Shunt, Source
from platone.grid.network.model import Network

DATA = Path(__file__).parents[3] / "data" / "cim"
VERSIONS: tuple[Cgmes, ...] = get_args(Cgmes)
ENGINE = GridModelPowerFlow()


def town_windings() -> tuple[Winding, ...]:
    return tuple(
        Winding(
            id=f"trafo3w/0/{side}",
            bus=bus,
            rated_kv=kv,
            rated_kva=kva,
            resistance_ohm=ohm / 20,
            reactance_ohm=ohm,
            conductance_us=0.4,
            susceptance_us=-2.0,
            phase_shift_deg=shift,
            tap_position=1,
            tap_neutral=0,
            tap_step_percent=percent,
            tap_step_deg=0.0,
            limit_percent=110.0,
            magnetising="t",
        )
        for side, bus, kv, kva, ohm, shift, percent in (
            ("hv", "bus/0", 110.0, 40e3, 30.0, 0.0, 0.0),
            ("mv", "bus/1", 20.5, 40e3, 0.6, 0.0, 1.5),
            ("lv", "bus/2", 10.3, 10e3, 1.4, 30.0, 0.0),
        )
    )


def town_transformers() -> tuple[Transformer, ...]:
    return (
        Transformer(
            id="trafo/0",
            name="städtisch <1>",
            from_bus="bus/1",
            to_bus="bus/3",
            from_kv=20.0,
            to_kv=0.4,
            rated_kva=630.0,
            short_circuit_percent=6.0,
            copper_loss_kw=6.5,
            no_load_percent=0.4,
            iron_loss_kw=1.2,
            phase_shift_deg=150.0,
            tap_side="from",
            tap_position=2,
            tap_step_percent=2.5,
            tap_min=-2,
            tap_max=2,
            limit_percent=120.0,
            magnetising="t",
            vector_group="Dyn5",
            zero_short_circuit_percent=5.7,
            zero_copper_percent=1.0,
        ),
        Transformer(
            id="trafo/1",
            name="shifter",
            from_bus="bus/1",
            to_bus="bus/4",
            from_kv=20.0,
            to_kv=20.0,
            rated_kva=8e3,
            short_circuit_percent=5.0,
            copper_loss_kw=40.0,
            no_load_percent=0.0,
            iron_loss_kw=0.0,
            phase_shift_deg=0.0,
            tap_side="to",
            tap_position=3,
            tap_step_percent=1.2,
            tap_step_deg=90.0,
            limit_percent=None,
        ),
    )


def town_lines() -> tuple[Line, ...]:
    return (
        Line(
            id="line/0",
            from_bus="bus/1",
            to_bus="bus/4",
            resistance_ohm=0.5,
            reactance_ohm=0.4,
            capacitance_nf=300.0,
            limit_a=210.0,
            conductance_us=1.0,
        ),
        Line(
            id="line/1",
            name="open",
            from_bus="bus/4",
            to_bus="bus/1",
            resistance_ohm=0.5,
            reactance_ohm=0.4,
            capacitance_nf=300.0,
            limit_a=None,
            to_closed=False,
        ),
        Line(
            id="line/2",
            name="tie",
            from_bus="bus/1",
            to_bus="bus/5",
            resistance_ohm=0.2,
            reactance_ohm=0.1,
            capacitance_nf=90.0,
            limit_a=180.0,
            zero_resistance_ohm=0.8,
            zero_reactance_ohm=0.4,
            zero_capacitance_nf=50.0,
        ),
    )


def town() -> Network:
    """Identifiers that are no names in XML, switches at branches, shifts, taps, two sources."""
    star = town_windings()
    units = town_transformers()
    lines = town_lines()
    kv = {"bus/0": 110.0, "bus/1": 20.0, "bus/2": 10.0, "bus/3": 0.4, "bus/4": 20.0, "bus/5": 20.0}
    return check(
        Network(
            id="town",
            name="Town & country",
            version="3",
            buses=tuple(
                Bus(id=bus, name=f"at {bus}", nominal_kv=nominal, min_pu=0.95, max_pu=None)
                for bus, nominal in kv.items()
            ),
            sources=(
                Source(id="ext_grid/0", bus="bus/0", voltage_pu=1.02, angle_deg=12.5),
                Source(id="ext_grid/1", bus="bus/5", voltage_pu=1.0, closed=False),
            ),
            lines=lines,
            transformers=units,
            three_winding_transformers=(
                ThreeWindingTransformer(
                    id="trafo3w/0", name="main", windings=(star[0], star[1], star[2])
                ),
            ),
            switches=(
                Switch(id="switch/0", bus="bus/1", other="line/2", closed=False),
                Switch(id="switch/1", bus="bus/4", other="bus/5"),
                Switch(id="switch/2", bus="bus/1", other="trafo/0"),
                Switch(id="switch/3", bus="bus/2", other="trafo3w/0/lv"),
            ),
            loads=(
                Load(id="load/0", bus="bus/3", p_kw=210.0, q_kvar=60.0),
                Load(id="load/1", bus="bus/5", p_kw=900.0, q_kvar=200.0),
                Load(id="sgen/0", name="sun", bus="bus/4", p_kw=-1500.0, q_kvar=100.0),
                Load(id="load/2", bus="bus/3", p_kw=50.0, q_kvar=5.0, closed=False),
            ),
            shunts=(
                Shunt(id="shunt/0", bus="bus/4", p_kw=3.0, q_kvar=-800.0),
                Shunt(id="shunt/1", bus="bus/4", p_kw=0.0, q_kvar=500.0, closed=False),
            ),
            generators=(
                Generator(id="gen/0", name="chp", bus="bus/2", p_kw=-2000.0, voltage_pu=1.01),
            ),
        )
    )


def example(name: str) -> Callable[[], Network]:
    return lambda: read_cim_path(DATA / name)


NETWORKS = {
    "town": town,
    "cigre": example("cigre_mv"),
    "district": example("district-cgmes-2.4.15.zip"),
    "ieee57": example("ieee57-cgmes-3.0.zip"),
    "four": example("four-substations-cgmes-2.4.15.zip"),
    "case118": example("case118-cgmes-3.0.zip"),
}


def solve(network: Network) -> Flow:
    return ENGINE.solve(network, snapshot(network))


def complex_voltages(flow: Flow) -> dict[str, complex]:
    volts = flow.voltage[0][flow.circuit.node_of_bus]
    return {
        key_of(mrid(bus.id, flow.network.id)): complex(each)
        for bus, each in zip(flow.network.buses, volts, strict=True)
    }


@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("cgmes", VERSIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_power_flow_is_the_same(name: str, cgmes: Cgmes, with_state: bool) -> None:  # noqa: FBT001
    network = NETWORKS[name]()
    before = solve(network)
    again = read_cim(write_cim(network, before if with_state else None, cgmes=cgmes))
    after = solve(again)
    found = {
        key_of(bus.id): v
        for bus, v in zip(again.buses, after.voltage[0][after.circuit.node_of_bus], strict=True)
    }
    for key, expected in complex_voltages(before).items():
        assert found[key] == pytest.approx(expected, abs=1e-9)
    for place, branch in enumerate(network.branches):
        other = again.branch_position[mrid(branch.id, network.id)]
        assert after.from_a[0, other] == pytest.approx(before.from_a[0, place], rel=1e-7, abs=1e-6)
        assert after.loading()[0, other] == pytest.approx(
            before.loading()[0, place], rel=1e-7, abs=1e-9
        )
    kept = ("sources", "lines", "transformers", "loads", "shunts", "generators", "switches")
    for kind in kept:
        own = [mrid(each.id, network.id) for each in getattr(network, kind)]
        assert sorted(own) == sorted(each.id for each in getattr(again, kind))


def test_what_power_flow_does_not_show_is_kept_too() -> None:
    network = town()
    again = read_cim(write_cim(network))
    units = {unit.name: unit for unit in again.transformers}
    unit = units["städtisch <1>"]
    assert (unit.tap_min, unit.tap_max, unit.tap_position, unit.vector_group) == (-2, 2, 2, "Dyn5")
    assert unit.zero_short_circuit_percent == pytest.approx(5.7)
    assert unit.zero_copper_percent == pytest.approx(1.0)
    assert unit.limit_percent == pytest.approx(120.0)
    lines = {line.name: line for line in again.lines}
    assert (lines["open"].from_closed, lines["open"].to_closed) == (True, False)
    assert lines["tie"].zero_capacitance_nf == pytest.approx(50.0)
    least = [bus.min_pu for bus in again.buses if bus.name.startswith("at bus")]
    assert least == [pytest.approx(0.95)] * 6
    assert again.version == "3"
    assert again.sources[0].angle_deg == pytest.approx(12.5)
    closed = {mrid(switch.id, network.id): switch.closed for switch in network.switches}
    assert {switch.id: switch.closed for switch in again.switches} == closed


@pytest.mark.parametrize("magnetising", get_args(Magnetising))
def test_where_the_no_load_admittance_lies_is_kept(magnetising: Magnetising) -> None:
    network = read_cim_path(DATA / "cigre_mv")
    units = tuple(replace(unit, magnetising=magnetising) for unit in network.transformers)
    changed = replace(network, transformers=units)
    before, after = solve(changed), solve(read_cim(write_cim(changed)))
    np.testing.assert_allclose(after.voltage_pu, before.voltage_pu, rtol=0, atol=1e-10)


def test_identifiers_are_names_in_xml_and_stable() -> None:
    network = town()
    assert mrid("L12-13", "town") == "L12-13"
    assert mrid("_f0d0", "town") == "_f0d0"
    plain = "9cb447bf-8f30-4834-889d-cb27393afff8"
    assert mrid(plain, "town") == f"_{plain}"
    made = mrid("bus/1", "town")
    assert uuid.UUID(made[1:]).version == 5
    assert made == mrid("bus/1", "town") != mrid("bus/1", "village")
    first, second = write_cim(network), write_cim(town())
    assert first == second
    for content in first.values():
        names = re.findall(rb'rdf:ID="([^"]*)"', content)
        assert len(names) == len(set(names))


def test_points_of_delivery_stay_so(italy: Network) -> None:
    again = read_cim(write_cim(italy))
    assert {(point.pod_id, point.bus) for point in again.connection_points} == {
        (point.pod_id, mrid(point.bus, italy.id)) for point in italy.connection_points
    }
    power = ConsumerPower(
        np.full((1, len(italy.consumers)), 20.0), np.full((1, len(italy.consumers)), 7.0)
    )
    flow = ENGINE.solve(italy, power)
    files = write_cim(italy, flow)
    other = read_cim(files)
    assert {mrid(source.id, italy.id) for source in italy.sources} == {
        each.id for each in other.sources
    }


def test_the_state_is_written_in_kv_degrees_and_mw() -> None:
    network = town()
    power = snapshot(network)
    two = ConsumerPower(np.vstack([power.p_kw, power.p_kw / 2]), np.vstack([power.q_kvar] * 2))
    flow = ENGINE.solve(network, two)
    files = write_cim(
        network, flow, scenario=1, cgmes="2.4.15", created=datetime(2026, 5, 1, 12, tzinfo=UTC)
    )
    assert {name.rpartition("_")[2] for name in files} == {"EQ.xml", "TP.xml", "SSH.xml", "SV.xml"}
    sv = next(content for name, content in files.items() if name.endswith("_SV.xml"))
    text = sv.decode()
    assert "<md:Model.created>2026-05-01T12:00:00Z</md:Model.created>" in text
    ET.fromstring(sv)  # noqa: S314 - our own
    node = mrid("bus/3", network.id)
    found = re.search(rf"Voltage.v>([^<]*)<.*\n.*angle>([^<]*)<.*\n.*#{node}", text)
    assert found is not None
    place = network.bus_position["bus/3"]
    assert float(found[1]) == pytest.approx(flow.voltage_pu[1, place] * 0.4)
    assert float(found[2]) == pytest.approx(np.degrees(flow.angle_rad[1, place]))
    flows = [
        complex(float(p), float(q))
        for p, q in re.findall(r"SvPowerFlow.p>([^<]*)</.*\n.*SvPowerFlow.q>([^<]*)</", text)
    ]
    # all that enters equals the losses of branches and shunts
    shunt = 3.0 * flow.voltage_pu[1, network.bus_position["bus/4"]] ** 2
    losses = float(flow.loss_kw[1].sum())
    assert -sum(flows).real * 1e3 == pytest.approx(losses + shunt, abs=0.02)
    again = read_cim(files)
    assert sorted(load.p_kw for load in again.loads) == sorted(
        load.p_kw / 2 if load.closed else 0.0 for load in network.loads
    )


def test_ten_thousand_nodes_are_written_and_read() -> None:
    count = 10_000
    buses = tuple(Bus(id=f"n{k}", nominal_kv=20.0, min_pu=None, max_pu=None) for k in range(count))
    lines = tuple(
        Line(
            id=f"l{k}",
            from_bus=f"n{0 if k % 25 == 1 else k - 1}",
            to_bus=f"n{k}",
            resistance_ohm=0.01,
            reactance_ohm=0.01,
            capacitance_nf=20.0,
            limit_a=300.0,
        )
        for k in range(1, count)
    )
    loads = tuple(Load(id=f"c{k}", bus=f"n{k}", p_kw=2.0, q_kvar=0.5) for k in range(1, count))
    network = Network(
        id="big",
        version="1",
        buses=buses,
        lines=lines,
        loads=loads,
        sources=(Source(id="grid", bus="n0", voltage_pu=1.0),),
    )
    again = read_cim(write_cim(network))
    assert len(again.buses) == count
