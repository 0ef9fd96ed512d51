"""With other inputs the results follow: checked by a market and a power flow written here."""

import csv
import importlib.util
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import platone.demo.italy

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
HERE = Path(__file__).parent
MOSTACCIANO, NANCHINO = "line/81823-AD001090035", "line/12157-12149"
NANCHINO_LIMIT_A = 24.0
TSO_KW = 7050.0


def radial_flow() -> ModuleType:
    """The power flow that stands beside this file."""
    spec = importlib.util.spec_from_file_location("radial_flow", HERE / "radial_flow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def change_rows(file: Path, change: Callable[[int, dict[str, str]], None]) -> None:
    with file.open() as lines:
        reader = csv.DictReader(lines)
        names = list(reader.fieldnames or ())
        rows = list(reader)
    for place, row in enumerate(rows):
        change(place, row)
    with file.open("w") as lines:
        writer = csv.DictWriter(lines, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def other_baseline(place: int, row: dict[str, str]) -> None:
    if place == 50:
        row["IT002E60974469"] = "4157.09"


def other_price(_place: int, row: dict[str, str]) -> None:
    if row["pod_id"] == "IT002E61899978":
        row["price_eur_per_kwh"] = "0.05"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory, demonstrate: Callable[..., Any]) -> Any:
    folder = tmp_path_factory.mktemp("changed")
    scenario = Path(shutil.copytree(ITALY, folder / "scenario"))
    (scenario / "expected.json").unlink()
    change_rows(scenario / "baselines.csv", other_baseline)
    change_rows(scenario / "offers.csv", other_price)
    request = (scenario / "tso-request.json").read_text()
    (scenario / "tso-request.json").write_text(request.replace("7500", str(TSO_KW)))
    network = json.loads((scenario / "network.json").read_text())
    for line in network["lines"]:
        if line["id"] == NANCHINO:
            line["limitA"] = NANCHINO_LIMIT_A
    (scenario / "network.json").write_text(json.dumps(network))
    return demonstrate(folder / "out", "--scenario", str(scenario)), network


BASELINES = {
    "IT002E61899978": 2278.545,
    "IT002E60976796": 312.145,
    "IT002E60974469": 4157.09,
    "IT002E60499620": 10.092,
    "IT002E60550189": 70.38,
}
OFFERS = [("IT002E60974469", -500.0, 0.03), ("IT002E61899978", -1000.0, 0.05)]


def greedy(
    need_kw: float, offers: list[tuple[str, float, float]]
) -> tuple[dict[str, float], float]:
    """Cheapest first; totals by PoD and the price of the dearest that was taken."""
    totals: dict[str, float] = {}
    price, left = 0.0, abs(need_kw)
    for pod, change_kw, offered_at in sorted(offers, key=lambda offer: offer[2]):
        if change_kw * need_kw > 0 and left > 0:
            taken = min(abs(change_kw), left)
            left -= taken
            price = offered_at
            totals[pod] = BASELINES[pod] + (taken if need_kw > 0 else -taken)
    return totals, price


def accepted(outcome: Any) -> dict[str, float]:
    return {
        part["pod"]: point["acceptedPValue"]
        for part in outcome["flexibility"]
        for point in part["power"]
        if point["playerRequestId"] is not None
    }


def prices(outcome: Any) -> dict[str, float]:
    return {
        part["pod"]: point["acceptedPPrice"]
        for part in outcome["flexibility"]
        for point in part["power"]
        if point["playerRequestId"] is not None
    }


def flow(network: Any, changes: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = radial_flow().currents_a(network, {**BASELINES, **changes})
    return found


def test_the_run_ends_well_without_expectations(changed: Any) -> None:
    run, _ = changed
    assert run.code == 0, run.printed


def test_currents_are_those_of_an_independent_power_flow(changed: Any) -> None:
    run, network = changed
    alarms = {each["element"]: each for each in run.read("alarms.json")["alarms"]}
    assert alarms[MOSTACCIANO]["value"] == pytest.approx(flow(network, {})[MOSTACCIANO], abs=0.005)
    market = accepted(run.read("market-outcome.json"))
    after = flow(network, market)
    states = {each["label"]: each["state"] for each in run.read("grid.json")["states"]}
    for branch in states["afterMarket"]["branches"]:
        if branch["id"] in after:
            found = max(branch["fromA"], branch["toA"])
            assert found == pytest.approx(after[branch["id"]], abs=0.005)
    assert after[MOSTACCIANO] <= 212.8 + 0.001


def test_the_request_is_the_least_that_cures_however_it_is_met(changed: Any) -> None:
    """Met by the PoD that helps least, it brings the branch to its limit exactly."""
    run, network = changed
    requests = run.read("requests.json")["requests"]
    (asked,) = next(each for each in requests if each["playerId"] == "DSO")["flexibility"]
    need_kw = asked["power"][0]["p"] - sum(BASELINES[pod] for pod in asked["pod"])
    worst = max(
        flow(network, {pod: BASELINES[pod] + need_kw})[MOSTACCIANO]
        for pod in ("IT002E61899978", "IT002E60974469")
    )
    assert worst == pytest.approx(212.8, abs=0.005)


def test_the_market_takes_the_cheapest(changed: Any) -> None:
    run, _ = changed
    requests = run.read("requests.json")["requests"]
    (asked,) = next(each for each in requests if each["playerId"] == "DSO")["flexibility"]
    need_kw = asked["power"][0]["p"] - sum(BASELINES[pod] for pod in asked["pod"])
    dso, dso_price = greedy(need_kw, OFFERS)
    tso, tso_price = greedy(TSO_KW - sum(BASELINES.values()), [("IT002E60550189", 500.0, 0.07)])
    outcome = run.read("market-outcome.json")
    assert accepted(outcome) == pytest.approx({**dso, **tso}, abs=1e-6)
    expected = dict.fromkeys(dso, dso_price) | dict.fromkeys(tso, tso_price)
    assert prices(outcome) == pytest.approx(expected, abs=1e-6)


def test_the_cut_brings_the_cable_to_its_new_limit(changed: Any) -> None:
    run, network = changed
    market = accepted(run.read("market-outcome.json"))
    final = accepted(run.read("validated-outcome.json"))
    assert flow(network, market)[NANCHINO] > NANCHINO_LIMIT_A
    assert final["IT002E60550189"] < market["IT002E60550189"]
    assert flow(network, final)[NANCHINO] == pytest.approx(NANCHINO_LIMIT_A, abs=0.002)
    for pod in ("IT002E61899978", "IT002E60974469"):
        if pod in market:
            assert final[pod] == pytest.approx(market[pod], abs=1e-6)
