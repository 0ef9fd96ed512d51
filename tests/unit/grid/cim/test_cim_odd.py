"""Files that are odd but legal, and definitions that contradict each other."""

import io
import zipfile
from collections.abc import Callable

import pytest

from platone.grid.file.cim.read import read_cim
from platone.grid.file.network_source import read_network_content
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.model import Network
from platone.grid.problem.network import FaultKind, NetworkInvalid

Make = Callable[..., str]
Write = Callable[..., bytes]
_EQ = "http://entsoe.eu/CIM/EquipmentCore/3/1"
_SSH = "http://entsoe.eu/CIM/SteadyStateHypothesis/1/1"


def voltages(network: Network) -> list[float]:
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    return [float(each) for each in flow.voltage_pu[0]]


def named(text: str, make: Make, pair: list[str]) -> list[str]:
    place = next(row for row, each in enumerate(pair) if 'rdf:ID="load"' in each)
    values = {"EnergyConsumer_p": 8, "EnergyConsumer_q": 2, "IdentifiedObject_name": text}
    return [*pair[:place], make("EnergyConsumer", "load", **values), *pair[place + 1 :]]


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings(
    encoding: str, pair: list[str], make: Make, write: Write, *, packed: bool
) -> None:
    text = write(*named("Köln-Süd", make, pair)).decode()
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    content = f'<?xml version="1.0" encoding="{declared}"?>\n{text}'.encode(encoding)
    if packed:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("network.XML", content)
        content = inner.getvalue()
    network = read_network_content("network", content)
    assert network.loads[0].name == "Köln-Süd"
    assert voltages(network) == pytest.approx(voltages(read_cim({"n": write(*pair)})))


def test_files_whose_names_come_in_the_wrong_order(
    pair: list[str], make: Make, write: Write
) -> None:
    power = make("EnergyConsumer", "#load", "about", EnergyConsumer_p=4, EnergyConsumer_q=1)
    equipment, state = write(*pair, profile=_EQ), write(power, profile=_SSH)
    one = read_cim({"1.xml": equipment, "2.xml": state})
    other = read_cim({"1.xml": state, "2.xml": equipment})
    assert one.loads == other.loads
    assert one.loads[0].p_kw == 4000


def test_an_object_that_is_defined_twice_alike(pair: list[str], write: Write) -> None:
    boundary = [each for each in pair if "BaseVoltage rdf:ID" in each]
    network = read_cim({"a_EQ.xml": write(*pair), "b_EQ.xml": write(*boundary)})
    assert voltages(network) == voltages(read_cim({"n": write(*pair)}))


def test_an_object_that_is_defined_twice_with_other_values(
    pair: list[str], make: Make, write: Write
) -> None:
    again = make("BaseVoltage", "kv20", BaseVoltage_nominalVoltage=21)
    with pytest.raises(NetworkInvalid) as failed:
        read_cim({"a_EQ.xml": write(*pair, again)})
    fault = failed.value.faults[0]
    assert (fault.element, fault.kind) == ("kv20", FaultKind.DUPLICATE)
    assert "BaseVoltage.nominalVoltage" in fault.reason


def test_two_islands_have_a_source_each(pair: list[str], write: Write) -> None:
    def renamed(text: str) -> str:
        for name in ("grid", "unit", "load", "A", "B", "end1", "end2"):
            for mark in ('ID="', 'ID="_', "#", "#_"):
                text = text.replace(f'{mark}{name}"', f'{mark}other-{name}"')
                text = text.replace(f"{mark}{name}-t", f"{mark}other-{name}-t")
        return text

    other = [renamed(each) for each in pair if "BaseVoltage rdf:ID" not in each]
    network = read_cim({"n": write(*pair, *other)})
    assert {source.id for source in network.sources} == {"grid", "other-grid"}
    found = dict(zip((bus.id for bus in network.buses), voltages(network), strict=True))
    assert found["other-B"] == pytest.approx(found["B"])


def test_a_line_that_is_open_at_one_end_keeps_its_charging(
    pair: list[str], make: Make, connect: Make, write: Write
) -> None:
    line = make(
        "ACLineSegment", "line", ACLineSegment_r=1, ACLineSegment_x=4, ACLineSegment_bch=1e-3
    )
    node = make("TopologicalNode", "C", TopologicalNode_BaseVoltage="#kv20")
    ends = [
        connect("line", 1, "B"),
        connect("line", 2, "C", ACDCTerminal_connected="false"),
    ]
    network = read_cim({"n": write(*pair, line, node, *ends)})
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    assert flow.voltage_pu[0, network.bus_position["C"]] == 0
    pu = flow.voltage_pu[0, network.bus_position["B"]]
    assert flow.from_kva[0, 0].imag == pytest.approx(-((20 * pu) ** 2) * 1e-3 * 1e3, rel=1e-2)


def test_equivalents_with_negative_resistance_and_charging(
    pair: list[str], make: Make, connect: Make, write: Write
) -> None:
    line = make(
        "ACLineSegment", "line", ACLineSegment_r=-0.2, ACLineSegment_x=4, ACLineSegment_bch=-1e-3
    )
    node = make("TopologicalNode", "C", TopologicalNode_BaseVoltage="#kv20")
    ends = [connect("line", 1, "B"), connect("line", 2, "C")]
    things = [each.replace(">1.5<", ">-1.5<") for each in pair]
    network = read_cim({"n": write(*things, line, node, *ends)})
    assert any("equivalent" in remark.reason for remark in network.remarks)
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    assert flow.loss_kw[0, 1] < 0
    assert flow.from_kva[0, 0].imag > 0
