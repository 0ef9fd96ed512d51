"""Values at the very ends of what can be measured, in each kind of measurement."""

import math
from collections.abc import Callable
from typing import Any, Literal

import pytest

from platone.grid.estimation.check import measurement_faults
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.plausible import plausible_ranges
from platone.grid.estimation.sensors import SensorSet
from platone.grid.network.branch import Line, ThreeWindingTransformer, Winding
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

NOTHING: list[str] = []
LINE_KVA = 100.0 * 20.0 * math.sqrt(3)
"""A limit of 100 A at 20 kV."""
WINDING_KVA = 1000.0
"""What each winding is rated for."""


@pytest.fixture
def network() -> Network:
    """Three buses of 20 kV in a row; the lines bear 100 A and 50 A, a star of windings hangs on."""

    def line(name: str, ends: tuple[str, str], limit_a: float) -> Line:
        return Line(
            id=name,
            from_bus=ends[0],
            to_bus=ends[1],
            resistance_ohm=0.3,
            reactance_ohm=0.3,
            capacitance_nf=10.0,
            limit_a=limit_a,
        )

    def coil(bus: str) -> Winding:
        return Winding(
            id=f"w{bus}",
            bus=bus,
            rated_kv=20.0,
            rated_kva=WINDING_KVA,
            resistance_ohm=0.1,
            reactance_ohm=1.0,
        )

    star = ThreeWindingTransformer(id="star", windings=(coil("a"), coil("d"), coil("e")))
    names = ("a", "b", "c", "d", "e")
    return check(
        Network(
            id="n",
            version="1",
            buses=tuple(Bus(id=name, nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for name in names),
            three_winding_transformers=(star,),
            sources=(Source(id="S", bus="a", voltage_pu=1.0),),
            lines=(line("ab", ("a", "b"), 100.0), line("bc", ("b", "c"), 50.0)),
            loads=(Load(id="load", bus="c", p_kw=10.0, q_kvar=1.0),),
        )
    )


def volts(kv: float, std: float = 0.1, **more: Any) -> VoltageMeasurement:
    return VoltageMeasurement(id="m", bus="b", voltage_kv=kv, std_kv=std, **more)


def amperes(a: float, std: float = 1.0, **more: Any) -> BranchCurrent:
    return BranchCurrent(id="m", branch="ab", end="from", current_a=a, std_a=std, **more)


def power(kw: float, kvar: float, std: float = 1.0) -> BranchPower:
    return BranchPower(
        id="m", branch="ab", end="to", p_kw=kw, q_kvar=kvar, std_kw=std, std_kvar=std
    )


def injection(element: str, kw: float, kvar: float) -> Injection:
    return Injection(id="m", element=element, p_kw=kw, q_kvar=kvar, std_kw=1.0, std_kvar=1.0)


def winding(kw: float, end: Literal["from", "to"] = "from") -> BranchPower:
    return BranchPower(id="m", branch="wd", end=end, p_kw=kw, std_kw=1.0)


MOST_KW = 5 * LINE_KVA
AT_B_KW = 5 * (LINE_KVA + LINE_KVA / 2)
"""Both lines meet at bus b."""
AT_C_KW = 5 * LINE_KVA / 2


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (volts(6.0), volts(5.999999)),
        (volts(40.0), volts(40.000001)),
        (volts(20.0, 10.0), volts(20.0, 10.000001)),
        (volts(20.0, 1e-300), volts(20.0, 0.0)),
        (volts(20.0, angle_deg=360.0, std_deg=1.0), volts(20.0, angle_deg=360.1, std_deg=1.0)),
        (volts(20.0, angle_deg=-360.0, std_deg=1.0), volts(20.0, angle_deg=-360.1, std_deg=1.0)),
        (amperes(0.0), amperes(-1e-9)),
        (amperes(500.0), amperes(500.0001)),
        (amperes(0.5, 1e9), amperes(0.5, -1.0)),
        (power(MOST_KW * (1 - 1e-12), 0.0), power(MOST_KW * (1 + 1e-9), 0.0)),
        (power(-MOST_KW * (1 - 1e-12), 0.0), power(-MOST_KW * (1 + 1e-9), 0.0)),
        (power(0.0, MOST_KW * (1 - 1e-12)), power(0.0, MOST_KW * (1 + 1e-9))),
        (injection("b", AT_B_KW * (1 - 1e-9), 0.0), injection("b", AT_B_KW * (1 + 1e-9), 0.0)),
        (winding(5 * WINDING_KVA * (1 - 1e-9)), winding(5 * WINDING_KVA * (1 + 1e-9))),
        (injection("load", 0.0, AT_C_KW * (1 - 1e-9)), injection("c", 0.0, AT_C_KW * (1 + 1e-9))),
    ],
)
def test_the_ends_of_the_ranges(network: Network, within: Measurement, beyond: Measurement) -> None:
    assert measurement_faults(network, [within]) == []
    (fault,) = measurement_faults(network, [beyond])
    assert fault.kind.value == "implausible"
    for each, is_right in ((within, True), (beyond, False)):
        assert plausible_ranges(network).hold(SensorSet([each])) is is_right


def named(name: str, bus: str) -> VoltageMeasurement:
    return VoltageMeasurement(id=name, bus=bus, voltage_kv=20.0, std_kv=0.1)


@pytest.mark.parametrize(
    ("measurements", "kinds"),
    [
        ([named("m", "a"), named("n", "a")], NOTHING),
        ([named("m", "a"), named("m", "b")], ["duplicateId"]),
        ([named("m", "a"), named("n", "nowhere")], ["unknownElement"]),
        ([named("m", "a"), amperes(1.0)], ["duplicateId"]),
        ([winding(1.0)], NOTHING),
        ([winding(1.0, "to")], ["noSuchEnd"]),
        (
            [BranchCurrent(id="m", branch="no", end="to", current_a=1.0, std_a=1.0)],
            ["unknownElement"],
        ),
        ([injection("nothing", 1.0, 1.0)], ["unknownElement"]),
        ([BranchPower(id="m", branch="ab", end="to")], ["incomplete"]),
        ([BranchPower(id="m", branch="ab", end="to", std_kw=1.0)], ["incomplete", "incomplete"]),
        ([volts(20.0, angle_deg=1.0)], ["incomplete"]),
        ([volts(math.nan)], ["implausible"]),
        ([volts(math.inf)], ["implausible"]),
        ([volts(20.0, angle_deg=math.nan, std_deg=math.nan)], ["implausible", "implausible"]),
    ],
)
def test_whatever_is_wrong_is_found_in_a_set(
    network: Network, measurements: list[Measurement], kinds: list[str]
) -> None:
    """The quick look at the arrays and the slow one that names each fault say the same."""
    found = measurement_faults(network, [*measurements, named("right", "c")])
    assert [each.kind.value for each in found] == kinds
    assert plausible_ranges(network).hold(SensorSet(measurements)) is (not kinds)


@pytest.mark.parametrize("make", [volts, amperes])
def test_a_reason_names_both_ends(network: Network, make: Callable[..., Measurement]) -> None:
    (fault,) = measurement_faults(network, [make(1e6)])
    ends = "6 and 40 kV" if make is volts else "0 and 500 A"
    assert f"is not between {ends}" in fault.reason
