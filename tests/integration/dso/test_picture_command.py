"""`platone dso picture`, `heat-map` and what commands say that cannot do what they are asked."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from platone.cli import app
from platone.cli.output import failure
from platone.kernel.errors import PlatoneError

ZERO = {"zeroResistanceOhmPerKm": 0.8, "zeroReactanceOhmPerKm": 0.4, "zeroCapacitanceNfPerKm": 0.0}
NETWORK = {
    "format": "platone-network/1",
    "id": "street",
    "name": "Street",
    "version": "1",
    "buses": [{"id": f"b{i}", "nominalKv": 0.4} for i in range(4)],
    "sources": [{"id": "s", "bus": "b0", "voltagePu": 1.0}],
    "lines": [
        {
            "id": f"l{i}",
            "from": f"b{i}",
            "to": f"b{i + 1}",
            "lengthKm": 0.2,
            "resistanceOhmPerKm": 0.3,
            "reactanceOhmPerKm": 0.1,
            "capacitanceNfPerKm": 0.0,
            "limitA": 60.0,
            **ZERO,
        }
        for i in range(3)
    ],
    "loads": [{"id": f"c{i}", "bus": f"b{i}", "pKw": 6.0, "qKvar": 1.0} for i in (1, 2)],
    "connectionPoints": [{"podId": "POD-1", "bus": "b3", "phases": "C"}],
}
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "network.json").write_text(json.dumps(NETWORK))
    rows = ["at,POD-1 kW", "2026-11-21T10:00:00Z,2", "2026-11-21T10:15:00Z,9"]
    (tmp_path / "day.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)

    def invoke(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["dso", command, "network.json", *arguments])

    return invoke


def drawn(tmp_path: Path) -> str:
    return (tmp_path / "x.svg").read_text("utf-8")


def test_the_instant_of_an_image_is_chosen(run: Run, tmp_path: Path) -> None:
    shown = {}
    for at in ("10:00", "10:15"):
        result = run("picture", "--power", "day.csv", "--at", f"2026-11-21T{at}:00", "-o", "x.svg")
        assert result.exit_code == 0, result.output
        assert re.fullmatch(r"x\.svg is written \(\d+ kB\)\n", result.stdout)
        shown[at] = re.findall(r"load ([\d.]+) kW", drawn(tmp_path))[0]
    assert shown == {"10:00": "14", "10:15": "21"}


def test_another_instant_is_refused_with_those_there_are(run: Run) -> None:
    result = run("picture", "--power", "day.csv", "--at", "2026-11-22", "-o", "x.svg")
    assert isinstance(result.exception, PlatoneError)
    assert "from 2026-11-21 10:00:00+00:00 to 2026-11-21 10:15" in result.exception.detail


def test_an_estimated_state(run: Run, tmp_path: Path) -> None:
    rows = [{"kind": "voltage", "id": "v", "bus": "b0", "voltageKv": 0.404, "stdKv": 0.001}]
    (tmp_path / "m.json").write_text(
        json.dumps({"at": "2026-11-21T10:00:00Z", "measurements": rows})
    )
    for file in ("x.svg", "x.html"):
        assert run("picture", "--measurements", "m.json", "-o", file).exit_code == 0
    assert re.search(r"b0, 0\.4 kV, 1\.00\d ± 0\.002 pu", drawn(tmp_path))
    assert "rests on expected values" in drawn(tmp_path)
    assert b"voltageStd" in (tmp_path / "x.html").read_bytes()


def test_the_worst_phase(run: Run, tmp_path: Path) -> None:
    words = ("--power", "day.csv", "--at", "2026-11-21T10:15:00")
    assert run("picture", *words, "--unbalanced", "-o", "x.svg").exit_code == 0
    state = json.loads(run("power-flow", "--power", "day.csv", "--unbalanced", "--json").stdout)
    (bus,) = [each for each in state["results"][1]["buses"] if each["id"] == "b3"]
    lowest = min(bus["phases"], key=lambda phase: phase["voltagePu"])
    assert f"{lowest['voltagePu']:.3f} pu {lowest['phase']}" in drawn(tmp_path)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("heat-map", "--power", "day.csv", "--zone", "Mars", "-o", "x.svg"), "no zone 'Mars'"),
        (("picture", "--zone", "/etc", "-o", "x.svg"), "no zone '/etc'"),
        (("picture", "-o", "absent/x.svg"), "no folder absent"),
        (("power-flow", "-o", "absent/x.json"), "no folder absent"),
        (("picture", "-o", "x.gif"), "x.gif ends in none of"),
        (("picture", "--unbalanced", "--measurements", "day.csv", "-o", "x.svg"), "balanced"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_calculated(
    run: Run, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert says in " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.output).split())
    assert {each.name for each in tmp_path.iterdir()} == {"network.json", "day.csv"}


def test_a_file_of_measurements_is_named(run: Run) -> None:
    result = run("estimate", "--measurements", "day.csv")
    assert isinstance(result.exception, PlatoneError)
    assert result.exception.detail.startswith("day.csv: line 2: ")


def test_instants_without_a_solution_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text(
        "at,POD-1 kW\n2026-11-21T10:00:00Z,2\n2026-11-21T10:15:00Z,90000\n"
    )
    for command in ("power-flow", "picture"):
        output = ("-o", "x.svg") if command == "picture" else ()
        error = run(command, "--power", "day.csv", *output).exception
        assert isinstance(error, PlatoneError)
        assert error.detail.endswith("the first at 2026-11-21T10:15:00+00:00.")
        assert error.fields["quarterHours"] == ["2026-11-21T10:15:00+00:00"]


@pytest.mark.parametrize("content", [b"", b"at,x\n1,2\n"])
def test_a_file_without_phasors_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pmu.jsonl").write_bytes(content)
    result = CliRunner().invoke(app, ["dso", "phasor", str(tmp_path / "pmu.jsonl")])
    assert isinstance(result.exception, PlatoneError)
    assert "pmu.jsonl holds no power of phasors" in result.exception.detail


def test_one_fault_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    broken: dict[str, Any] = json.loads(json.dumps(NETWORK))
    broken["lines"][0]["to"] = "nowhere"
    (tmp_path / "network.json").write_text(json.dumps(broken))
    error = run("power-flow").exception
    assert isinstance(error, PlatoneError)
    assert failure(error).startswith("platone: l0: ")
