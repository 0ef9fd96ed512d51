import asyncio
from typing import Any

import pytest

SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
NETWORK = "/api/dso/networks/italy-tor-di-valle"


def trade(index: int, total: float, change: float, price: float, asks: str) -> dict[str, Any]:
    return {
        "index": index,
        "acceptedPValue": total,
        "acceptedPPrice": price,
        "acceptedPChange": change,
        "playerServiceId": "offer",
        "playerRequestId": asks,
        "playerOfferId": "ACEAE",
    }


def outcome(name: str = "60d1b91478e4d2002bdcd39c", **parts: dict[str, Any]) -> dict[str, Any]:
    parts = parts or {
        "IT002E61899978": trade(50, 1278.545, -1000.0, 0.03, "DSO"),
        "IT002E60974469": trade(50, 4180.349299061132, -376.740700938868, 0.03, "DSO"),
        "IT002E60550189": trade(50, 342.128, 271.748, 0.07, "TSO"),
    }
    return {
        "marketOutcome": name,
        "marketType": "dayAhead",
        "startTime": SESSION["startTime"],
        "duration": 24,
        "interval": 15,
        "inputHash": "0" * 64,
        "outputHash": "1" * 64,
        "flexibility": [{"pod": pod, "power": [power]} for pod, power in parts.items()],
    }


async def test_the_grids_part_of_the_italian_day(world: Any) -> None:
    await world.prepare()
    found = (await world.call("DSO", "POST", "/api/dso/podAssociation", {})).json()
    assert {pair["poMId"] for pair in found["associations"]} == {"CP-IRLANDESE"}
    assert len(found["associations"]) == 5
    pod = (await world.call("DSO", "GET", "/api/scd/pods/IT002E60550189")).json()
    assert pod["poMId"] == "CP-IRLANDESE"

    asked = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", SESSION)
    assert asked.status_code == 200, asked.text
    (request,) = world.others.told("/api/flexibilityService")
    assert request["playerServiceId"] == "DSO:::dayAhead:::2021-06-22T22:00:00.000Z"
    assert request["serviceType"] == "DSO_request"
    (group,) = request["flexibility"]
    assert set(group["pod"]) == {"IT002E61899978", "IT002E60974469", "IT002E60976796"}
    (point,) = group["power"]
    assert (point["index"], point["pPrice"]) == (50, 0.1)
    assert point["p"] == pytest.approx(5771.039299061133, abs=0.01)
    assert asked.json()["incurable"] == []

    answer = await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    assert answer.status_code == 201, answer.text

    async def told() -> Any:
        return world.others.told("/api/technicalOutcome")

    (technical,) = await world.until(told)
    power = {part["pod"]: part["power"][0] for part in technical["flexibility"]}
    assert power["IT002E61899978"]["acceptedPValue"] == 1278.545
    assert power["IT002E60974469"]["acceptedPValue"] == 4180.349299061132
    cut = power["IT002E60550189"]
    assert cut["acceptedPValue"] == pytest.approx(207.6620935799721, abs=0.01)
    assert {each["acceptedP"] for each in power.values()} == {"OK"}
    (cause,) = cut["cuts"]
    assert (cause["element"], cause["limit"]) == ("line/12157-12149", 19.6)
    assert cause["value"] == pytest.approx(30.07, abs=0.01)


async def test_alarms_of_each_stage(world: Any) -> None:
    await world.prepare()
    missing = await world.call("DSO", "GET", "/api/dso/alarms")
    assert missing.status_code == 404
    await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": SESSION["startTime"]})
    await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    stages = {}
    for stage in ("forecast", "afterMarket", "validated"):
        found = await world.call(
            "AUDITOR", "GET", "/api/dso/alarms", stage=stage, startTime=SESSION["startTime"]
        )
        stages[stage] = [(each["element"], each["at"]) for each in found.json()["alarms"]]
    assert stages == {
        "forecast": [("line/81823-AD001090035", "2021-06-23T10:30:00Z")],
        "afterMarket": [("line/12157-12149", "2021-06-23T10:30:00Z")],
        "validated": [],
    }
    # calculated again with the trades in it, the day is another stage: the forecast stands
    await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": SESSION["startTime"]})
    kept = await world.call("AUDITOR", "GET", "/api/dso/alarms", startTime=SESSION["startTime"])
    assert [each["element"] for each in kept.json()["alarms"]] == ["line/81823-AD001090035"]
    other = await world.call("DSO", "GET", "/api/dso/alarms", startTime="2021-06-24T10:00:00Z")
    assert other.status_code == 404


async def test_power_flow_has_every_quarter_hour(world: Any) -> None:
    await world.prepare()
    question = {"startTime": "2021-06-23T10:00:00Z"}
    found = (await world.call("DSO", "POST", "/api/dso/powerFlow", question)).json()["results"]
    assert len(found) == 96
    state = found[50]
    assert state["at"] == "2021-06-23T10:30:00Z"
    branches = {branch["id"]: branch for branch in state["branches"]}
    overloaded = branches["line/81823-AD001090035"]
    assert overloaded["fromA"] == pytest.approx(259.54, abs=0.01)
    assert overloaded["loadingPercent"] == pytest.approx(259.54 / 2.128, abs=0.01)
    assert state["alarms"][0]["limit"] == 212.8
    assert state["losses"]["pKw"] == pytest.approx(sum(b["lossKw"] for b in branches.values()))
    supplied_kw = -next(bus["pKw"] for bus in state["buses"] if bus["id"] == "bus/CP-150")
    used_kw = sum(bus["pKw"] for bus in state["buses"] if bus["id"] != "bus/CP-150")
    assert supplied_kw == pytest.approx(used_kw + state["losses"]["pKw"], abs=0.01)


async def test_what_would_be_is_calculated_and_not_stored(world: Any) -> None:
    await world.prepare()
    supposed = {"podId": "IT002E60550189", "index": 50, "powerKw": 342.128}
    question = {"startTime": "2021-06-23T10:00:00Z", "suppose": [supposed]}
    found = (await world.call("DSO", "POST", "/api/dso/powerFlow", question)).json()["results"]
    branches = {branch["id"]: branch for branch in found[50]["branches"]}
    assert branches["line/12157-12149"]["fromA"] == pytest.approx(30.07, abs=0.01)
    assert (await world.call("DSO", "GET", "/api/dso/alarms")).status_code == 404

    for strange in ({"podId": "IT999"}, {"index": 96}):
        question["suppose"] = [supposed | strange]
        refused = await world.call("DSO", "POST", "/api/dso/powerFlow", question)
        assert (refused.status_code, refused.json()["type"]) == (
            422,
            "/problems/supposition-invalid",
        )


async def test_nothing_is_asked_where_nothing_is_broken(world: Any) -> None:
    await world.prepare()
    session = {"marketType": "realTime", "startTime": "2021-06-23T14:00:00Z"}
    found = (await world.call("DSO", "POST", "/api/dso/flexibilityRequest", session)).json()
    assert (found["request"], found["alarms"]) == (None, [])
    assert world.others.told("/api/flexibilityService") == []


async def test_a_real_time_request_sees_what_was_traded_before(world: Any) -> None:
    await world.prepare()
    session = {"marketType": "realTime", "startTime": "2021-06-23T10:00:00Z"}
    before = (await world.call("DSO", "POST", "/api/dso/flexibilityRequest", session)).json()
    assert before["request"]["flexibility"][0]["power"][0]["index"] == 50
    await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    after = (await world.call("DSO", "POST", "/api/dso/flexibilityRequest", session)).json()
    assert (after["request"], after["alarms"]) == (None, [])


async def test_a_session_that_is_none_is_refused(world: Any) -> None:
    await world.prepare()
    for kind, start in (("dayAhead", "2021-06-22T23:00:00Z"), ("realTime", "2021-06-23T11:00:00Z")):
        session = {"marketType": kind, "startTime": start}
        answer = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", session)
        assert answer.json()["type"] == "/problems/delivery-start-invalid"


async def test_without_network_or_data_nothing_is_guessed(world: Any) -> None:
    answer = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", SESSION)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/network-missing")
    await world.prepare()
    tomorrow = SESSION | {"startTime": "2021-06-23T22:00:00Z"}
    answer = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", tomorrow)
    assert answer.json()["type"] == "/problems/pod-data-missing"
    assert len(answer.json()["withoutBaseline"]) == 5


async def test_an_outcome_is_answered_once(world: Any) -> None:
    await world.prepare()
    calls = [world.call("MO", "POST", "/api/dso/marketOutcome", outcome()) for _ in range(3)]
    for answer in await asyncio.gather(*calls):
        assert answer.status_code in {200, 201}
    again = await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    changed = outcome() | {"duration": 23}
    refused = await world.call("MO", "POST", "/api/dso/marketOutcome", changed)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/duplicate-identifier")

    async def told() -> Any:
        return world.others.told("/api/technicalOutcome")

    await world.until(told)
    await asyncio.sleep(0.1)
    assert len(world.others.told("/api/technicalOutcome")) == 1
    read = await world.call("DSO", "GET", f"/api/dso/technicalOutcome/{outcome()['marketOutcome']}")
    assert read.json() == world.others.told("/api/technicalOutcome")[0]


async def test_the_answer_survives_a_market_that_is_down(world: Any) -> None:
    await world.prepare()
    world.others.market_status = 503
    answer = await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    assert answer.status_code == 201
    await world.restart()
    world.others.market_status = 200

    async def told() -> Any:
        return world.others.told("/api/technicalOutcome")

    assert len(await world.until(told)) == 1


@pytest.mark.parametrize(
    ("said", "status", "slug"),
    [
        (409, 409, "partner-refused"),
        (425, 425, "partner-too-early"),
        (429, 503, "partner-unavailable"),
    ],
)
async def test_what_the_market_says_is_passed_on(
    world: Any, said: int, status: int, slug: str
) -> None:
    await world.prepare()
    world.others.market_status = said
    for path in ("/api/dso/flexibilityRequest", "/api/dso/gridLimits"):
        answer = await world.call("DSO", "POST", path, SESSION)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    world.others.market_status = 200
    again = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", SESSION)
    assert again.json()["submission"]["status"] == "accepted"


async def test_a_trade_that_is_cut_whole_is_not_ok(world: Any) -> None:
    await world.prepare()
    # more load behind the overloaded branch of Mostacciano: nothing of it can be taken
    parts = {"IT002E60974469": trade(50, 4657.09, 100.0, 0.1, "TSO")}
    await world.call("MO", "POST", "/api/dso/marketOutcome", outcome("bb", **parts))
    read = (await world.call("DSO", "GET", "/api/dso/technicalOutcome/bb")).json()
    (power,) = read["flexibility"][0]["power"]
    assert power["acceptedP"] == "NOK"
    assert power["acceptedPValue"] == pytest.approx(4557.09, abs=1e-6)
    assert power["cuts"][0]["element"] == "line/81823-AD001090035"
