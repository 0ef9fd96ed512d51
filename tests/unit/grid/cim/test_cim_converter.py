"""Converters and what takes them out: the state file counts, the solved state is compared."""

from collections.abc import Callable

import pytest

from platone.grid.file.cim.read import read_cim
from platone.grid.network.model import Network

Make = Callable[..., str]
Write = Callable[..., bytes]


@pytest.fixture
def with_converter(
    pair: list[str], make: Make, connect: Make, write: Write
) -> Callable[..., Network]:
    def made(solved_mw: float, solved_mvar: float, *more: str, **values: object) -> Network:
        own: dict[str, object] = {
            "ACDCConverter_p": 136,
            "ACDCConverter_q": 5,
            "VsConverter_qPccControl": "*VsQpccControlKind.voltagePcc",
            "VsConverter_targetUpcc": 20.6,
        }
        return read_cim(
            {
                "a.xml": write(
                    *pair,
                    make("VsConverter", "vsc", IdentifiedObject_name="link", **(own | values)),
                    connect("vsc", 1, "B"),
                    make("SvVoltage", "v", SvVoltage_v=20.0, SvVoltage_angle=-1,
                         SvVoltage_TopologicalNode="#B"),
                    make("SvPowerFlow", "f", SvPowerFlow_p=solved_mw, SvPowerFlow_q=solved_mvar,
                         SvPowerFlow_Terminal="#_vsc-t1"),
                    *more,
                )
            }
        )  # fmt: skip

    return made


def test_at_its_reactive_limit_a_solved_zero_takes_no_power_away(
    with_converter: Callable[..., Network],
) -> None:
    network = with_converter(0, 0)
    (converter,) = [each for each in network.loads if each.id == "vsc"]
    assert (converter.p_kw, converter.q_kvar) == (136e3, 5e3)
    reasons = [each.reason for each in network.remarks if each.element == "vsc"]
    assert "the solved state gives 0 MW, the state file (SSH) 136 MW: SSH counts" in reasons


def test_its_solved_reactive_power_counts_with_the_given_active_one(
    with_converter: Callable[..., Network],
) -> None:
    network = with_converter(136.5, -40)
    (converter,) = [each for each in network.loads if each.id == "vsc"]
    assert (converter.p_kw, converter.q_kvar) == (136e3, -40e3)
    assert not [each for each in network.remarks if "SSH counts" in each.reason]


def test_an_explicit_zero_is_a_power(with_converter: Callable[..., Network]) -> None:
    """Also of a converter that controls its direct-current side: it is said, not missing."""
    network = with_converter(
        0,
        0,
        ACDCConverter_p=0,
        ACDCConverter_q=0,
        VsConverter_qPccControl="*VsQpccControlKind.reactivePcc",
        VsConverter_pPccControl="*VsPpccControlKind.udc",
    )
    (converter,) = [each for each in network.loads if each.id == "vsc"]
    assert (converter.p_kw, converter.q_kvar) == (0, 0)


def test_what_the_solved_state_switches_off_is_named_first(
    with_converter: Callable[..., Network], make: Make, connect: Make
) -> None:
    busbars = [
        part
        for number in range(5)
        for part in (
            make("BusbarSection", f"bar{number}"),
            connect(f"bar{number}", 1, "B"),
            make("SvStatus", f"s{number}", SvStatus_inService="false",
                 SvStatus_ConductingEquipment=f"#bar{number}"),
        )
    ]  # fmt: skip
    status = make("SvStatus", "s", SvStatus_inService="false", SvStatus_ConductingEquipment="#vsc")
    network = with_converter(0, 0, *busbars, status)
    first, *others = network.remarks
    assert first.element == "vsc"
    assert first.reason == (
        "this VsConverter 'link' is out of service in the solved state (SvStatus): left out"
    )
    assert "is out of service in the solved state (SvStatus): BusbarSection (and 4 more)" in [
        each.reason for each in others
    ]
