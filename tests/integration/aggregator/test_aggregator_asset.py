from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

PROVIDER = "FlexibilityServiceProvider"
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
DAY = "2021-06-23"
BATTERY = {
    "capacityKwh": 10,
    "chargeKw": 5,
    "dischargeKw": 5,
    "stateOfCharge": 0.5,
    "stateAt": "2021-06-22T20:00:00Z",
}


def entry(pod_id: str, customer: str | None = None, preferences: Any = ()) -> dict[str, Any]:
    pod = {
        "podId": pod_id,
        "aggregatorId": "ACEAE",
        "customerId": customer,
        "pnP": 100,
        "inp": 100,
        "maxFlexibility": {"upperP": 50, "downP": 50},
    }
    return {"pod": pod, "preferences": list(preferences)}


def asset(**changes: Any) -> dict[str, Any]:
    return {"assetId": "battery", "podId": "POD-1", "battery": BATTERY} | changes


async def registered(running: Any, *pods: dict[str, Any]) -> Any:
    client = running.client("ACEAE", PROVIDER)
    await client.post("/api/aggregator/pods", json={"pods": list(pods)})
    return client


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_assets_are_kept_changed_and_removed(running: Any) -> None:
    client = await registered(running, entry("POD-1", "SMITH"), entry("POD-2"))
    path = "/api/aggregator/assets"
    first = await client.put(path, json=asset())
    again = await client.put(path, json=asset())
    changed = await client.put(path, json=asset(battery=BATTERY | {"stateOfCharge": 0.7}))
    assert [each.status_code for each in (first, again, changed)] == [201, 200, 201]
    await client.put(path, json={"assetId": "roof", "podId": "POD-2", "plant": {"peakKw": 4}})
    found = (await client.get(path)).json()["assets"]
    assert [(each["podId"], each["assetId"]) for each in found] == [
        ("POD-1", "battery"),
        ("POD-2", "roof"),
    ]
    assert found[0]["battery"]["stateOfCharge"] == 0.7
    own = (await running.client("SMITH", "Customer").get(path)).json()["assets"]
    assert [each["podId"] for each in own] == ["POD-1"]
    assert (await running.client("ACEAE_2", PROVIDER).get(path)).json()["assets"] == []
    other = await running.client("ACEAE_2", PROVIDER).delete(f"{path}/POD-1/battery")
    assert problem(other) == (404, "unknown-asset")
    assert (await client.delete(f"{path}/POD-1/battery")).status_code == 204
    assert problem(await client.delete(f"{path}/POD-1/battery")) == (404, "unknown-asset")


async def test_an_asset_is_one_kind_at_a_known_pod(running: Any) -> None:
    client = await registered(running, entry("POD-1"))
    path = "/api/aggregator/assets"
    two = asset(plant={"peakKw": 4})
    assert problem(await client.put(path, json=two)) == (422, "asset-invalid")
    none = asset(battery=None)
    assert problem(await client.put(path, json=none)) == (422, "asset-invalid")
    foreign = asset(podId="POD-9")
    assert problem(await client.put(path, json=foreign)) == (404, "pod-not-in-portfolio")
    for number in range(20):
        answer = await client.put(path, json=asset(assetId=f"battery-{number}"))
        assert answer.status_code == 201
    assert problem(await client.put(path, json=asset())) == (422, "asset-invalid")


async def test_without_a_word_of_its_customer_a_pod_is_available(running: Any) -> None:
    client = await registered(running, entry("POD-1", "SMITH"), entry("POD-2", "JONES"))
    smith = running.client("SMITH", "Customer")
    path = f"/api/aggregator/preferences/{DAY}"
    (own,) = (await smith.get(path)).json()["preferences"]
    assert own == {
        "stated": False,
        "preference": {
            "podId": "POD-1",
            "day": DAY,
            "available": True,
            "hours": [],
            "leastStateOfCharge": 0.0,
        },
    }
    all_of_them = (await client.get(path)).json()["preferences"]
    assert [each["preference"]["podId"] for each in all_of_them] == ["POD-1", "POD-2"]
    assert problem(await client.get("/api/aggregator/preferences/someday")) == (
        422,
        "market-day-invalid",
    )


async def test_offers_keep_to_what_the_customer_says(running: Any, others: Any) -> None:
    choices = [{"index": index, "changeKw": -10, "priceEurPerKwh": 0.01} for index in (40, 50, 60)]
    client = await registered(running, entry("POD-1", "SMITH", choices), entry("POD-2", "JONES"))
    series = {"podId": "POD-1", "startTime": SESSION["startTime"], "values": [50.0] * 96}
    await client.post("/api/aggregator/baselines", json={"series": [series]})
    smith, path = running.client("SMITH", "Customer"), "/api/aggregator/preferences"
    said = {"podId": "POD-1", "day": DAY, "hours": [{"firstIndex": 45, "endIndex": 60}]}
    assert (await smith.put(path, json=said)).status_code == 201
    assert (await smith.put(path, json=said)).status_code == 200
    assert problem(await smith.put(path, json=said | {"podId": "POD-2"})) == (403, "not-owner")
    assert problem(await client.put(path, json=said)) == (403, "role-missing")
    backwards = said | {"hours": [{"firstIndex": 60, "endIndex": 60}]}
    assert problem(await smith.put(path, json=backwards)) == (422, "preference-invalid")
    beyond = said | {"hours": [{"firstIndex": 60, "endIndex": 97}]}
    assert problem(await smith.put(path, json=beyond)) == (422, "preference-invalid")
    await client.post("/api/aggregator/offers", json=SESSION)
    sent = [content for _, path, content in others.calls if path == "/api/flexibilityService"]
    assert [point["index"] for point in sent[0]["flexibility"][0]["power"]] == [50]
    away = said | {"available": False}
    assert (await smith.put(path, json=away)).status_code == 201
    results = (await client.post("/api/aggregator/offers", json=SESSION)).json()["results"]
    assert results == []


async def test_an_erasure_takes_assets_and_preferences(running: Any, tmp_path: Path) -> None:
    client = await registered(running, entry("POD-1", "SMITH"), entry("POD-2"))
    await client.put("/api/aggregator/assets", json=asset())
    await client.put("/api/aggregator/assets", json=asset(podId="POD-2"))
    said = {"podId": "POD-1", "day": DAY, "available": False}
    await running.client("SMITH", "Customer").put("/api/aggregator/preferences", json=said)
    order = {"erasureId": "E-1", "podIds": ["POD-1"]}
    officer = running.client("MDA", "MeteredDataAdministrator")
    answer = await officer.post("/api/aggregator/erasures", json=order)
    assert answer.status_code == 200, answer.text
    left = (await client.get("/api/aggregator/assets")).json()["assets"]
    assert [each["podId"] for each in left] == ["POD-2"]
    engine = create_engine(f"sqlite:///{tmp_path / 'aggregator.db'}")
    with engine.connect() as connection:
        for table in ("asset", "day_preference", "plan", "forecast"):
            query = text(f"select count(*) from {table} where pod_id = 'POD-1'")  # noqa: S608
            assert connection.execute(query).scalar() == 0
    engine.dispose()
