"""Clearing with the grid over REST: the DSO tells its limits, the market keeps them.

The Italian network; an independent power flow written for these tests judges the outcome.
"""

import csv
import importlib.util
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.e2e.conftest import Outside

import platone.demo.italy

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
HERE = Path(__file__).parent
START, GATE_CLOSES = "2021-06-22T22:00:00Z", "2021-06-22T13:30:00Z"
SESSION = {"marketType": "dayAhead", "startTime": START}
MOSTACCIANO, NANCHINO = "line/81823-AD001090035", "line/12157-12149"
LIMIT_A = {MOSTACCIANO: 212.8, NANCHINO: 19.6}
PRICE = 0.1
INDEX = 50
PODS = {  # D3.6 tables 6 and 7: aggregator, most up and down, kW
    "IT002E61899978": ("ACEAE", 0, 2000),
    "IT002E60976796": ("ACEAE_2", 100, 100),
    "IT002E60974469": ("ACEAE", 1000, 2400),
    "IT002E60499620": ("ACEAE_2", 200, 0),
    "IT002E60550189": ("ACEAE", 500, 0),
}
CHEAP, MIDDLE, RAISING = "IT002E61899978", "IT002E60974469", "IT002E60550189"
OFFERS = {CHEAP: (-1000.0, 0.01), MIDDLE: (-500.0, 0.03), RAISING: (500.0, 0.07)}


def radial_flow() -> ModuleType:
    """The power flow that stands beside this file."""
    spec = importlib.util.spec_from_file_location("radial_flow", HERE / "radial_flow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def baselines() -> dict[str, list[float]]:
    with (ITALY / "baselines.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {pod: [float(row[pod]) for row in rows] for pod in PODS}


def currents_a(changes_kw: Mapping[str, float]) -> Any:
    network = json.loads((ITALY / "network.json").read_text())
    powers = {pod: kw[INDEX] + changes_kw.get(pod, 0.0) for pod, kw in baselines().items()}
    return radial_flow().currents_a(network, powers)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATONE_CLEARING", '{"method": "leastCost"}')
        made = Outside(
            tmp_path_factory.mktemp("grid") / "data", datetime(2021, 6, 22, 10, tzinfo=UTC)
        )
    try:
        prepare(made)
        yield made
    finally:
        made.close()


def prepare(server: Outside) -> None:
    path = "/api/dso/networks/italy-tor-di-valle"
    assert server.call("DSO", "PUT", path, (ITALY / "network.json").read_bytes()).status_code < 300
    curves = baselines()
    for pod, (owner, up, down) in PODS.items():
        registration = {
            "podId": pod,
            "aggregatorId": owner,
            "pnP": 6000,
            "cosPhi": 0.9,
            "maxFlexibility": {"upperP": up, "downP": down},
        }
        assert server.call(owner, "POST", "/api/scd/pods", registration).status_code < 300
        series = [{"podId": pod, "startTime": START, "values": curves[pod]}]
        answer = server.call(owner, "POST", "/api/scd/baselines", {"series": series})
        assert answer.status_code < 300, answer.text
    assert server.call("DSO", "POST", "/api/dso/podAssociation", {}).status_code == 200


def send(server: Outside, party: str, kind: str, entries: list[Any], name: str) -> None:
    message = {
        "playerId": party,
        "serviceType": kind,
        "playerServiceId": name,
        "flexibility": entries,
        **SESSION,
    }
    taken = lambda: server.call(party, "POST", "/api/flexibilityService", message).status_code < 300  # noqa: E731
    server.wait(taken)  # the market learns of points of delivery a moment after customers


def entry(pods: list[str], total_kw: float, price: float) -> dict[str, Any]:
    return {"pod": pods, "power": [{"index": INDEX, "p": total_kw, "pPrice": price}]}


def limit_body(**changes: Any) -> dict[str, Any]:
    limit = {
        "playerId": "DSO",
        "element": "line/1",
        "index": INDEX,
        "unit": "A",
        "most": -1.0,
        "price": 1.0,
        "effects": [{"pod": CHEAP, "effect": 0.1}],
    }
    return {"playerId": "DSO", "gridLimits": [limit | changes], **SESSION}


@pytest.fixture(scope="module")
def told(server: Outside) -> Any:
    """What the DSO tells; a TSO's request for more beside it, and the offers of the field test."""
    wrong = limit_body(most=-99.0)
    assert server.call("DSO", "POST", "/api/gridLimits", wrong).status_code == 201
    answer = server.call(
        "DSO", "POST", "/api/dso/gridLimits", SESSION | {"priceLimitEurPerKwh": PRICE}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def cleared(server: Outside, told: Any) -> Any:
    assert told["submission"]["status"] == "accepted"
    kw = {pod: curve[INDEX] for pod, curve in baselines().items()}
    send(server, "TSO", "TSO_request", [entry([RAISING], kw[RAISING] + 400, PRICE)], "tso")
    for pod, (change_kw, price) in OFFERS.items():
        send(server, "ACEAE", "offer", [entry([pod], kw[pod] + change_kw, price)], f"offer-{pod}")
    moved = server.call("MO", "PUT", "/api/clock", {"now": GATE_CLOSES})
    assert moved.status_code == 200

    def validated() -> Any:
        for each in server.get("MO", "/api/marketSession")["sessions"]:
            if each["startTime"] == START and each["status"] == "validated":
                return each
        return None

    return server.wait(validated, 60)


def changes_kw(outcome: Any) -> dict[str, float]:
    return {
        part["pod"]: sum(power["acceptedPChange"] or 0.0 for power in part["power"])
        for part in outcome["flexibility"]
    }


def test_the_dso_tells_what_flexibility_can_break(told: Any) -> None:
    found = {each["element"]: each for each in told["told"]["gridLimits"] if each["index"] == INDEX}
    assert found[MOSTACCIANO]["most"] < 0 < found[MOSTACCIANO]["price"]
    assert found[NANCHINO]["most"] > 0
    assert [each["element"] for each in told["alarms"]] == [MOSTACCIANO]
    before = currents_a({})
    for element, limit in found.items():  # as straight lines they meet the true flow nearly
        effects = {each["pod"]: each["effect"] for each in limit["effects"]}
        for pod in (CHEAP, MIDDLE, RAISING):
            step_kw = -100.0 if OFFERS[pod][0] < 0 else 100.0
            rise = (currents_a({pod: step_kw})[element] - before[element]) / step_kw
            assert effects.get(pod, 0.0) == pytest.approx(rise, rel=0.02, abs=2e-5)


def test_the_outcome_keeps_all_limits_in_an_independent_power_flow(
    server: Outside, cleared: Any
) -> None:
    market = server.get("MO", f"/api/marketOutcome/{cleared['marketOutcome']}")
    before, after = currents_a({}), currents_a(changes_kw(market))
    assert before[MOSTACCIANO] > LIMIT_A[MOSTACCIANO] + 40
    for element, limit in LIMIT_A.items():
        assert after[element] <= limit * (1 + 1e-3)
    assert after[MOSTACCIANO] == pytest.approx(LIMIT_A[MOSTACCIANO], rel=1e-3)  # and no more
    assert after[NANCHINO] == pytest.approx(LIMIT_A[NANCHINO], rel=1e-3)
    taken = changes_kw(market)
    assert taken[CHEAP] == -1000.0  # per ampere it is the cheapest
    assert -500.0 < taken[MIDDLE] < 0 < taken[RAISING] < 400.0


def test_the_outcome_is_proven_before_it_is_final(server: Outside, cleared: Any) -> None:
    name = cleared["marketOutcome"]
    market = changes_kw(server.get("MO", f"/api/marketOutcome/{name}"))
    final = changes_kw(server.get("MO", f"/api/validatedOutcome/{name}"))
    technical = server.get("DSO", f"/api/dso/technicalOutcome/{name}")
    assert {each["pod"] for each in technical["flexibility"]} == {CHEAP, MIDDLE, RAISING}
    after = currents_a(final)
    assert after[NANCHINO] <= LIMIT_A[NANCHINO] + 1e-3
    for pod, change_kw in market.items():  # what is cut is what a straight line does not see
        assert final[pod] == pytest.approx(change_kw, abs=2.0)
    stage = {"startTime": START, "stage": "validated"}
    left = server.get("DSO", "/api/dso/alarms", params=stage)["alarms"]
    assert all(each["value"] <= each["limit"] * (1 + 1e-3) for each in left)


def test_shadow_prices_and_recording_clear_to_the_same_bytes(server: Outside, cleared: Any) -> None:
    market = server.get("MO", f"/api/marketOutcome/{cleared['marketOutcome']}")
    shadows = {each["name"]: each for each in market["shadowPrices"] if each["index"] == INDEX}
    assert shadows[MOSTACCIANO]["price"] > 0
    assert shadows[NANCHINO]["price"] > 0
    assert shadows[MOSTACCIANO]["missing"] == 0
    path = f"/api/marketSession/{cleared['id']}/recording"
    recording = server.call("MO", "GET", path)
    assert {each["element"] for each in recording.json()["gridLimits"]} >= {MOSTACCIANO, NANCHINO}
    from platone.market.domain.replay import clear_file  # noqa: PLC0415

    again = json.loads(clear_file(recording.content))
    assert again["outputHash"] == market["outputHash"]
    assert math.isfinite(again["shadowPrices"][0]["price"])


def test_what_cannot_be_kept_is_refused_by_name(server: Outside, told: Any) -> None:
    del told
    twice = limit_body()
    twice["gridLimits"] *= 2
    for body, status, slug in (
        (twice, 422, "grid-limit-repeated"),
        (limit_body(price=None), 422, "grid-limit-contradictory"),
        (limit_body(least=0.0), 422, "grid-limit-contradictory"),
        (limit_body(index=99), 422, "index-outside-session"),
        (limit_body(playerId="TSO"), 403, "service-not-allowed"),
        (limit_body() | {"startTime": "2021-06-22T23:00:00Z"}, 404, "unknown-session"),
    ):
        server.refuse(server.call("DSO", "POST", "/api/gridLimits", body), status, slug)
    tso = server.call("TSO", "POST", "/api/gridLimits", limit_body())
    server.refuse(tso, 403, "service-not-allowed")
