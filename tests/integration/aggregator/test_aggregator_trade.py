import asyncio
from typing import Any

PROVIDER = "FlexibilityServiceProvider"
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}


def entry(pod_id: str, change_kw: float | None) -> dict[str, Any]:
    preferences = [{"index": 50, "changeKw": change_kw, "priceEurPerKwh": 0.01}]
    return {
        "pod": {
            "podId": pod_id,
            "aggregatorId": "ACEAE",
            "pnP": 3000,
            "inp": 400,
            "maxFlexibility": {"upperP": 0, "downP": 2000},
        },
        "preferences": preferences if change_kw is not None else [],
    }


async def prepared(running: Any, *pods: dict[str, Any], baselines: int = 9) -> Any:
    client = running.client("ACEAE", PROVIDER)
    await client.post("/api/aggregator/pods", json={"pods": list(pods)})
    series = [
        {
            "podId": each["pod"]["podId"],
            "startTime": SESSION["startTime"],
            "values": [2278.545] * 96,
        }
        for each in pods[:baselines]
    ]
    await client.post("/api/aggregator/baselines", json={"series": series})
    return client


async def test_each_pod_has_its_own_answer(running: Any, others: Any) -> None:
    def market(content: Any) -> tuple[int, Any]:
        if "POD-4" in content["playerServiceId"]:
            return 409, {"type": "/problems/session-closed", "detail": "closed"}
        return 201, {"id": content["playerServiceId"], "status": "accepted"}

    others.answers["/api/flexibilityService"] = market
    client = await prepared(
        running,
        entry("POD-1", -1000),
        entry("POD-2", -2001),
        entry("POD-3", None),
        entry("POD-4", -1),
        entry("POD-5", -1),
        baselines=4,
    )
    results = (await client.post("/api/aggregator/offers", json=SESSION)).json()["results"]
    assert [(each["status"], (each["problem"] or {}).get("type")) for each in results] == [
        ("accepted", None),
        ("refused", "/problems/preference-outside-limits"),
        ("refused", "/problems/session-closed"),
        ("refused", "/problems/preference-without-baseline"),
    ]
    offer = next(content for _, path, content in others.calls if path == "/api/flexibilityService")
    assert offer["playerServiceId"] == "ACEAE/POD-1/dayAhead/2021-06-22T22:00:00.000Z"
    assert offer["flexibility"][0]["power"][0]["p"] == 1278.545


async def test_an_offer_that_is_early_says_so_and_is_taken_later(running: Any, others: Any) -> None:
    """A clock that is behind the market's: the item is answered, and the same is sent again."""
    client = await prepared(running, entry("POD-1", -1000), entry("POD-2", -1000))
    early = {"type": "/problems/market-not-yet-open", "status": 425, "gateOpens": "2021-06-21T09"}
    others.answers["/api/flexibilityService"] = lambda _: (425, early)
    results = (await client.post("/api/aggregator/offers", json=SESSION)).json()["results"]
    assert [(each["status"], each["problem"]) for each in results] == [("refused", early)] * 2
    others.answers["/api/flexibilityService"] = lambda content: (
        201,
        {"id": content["playerServiceId"], "status": "accepted"},
    )
    results = (await client.post("/api/aggregator/offers", json=SESSION)).json()["results"]
    assert [each["status"] for each in results] == ["accepted", "accepted"]


async def test_a_market_that_does_not_answer_is_no_refusal(running: Any, others: Any) -> None:
    client = await prepared(running, entry("POD-1", -1000))
    others.answers["/api/flexibilityService"] = lambda _: (503, {})
    answer = await client.post("/api/aggregator/offers", json=SESSION)
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/partner-unavailable"


def outcome(value: float = 1278.545, offered_by: str = "ACEAE") -> dict[str, Any]:
    trade = {
        "index": 50,
        "acceptedPValue": value,
        "acceptedPPrice": 0.03,
        "playerServiceId": "ACEAE/POD-1/dayAhead/2021-06-22T22:00:00.000Z",
        "playerRequestId": "DSO",
        "playerOfferId": offered_by,
    }
    return {
        **SESSION,
        "marketOutcome": "60d1b91478e4d2002bdcd39c",
        "duration": 24,
        "interval": 15,
        "outputHash": "0" * 64,
        "flexibility": [{"pod": "POD-1", "power": [trade]}],
    }


async def test_an_outcome_is_activated_once(running: Any, others: Any) -> None:
    market = running.client("MO", "MarketOperator")
    path = "/api/aggregator/validatedOutcome"
    first = await market.post(path, json=outcome())
    again = await market.post(path, json=outcome())
    other = await market.post(path, json=outcome(1300.0))
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["status"] == "alreadySubmitted"
    assert other.json()["type"] == "/problems/duplicate-identifier"
    async with asyncio.timeout(10):
        while "/api/dso/setpoints" not in others.paths():
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    (sent,) = [content for _, path, content in others.calls if path == "/api/dso/setpoints"]
    (setpoint,) = sent["setpoints"]
    assert setpoint["powerKw"] == 1278.545
    assert setpoint["startTime"] == "2021-06-23T10:30:00Z"
    stranger = await market.post(path, json=outcome(offered_by="NOBODY"))
    assert stranger.status_code == 404


def settlement(number: str, paid_eur: float) -> dict[str, Any]:
    line = {
        "index": "50",
        "requestedP": 1278.545,
        "measuredP": 1278.545,
        "baselineP": 2278.545,
        "priceP": 0.03,
        "paidP": paid_eur,
        "penaltyP": 0.0,
        "requestPlayerId": "DSO",
        "offerPlayerId": "ACEAE",
        "customerTokens": "6",
        "changeP": -1000.0,
        "referenceP": 2278.545,
    }
    return {
        "settlementId": number,
        "marketOutcomeId": "60d1b91478e4d2002bdcd39c",
        "marketType": "dayAhead",
        "startTime": SESSION["startTime"],
        "flexibility": [{"pod": "POD-1", "power": [line]}],
    }


async def test_remuneration_follows_the_newest_settlement(running: Any) -> None:
    client = await prepared(running, entry("POD-1", -1000))
    market = running.client("MO", "MarketOperator")
    for number, paid_eur, status in (("S1", 7.5, 201), ("S1", 7.5, 200), ("S2", 7.25, 201)):
        body = settlement(number, paid_eur)
        answer = await market.post("/api/aggregator/settlement", json=body)
        assert answer.status_code == status
    (pod,) = (await client.get("/api/aggregator/remuneration")).json()["pods"]
    assert (pod["podId"], pod["netEur"], pod["customerTokens"]) == ("POD-1", "7.25", "6")
    (line,) = pod["lines"]
    told = {name: line[name] for name in ("baselineP", "changeP", "referenceP", "measuredP")}
    assert told == {
        "baselineP": 2278.545,
        "changeP": -1000.0,
        "referenceP": 2278.545,
        "measuredP": 1278.545,
    }
    other = running.client("ACEAE_2", PROVIDER)
    assert (await other.get("/api/aggregator/remuneration")).json()["pods"] == []
