"""Equipment by itself: what CIM says of it against the circuit's answer, calculated by hand."""

import cmath
import math
from collections.abc import Callable
from typing import Any

import pytest

from platone.grid.file.cim.read import read_cim
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.element import ConnectionPoint
from platone.grid.network.model import Network
from platone.grid.problem.network import FaultKind, NetworkInvalid

Make = Callable[..., str]
Write = Callable[..., bytes]


def voltage(network: Network, bus: str) -> complex:
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    place = network.bus_position[bus]
    return cmath.rect(flow.voltage_pu[0, place], flow.angle_rad[0, place])


def unloaded(pair: list[str]) -> list[str]:
    return [each for each in pair if "EnergyConsumer" not in each and 'rdf:ID="_load' not in each]


CHANGERS: dict[str, tuple[dict[str, object], complex]] = {
    "RatioTapChanger": ({"RatioTapChanger_stepVoltageIncrement": 1.25}, 1 + 4 * 0.0125),
    "PhaseTapChangerLinear": (
        {"PhaseTapChangerLinear_stepPhaseShiftIncrement": 1.5, "PhaseTapChangerLinear_xMin": 0},
        cmath.rect(1, math.radians(6)),
    ),
    "PhaseTapChangerSymmetrical": (
        {"PhaseTapChangerNonLinear_voltageStepIncrement": 1.25},
        cmath.rect(1, 2 * math.atan(4 * 0.0125 / 2)),
    ),
    "PhaseTapChangerAsymmetrical": (
        {
            "PhaseTapChangerNonLinear_voltageStepIncrement": 1.25,
            "PhaseTapChangerAsymmetrical_windingConnectionAngle": 60,
        },
        1 + cmath.rect(4 * 0.0125, math.radians(60)),
    ),
}


def changer(make: Make, kind: str, at: int, step: float = 4, /, **values: Any) -> str:
    owner = "RatioTapChanger" if kind == "RatioTapChanger" else "PhaseTapChanger"
    own: dict[str, object] = dict(CHANGERS.get(kind, ({}, 1))[0])
    return make(
        kind,
        "tap",
        TapChanger_lowStep=-8,
        TapChanger_highStep=8,
        TapChanger_neutralStep=0,
        TapChanger_normalStep=1,
        TapChanger_step=step,
        **{f"{owner}_TransformerEnd": f"#end{at}"},
        **(own | values),
    )


@pytest.mark.parametrize("kind", CHANGERS)
@pytest.mark.parametrize("at", [1, 2])
def test_a_tap_changer_turns_the_voltage_of_its_winding(
    kind: str, at: int, pair: list[str], make: Make, write: Write
) -> None:
    """The voltage at its terminal is that inside times the turn; positive angles lead outwards."""
    network = read_cim({"a.xml": write(*unloaded(pair), changer(make, kind, at))})
    _, turn = CHANGERS[kind]
    expected = 1 / turn if at == 1 else turn
    assert voltage(network, "B") == pytest.approx(expected, abs=1e-7)


def test_two_tap_changers_at_one_transformer(pair: list[str], make: Make, write: Write) -> None:
    second = changer(make, "PhaseTapChangerSymmetrical", 2).replace('"tap"', '"tap2"')
    things = [*unloaded(pair), changer(make, "RatioTapChanger", 1), second]
    network = read_cim({"a.xml": write(*things)})
    expected = cmath.rect(1, 2 * math.atan(0.025)) / 1.05
    assert voltage(network, "B") == pytest.approx(expected, abs=1e-7)
    [unit] = network.transformers
    assert (unit.tap_position, unit.tap_min, unit.tap_max) == (4, -8, 8)
    assert "tap2" in {remark.element for remark in network.remarks}


def test_a_table_of_steps(pair: list[str], make: Make, write: Write) -> None:
    """Ratio and angle of the step at which it stands; resistance and reactance in % more."""
    table = "PhaseTapChangerTable"
    points = [
        make(
            f"{table}Point",
            f"p{step}",
            TapChangerTablePoint_step=step,
            TapChangerTablePoint_ratio=1 + 0.01 * step**2 / 16,
            TapChangerTablePoint_r=10,
            TapChangerTablePoint_x=5 * step,
            **{f"{table}Point_angle": step, f"{table}Point_{table}": "#table"},
        )
        for step in range(-8, 9)
    ]
    tap = changer(
        make, "PhaseTapChangerTabular", 1, **{f"PhaseTapChangerTabular_{table}": "#table"}
    )
    things = [*unloaded(pair), make(table, "table"), *points, tap]
    network = read_cim({"a.xml": write(*things)})
    assert voltage(network, "B") == pytest.approx(1 / cmath.rect(1.01, math.radians(4)), abs=1e-7)
    [unit] = network.transformers
    base_ohm = 110**2 / 40
    assert unit.copper_loss_kw == pytest.approx(1.5 * 1.1 / base_ohm * 40e3)
    assert unit.short_circuit_percent == pytest.approx(
        abs(complex(1.5 * 1.1, 36 * 1.2)) / base_ohm * 100
    )


def test_reactance_that_grows_with_the_angle_if_it_fits_the_winding(
    pair: list[str], make: Make, write: Write
) -> None:
    low: dict[str, Any] = {"PhaseTapChangerLinear_xMin": 36, "PhaseTapChangerLinear_xMax": 50}
    network = read_cim({"a.xml": write(*pair, changer(make, "PhaseTapChangerLinear", 1, **low))})
    share = (math.sin(math.radians(3)) / math.sin(math.radians(6))) ** 2
    expected = abs(complex(1.5, 36 + 14 * share)) / (110**2 / 40) * 100
    assert network.transformers[0].short_circuit_percent == pytest.approx(expected)
    low["PhaseTapChangerLinear_xMin"] = 30
    network = read_cim({"a.xml": write(*pair, changer(make, "PhaseTapChangerLinear", 1, **low))})
    expected = abs(complex(1.5, 36)) / (110**2 / 40) * 100
    assert network.transformers[0].short_circuit_percent == pytest.approx(expected)


def test_a_step_beyond_the_last_one_is_a_fault(pair: list[str], make: Make, write: Write) -> None:
    with pytest.raises(NetworkInvalid) as raised:
        read_cim({"a.xml": write(*pair, changer(make, "RatioTapChanger", 1, 9))})
    [fault] = raised.value.faults
    assert (fault.element, fault.kind) == ("tap", FaultKind.OUT_OF_RANGE)


def test_the_state_decides_in_its_order(pair: list[str], make: Make, write: Write) -> None:
    """SSH over SV over EQ; a controlled tap changer stands where the control brought it."""
    things = [each for each in pair if 'rdf:ID="load"' not in each]
    things += [make("EnergyConsumer", "load", EnergyConsumer_pfixed=1, EnergyConsumer_qfixed=0.5)]
    things += [changer(make, "RatioTapChanger", 1).replace("TapChanger.step>", "TapChanger.x>")]
    ssh = write(
        make("EnergyConsumer", "#load", "about", EnergyConsumer_p=3, EnergyConsumer_q=1),
        make("RatioTapChanger", "#tap", "about", TapChanger_step=2,
             TapChanger_controlEnabled="true"),
        profile="http://entsoe.eu/CIM/SteadyStateHypothesis/1/1",
    )  # fmt: skip
    sv = write(
        make("SvPowerFlow", "f", SvPowerFlow_p=2, SvPowerFlow_q=0.7,
             SvPowerFlow_Terminal="#_load-t1"),
        make("SvTapStep", "s", SvTapStep_position=3, SvTapStep_TapChanger="#tap"),
        make("SvVoltage", "v", SvVoltage_v=112.2, SvVoltage_angle=-3,
             SvVoltage_TopologicalNode="#A"),
        profile="http://entsoe.eu/CIM/StateVariables/4/1",
    )  # fmt: skip
    equipment = {"EQ.xml": write(*things, profile="http://entsoe.eu/CIM/EquipmentCore/3/1")}

    def state(**files: bytes) -> tuple[float, int, float, str]:
        network = read_cim(equipment | files)
        [source] = network.sources
        position = network.transformers[0].tap_position
        return network.loads[0].p_kw, position, round(source.voltage_pu, 9), network.version

    assert state() == (1000, 1, 1, "1")
    assert state(sv=sv) == (2000, 3, 1.02, "1@2026-01-01T10:00:00Z")
    assert state(ssh=ssh) == (3000, 2, 1, "1@2026-01-01T10:00:00Z")
    assert state(ssh=ssh, sv=sv) == (3000, 3, 1.02, "1@2026-01-01T10:00:00Z")


def test_a_line_without_impedance_is_a_closed_switch(
    pair: list[str], make: Make, connect: Make, write: Write
) -> None:
    things = [each.replace("#B", "#C") if "load-t1" in each else each for each in pair]
    things += [
        make("TopologicalNode", "C", TopologicalNode_BaseVoltage="#kv20"),
        make("ACLineSegment", "jumper", ACLineSegment_r=0, ACLineSegment_x=0),
        connect("jumper", 1, "B"),
        connect("jumper", 2, "C"),
    ]
    network = read_cim({"a.xml": write(*things)})
    assert [(each.id, each.closed) for each in network.switches] == [("jumper", True)]
    assert "jumper" in {remark.element for remark in network.remarks}
    assert voltage(network, "C") == voltage(network, "B") != 0


def test_a_point_of_delivery_is_a_consumer_with_such_a_name(
    pair: list[str], make: Make, write: Write
) -> None:
    things = [
        *pair,
        make("NameType", "type", NameType_name="PoD"),
        make("Name", "name", Name_name="IT002E61899978", Name_NameType="#type",
             Name_IdentifiedObject="#load"),
    ]  # fmt: skip
    network = read_cim({"a.xml": write(*things)})
    assert network.connection_points == (ConnectionPoint(pod_id="IT002E61899978", bus="B"),)
    assert network.loads == ()
    assert any("metered power counts" in remark.reason for remark in network.remarks)


@pytest.mark.parametrize(
    "namespace",
    [
        "http://iec.ch/TC57/2003/CIM-schema-cim10#",
        "http://iec.ch/TC57/2009/CIM-schema-cim14#",
        "http://iec.ch/TC57/2010/CIM-schema-cim15#",
        "http://iec.ch/TC57/2012/CIM-schema-cim16#",
        "http://iec.ch/TC57/2016/CIM-schema-cim17#",
        "http://iec.ch/TC57/CIM100#",
        "http://iec.ch/TC57/2100/CIM-schema-cim200#",
    ],
)
def test_versions_of_the_vocabulary(pair: list[str], write: Write, namespace: str) -> None:
    network = read_cim({"a.xml": write(*pair, namespace=namespace)})
    assert [bus.id for bus in network.buses] == ["A", "B"]


def test_identifiers_match_in_all_their_spellings(pair: list[str], write: Write) -> None:
    """`#_x`, `#x`, `urn:uuid:x` and an address with `#_x` are one; the definition's stays."""
    things = [
        each.replace('rdf:ID="A"', 'rdf:about="urn:uuid:A"')
        .replace('rdf:ID="B"', 'rdf:ID="_B"')
        .replace('"#kv20"', '"http://example.org/model#_kv20"')
        for each in pair
    ]
    network = read_cim({"a_EQ.xml": write(*things)})
    assert [bus.id for bus in network.buses] == ["A", "_B"]
    assert network.transformers[0].to_bus == "_B"


def test_limits_permanent_and_of_voltage(pair: list[str], make: Make, write: Write) -> None:
    def limit(kind: str, name: str, value: float, **of: object) -> list[str]:
        own = {f"{kind}_value": value}
        return [
            make("OperationalLimitType", f"{name}-type", IdentifiedObject_name=name, **of),
            make("OperationalLimitSet", f"{name}-set", OperationalLimitSet_Terminal="#_unit-t1"),
            make(kind, f"{name}-limit", OperationalLimit_OperationalLimitSet=f"#{name}-set",
                 OperationalLimit_OperationalLimitType=f"#{name}-type", **own),
        ]  # fmt: skip

    duration = {"OperationalLimitType_acceptableDuration": 60}
    low = {"OperationalLimitType_direction": "*OperationalLimitDirectionKind.low"}
    things = [
        *pair,
        *limit("CurrentLimit", "always", 250),
        *limit("CurrentLimit", "minute", 100, **duration),
        *limit("ApparentPowerLimit", "power", 42),
        *limit("VoltageLimit", "least", 104.5, **low),
    ]
    network = read_cim({"a.xml": write(*things)})
    # 42 MVA are 220 A at 110 kV, less than 250 A
    assert network.transformers[0].limit_percent == pytest.approx(42 / 40 * 100)
    assert network.buses[0].min_pu == pytest.approx(0.95)
    assert network.buses[0].max_pu is None


def test_a_machine_at_its_reactive_limit_is_constant_power(
    pair: list[str], make: Make, connect: Make, write: Write
) -> None:
    things = [
        *pair,
        make("SynchronousMachine", "machine", RotatingMachine_p=-5, RotatingMachine_q=0,
             RegulatingCondEq_controlEnabled="true", RegulatingCondEq_RegulatingControl="#control"),
        connect("machine", 1, "B"),
        make("RegulatingControl", "control", RegulatingControl_enabled="true",
             RegulatingControl_targetValue=20.6, RegulatingControl_Terminal="#_machine-t1",
             RegulatingControl_mode="*RegulatingControlModeKind.voltage"),
    ]  # fmt: skip
    network = read_cim({"a.xml": write(*things)})
    [generator] = network.generators
    assert generator.p_kw == -5000
    assert generator.voltage_pu == pytest.approx(1.03)
    solved = [
        make("SvVoltage", "v", SvVoltage_v=20.2, SvVoltage_angle=0, SvVoltage_TopologicalNode="#B"),
        make("SvPowerFlow", "f", SvPowerFlow_p=-5, SvPowerFlow_q=-3,
             SvPowerFlow_Terminal="#_machine-t1"),
    ]  # fmt: skip
    network = read_cim({"a.xml": write(*things, *solved)})
    assert network.generators == ()
    assert (network.loads[0].p_kw, network.loads[0].q_kvar) == (-5000, -3000)


def test_boundary_nodes_take_the_nominal_voltage_of_their_lines(
    pair: list[str], make: Make, connect: Make, write: Write
) -> None:
    level = {"TopologicalNode_ConnectivityNodeContainer": "#level"}
    things = [each for each in pair if 'rdf:ID="B"' not in each]
    things += [
        make("VoltageLevel", "level", VoltageLevel_BaseVoltage="#kv20"),
        make("TopologicalNode", "B", **level),
        make("BaseVoltage", "kv21", BaseVoltage_nominalVoltage=21),
        make("TopologicalNode", "X", TopologicalNode_BaseVoltage="#kv21"),
        make("ACLineSegment", "tie", ACLineSegment_r=1, ACLineSegment_x=1),
        connect("tie", 1, "B"),
        connect("tie", 2, "X"),
        make("ACLineSegment", "far", ACLineSegment_r=1, ACLineSegment_x=1),
        connect("far", 1, "X"),
        connect("far", 2, "UNKNOWN"),
    ]
    network = read_cim({"a.xml": write(*things)})
    nominal = {bus.id: bus.nominal_kv for bus in network.buses}
    assert nominal == {"A": 110, "B": 20, "X": 20, "UNKNOWN": 20}
    assert {remark.element for remark in network.remarks} >= {"X", "UNKNOWN"}
