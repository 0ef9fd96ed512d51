"""`platone dso …` on files, against pandapower; what is refused is named with its line."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import platone.demo.italy
from platone import grid
from platone.cli import app
from platone.grid.file.pandapower.write import write_pandapower
from platone.kernel.errors import PlatoneError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

ITALY = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
NOON = "2021-06-23T12:00:00+02:00"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def cigre() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return public.create_cigre_network_mv()


@pytest.fixture
def network(cigre: Any, tmp_path: Path) -> Path:
    path = tmp_path / "cigre.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(cigre, str(path))
    return path


@pytest.fixture
def run() -> Run:
    def invoke(command: str, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["dso", command, *map(str, arguments)])

    return invoke


def solved(net: Any, kw: dict[int, float], kvar: dict[int, float] | None = None) -> Any:
    """pandapower's own solution with other powers of some loads."""
    changed = deepcopy(net)
    for load, value in kw.items():
        changed.load.loc[load, "p_mw"] = value / 1e3
    for load, value in (kvar or {}).items():
        changed.load.loc[load, "q_mvar"] = value / 1e3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(changed, tolerance_mva=1e-10, numba=False)
    return changed


def agree(state: dict[str, Any], net: Any) -> None:
    buses = {bus["id"]: bus for bus in state["buses"]}
    branches = {branch["id"]: branch for branch in state["branches"]}
    assert len(buses) >= len(net.bus)
    for index, row in net.res_bus.iterrows():
        assert buses[f"bus/{index}"]["voltagePu"] == pytest.approx(row.vm_pu, abs=1e-6)
    for table in ("line", "trafo"):
        for index, row in net[f"res_{table}"].iterrows():
            found = branches[f"{table}/{index}"]
            assert found["loadingPercent"] == pytest.approx(row.loading_percent, rel=1e-4, abs=1e-4)
            assert found["lossKw"] == pytest.approx(row.pl_mw * 1e3, rel=1e-4, abs=1e-3)
    losses_kw = (net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum()) * 1e3
    assert state["losses"]["pKw"] == pytest.approx(losses_kw, rel=1e-5)


def test_the_state_of_a_pandapower_file(run: Run, network: Path, cigre: Any) -> None:
    result = run("power-flow", network, "--json", "--at", "2021-06-23T12:00:00+02:00")
    assert result.exit_code == 0
    state = json.loads(result.stdout)
    assert state["at"] == "2021-06-23T10:00:00Z"
    agree(state, solved(cigre, {}))
    (alarm,) = state["alarms"]
    assert (alarm["element"], alarm["unit"]) == ("trafo/0", "A")
    assert "no voltage limits" in result.stderr
    banded = run("power-flow", network, "--json", "--voltage-band", "0.9:1.1")
    assert "no voltage limits" not in banded.stderr


def test_json_is_what_the_file_holds(run: Run, network: Path, tmp_path: Path) -> None:
    command = ("power-flow", network, "--at", "2021-06-23")
    printed = run(*command, "--json").stdout_bytes
    summary = run(*command, "--output", tmp_path / "state.json").stdout
    assert (tmp_path / "state.json").read_bytes() == printed
    assert summary.startswith("15 buses")


def test_instants_of_any_zone(run: Run, network: Path, cigre: Any, tmp_path: Path) -> None:
    power = tmp_path / "power.csv"
    lines = ("at,load/1 kW,load/1 kvar,load/3 kW", f"{NOON},600,150,0", "")
    power.write_text("\ufeff" + "\r\n".join((*lines, "2021-06-23T10:15:00Z,0,-50,900")), "utf-8")
    result = run("power-flow", network, "--power", power, "--json")
    assert result.exit_code == 0, result.output
    noon, later = json.loads(result.stdout)["results"]
    assert (noon["at"], later["at"]) == ("2021-06-23T10:00:00Z", "2021-06-23T10:15:00Z")
    row = cigre.load.loc[3]
    agree(noon, solved(cigre, {1: 600, 3: 0}, {1: 150, 3: 0}))
    # kW alone: reactive power follows the ratio that the file gives
    agree(later, solved(cigre, {1: 0, 3: 900}, {1: -50, 3: 900 * row.q_mvar / row.p_mw}))
    assert "10:15Z  trafo/0" in run("power-flow", network, "--power", power).stdout


def test_our_own_form(run: Run) -> None:
    found = json.loads(run("power-flow", ITALY, "--json", "--at", "2021-06-23").stdout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = pp.from_json_string(write_pandapower(grid.read_network(ITALY)).decode())
        pp.runpp(net, tolerance_mva=1e-10, numba=False)
    ids = dict(zip(net.bus.index, net.bus.get("platone_id", net.bus.name), strict=True))
    voltages = {bus["id"]: bus["voltagePu"] for bus in found["buses"]}
    assert len(voltages) == len(net.bus)
    for index, pu in net.res_bus.vm_pu.items():
        name = ids[index] if isinstance(ids[index], str) else f"bus/{index}"
        assert voltages[name] == pytest.approx(pu, abs=1e-6)


def test_a_request_cures_by_no_more_than_is_needed(
    run: Run, network: Path, cigre: Any, tmp_path: Path
) -> None:
    offers = tmp_path / "flexibility.csv"
    offers.write_text("element,maxUpKw,maxDownKw\nload/1,0,5000\n")
    result = run("request", network, "--flexibility", offers, "--at", "2021-06-23", "--json")
    found = json.loads(result.stdout)
    (need,) = found["needs"]
    assert (need["elements"], found["incurable"]) == (["load/1"], [])
    row = cigre.load.loc[1]
    assert need["baselineKw"] == pytest.approx(row.p_mw * 1e3)
    assert need["changeKw"] < 0
    kw = row.p_mw * 1e3 + need["changeKw"]
    cured = solved(cigre, {1: kw}, {1: kw * row.q_mvar / row.p_mw})
    assert solved(cigre, {}).res_trafo.loading_percent[0] > 101
    assert cured.res_trafo.loading_percent[0] == pytest.approx(100, abs=1e-2)
    assert cured.res_trafo.loading_percent[0] <= 100.001


def test_single_changes_cost_no_more_than_groups(run: Run, network: Path, tmp_path: Path) -> None:
    offers = tmp_path / "flexibility.csv"
    rows = [f"load/{i},0,200,{0.01 * i}" for i in range(1, 9)]
    offers.write_text("\n".join(["element,maxUpKw,maxDownKw,eurPerKwh", *rows]))
    asked = ("request", network, "--flexibility", offers, "--at", "2021-06-23")
    groups = json.loads(run(*asked, "--json").stdout)
    singles = json.loads(run(*asked, "--singles", "--json").stdout)
    assert any(len(need["elements"]) > 1 for need in groups["needs"])
    assert all(len(need["elements"]) == 1 for need in singles["needs"])
    by_hand = sum(-need["changeKw"] * need["limitEurPerKwh"] for need in singles["needs"])
    (alone,), (together,) = singles["costs"], groups["costs"]
    assert alone["asked"] == pytest.approx(by_hand)
    assert together["least"] == pytest.approx(by_hand)
    assert together["asked"] >= together["least"] * (1 - 1e-6)
    assert "in merit order; single consumers' changes" in run(*asked).stdout


def test_nothing_flexible_leaves_the_alarm(run: Run, network: Path, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("element,maxUpKw,maxDownKw\n")
    result = run("request", network, "--flexibility", tmp_path / "none.csv", "--json")
    found = json.loads(result.stdout)
    assert [each["alarm"]["element"] for each in found["incurable"]] == ["trafo/0"]
    assert found["needs"] == []


def test_a_validation_cuts_to_the_limit(
    run: Run, network: Path, cigre: Any, tmp_path: Path
) -> None:
    power, trades = tmp_path / "power.csv", tmp_path / "trades.csv"
    power.write_text(f"at,load/0 kW\n{NOON},10000\n2021-06-23T12:15:00+02:00,10000\n")
    trades.write_text(
        "at,element,changeKw,eurPerKwh\n"
        "2021-06-23T10:00:00Z,load/1,3000,0.1\n"
        "2021-06-23T10:15:00Z,load/1,-100,0.1\n"
    )
    command = ("validate", network, "--trades", trades, "--power", power)
    found = json.loads(run(*command, "--json").stdout)
    cut, whole = found["trades"]
    assert (whole["acceptedKw"], whole["cuts"]) == (-100, [])
    assert 0 < cut["acceptedKw"] < 3000
    assert "line/1" in {each["element"] for each in cut["cuts"]}
    loads = cigre.load
    kw = loads.p_mw[1] * 1e3 + cut["acceptedKw"]
    kvar = {0: 10_000 * loads.q_mvar[0] / loads.p_mw[0], 1: kw * loads.q_mvar[1] / loads.p_mw[1]}
    after = solved(cigre, {0: 10_000, 1: kw}, kvar)
    assert after.res_line.loading_percent.max() == pytest.approx(100, abs=1e-2)
    assert after.res_line.loading_percent.max() <= 100.001
    assert f"{cut['acceptedKw']:+.3f} of +3000.000 kW" in run(*command).stdout


def test_association(run: Run) -> None:
    found = json.loads(run("associate", ITALY, "--json").stdout)
    assert len(found) == 5
    assert found["IT002E61899978"] == "CP-IRLANDESE"
    assert "IT002E61899978  CP-IRLANDESE" in run("associate", ITALY).stdout


FLEXIBILITY = "element,maxUpKw,maxDownKw\n"
TRADES = "at,element,changeKw\n"


@pytest.mark.parametrize(
    ("option", "content", "named"),
    [
        ("power", b"", "is empty"),
        ("power", b"at\n", "no rows"),
        ("power", b"at;load/1 kW\n", "first column must be 'at'"),
        ("power", b"at,load/1 MW\n", "'load/1 MW' ends neither in kW nor kvar"),
        ("power", b"at,load/99 kW\n", "no consumer 'load/99'"),
        ("power", b"at,load/1 kW,load/1 kW\n", "'load/1 kW' stands twice"),
        ("power", b"at,load/1 kW\n2021-06-23T10:00:00,4\n", "line 2, at: .* with a zone"),
        ("power", b"at,load/1 kW\n0001-01-01T00:00:00+05:00,4\n", "line 2, at: .* 2000 to 2099"),
        ("power", b'at,load/1 kW\n2021-06-23T10:00:00Z,"4,5"\n', "line 2, load/1 kW: '4,5'"),
        ("power", b"at,load/1 kW\n2021-06-23T10:00:00Z,inf\n", "line 2, load/1 kW: 'inf'"),
        ("power", b"at,load/1 kW\n2021-06-23T10:00:00Z\n", "line 2: 1 cells, .* 2"),
        (
            "power",
            b"at,load/1 kW\n2021-06-23T10:00:00Z,4\n2021-06-23T12:00:00+02:00,5\n",
            "line 3: .* comes twice",
        ),
        ("power", b"at,load/1 kW\n2021-06-23T10:00:00Z,\xe9\n", "not UTF-8"),
        ("power", b'at,load/1 kW\n"' + b"x" * 200_000, "line 2: field larger"),
        ("flexibility", b"element,maxUpKw,maxUpKw\n", "stands twice"),
        ("flexibility", FLEXIBILITY.encode() + b"load/1,0,inf\n", "line 2: max_down_kw"),
        ("flexibility", FLEXIBILITY.encode() + b"load/1,0,-1\n", "line 2: .*>= 0"),
        ("flexibility", FLEXIBILITY.encode() + b"load/1,0,1\nload/1,0,1\n", "load/1 .* several"),
        ("flexibility", FLEXIBILITY.encode() + b"load/1,0,1,2\n", "line 2: 4 cells"),
        ("flexibility", b"element,maxUpMw\nload/1,1\n", "maxUpMw"),
        ("trades", TRADES.encode() + b"2021-06-23T00:00:00Z,load/1,nan\n", "line 2: change_kw"),
        (
            "trades",
            TRADES.encode() + b"2021-06-23T00:00:00,load/1,1\n",
            "line 2: The zone is missing",
        ),
        ("trades", TRADES.encode() + b"2021-06-24T00:00:00Z,load/1,1\n", "no instant"),
    ],
)
def test_a_bad_file_is_named_with_its_line(
    run: Run, network: Path, tmp_path: Path, option: str, content: bytes, named: str
) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(content)
    command = {"power": "power-flow", "flexibility": "request", "trades": "validate"}[option]
    instant = () if option == "power" else ("--at", "2021-06-23")
    result = run(command, network, f"--{option}", path, *instant)
    assert result.exit_code == 1
    with pytest.raises(PlatoneError, match=named):
        raise result.exception or AssertionError(result.output)
    assert not result.stdout


def test_two_answers_to_when_are_one_too_many(run: Run, network: Path, tmp_path: Path) -> None:
    power = tmp_path / "power.csv"
    power.write_text(f"at,load/1 kW\n{NOON},400\n")
    result = run("power-flow", network, "--power", power, "--at", "2021-06-23")
    assert isinstance(result.exception, PlatoneError)
    assert "--at" in result.exception.detail


@pytest.mark.parametrize("arguments", [("missing.json",), ("bad.json",), ("bad.json", "-o", "/")])
def test_a_failure_is_one_line_and_a_status(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "bad.json").write_text('{"_class": "pandapowerNet", "_object": {}}')
    command = [sys.executable, "-c", "from platone.cli import main; main()", "dso", "power-flow"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("platone: ")
    assert done.stderr.count("\n") == 1
    assert arguments[0] in done.stderr


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_refused_network_names_its_faults(tmp_path: Path, count: int) -> None:
    """Each with its element and reason, the first 20 of many."""
    content = json.loads(ITALY.read_bytes())
    chosen = [f"load/{number}-of-{count}" for number in range(count)]
    content["loads"] += [
        {"id": load, "bus": "bus/nowhere", "pKw": 1.0, "qKvar": 0.0} for load in chosen
    ]
    path = tmp_path / "network.json"
    path.write_text(json.dumps(content))
    command = [sys.executable, "-m", "platone", "dso", "power-flow", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert told.returncode == 1
    named = [load for load in chosen if f"{load}: there is no bus 'bus/nowhere'" in told.stderr]
    assert named == chosen[:20]
    assert (f"; {len(chosen)} faults" in told.stderr) == (count > 1)
    assert (f"and {len(chosen) - 20} more" in told.stderr) == (len(chosen) > 20)
