"""Power from phasors, against numbers that other code or a textbook made."""

import cmath
import json
import math
import warnings
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandapower
import pandapower.networks
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from platone.grid.phasor.component import ComponentPhasors, DeviceRule
from platone.grid.phasor.power import complex_power, measure, power_message
from platone.messages.phasor import AngleUnit, Phase

DEGREES, RADIANS = DeviceRule(), DeviceRule(AngleUnit.RADIAN)
MEASURANDS = ("voltmagnitude", "voltangle", "currmagnitude", "currangle")
Phasors = dict[str, tuple[complex, complex]]


def payload(components: dict[str, Phasors], *, degrees: bool = True, device: str = "PMU1") -> bytes:
    """A message from complex voltages and currents, by component and phase."""
    readings = []
    for component, phasors in components.items():
        for phase, (voltage, current) in phasors.items():
            angles = [math.degrees(cmath.phase(it)) for it in (voltage, current)]
            if not degrees:
                angles = [cmath.phase(it) for it in (voltage, current)]
            values = (abs(voltage), angles[0], abs(current), angles[1])
            readings += [
                {"component": component, "measurand": measurand, "phase": phase, "data": value}
                for measurand, value in zip(MEASURANDS, values, strict=True)
            ]
    at = "2020-05-20T10:27:57.980802+02:00"
    return json.dumps({"device": device, "timestamp": at, "readings": readings}).encode()


def polar(magnitude: float, degrees: float) -> complex:
    return cmath.rect(magnitude, math.radians(degrees))


def only(components: list[ComponentPhasors]) -> ComponentPhasors:
    (component,) = components
    return component


def test_a_textbook_load() -> None:
    """Unbalanced star load on 230 V: each phase from its own impedance, S = |V|^2 / conj(Z)."""
    impedances = {"A": 10 + 0j, "B": 8 + 6j, "C": -20j}
    phasors = {
        phase: (polar(230, angle), polar(230, angle) / impedances[phase])
        for phase, angle in (("A", 0), ("B", -120), ("C", 120))
    }
    found = measure(payload({"load/1": phasors}), DEGREES)
    assert (found.device, found.problems) == ("PMU1", [])
    assert found.at == datetime(2020, 5, 20, 8, 27, 57, 980802, tzinfo=UTC)
    powers = only(found.components).powers
    assert powers[Phase.A] == pytest.approx(5290.0)
    assert powers[Phase.B] == pytest.approx(4232.0 + 3174.0j)
    assert powers[Phase.C] == pytest.approx(-2645.0j)
    assert only(found.components).total == pytest.approx(9522.0 + 529.0j)


def test_power_has_the_form_of_a_device_s_message() -> None:
    phasors = {"A": (polar(230, 3), polar(10, -27)), "B": (polar(230, -117), polar(5, -117))}
    message = power_message(measure(payload({"b": phasors}), DEGREES))
    assert message is not None
    told = {(it.measurand.value, it.phase.value): it.data for it in message.readings}
    expected = {
        ("activepower", "A"): 2300 * math.cos(math.pi / 6),
        ("reactivepower", "A"): 1150.0,
        ("apparentpower", "A"): 2300.0,
        ("activepower", "B"): 1150.0,
        ("reactivepower", "B"): 0.0,
        ("apparentpower", "B"): 1150.0,
    }
    assert told == {key: pytest.approx(value, abs=1e-9) for key, value in expected.items()}


def test_without_any_power_there_is_no_message() -> None:
    assert power_message(measure(payload({"b": {"A": (230, 0)}}), DEGREES)) is not None
    frequency = {"component": "b", "measurand": "frequency", "phase": "A", "data": 50.0}
    raw = {"device": "P", "timestamp": "2020-05-20T10:00:00Z", "readings": [frequency]}
    assert power_message(measure(json.dumps(raw).encode(), DEGREES)) is None


def test_voltage_of_another_component_and_a_reversed_current() -> None:
    """The voltage stands at the busbar; one feeder's transformer is mounted the other way."""
    bus = {"A": (polar(230, 0), 0j)}
    feeders = {"f1": {"A": (0j, polar(10, -30))}, "f2": {"A": (0j, polar(4, 180))}}
    raw = json.loads(payload({"bus": bus, **feeders}))
    raw["readings"] = [
        it
        for it in raw["readings"]
        if it["measurand"].startswith("volt") == (it["component"] == "bus")
    ]
    rule = DeviceRule(voltage_of={"f1": "bus", "f2": "bus"}, reversed_currents=frozenset({"f2"}))
    found = {it.id: it for it in measure(json.dumps(raw).encode(), rule).components}
    assert found["f1"].powers == {Phase.A: pytest.approx(polar(2300, 30))}
    assert found["f2"].powers == {Phase.A: pytest.approx(920.0)}
    assert found["f2"].currents == {Phase.A: pytest.approx(4.0)}
    assert found["bus"].powers == {}


@pytest.fixture(scope="module")
def pandapower_net() -> Any:
    """A 20 kV ring with a transformer, solved by pandapower."""
    net = pandapower.networks.example_simple()
    net.shunt.in_service = False  # they stand in the admittance matrix, and not in the currents
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pandapower.runpp(net, tolerance_mva=1e-10, numba=False)
    return net


def balanced(voltage: complex, current: complex) -> Phasors:
    """Three phases of a balanced network, from phase A."""
    turns = {"A": 0.0, "B": -120.0, "C": 120.0}
    return {p: (voltage * polar(1, t), current * polar(1, t)) for p, t in turns.items()}


def test_bus_powers_are_pandapower_s(pandapower_net: Any) -> None:
    """Currents are made of its admittance matrix and voltages; the powers it solved for itself."""
    net = pandapower_net
    internal, lookup = net._ppc["internal"], net._pd2ppc_lookups["bus"]
    voltages, base_va = internal["V"], net.sn_mva * 1e6
    drawn = -(internal["Ybus"] @ voltages)  # load convention: out of the network
    buses: dict[str, Phasors] = {}
    expected = {}
    for bus in net.bus.index[net.bus.in_service & net.res_bus.vm_pu.notna()]:
        row, line_v = lookup[bus], net.bus.vn_kv[bus] * 1e3
        phase_v = voltages[row] * line_v / math.sqrt(3)
        phase_a = drawn[row] * base_va / (math.sqrt(3) * line_v)
        buses[f"bus/{bus}"] = balanced(phase_v, phase_a)
        merged = [other for other in net.bus.index if lookup[other] == row]
        expected[f"bus/{bus}"] = sum(
            complex(net.res_bus.p_mw[it], net.res_bus.q_mvar[it]) for it in merged
        )
    assert len(expected) >= 6
    assert max(abs(it) for it in expected.values()) > 1
    found = measure(payload(buses), DEGREES)
    assert found.problems == []
    for component in found.components:
        assert component.total is not None
        assert component.total / 1e6 == pytest.approx(expected[component.id], abs=1e-7)
        for power in component.powers.values():
            assert power == pytest.approx(component.total / 3, abs=1e-3)


def test_line_powers_are_pandapower_s(pandapower_net: Any) -> None:
    """Currents from each line's own impedance; pandapower's flows come from its solver."""
    net = pandapower_net
    lines: dict[str, Phasors] = {}
    at_switches = net.switch[(net.switch.et == "l") & ~net.switch.closed].element
    for line in net.line.index[net.line.in_service & ~net.line.index.isin(at_switches)]:
        data = net.line.loc[line]
        ends = []
        for bus in (data.from_bus, data.to_bus):
            at = net.res_bus.loc[bus]
            ends.append(polar(at.vm_pu * net.bus.vn_kv[bus] * 1e3 / math.sqrt(3), at.va_degree))
        series = complex(data.r_ohm_per_km, data.x_ohm_per_km) * data.length_km / data.parallel
        shunt = 1j * 2 * math.pi * net.f_hz * data.c_nf_per_km * 1e-9 * data.length_km / 2
        current = (ends[0] - ends[1]) / series + ends[0] * shunt * data.parallel
        lines[f"line/{line}"] = balanced(ends[0], current)
    assert len(lines) >= 2
    for component in measure(payload(lines, degrees=False), RADIANS).components:
        results = net.res_line.loc[int(component.id.split("/")[1])]
        expected = complex(results.p_from_mw, results.q_from_mvar)
        assert component.total is not None
        assert component.total / 1e6 == pytest.approx(expected, rel=1e-6)


angles = st.floats(-180, 180)
magnitudes = st.floats(0.01, 1e5)
three = st.fixed_dictionaries({p: st.tuples(magnitudes, angles, magnitudes, angles) for p in "ABC"})


def phasors_of(drawn: dict[str, tuple[float, float, float, float]], turn: float = 0.0) -> Phasors:
    return {
        phase: (polar(volts, va + turn), polar(amperes, ia + turn))
        for phase, (volts, va, amperes, ia) in drawn.items()
    }


@given(three, angles)
def test_power_does_not_depend_on_the_reference_of_angles(drawn: Any, turn: float) -> None:
    before = only(measure(payload({"b": phasors_of(drawn)}), DEGREES).components)
    after = only(measure(payload({"b": phasors_of(drawn, turn)}), DEGREES).components)
    for phase, power in before.powers.items():
        assert after.powers[phase] == pytest.approx(power, rel=1e-9, abs=1e-9 * abs(power))


@given(three)
def test_both_units_and_the_arrays_give_the_same(drawn: Any) -> None:
    phasors = phasors_of(drawn)
    one = only(measure(payload({"b": phasors}), DEGREES).components)
    other = only(measure(payload({"b": phasors}, degrees=False), RADIANS).components)
    volts, amperes = np.array([phasors[phase] for phase in "ABC"]).T
    arrays = complex_power(volts, amperes)
    for phase, power in zip("ABC", arrays, strict=True):
        for found in (one, other):
            assert found.powers[Phase(phase)] == pytest.approx(power, rel=1e-9)
    assert one.total == pytest.approx(arrays.sum(), rel=1e-9, abs=1e-9 * np.abs(arrays).sum())


@given(three, st.lists(st.tuples(magnitudes, angles), min_size=3, max_size=3))
def test_power_into_a_node_is_power_out_of_it(drawn: Any, more: Any) -> None:
    """Kirchhoff: what two feeders take from a busbar is what the supply brings (Tellegen)."""
    bus = {phase: (polar(volts, va), 0j) for phase, (volts, va, _, _) in drawn.items()}
    one = {phase: (0j, polar(amperes, ia)) for phase, (_, _, amperes, ia) in drawn.items()}
    two = {phase: (0j, polar(*it)) for phase, it in zip("ABC", more, strict=True)}
    supply = {phase: (0j, one[phase][1] + two[phase][1]) for phase in "ABC"}
    # angles of three phases in a few degrees are taken for radians, and refused by name
    assume(max(abs(cmath.phase(each)) for _, each in supply.values()) > math.radians(13))
    raw = json.loads(payload({"bus": bus, "one": one, "two": two, "supply": supply}))
    raw["readings"] = [
        it
        for it in raw["readings"]
        if it["measurand"].startswith("volt") == (it["component"] == "bus")
    ]
    names = ("one", "two", "supply")
    rule = DeviceRule(
        voltage_of=dict.fromkeys(names, "bus"), reversed_currents=frozenset({"supply"})
    )
    found = measure(json.dumps(raw).encode(), rule)
    assert found.problems == []
    totals = [it.total for it in found.components if it.id != "bus"]
    assert len(totals) == 3
    most = sum(abs(it) for it in totals if it is not None)
    assert sum(it for it in totals if it is not None) == pytest.approx(0, abs=1e-9 * most)
