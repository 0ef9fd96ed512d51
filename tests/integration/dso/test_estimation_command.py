"""`platone dso estimate` on files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from platone.cli import app

BUSES = [{"id": f"b{i}", "nominalKv": 20.0} for i in range(3)]
LINES = [
    {
        "id": f"l{i}",
        "from": f"b{i - 1}",
        "to": f"b{i}",
        "lengthKm": 2.0,
        "resistanceOhmPerKm": 0.2,
        "reactanceOhmPerKm": 0.1,
        "capacitanceNfPerKm": 250.0,
        "limitA": 50.0,
    }
    for i in (1, 2)
]
NETWORK = {
    "format": "platone-network/1",
    "id": "n",
    "name": "n",
    "version": "1",
    "buses": BUSES,
    "sources": [{"id": "s", "bus": "b0", "voltagePu": 1.0}],
    "lines": LINES,
    "loads": [{"id": f"c{i}", "bus": f"b{i}", "pKw": 900.0, "qKvar": 100.0} for i in (1, 2)],
}
VOLTAGE = {"kind": "voltage", "id": "v", "bus": "b0", "voltageKv": 20.2, "stdKv": 0.02}
METER = {"kind": "injection", "id": "m", "element": "c1", "pKw": 500.0, "stdKw": 5.0}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "network.json").write_text(json.dumps(NETWORK))
    return tmp_path


def run(folder: Path, measurements: list[Any], *more: str) -> Result:
    content = {
        "format": "platone-measurements/1",
        "at": "2021-06-23T10:30:00Z",
        "measurements": measurements,
    }
    (folder / "measured.json").write_text(json.dumps(content))
    words = ["dso", "estimate", folder / "network.json", "--measurements", folder / "measured.json"]
    return CliRunner().invoke(app, [*map(str, words), *more])


def test_json_has_the_documented_form(files: Path) -> None:
    result = run(files, [VOLTAGE, METER], "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [bus["id"] for bus in found["buses"]] == ["b0", "b1", "b2"]
    assert found["buses"][0]["voltagePu"] == pytest.approx(1.01)
    assert found["buses"][0]["stdVoltagePu"] == pytest.approx(0.001, rel=1e-3)
    assert found["observability"]["pseudoMeasurements"] == ["expected/c1", "expected/c2"]
    assert -found["buses"][0]["pKw"] == pytest.approx(1400, abs=20)
    assert [alarm["element"] for alarm in found["alarms"]] == []


def test_a_summary_is_for_people(files: Path) -> None:
    text = run(files, [VOLTAGE, METER]).stdout
    assert "2 expected values were put in" in text
    assert "no redundancy" in text
    second = VOLTAGE | {"id": "w", "voltageKv": 21.0}
    text = run(files, [VOLTAGE, second, METER]).stdout
    assert "CONTRADICT" in text
    assert "cannot be told apart" in text
    assert "in conflict: v (voltage), w (voltage)" in text


def test_only_what_is_measured(files: Path) -> None:
    result = run(files, [VOLTAGE, METER], "--only-measured", "--json")
    found = json.loads(result.stdout)
    assert [bus["voltagePu"] is None for bus in found["buses"]] == [False, True, True]
    assert found["branches"][0]["fromA"] is None
    assert found["observability"]["unknownBuses"] == ["b1", "b2"]


def test_expected_powers_of_the_instant_count(files: Path) -> None:
    power = files / "power.csv"
    power.write_text("at,c1 kW,c1 kvar,c2 kW,c2 kvar\n2021-06-23T10:30:00Z,100,0,200,0\n")
    result = run(files, [VOLTAGE], "--power", str(power), "--json")
    assert result.exit_code == 0, result.output
    assert -json.loads(result.stdout)["buses"][0]["pKw"] == pytest.approx(300, abs=3)
    power.write_text("at,c1 kW,c1 kvar,c2 kW,c2 kvar\n2021-06-23T11:30:00Z,100,0,200,0\n")
    assert run(files, [VOLTAGE], "--power", str(power)).exit_code != 0


def test_a_measurement_that_does_not_fit_fails_by_name(files: Path) -> None:
    result = run(files, [VOLTAGE | {"bus": "nowhere"}])
    assert result.exit_code != 0
    assert "nowhere" in str(result.exception)


CASES = Path(__file__).parents[2] / "data" / "grid" / "estimation"


def ended(network: Path, measurements: Path) -> subprocess.CompletedProcess[str]:
    words = ["dso", "estimate", str(network), "--measurements", str(measurements)]
    command = [sys.executable, "-m", "platone", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("dup", "the identifier stands twice"),
        ("unit", "20400 kV is not between 6 and 40 kV: 0.3 and 2 times the nominal 20 kV"),
        ("unknown", "there is no bus nope"),
    ],
)
def test_an_invalid_measurement_ends_in_one_line(case: str, reason: str) -> None:
    done = ended(CASES / "network.json", CASES / f"{case}.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"platone: vb0: {reason}\n"


def test_each_invalid_measurement_has_a_line(files: Path) -> None:
    """Both faults of one stand in its line; the first twenty of many are named."""
    wrong = [
        METER | {"id": f"m{number}", "element": "nowhere", "stdKw": 5.0 if number else 0.0}
        for number in range(30)
    ]
    wrong[0] = METER | {"id": "m0", "pKw": 9e9, "qKvar": 1.0}
    run(files, [VOLTAGE, *wrong])
    done = ended(files / "network.json", files / "measured.json")
    assert done.returncode == 1
    first, *lines = done.stderr.splitlines()
    assert first == "platone: The measurements do not fit the network; 31 faults:"
    assert len(lines) == 21
    assert lines[0].startswith("  m0: its q has no standard deviation; 9e+09 kW is not between")
    assert lines[1] == "  m1: there is no consumer or bus nowhere"
    assert lines[-1] == "  and 10 more"


def test_without_redundancy_there_is_nothing_to_test() -> None:
    """The state is what was measured; the test is passed."""
    words = [CASES / "network.json", "--measurements", CASES / "dof0.json", "--json"]
    result = CliRunner().invoke(app, ["dso", "estimate", *map(str, words)])
    assert result.exit_code == 0, result.output
    quality = json.loads(result.stdout)["quality"]
    for test in (quality["firstTest"], quality["test"]):
        assert (test["degreesOfFreedom"], test["isPassed"]) == (0, True)
        assert test["objective"] == pytest.approx(0.0, abs=1e-9)
        assert test["probability"] == 1.0
    for number in json.loads(result.stdout)["measurements"]:
        assert number["estimated"] == pytest.approx(number["measured"], rel=1e-6)


CLOCKS = Path(__file__).parents[2] / "data" / "grid" / "dyn5_clock.zip"
PHASORS = (
    ("_01d4410e-a0ff-53b6-88f1-13673d04f821", 110.0, 0.0),
    ("_c49e9f3e-50da-57c1-992d-450f7ff5a054", 19.63860527, -153.17421701),
)
"""Bus, kV and degrees by pandapower, the transformer's clock (Dyn5) counted."""


@pytest.mark.parametrize("choice", [(), ("--clocks", "counted"), ("--clocks", "left-out")])
def test_measurements_that_agree_in_an_impossible_state(
    tmp_path: Path, choice: tuple[str, ...]
) -> None:
    phasors = [
        {
            "kind": "voltage",
            "id": f"pmu{number}",
            "bus": bus,
            "voltageKv": kv,
            "stdKv": 0.003 * kv,
            "angleDeg": angle_deg,
            "stdDeg": 0.2,
        }
        for number, (bus, kv, angle_deg) in enumerate(PHASORS)
    ]
    file = tmp_path / "measured.json"
    content = {
        "format": "platone-measurements/1",
        "at": "2026-01-01T00:00:00Z",
        "measurements": phasors,
    }
    file.write_text(json.dumps(content))
    arguments = ["dso", "estimate", str(CLOCKS), "--measurements", str(file), *choice]
    summary = CliRunner().invoke(app, arguments)
    assert summary.exit_code == 0, summary.output
    found = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    if choice[-1:] == ("left-out",):
        assert "DOUBTFUL: _604eb25a" in summary.stdout
        (doubt,) = found["doubts"]
        assert "% of its limit: no branch does" in doubt["reason"]
    else:
        assert "DOUBTFUL" not in summary.stdout
        assert found["doubts"] == []


def test_a_voltage_that_no_grid_has_is_doubted(files: Path) -> None:
    high = {"kind": "voltage", "id": "w", "bus": "b1", "voltageKv": 28.0, "stdKv": 0.02}
    found = run(files, [high])
    assert found.exit_code == 0, found.output
    assert "pu (and 2 more): no grid in service has such voltages" in found.stdout


def test_what_was_expected_and_is_set_aside_is_told(files: Path) -> None:
    """Half of what is expected is its standard deviation: four times as much is 6 of them off."""
    flow = {
        "kind": "branchPower",
        "id": "head",
        "branch": "l1",
        "end": "from",
        "pKw": 8_000.0,
        "stdKw": 10.0,
        "qKvar": 1000.0,
        "stdKvar": 10.0,
    }
    found = run(files, [VOLTAGE, flow])
    assert found.exit_code == 0, found.output
    assert "DOUBTFUL" in found.stdout
    assert "was expected" in found.stdout
