"""Imported CIM against the solved state in the files, which other programs calculated."""

import io
import math
import zipfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.unit.grid.cim.cim_path import read_cim_path

from platone.grid.file.cim.read import read_cim
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import Flow, snapshot
from platone.grid.network.model import Network

DATA = Path(__file__).parents[3] / "data" / "cim"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
POWSYBL = sorted(path.name for path in DATA.glob("*.zip"))


def sv_rows(files: dict[str, bytes], kind: str) -> list[dict[str, str]]:
    """The objects of a class as plain texts, read without the code under test."""
    return [
        {
            each.tag.rpartition(".")[2]: each.get(f"{RDF}resource", "").lstrip("#")
            or (each.text or "")
            for each in element
        }
        for content in files.values()
        for element in ET.fromstring(content)  # noqa: S314 - our own data
        if element.tag.endswith(f"}}{kind}")
    ]


def files_of(name: str) -> dict[str, bytes]:
    path = DATA / name
    if path.is_dir():
        return {each.name: each.read_bytes() for each in path.glob("*.xml")}
    with zipfile.ZipFile(path) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


def solved(name: str) -> tuple[Network, Flow, dict[str, bytes]]:
    network = read_cim_path(DATA / name)
    return network, GridModelPowerFlow().solve(network, snapshot(network)), files_of(name)


@pytest.mark.parametrize("name", POWSYBL)
def test_voltages_are_those_that_powsybl_calculated(name: str) -> None:
    network, flow, files = solved(name)
    rows = {row["TopologicalNode"]: row for row in sv_rows(files, "SvVoltage")}
    assert {bus.id for bus in network.buses} == set(rows)
    for place, bus in enumerate(network.buses):
        expected = float(rows[bus.id]["v"]) / bus.nominal_kv
        assert flow.voltage_pu[0, place] == pytest.approx(expected, abs=1e-8)
        turned = math.degrees(flow.angle_rad[0, place]) - float(rows[bus.id]["angle"])
        assert abs(math.remainder(turned, 360)) < 1e-6


def references(files: dict[str, bytes], of: str, attribute: str) -> dict[str, str]:
    """What a property of each object names, by the object's identifier."""
    return {
        element.get(f"{RDF}{attribute}", "").lstrip("#"): each.get(f"{RDF}resource", "").lstrip("#")
        for content in files.values()
        for element in ET.fromstring(content)  # noqa: S314
        for each in element
        if each.tag.endswith(of) and element.get(f"{RDF}{attribute}")
    }


# PowSyBl writes no flows of the converters that two of these networks' four substations have
@pytest.mark.parametrize("name", [name for name in POWSYBL if not name.startswith("four")])
def test_powers_are_those_that_powsybl_calculated(name: str) -> None:
    network, flow, files = solved(name)
    node_of_bus = flow.circuit.node_of_bus

    def node(bus: str) -> int:
        return int(node_of_bus[network.bus_position[bus]])

    node_of = references(files, "Terminal.TopologicalNode", "about")
    owner_of = references(files, "Terminal.ConductingEquipment", "ID")
    injections = {each.id for each in network.loads} | {each.id for each in network.shunts}
    injections |= {each.id for each in network.generators}
    injections |= {each.id for each in network.sources}
    expected: dict[int, complex] = defaultdict(complex)
    for row in sv_rows(files, "SvPowerFlow"):
        if owner_of[row["Terminal"]] in injections:
            mva = complex(float(row["p"]), float(row["q"]))
            expected[node(node_of[row["Terminal"]])] += mva * 1e3
    total: dict[int, complex] = defaultdict(complex)
    for place, bus in enumerate(network.buses):
        total[node(bus.id)] += complex(flow.bus_kva[0, place])
    held = {node(source.bus) for source in network.sources}
    assert len(expected) > len(held)
    for at, kva in expected.items():
        if at not in held:  # PowSyBl tells the slack's balance as SvInjection
            assert total[at].real == pytest.approx(kva.real, rel=1e-6, abs=0.05)
            assert total[at].imag == pytest.approx(kva.imag, rel=1e-6, abs=0.05)


def test_cigre_network_of_neplan_meets_its_own_voltages_to_their_last_digits() -> None:
    network, flow, files = solved("cigre_mv")
    rows = {row["TopologicalNode"]: row for row in sv_rows(files, "SvVoltage")}
    assert len(rows) == len(network.buses) == 15
    for place, bus in enumerate(network.buses):
        row = rows[bus.id]
        # the file gives kV with six digits behind the point, degrees with five
        assert flow.voltage_pu[0, place] == pytest.approx(
            float(row["v"]) / bus.nominal_kv, abs=1e-7
        )
        assert math.degrees(flow.angle_rad[0, place]) == pytest.approx(
            float(row["angle"]), abs=2e-5
        )


def test_cigre_buses_stand_where_the_diagram_has_them() -> None:
    network = read_cim_path(DATA / "cigre_mv")
    places = {bus.id: bus.position for bus in network.buses}
    assert places["N0"] == (60.8, -40.0)  # the diagram counts downwards
    assert len(set(places.values())) == 15
    without = {name: content for name, content in files_of("cigre_mv").items() if "_DI" not in name}
    assert all(bus.position is None for bus in read_cim(without).buses)


def test_cigre_loads_are_its_own_power_flows() -> None:
    network, _, files = solved("cigre_mv")
    total = sum(complex(float(row["p"]), float(row["q"])) for row in sv_rows(files, "SvPowerFlow"))
    power = snapshot(network)
    assert float(power.p_kw.sum()) == pytest.approx(total.real * 1e3)
    assert float(power.q_kvar.sum()) == pytest.approx(total.imag * 1e3)


@pytest.mark.parametrize("cgmes", ["2.4.15", "3.0"])
def test_without_topology_the_connectivity_nodes_are_the_buses(cgmes: str) -> None:
    """Each breaker can be switched then; the voltages are the same as with topology."""
    files = files_of(f"four-substations-cgmes-{cgmes}.zip")
    whole = read_cim(files)
    network = read_cim(files, nodes="connectivity")
    assert len(network.buses) > len(whole.buses)
    assert len(network.switches) > len(whole.switches)
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    calculated = {round(float(row["v"]), 6) for row in sv_rows(files, "SvVoltage")}
    kv = np.array([bus.nominal_kv for bus in network.buses])
    assert {round(each, 6) for each in (flow.voltage_pu[0] * kv).tolist() if each} == calculated
    bare = read_cim({name: files[name] for name in files if name.endswith(("_EQ.xml", "_SSH.xml"))})
    assert bare.buses == network.buses
    assert bare.switches == network.switches


def test_a_zip_of_zips_and_a_folder_hold_the_same_network(tmp_path: Path) -> None:
    files = files_of("ieee9-cgmes-3.0.zip")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        for name, content in files.items():
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as packed:
                packed.writestr(name, content)
            archive.writestr(f"{name}.zip", inner.getvalue())
            (tmp_path / name).write_bytes(content)
    assert read_cim({"all.zip": outer.getvalue()}).buses == read_cim_path(tmp_path).buses


def test_the_equipment_of_the_district_is_all_there() -> None:
    network = read_cim_path(DATA / "district-cgmes-3.0.zip")
    [three] = network.three_winding_transformers
    assert [winding.rated_kv for winding in three.windings] == [110.0, 20.5, 10.5]
    tapped = three.windings[1]
    assert (tapped.tap_position - tapped.tap_neutral) * tapped.tap_step_percent == pytest.approx(-3)
    units = {unit.name: unit for unit in network.transformers}
    oltc = units["T-OLTC"]
    assert oltc.tap_side == "from"
    assert oltc.tap_step_percent == pytest.approx(1.25)
    assert oltc.tap_position - oltc.tap_neutral == 3
    assert abs(units["T-PST"].phase_shift_deg) == pytest.approx(1.6)
    lines = {line.name: line for line in network.lines}
    assert (lines["OPEN"].from_closed, lines["OPEN"].to_closed) == (True, False)
    assert [lines[name].limit_a for name in "ABCD"] == [300.0, 280.0, 210.0, None]
    assert [switch.closed for switch in network.switches] == [False, True, False]
    assert {bus.nominal_kv for bus in network.buses} == {110.0, 20.0, 10.0, 0.4}
    assert all(bus.min_pu == pytest.approx(0.9) for bus in network.buses)
    assert all(bus.max_pu == pytest.approx(1.1) for bus in network.buses)
    shunts = {shunt.name: shunt for shunt in network.shunts}
    assert shunts["CAP"].q_kvar == pytest.approx(-2 * 1.5e-3 * 20**2 * 1e3)
    assert shunts["STEPS"].q_kvar == pytest.approx(-1.3e-3 * 20**2 * 1e3)
    assert not network.sources[0].angle_deg
