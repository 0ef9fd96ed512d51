"""Measurements that do not fit, and the files that hold them."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from platone.grid.estimation.check import measurement_faults
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Origin,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.placement import place_measurements
from platone.grid.estimation.sensors import SensorSet
from platone.grid.file.measurement_file import read_measurements
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementFaultKind, MeasurementsInvalid
from platone.grid.problem.file import MeasurementFileInvalid

KV: dict[str, Any] = {"voltage_kv": 20.0, "std_kv": 0.04}


@pytest.mark.parametrize(
    ("measurement", "kind", "word"),
    [
        (VoltageMeasurement(id="x", bus="nowhere", **KV), "unknownElement", "nowhere"),
        (VoltageMeasurement(id="x", bus="b1", voltage_kv=20150, std_kv=40), "implausible", "kV"),
        (VoltageMeasurement(id="x", bus="b1", voltage_kv=1.01, std_kv=0.01), "implausible", "kV"),
        (VoltageMeasurement(id="x", bus="b1", voltage_kv=20, std_kv=40), "implausible", "nothing"),
        (VoltageMeasurement(id="x", bus="b1", **KV, angle_deg=3.0), "incomplete", "deviation"),
        (
            VoltageMeasurement(id="x", bus="b1", **KV, angle_deg=700.0, std_deg=1.0),
            "implausible",
            "turn",
        ),
        (
            VoltageMeasurement(id="x", bus="b1", voltage_kv=float("nan"), std_kv=1.0),
            "implausible",
            "",
        ),
        (
            BranchCurrent(id="x", branch="l9", end="to", current_a=5, std_a=1),
            "unknownElement",
            "l9",
        ),
        (BranchCurrent(id="x", branch="l1", end="to", current_a=-5, std_a=1), "implausible", "0"),
        (
            BranchCurrent(id="x", branch="l1", end="to", current_a=9e4, std_a=1),
            "implausible",
            "300",
        ),
        (BranchPower(id="x", branch="l1", end="from"), "incomplete", "no value"),
        (BranchPower(id="x", branch="l1", end="from", p_kw=5.0), "incomplete", "deviation"),
        (
            BranchPower(id="x", branch="l1", end="from", p_kw=2e6, std_kw=1e4),
            "implausible",
            "kVA",
        ),
        (Injection(id="x", element="l1", p_kw=1.0, std_kw=1.0), "unknownElement", "l1"),
        (Injection(id="x", element="c1", q_kvar=3e5, std_kvar=1.0), "implausible", "kvar"),
        (Injection(id="x", element="c1", p_kw=3.0, std_kw=0.0), "implausible", "nothing"),
        (Injection(id="x", element="c1", p_kw=3.0, std_kw=float("nan")), "implausible", "nothing"),
        (BranchPower(id="x", branch="l1", end="to", p_kw=3.0, std_kw=-1.0), "implausible", "-1"),
    ],
)
def test_a_wrong_measurement_is_named(street: Any, measurement: Any, kind: str, word: str) -> None:
    found = measurement_faults(street(), [measurement])
    assert MeasurementFaultKind(kind) in {each.kind for each in found}
    assert {each.measurement for each in found} == {"x"}
    assert any(word in each.reason for each in found)


def test_every_fault_is_told_at_once(street: Any) -> None:
    one = VoltageMeasurement(id="one", bus="b1", **KV)
    wrong = [one, one, VoltageMeasurement(id="two", bus="b1", voltage_kv=2e4, std_kv=1.0)]
    with pytest.raises(MeasurementsInvalid) as failed:
        estimate(NetworkModel(street()), wrong)
    assert [(each.measurement, each.kind.value) for each in failed.value.faults] == [
        ("one", "duplicateId"),
        ("two", "implausible"),
    ]
    assert failed.value.fields["faultCount"] == 2


def test_a_power_measured_where_nothing_is_connected_says_nothing(
    street: Any, measured_street: Any
) -> None:
    """It is exactly 0 there, which counts already."""
    model, measurements = measured_street(street())
    none = Injection(id="none", element="b3", p_kw=4.0, std_kw=1.0, q_kvar=1.0, std_kvar=1.0)
    found = estimate(model, [*measurements, none])
    assert set(found.placed.unused) == {"none"}
    assert np.abs(found.voltage - estimate(model, measurements).voltage).max() < 1e-9


def line(name: str, a: str, b: str, *, closed: bool = True) -> Line:
    return Line(
        id=name,
        from_bus=a,
        to_bus=b,
        resistance_ohm=0.3,
        reactance_ohm=0.2,
        capacitance_nf=250.0,
        limit_a=300.0,
        to_closed=closed,
    )


def test_what_says_nothing_is_said() -> None:
    """A dead end, a line that is open, and a bus without any consumer."""
    buses = tuple(Bus(id=f"b{i}", nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for i in range(4))
    lines = (
        line("l1", "b0", "b1"),
        line("l2", "b1", "b2", closed=False),
        line("l3", "b2", "b3"),
    )
    loads = (
        Load(id="c1", bus="b1", p_kw=100.0, q_kvar=20.0),
        Load(id="c2", bus="b2", p_kw=10.0, q_kvar=2.0, closed=False),
    )
    source = (Source(id="s", bus="b0", voltage_pu=1.0),)
    network = check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=buses,
            sources=source,
            lines=lines,
            transformers=(),
            loads=loads,
        )
    )
    current: dict[str, Any] = {"end": "to", "current_a": 1.0, "std_a": 1.0}
    power: dict[str, Any] = {"p_kw": 5.0, "std_kw": 1.0}
    measured = SensorSet(
        [
            VoltageMeasurement(id="fed", bus="b1", **KV),
            VoltageMeasurement(id="dead", bus="b2", **KV),
            BranchCurrent(id="open", branch="l2", **current),
            BranchCurrent(id="charging", branch="l2", **(current | {"end": "from"})),
            BranchCurrent(id="far", branch="l3", **current),
            Injection(id="off", element="c2", **power),
            Injection(id="used", element="c1", **power),
            Injection(id="dead-bus", element="b3", **power),
        ]
    )
    placed = place_measurements(NetworkModel(network), measured)
    assert set(placed.unused) == {"dead", "open", "far", "off", "dead-bus"}


JSON = {
    "format": "platone-measurements/1",
    "at": "2021-06-23T10:30:00Z",
    "measurements": [
        {"kind": "voltage", "id": "v", "bus": "b1", "voltageKv": 20.1, "stdKv": 0.04},
        {
            "kind": "branchCurrent",
            "id": "pmu",
            "source": "pmu",
            "at": "2021-06-23T10:29:59.5Z",
            "branch": "l1",
            "end": "from",
            "currentA": 12.5,
            "stdA": 0.1,
            "angleDeg": -20.0,
            "stdDeg": 0.2,
        },
        {"kind": "injection", "id": "m", "element": "c1", "pKw": 30, "stdKw": 0.3},
    ],
}
CSV = """\
kind,id,source,at,bus,branch,end,element,voltageKv,stdKv,currentA,stdA,angleDeg,stdDeg,pKw,stdKw
voltage,v,,,b1,,,,20.1,0.04,,,,,,
branchCurrent,pmu,pmu,2021-06-23T10:29:59.5Z,,l1,from,,,,12.5,0.1,-20,0.2,,
injection,m,,,,,,c1,,,,,,,30,0.3
"""


def test_json_and_csv_say_the_same() -> None:
    at = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
    from_json = read_measurements(json.dumps(JSON).encode())
    assert from_json.measurements[1].source is Origin.PMU
    assert read_measurements(CSV.encode(), at) == from_json
    assert read_measurements(b"\xef\xbb\xbf" + CSV.encode()).at.second == 59


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"{", "truncated"),
        (b'{"format": "platone-measurements/2"}', "format"),
        (b"kind,id\nvoltage,v\n", "line 2"),
        (CSV.replace("20.1", "twenty").encode(), "line 2"),
        (CSV.replace("injection", "humidity").encode(), "line 4"),
        (CSV.replace("30,0.3", "30,0.3,7").encode(), "line 4"),
        (b"\xff\xfe", "utf-8"),
        (CSV.replace("2021-06-23T10:29:59.5Z", "").encode(), "instant"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, word: str) -> None:
    with pytest.raises(MeasurementFileInvalid) as failed:
        read_measurements(content)
    assert word in failed.value.detail
