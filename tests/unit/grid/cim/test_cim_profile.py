"""Sets of files that lack a profile are refused by its name, or told of."""

from collections.abc import Callable

import numpy as np
import pytest

from platone.grid.file.cim.read import read_cim
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.problem.network import FaultKind, NetworkInvalid

EQ = "http://entsoe.eu/CIM/EquipmentCore/3/1"
TP = "http://entsoe.eu/CIM/Topology/4/1"
SSH = "http://entsoe.eu/CIM/SteadyStateHypothesis/1/1"
Make = Callable[..., str]
Write = Callable[..., bytes]


def refusal(files: dict[str, bytes]) -> tuple[FaultKind, str]:
    with pytest.raises(NetworkInvalid) as raised:
        read_cim(files)
    (fault,) = raised.value.faults
    return fault.kind, fault.reason


def test_missing_equipment(pair: list[str], write: Write) -> None:
    nodes = [each for each in pair if "TopologicalNode rdf" in each]
    expected = "the equipment (profile EQ) is missing, there is only TP"
    assert refusal({"tp.xml": write(*nodes, profile=TP)}) == (FaultKind.MALFORMED, expected)


def test_missing_topology(pair: list[str], write: Write) -> None:
    things = [each for each in pair if "TopologicalNode rdf:ID" not in each]
    kind, reason = refusal({"eq.xml": write(*things, profile=EQ)})
    assert (kind, "topology (profile TP) is missing" in reason) == (FaultKind.MALFORMED, True)


def test_a_wrong_namespace_is_named(pair: list[str], write: Write) -> None:
    other = "http://example.org/CIM#"
    whole = write(*pair, namespace=other)
    assert refusal({"a.xml": whole}) == (
        FaultKind.MALFORMED,
        f"they hold no CIM objects; classes of {other!r} are none of CIM",
    )
    nodes = [each for each in pair if "TopologicalNode rdf" in each]
    files = {
        "eq.xml": write(*pair, namespace=other, profile=EQ),
        "tp.xml": write(*nodes, profile=TP),
    }
    kind, reason = refusal(files)
    assert kind is FaultKind.MALFORMED
    assert "profile EQ" in reason
    assert other in reason


def test_without_a_source_the_missing_state_is_named(pair: list[str], write: Write) -> None:
    things = [each for each in pair if '"grid"' not in each and "grid-t1" not in each]
    assert refusal({"eq.xml": write(*things, profile=EQ)}) == (
        FaultKind.NO_SOURCE,
        (
            "there is no source that feeds the network; the state (profile SSH), which tells it, "
            "is missing"
        ),
    )


def test_without_a_state_the_powers_are_told_as_missing(
    pair: list[str], make: Make, write: Write
) -> None:
    things = [each for each in pair if 'rdf:ID="load"' not in each]
    equipment = {"eq.xml": write(*things, make("EnergyConsumer", "load"), profile=EQ)}
    network = read_cim(equipment)
    reasons = [each.reason for each in network.remarks if each.element == "load"]
    assert reasons == ["has no power in the files: the state (profile SSH) is missing: 0 is taken"]
    power = make("EnergyConsumer", "#load", "about", EnergyConsumer_p=3, EnergyConsumer_q=1)
    assert read_cim(equipment | {"ssh.xml": write(power, profile=SSH)}).loads[0].p_kw == 3000


@pytest.mark.parametrize(("solved_kv", "agrees"), [(26.8, True), (20.0, False)])
def test_a_winding_far_from_its_bus(
    solved_kv: float, *, agrees: bool, pair: list[str], make: Make, write: Write
) -> None:
    """110/27 kV at a bus of nominal 20 kV: the solved state shows whether that is meant."""
    things = [each.replace("ratedU>20<", "ratedU>27<") for each in pair]
    for bus, kv in (("A", 110), ("B", solved_kv)):
        things.append(
            make("SvVoltage", f"v{bus}", SvVoltage_v=kv, SvVoltage_angle=0,
                 SvVoltage_TopologicalNode=f"#{bus}")
        )  # fmt: skip
    files = {"a.xml": write(*things)}
    if not agrees:
        assert refusal(files)[0] is FaultKind.VOLTAGE_LEVEL
        return
    network = read_cim(files)
    assert ["agrees" in each.reason for each in network.remarks if each.element == "unit"] == [True]
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    assert float(flow.voltage_pu[0, 1]) * 20 == pytest.approx(27, rel=0.02)
    assert np.isfinite(flow.from_a).all()
