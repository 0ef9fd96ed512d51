"""Planned offers and open lines, at markets that are recorders."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PROVIDER = "FlexibilityServiceProvider"
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
OFFER_ID = "ACEAE/portfolio/dayAhead/2021-06-22T22:00:00.000Z"
QUARTER = timedelta(minutes=15)


def pod(pod_id: str) -> dict[str, Any]:
    limits = {"upperP": 50, "downP": 50}
    told = {"podId": pod_id, "aggregatorId": "ACEAE", "pnP": 100, "inp": 100}
    return {"pod": told | {"maxFlexibility": limits}}


def battery(pod_id: str, **changes: Any) -> dict[str, Any]:
    told = {
        "capacityKwh": 10,
        "chargeKw": 8,
        "dischargeKw": 8,
        "efficiency": 1.0,
        "stateOfCharge": 0.5,
        "stateAt": "2021-06-22T20:00:00Z",
        "wearEurPerKwh": 0.02,
    }
    return {"assetId": "battery", "podId": pod_id, "battery": told | changes}


def order(*indices: int, **more: Any) -> dict[str, Any]:
    asked = [{"index": index, "direction": "less", "priceEurPerKwh": 0.1} for index in indices]
    return SESSION | {"asked": asked} | more


async def furnished(running: Any, *assets: dict[str, Any]) -> Any:
    client = running.client("ACEAE", PROVIDER)
    pods = ["POD-1", "POD-2", "POD-3"]
    await client.post("/api/aggregator/pods", json={"pods": [pod(each) for each in pods]})
    series = [
        {"podId": each, "startTime": SESSION["startTime"], "values": [20.0] * 96}
        for each in pods[:2]
    ]
    await client.post("/api/aggregator/baselines", json={"series": series})
    for each in assets:
        assert (await client.put("/api/aggregator/assets", json=each)).status_code == 201
    return client


def offers(others: Any) -> list[Any]:
    return [content for _, path, content in others.calls if path == "/api/flexibilityService"]


def baselines(others: Any) -> list[Any]:
    return [content for _, path, content in others.calls if path == "/api/scd/baselines"]


async def test_the_whole_portfolio_is_one_offer(running: Any, others: Any) -> None:
    client = await furnished(running, battery("POD-1"), battery("POD-2", stateOfCharge=0.25))
    await client.put("/api/aggregator/assets", json=battery("POD-3"))
    answer = await client.post("/api/aggregator/plannedOffers", json=order(50, 51, 52, 53))
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert plan["submission"]["status"] == "accepted"
    (offer,) = offers(others)
    assert offer["playerServiceId"] == OFFER_ID
    assert offer["serviceType"] == "offer"
    assert [each["pod"] for each in offer["flexibility"]] == [["POD-1"], ["POD-2"]]
    first, second = (each["power"] for each in offer["flexibility"])
    assert [point["p"] for point in first] == pytest.approx([15.0] * 4)  # 5 kWh in an hour
    assert [point["p"] for point in second] == pytest.approx([17.5] * 4)
    assert {point["pPrice"] for point in first} == {0.02}
    told = {each["podId"]: each for each in plan["pods"]}
    assert told["POD-1"]["reboundKwh"] == pytest.approx(5.0)
    assert told["POD-3"]["problem"]["type"] == "/problems/preference-without-baseline"


async def test_a_later_plan_replaces_withdraws_or_repeats(running: Any, others: Any) -> None:
    client = await furnished(running, battery("POD-1"))
    path = "/api/aggregator/plannedOffers"
    for wanted in (order(50), order(50), order(50, 51), order(50, 51, send=False)):
        assert (await client.post(path, json=wanted)).status_code == 200
    assert [each.get("revision", 1) for each in offers(others)] == [1, 1, 2]
    others.answers[f"/api/flexibilityService/{OFFER_ID}"] = lambda _: (
        200,
        {"id": OFFER_ID, "status": "accepted"},
    )
    await client.put("/api/aggregator/assets", json=battery("POD-1", stateOfCharge=0.0))
    plan = (await client.post(path, json=order(50))).json()
    assert plan["submission"]["status"] == "accepted"
    assert ("DELETE", f"/api/flexibilityService/{OFFER_ID}") in [
        (method, path) for method, path, _ in others.calls
    ]
    assert (await client.post(path, json=order(50))).json()["submission"] is None
    await client.put("/api/aggregator/assets", json=battery("POD-1"))
    for _ in range(2):  # what was withdrawn is submitted anew, as another version
        await client.post(path, json=order(50, 51))
    assert [each.get("revision", 1) for each in offers(others)][3:] == [3, 3]


async def test_an_answer_that_was_lost_does_not_hold_up_the_next_plan(
    running: Any, others: Any
) -> None:
    client = await furnished(running, battery("POD-1"))
    path = "/api/aggregator/plannedOffers"
    others.answers["/api/flexibilityService"] = lambda _: (503, {})
    assert (await client.post(path, json=order(50))).status_code == 503
    # the market may have it: it counts against what other sessions offer
    later = {"marketType": "realTime", "startTime": "2021-06-23T18:00:00Z", "send": False}
    plan = (await client.post(path, json=order(80, 81, 82) | later)).json()
    quarters = plan["pods"][0]["quarters"]
    assert sum(each["changeKw"] for each in quarters) / 4 == pytest.approx(-3.0, abs=0.001)
    others.answers["/api/flexibilityService"] = lambda content: (
        201,
        {"id": content["playerServiceId"], "status": "accepted"},
    )
    await client.post(path, json=order(50, 51))
    assert [each["revision"] for each in offers(others)] == [2]


async def test_plans_at_once_are_made_one_after_the_other(running: Any, others: Any) -> None:
    client = await furnished(running, battery("POD-1"))
    path = "/api/aggregator/plannedOffers"
    wanted = [order(*range(50, 51 + more)) for more in range(4)]
    await asyncio.gather(*(client.post(path, json=each) for each in wanted))
    revisions = [each.get("revision", 1) for each in offers(others)]
    assert revisions == sorted(set(revisions))


async def test_energy_that_is_sold_or_offered_is_not_offered_again(running: Any) -> None:
    client = await furnished(running, battery("POD-1"))
    path, evening = "/api/aggregator/plannedOffers", {"startTime": "2021-06-23T18:00:00Z"}
    later = evening | {"marketType": "realTime"}
    await client.post(path, json=order(50, 51))  # 4 of 5 kWh may be sold
    plan = (await client.post(path, json=order(80, 81) | later)).json()
    quarters = plan["pods"][0]["quarters"]
    assert sum(each["changeKw"] for each in quarters) / 4 == pytest.approx(-1.0)
    market = running.client("MO", "MarketOperator")
    answer = await market.post("/api/aggregator/validatedOutcome", json=outcome(-6.0))
    assert answer.status_code == 201
    plan = (await client.post(path, json=order(80, 81) | later)).json()
    quarters = plan["pods"][0]["quarters"]
    assert sum(each["changeKw"] for each in quarters) / 4 == pytest.approx(-2.0)  # 3 are sold


def session(status: str) -> dict[str, Any]:
    gates = {"gateOpens": "2021-06-21T22:00:00Z", "gateCloses": "2021-06-22T13:30:00Z"}
    told = {"id": "s", "duration": 24, "interval": 15, "status": status}
    return SESSION | gates | told


@pytest.mark.parametrize(
    ("status", "left_kwh"),
    [
        ("active", -1.0),
        ("outcome", -1.0),
        ("validated", -1.0),  # what was sold is being told
        ("settled", -1.0),
        ("notTraded", -5.0),
        ("notValidated", -5.0),
        ("cancelled", -5.0),
        ("", -1.0),  # the market does not answer
    ],
)
async def test_what_a_session_left_unsold_is_offered_again(
    running: Any, others: Any, status: str, left_kwh: float
) -> None:
    client = await furnished(running, battery("POD-1"))
    path = "/api/aggregator/plannedOffers"
    await client.post(path, json=order(50, 51))  # 4 of 5 kWh
    others.answers["/api/marketSession"] = lambda _: (
        (200, {"sessions": [session(status)]}) if status else (503, {})
    )
    later = {"marketType": "realTime", "startTime": "2021-06-23T18:00:00Z"}
    plan = (await client.post(path, json=order(80, 81, 82) | later)).json()
    quarters = plan["pods"][0]["quarters"]
    assert sum(each["changeKw"] for each in quarters) / 4 == pytest.approx(left_kwh, abs=0.001)


async def test_a_part_of_an_outcome_decides_its_own_quarter_hours(running: Any) -> None:
    """Of 2 kWh in each of two quarter-hours the first has sold 1.5; the second is not told yet."""
    client = await furnished(running, battery("POD-1"))
    path, later = "/api/aggregator/plannedOffers", {"startTime": "2021-06-23T18:00:00Z"}
    await client.post(path, json=order(50, 51))
    told = outcome(-6.0)
    del told["flexibility"][0]["power"][1]
    part = told | {"marketOutcome": "60d1b91478e4d2002bdcd39c.1"}
    market = running.client("MO", "MarketOperator")
    assert (await market.post("/api/aggregator/validatedOutcome", json=part)).status_code == 201
    wanted = order(80, 81) | later | {"marketType": "realTime"}
    quarters = (await client.post(path, json=wanted)).json()["pods"][0]["quarters"]
    assert sum(each["changeKw"] for each in quarters) / 4 == pytest.approx(-1.5)


async def test_what_the_market_refuses_is_free_for_others(running: Any, others: Any) -> None:
    client = await furnished(running, battery("POD-1"))
    others.answers["/api/flexibilityService"] = lambda _: (
        409,
        {"type": "/problems/session-closed", "detail": "closed"},
    )
    path = "/api/aggregator/plannedOffers"
    plan = (await client.post(path, json=order(50, 51))).json()
    assert plan["submission"]["problem"]["type"] == "/problems/session-closed"
    later = {"marketType": "realTime", "startTime": "2021-06-23T18:00:00Z"}
    plan = (await client.post(path, json=order(80, 81, 82) | later)).json()
    quarters = plan["pods"][0]["quarters"]
    assert sum(each["changeKw"] for each in quarters) / 4 == pytest.approx(-5.0, abs=0.001)


async def test_linked_batteries_tell_the_market_their_energy(running: Any, others: Any) -> None:
    client = await furnished(running, battery("POD-1"))
    wanted = order(50, 51, 52, linkedOrders=True)
    wanted["asked"].append({"index": 60, "direction": "more", "priceEurPerKwh": 0.1})
    await client.post("/api/aggregator/plannedOffers", json=wanted)
    (offer,) = offers(others)
    less, more = offer["flexibility"]
    assert less["order"]["mostEnergyKwh"] == 5.0
    assert more["order"]["mostEnergyKwh"] == 5.0
    assert [point["p"] for point in less["power"]] == [12.0] * 3
    assert [point["p"] for point in more["power"]] == [28.0]


async def test_a_state_of_long_ago_is_not_offered(running: Any, others: Any) -> None:
    client = await furnished(running, battery("POD-1", stateAt="2021-06-19T20:00:00Z"))
    plan = (await client.post("/api/aggregator/plannedOffers", json=order(50))).json()
    assert plan["pods"][0]["quarters"] == []
    assert offers(others) == []


def outcome(change_kw: float) -> dict[str, Any]:
    trade = {
        "index": 50,
        "acceptedPValue": 20.0 + change_kw,
        "acceptedPPrice": 0.03,
        "acceptedPChange": change_kw,
        "playerServiceId": OFFER_ID,
        "playerRequestId": "DSO",
        "playerOfferId": "ACEAE",
    }
    return SESSION | {
        "marketOutcome": "60d1b91478e4d2002bdcd39c",
        "duration": 24,
        "interval": 15,
        "outputHash": "0" * 64,
        "flexibility": [{"pod": "POD-1", "power": [trade, trade | {"index": 51}]}],
    }


def settlement(status: str) -> dict[str, Any]:
    line = {
        "index": "50",
        "requestedP": 14.0,
        "measuredP": 14.0,
        "baselineP": 20.0,
        "priceP": 0.03,
        "paidP": 0.045,
        "penaltyP": 0.0,
        "requestPlayerId": "DSO",
        "offerPlayerId": "ACEAE",
        "changeP": -6.0,
        "status": status,
        "lineId": "line-50",
    }
    return {
        "settlementId": f"S-{status}",
        "marketOutcomeId": "60d1b91478e4d2002bdcd39c",
        "marketType": "dayAhead",
        "startTime": SESSION["startTime"],
        "flexibility": [{"pod": "POD-1", "power": [line]}],
    }


def dispute(status: str) -> dict[str, Any]:
    return {
        "id": "D-1",
        "disputeId": "mine",
        "lineId": "line-50",
        "marketOutcomeId": "60d1b91478e4d2002bdcd39c",
        "pod": "POD-1",
        "openedBy": "ACEAE",
        "reason": "measurement",
        "status": status,
        "answerDue": "2021-07-07T14:00:00Z",
        "steps": [],
    }


async def test_lines_are_open_until_they_are_paid_and_undisputed(running: Any, others: Any) -> None:
    client = await furnished(running)
    market = running.client("MO", "MarketOperator")
    disputes: list[Any] = []
    others.answers["/api/settlementDispute"] = lambda _: (200, {"disputes": disputes})

    async def states() -> dict[str, str]:
        lines = (await client.get("/api/aggregator/openLines")).json()["lines"]
        return {each["startTime"]: each["state"] for each in lines}

    half_past, three_quarters = "2021-06-23T10:30:00Z", "2021-06-23T10:45:00Z"
    assert await states() == {}
    await market.post("/api/aggregator/validatedOutcome", json=outcome(-6.0))
    assert await states() == {half_past: "waiting", three_quarters: "waiting"}
    for status in ("missingMeasurement", "notPaid", "settled"):
        await market.post("/api/aggregator/settlement", json=settlement(status))
        expected = {three_quarters: "waiting"}
        expected |= {} if status == "settled" else {half_past: status}
        assert await states() == expected
    disputes.append(dispute("open"))
    assert await states() == {half_past: "disputed", three_quarters: "waiting"}
    disputes[0] = dispute("closed")
    assert await states() == {three_quarters: "waiting"}
    stranger = running.client("ACEAE_2", PROVIDER)
    assert (await stranger.get("/api/aggregator/openLines")).json()["lines"] == []


def readings(pod_id: str, days: int) -> list[dict[str, Any]]:
    """Each day as the other, 1 to 96 Wh a quarter-hour of UTC, up to 11 o'clock in Rome."""
    end = datetime(2021, 6, 22, 9, tzinfo=UTC)
    starts = [end - QUARTER * (back + 1) for back in range(96 * days)]
    return [
        {
            "podId": pod_id,
            "startTime": start.isoformat(),
            "durationMinutes": 15,
            "energyWh": 1000 * (start.hour * 4 + start.minute // 15 + 1),
            "quality": "measured",
        }
        for start in starts
    ]


async def test_a_baseline_is_forecast_and_submitted(running: Any, others: Any) -> None:
    client = await furnished(running)
    history = [*readings("POD-1", 40), *readings("POD-2", 3)]
    others.answers["/api/scd/measurements"] = lambda _: (200, {"measurements": history})
    wanted = {"day": "2021-06-23", "podIds": ["POD-1", "POD-2", "POD-9"]}
    results = (await client.post("/api/aggregator/forecasts", json=wanted)).json()["results"]
    assert [(each["id"], (each["problem"] or {}).get("type")) for each in results] == [
        ("POD-1", None),
        ("POD-2", "/problems/history-too-short"),
        ("POD-9", "/problems/pod-not-in-portfolio"),
    ]
    (forecast,) = (await client.get("/api/aggregator/forecasts")).json()["forecasts"]
    # the market day begins at 22:00 UTC: 4 kW a quarter-hour's place of the day of UTC
    expected = [4.0 * ((88 + place) % 96 + 1) for place in range(96)]
    assert forecast["values"] == pytest.approx(expected, rel=0.02)
    assert forecast["error"]["meanKw"] < 1.0
    assert forecast["error"]["judged"] >= 7 * 96
    async with asyncio.timeout(10):
        while len(sent := baselines(others)) < 2:  # those of the portfolio's start came first
            await asyncio.sleep(0.02)
    (submitted,) = sent[-1]["series"]
    assert submitted["values"] == forecast["values"]
    assert submitted["startTime"] == SESSION["startTime"]
    late = await client.post("/api/aggregator/forecasts", json={"day": "2021-06-25"})
    assert late.status_code == 422
    assert late.json()["type"] == "/problems/forecast-invalid"
