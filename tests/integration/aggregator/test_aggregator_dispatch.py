import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest

PROVIDER = "FlexibilityServiceProvider"
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
PATH = "/api/aggregator/dispatch/2021-06-23"
NOON = datetime(2021, 6, 23, 10, 45, tzinfo=UTC)
"""12:45 in Rome: the first of two sold quarter-hours is over."""


def battery(name: str, cost: float, charge: float = 0.5) -> dict[str, Any]:
    told = {
        "capacityKwh": 10,
        "chargeKw": 4,
        "dischargeKw": 4,
        "efficiency": 1.0,
        "stateOfCharge": charge,
        "stateAt": "2021-06-22T20:00:00Z",
        "wearEurPerKwh": cost,
    }
    return {"assetId": name, "podId": "POD-1", "battery": told}


def outcome(pod: str = "POD-1") -> dict[str, Any]:
    trade = {
        "index": 50,
        "acceptedPValue": 14.0,
        "acceptedPPrice": 0.03,
        "acceptedPChange": -6.0,
        "playerServiceId": "offer",
        "playerRequestId": "DSO",
        "playerOfferId": "ACEAE",
    }
    return SESSION | {
        "marketOutcome": "60d1b91478e4d2002bdcd39c",
        "duration": 24,
        "interval": 15,
        "outputHash": "0" * 64,
        "flexibility": [{"pod": pod, "power": [trade, trade | {"index": 51}]}],
    }


@pytest.fixture
async def sold(running: Any) -> Any:
    """A portfolio of one PoD with two batteries, which sold 6 kW less in two quarter-hours."""
    client = running.client("ACEAE", PROVIDER)
    pod = {"podId": "POD-1", "aggregatorId": "ACEAE", "customerId": "SMITH", "pnP": 100, "inp": 100}
    await client.post("/api/aggregator/pods", json={"pods": [{"pod": pod}]})
    series = {"podId": "POD-1", "startTime": SESSION["startTime"], "values": [20.0] * 96}
    await client.post("/api/aggregator/baselines", json={"series": [series]})
    for each in (battery("cheap", 0.01), battery("dear", 0.05)):
        assert (await client.put("/api/aggregator/assets", json=each)).status_code == 201
    market = running.client("MO", "MarketOperator")
    answer = await market.post("/api/aggregator/validatedOutcome", json=outcome())
    assert answer.status_code == 201, answer.text
    return client


async def quarters(client: Any) -> list[dict[str, Any]]:
    answer = await client.get(PATH)
    assert answer.status_code == 200, answer.text
    (pod,) = answer.json()["pods"]
    return list(pod["quarters"])


def shares(quarter: dict[str, Any]) -> dict[str, float]:
    return {each["assetId"]: each["changeKw"] for each in quarter["shares"]}


async def test_a_setpoint_is_shared_and_shared_anew_when_an_asset_fails(sold: Any) -> None:
    for each in await quarters(sold):
        assert (each["state"], each["orderedKw"], each["changeKw"]) == ("ahead", 14.0, -6.0)
        assert shares(each) == {"cheap": -4.0, "dear": -2.0}
    # the cheap one is found nearly empty: the other takes over as far as it can
    await sold.put("/api/aggregator/assets", json=battery("cheap", 0.01, charge=0.05))
    found = await quarters(sold)
    given = sum(-kw for each in found for kw in shares(each).values())
    assert given == pytest.approx(10.0, abs=0.01)  # 8 kW of the one, half a kWh of the other
    assert sum(each["uncoveredKw"] for each in found) == pytest.approx(2.0, abs=0.01)
    assert (await sold.delete("/api/aggregator/assets/POD-1/cheap")).status_code == 204
    for each in await quarters(sold):
        assert (shares(each), each["uncoveredKw"]) == ({"dear": -4.0}, 2.0)


async def test_deviations_are_noticed_while_the_day_runs(
    running: Any, others: Any, clock: Any, sold: Any
) -> None:
    measured = {
        "podId": "POD-1",
        "startTime": "2021-06-23T10:30:00Z",
        "durationMinutes": 15,
        "energyWh": 4250,
        "quality": "measured",
    }
    others.answers["/api/scd/measurements"] = lambda _: (200, {"measurements": [measured]})
    clock.move_to(NOON)
    first, second = await quarters(sold)
    assert (first["state"], first["measuredKw"]) == ("deviates", 17.0)
    assert (second["state"], second["measuredKw"]) == ("ahead", None)
    await sold.delete("/api/aggregator/assets/POD-1/cheap")
    for _ in range(2):  # it looks each minute: what is known is not told again
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running.aggregator.dispatch.watch(), 3)
    smith = running.client("SMITH", "Customer")
    for reader in (sold, smith):
        alarms = (await reader.get("/api/aggregator/alarms")).json()["alarms"]
        assert [(each["kind"], each["missingKw"]) for each in alarms] == [
            ("uncovered", 2.0),
            ("deviates", 3.0),
        ]
    stranger = running.client("JONES", "Customer")
    assert (await stranger.get("/api/aggregator/alarms")).json()["alarms"] == []
    other = running.client("ACEAE_2", PROVIDER)
    assert (await other.get(PATH)).json()["pods"] == []


async def test_a_day_that_is_none_is_refused(sold: Any) -> None:
    answer = await sold.get("/api/aggregator/dispatch/someday")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/market-day-invalid"
