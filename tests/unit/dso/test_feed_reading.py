"""Measurements made of phasors and meter readings, with numbers worked out by hand."""

import cmath
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platone.dso.domain.feed_reading import (
    LONGEST_INTERVAL,
    Accuracy,
    MeterReadings,
    PhasorReadings,
    TelemetryReadings,
)
from platone.dso.domain.phasor import BusMessage, PhasorSample
from platone.grid.estimation.measurement import (
    BranchCurrent,
    Injection,
    Origin,
    VoltageMeasurement,
)
from platone.grid.network.branch import ThreeWindingTransformer, Winding
from platone.grid.network.model import Network
from platone.grid.phasor.component import ComponentPhasors
from platone.messages.phasor import Phase
from platone.messages.registry import Measurement

AT = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
ACCURACY = Accuracy(
    phasor_share=0.01, phasor_deg=0.2, least_current_a=0.5, meter_share=0.02, least_kw=0.25
)
PHASE_V = 20_000 / math.sqrt(3)


def three(size: float, degrees: float) -> dict[Phase, complex]:
    """A balanced system, phase B a third of a turn behind phase A."""
    return {
        phase: cmath.rect(size, math.radians(degrees - 120 * row))
        for row, phase in enumerate((Phase.A, Phase.B, Phase.C))
    }


def taken(network: Network, name: str, volts: Any = None, amperes: Any = None) -> Any:
    component = ComponentPhasors(name, volts or {}, amperes or {}, {})
    return PhasorReadings([PhasorSample("P7", AT, component)], ACCURACY).on(network)


@pytest.fixture
def network(feeder: Callable[..., Network]) -> Network:
    """Three buses in a row: line0 from bus0 to bus1, line1 from bus1 to bus2."""
    return feeder((100.0, 100.0))


def test_a_bus_has_a_voltage_between_phases(network: Network) -> None:
    found = taken(network, "bus1", three(PHASE_V, 30.0))
    (one,) = found.measurements
    assert found.left_out == {}
    assert isinstance(one, VoltageMeasurement)
    assert (one.id, one.source, one.at, one.bus) == ("pmu/P7/bus1/voltage", Origin.PMU, AT, "bus1")
    assert one.voltage_kv == pytest.approx(20.0, rel=1e-12)
    assert one.std_kv == pytest.approx(0.2, rel=1e-12)
    assert one.angle_deg == pytest.approx(30.0, abs=1e-9)
    assert one.std_deg == 0.2


@pytest.mark.parametrize(
    ("name", "bus", "end"), [("line1", "bus1", "from"), ("line1@to", "bus2", "to")]
)
def test_a_branch_has_the_voltage_of_its_bus_and_a_current(
    network: Network, name: str, bus: str, end: str
) -> None:
    found = taken(network, name, three(PHASE_V, 0.0), three(200.0, -60.0))
    voltage, current = found.measurements
    assert (voltage.id, voltage.bus) == (f"pmu/P7/{name}/voltage", bus)
    assert isinstance(current, BranchCurrent)
    assert (current.id, current.source, current.at) == (f"pmu/P7/{name}/current", Origin.PMU, AT)
    assert (current.branch, current.end) == ("line1", end)
    assert current.current_a == pytest.approx(200.0, rel=1e-12)
    assert current.angle_deg == pytest.approx(-60.0, abs=1e-9)
    assert current.std_a == pytest.approx(2.0, rel=1e-12)
    # 1 % of the size across it is 0.01 rad, more than the 0.2 degrees of the angle itself
    assert current.std_deg == pytest.approx(math.degrees(0.01), rel=1e-12)


def test_a_winding_ends_in_its_star_where_no_bus_is(network: Network) -> None:
    def winding(number: int) -> Winding:
        return Winding(
            id=f"w{number}",
            bus=f"bus{number}",
            rated_kv=20.0,
            rated_kva=1000.0,
            resistance_ohm=0.1,
            reactance_ohm=1.0,
        )

    star = ThreeWindingTransformer(id="t", windings=(winding(0), winding(1), winding(2)))
    more = replace(network, three_winding_transformers=(star,))
    volts, amperes = three(PHASE_V, 0.0), three(5.0, 0.0)
    names = [each.id for each in taken(more, "w1", volts, amperes).measurements]
    assert names == ["pmu/P7/w1/voltage", "pmu/P7/w1/current"]
    names = [each.id for each in taken(more, "w1@to", volts, amperes).measurements]
    assert names == ["pmu/P7/w1@to/current"]


@pytest.mark.parametrize(
    ("amperes", "std_a", "std_deg"),
    [
        (0.0, 0.5, math.degrees(1.0)),
        (0.25, 0.5, math.degrees(1.0)),
        (10.0, 0.5, math.degrees(0.05)),
        (1e6, 1e4, math.degrees(0.01)),
    ],
)
def test_a_small_current_is_not_certain(
    network: Network, amperes: float, std_a: float, std_deg: float
) -> None:
    (current,) = taken(network, "line0", None, three(amperes, 10.0)).measurements
    assert current.std_a == pytest.approx(std_a, rel=1e-12)
    assert current.std_deg == pytest.approx(std_deg, rel=1e-12)


def test_an_exact_phasor_has_the_angles_own_deviation(network: Network) -> None:
    exact = Accuracy(phasor_share=1e-6, phasor_deg=0.2, least_current_a=1e-6)
    component = ComponentPhasors("line0", {}, three(100.0, 10.0), {})
    found = PhasorReadings([PhasorSample("P7", AT, component)], exact).on(network)
    (current,) = found.measurements
    assert isinstance(current, BranchCurrent)
    assert current.std_deg == 0.2


def test_what_names_nothing_or_says_nothing_is_left_out(network: Network) -> None:
    samples = [
        PhasorSample("P7", AT, ComponentPhasors(name, {}, currents, {}))
        for name, currents in (
            ("nowhere", three(1.0, 0.0)),
            ("nowhere@to", three(1.0, 0.0)),
            ("line0", {}),
            ("bus1", three(1.0, 0.0)),  # a bus has no current of its own
            ("line1", three(1.0, 0.0)),
        )
    ]
    found = PhasorReadings(samples, ACCURACY).on(network)
    assert [each.id for each in found.measurements] == ["pmu/P7/line1/current"]
    missing = "it has neither voltage nor current of all phases"
    assert found.left_out == {
        "pmu/P7/nowhere": "the network has no bus or branch nowhere",
        "pmu/P7/nowhere@to": "the network has no bus or branch nowhere@to",
        "pmu/P7/line0": missing,
        "pmu/P7/bus1": missing,
    }


def test_readings_of_meters_are_mean_powers(network: Network) -> None:
    def reading(pod: str, minutes: int, energy_wh: int) -> Measurement:
        return Measurement(
            pod_id=pod,
            start_time=AT,
            duration_minutes=minutes,
            energy_wh=energy_wh,
            quality="measured",
            device="0x" + "0" * 40,
            sequence=1,
            certification_id="c",
            certification_hash="0" * 64,
            received_at=AT + timedelta(minutes=20),
        )

    readings = [
        reading("POD-1", 15, 25_000),
        reading("POD-2", 5, -25_000),
        reading("POD-9", 15, 1),
        reading("POD-1", 60, 1_000),
    ]
    found = MeterReadings(readings, ACCURACY).on(network)
    told = [
        (each.id, each.source, each.at, each.element, each.p_kw, each.std_kw)
        for each in found.measurements
        if isinstance(each, Injection)
    ]
    assert told == [
        ("meter/POD-1", Origin.METER, AT, "POD-1", 100.0, 2.0),
        ("meter/POD-2", Origin.METER, AT, "POD-2", pytest.approx(-300.0), pytest.approx(6.0)),
        ("meter/POD-1", Origin.METER, AT, "POD-1", 1.0, 0.25),
    ]
    assert found.left_out == {"meter/POD-9": "the network does not connect this point of delivery"}
    assert timedelta(minutes=60) == LONGEST_INTERVAL


def test_what_was_sent_is_passed_on(network: Network) -> None:
    sent = [VoltageMeasurement(id="v", bus="bus0", voltage_kv=20.0, std_kv=0.1)]
    found = TelemetryReadings(sent).on(network)
    assert (found.measurements, found.left_out) == (sent, {})


def test_certainty_is_that_of_the_standards_classes() -> None:
    """IEC 60255-118-1: 1 % total vector error, as three deviations; meters of class 1."""
    told = Accuracy()
    assert told.phasor_share == pytest.approx(0.01 / 3, abs=5e-5)
    assert told.phasor_deg == pytest.approx(math.degrees(0.01 / 3), abs=5e-3)
    assert (told.least_current_a, told.meter_share, told.least_kw) == (0.1, 0.01, 0.05)


@pytest.mark.parametrize(("place", "device"), [("area/site/PMU-1", "PMU-1"), ("PMU-2", "PMU-2")])
def test_a_device_is_the_last_level_of_its_topic(place: str, device: str) -> None:
    assert BusMessage(place, b"").device == device
