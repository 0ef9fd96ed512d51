"""`platone dso outage` on files: its summary, its JSON, and what it refuses."""

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from platone.cli import app
from platone.kernel.errors import PlatoneError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

NOON = datetime(2026, 6, 23, 12, 0, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("outage")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(public.create_cigre_network_mv(), str(found / "cigre.json"))
        pp.to_json(public.mv_oberrhein(), str(found / "oberrhein.json"))
    rows = [f"{NOON + timedelta(minutes=15 * i):%Y-%m-%dT%H:%M:%SZ},{200 * i}" for i in range(4)]
    (found / "power.csv").write_text("\n".join(["at,load/9 kW", *rows]) + "\n")
    return found


@pytest.fixture
def run(folder: Path) -> Run:
    def invoke(name: str, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["dso", "outage", str(folder / name), *map(str, arguments)])

    return invoke


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_summary(run: Run) -> None:
    result = run("cigre.json", "--at", "2026-06-23T12:00")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "17 outage(s), one by one, 2026-06-23 12:00Z"
    assert lines[1].startswith("  14 leave buses without supply: closing a switch supplies 12 ")
    worst = lines.index("the worst first:")
    assert lines[worst + 1].startswith("  Trafo 0-1 (trafo/0): 11 bus(es) dark, 24,158.1 kW lost: ")
    assert lines[worst + 1].endswith("load/0, load/1, load/2, load/3 and 9 more")
    assert lines[worst + 2] == "      close switch/4: does not help, the voltage collapses"
    assert "all is supplied again, 3 limit(s) broken:" in result.stdout
    assert "  … and 4 more (see --json)" in lines
    assert len(lines) < 50


def test_summary_of_a_large_network_is_short(run: Run) -> None:
    result = run("oberrhein.json")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("183 outage(s), one by one, ")
    assert lines[1].startswith("  177 leave buses without supply")
    assert len(lines) < 40
    assert max(map(len, lines)) < 160


def test_a_series_tells_energy_and_duration(run: Run, folder: Path) -> None:
    found = told(run("cigre.json", "--power", folder / "power.csv", "-b", "line/11", "--json"))
    assert found["networkId"] == "cigre"
    assert (found["instants"], found["first"]) == (4, "2026-06-23T12:00:00Z")
    (outage,) = found["outages"]
    assert (outage["element"], outage["name"]) == ("line/11", "Line 13-14")
    # load/17 stands in the network with 331.5 kW, load/9 in the series with 0, 200, 400, 600
    assert (outage["lostKw"], outage["lostKwh"]) == pytest.approx((931.5, 631.5))
    (island,) = outage["islands"]
    assert (island["buses"], island["consumers"]) == (["bus/14"], ["load/9", "load/17"])
    assert outage["resupply"][0]["closed"] == ["switch/4"]
    assert outage["resupply"][0]["islands"] == []
    text = run("cigre.json", "--power", folder / "power.csv", "-b", "line/11").stdout
    assert "1 bus(es) dark, 631.5 kWh (up to 931.5 kW) lost: load/9, load/17" in text


def test_alarms_stand_with_their_limit_and_what_they_are_without_the_outage(run: Run) -> None:
    (outage,) = told(run("cigre.json", "-b", "line/10", "--json"))["outages"]
    alarm = outage["resupply"][0]["alarms"][0]
    assert (alarm["element"], alarm["kind"], alarm["unit"]) == ("line/1", "current", "A")
    assert alarm["value"] > alarm["limit"] == 145.0 > alarm["intactValue"]
    assert alarm["quarterHours"] == 1


def test_low_voltages_are_below_their_limit(run: Run) -> None:
    text = run("cigre.json", "-b", "line/10", "--voltage-band", "0.95:1.05").stdout
    assert "bus/13 voltage 0.9077 < 0.9500 pu" in text


def test_without_resupply(run: Run) -> None:
    (outage,) = told(run("cigre.json", "-b", "line/10", "--no-resupply", "--json"))["outages"]
    assert outage["resupply"] == []


def test_result_in_a_file(run: Run, tmp_path: Path) -> None:
    result = run("cigre.json", "-b", "line/10", "-b", "trafo/0", "-o", tmp_path / "outages.json")
    assert result.stdout.startswith("2 outage(s)")
    found = json.loads((tmp_path / "outages.json").read_bytes())
    assert [each["element"] for each in found["outages"]] == ["trafo/0", "line/10"]


@pytest.mark.parametrize("name", ["line/99", "bus/1", "switch/4", "trafo"])
def test_what_is_no_branch_is_refused_by_name(run: Run, name: str) -> None:
    result = run("cigre.json", "-b", "line/1", "-b", name)
    assert isinstance(result.exception, PlatoneError)
    assert f"no branch '{name}'" in result.exception.detail
    assert not result.stdout
