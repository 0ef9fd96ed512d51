"""A household's wish binds offers by hand, and takes back those that stand."""

from typing import Any

import pytest

DAY = "2021-06-23"
START = "2021-06-22T22:00:00Z"
PROVIDER = "FlexibilityServiceProvider"
HAND = "/api/aggregator/handOffers"
WISHES = "/api/aggregator/preferences"
AGREED = [{"index": index, "changeKw": -20, "priceEurPerKwh": 0.07} for index in (50, 51)]
SESSION = {
    "id": "dayAhead-1",
    "marketType": "dayAhead",
    "startTime": START,
    "duration": 24,
    "interval": 15,
    "status": "active",
    "gateOpens": "2021-06-21T22:00:00Z",
    "gateCloses": "2021-06-22T12:00:00Z",
}


def point(index: int = 50, p: float = 80.0, price: float = 0.07) -> dict[str, Any]:
    return {"index": index, "p": p, "pPrice": price}


def offer(*points: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "playerId": "ACEAE",
        "serviceType": "offer",
        "playerServiceId": "by-hand",
        "flexibility": [{"pod": ["POD-1"], "power": list(points)}],
        "marketType": "dayAhead",
        "startTime": START,
        "duration": 24,
    } | changed


@pytest.fixture
async def aggregator(running: Any) -> Any:
    """ACEAE, with a household of 100 kW that agreed to give 20 kW for 0.07 EUR/kWh, and another."""
    client = running.client("ACEAE", PROVIDER)
    pods = [
        {"pod": {"podId": name, "aggregatorId": "ACEAE", "customerId": customer, "pnP": 200}}
        for name, customer in (("POD-1", "SMITH"), ("POD-2", "JONES"))
    ]
    pods[0]["preferences"] = AGREED  # type: ignore[assignment]
    await client.post("/api/aggregator/pods", json={"pods": pods})
    series = [
        {"podId": name, "startTime": START, "values": [100.0] * 96} for name in ("POD-1", "POD-2")
    ]
    await client.post("/api/aggregator/baselines", json={"series": series})
    return client


@pytest.fixture
def smith(running: Any) -> Any:
    return running.client("SMITH", "Customer")


def offers_sent(others: Any) -> list[Any]:
    return [
        content
        for method, path, content in others.calls
        if (method, path) == ("POST", "/api/flexibilityService")
    ]


def withdrawn(others: Any) -> list[str]:
    return [path for method, path, _ in others.calls if method == "DELETE"]


def stands(others: Any, *services: dict[str, Any], status: str = "active") -> None:
    """Let services stand in the only session of the day."""
    session = SESSION | {"status": status}
    others.answers["/api/marketSession"] = lambda _: (200, {"sessions": [session]})
    listed = {"flexibilityServices": list(services)}
    others.answers["/api/marketSession/dayAhead-1/services"] = lambda _: (200, listed)


async def test_an_offer_by_hand_that_keeps_to_what_was_agreed_goes_to_the_market(
    aggregator: Any, others: Any
) -> None:
    answer = await aggregator.post(HAND, json=offer(point(50), point(51, 90.0, 0.08)))
    assert (answer.status_code, answer.json()["status"]) == (201, "accepted")
    (sent,) = offers_sent(others)
    assert [each["index"] for each in sent["flexibility"][0]["power"]] == [50, 51]


@pytest.mark.parametrize(
    ("made", "wish", "told"),
    [
        (point(price=0.05), "leastPrice", "0.07 €/kWh"),
        (point(52), "agreedHours", "13:00 to 13:15"),
        (point(p=110.0), "agreedHours", "12:30 to 12:45"),
        (point(p=60.0), "agreedChange", "more is offered"),
    ],
    ids=["price", "hour", "direction", "change"],
)
async def test_what_was_not_agreed_is_refused_by_name_and_not_sent(
    aggregator: Any, others: Any, made: Any, wish: str, told: str
) -> None:
    answer = await aggregator.post(HAND, json=offer(made, revision=2))
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/wish-not-kept")
    assert (problem["podId"], problem["wish"]) == ("POD-1", wish)
    assert problem["indices"] == [made["index"]]
    assert told in problem["detail"]
    assert offers_sent(others) == []


async def test_a_group_is_refused_for_each_household_that_keeps_its_own(
    aggregator: Any, running: Any, others: Any
) -> None:
    jones = running.client("JONES", "Customer")
    said = {"podId": "POD-2", "day": DAY, "available": False}
    assert (await jones.put(WISHES, json=said)).status_code == 201
    group = [{"pod": ["POD-1", "POD-2"], "power": [point(p=180.0, price=0.01)]}]
    answer = await aggregator.post(HAND, json=offer(flexibility=group))
    told = answer.json()
    reasons = {told["podId"]: told["wish"]} | {e["podId"]: e["wish"] for e in told["errors"]}
    assert reasons == {"POD-1": "leastPrice", "POD-2": "notAvailable"}
    assert offers_sent(others) == []


async def test_a_refusal_by_the_market_is_told_as_the_market_tells_it(
    aggregator: Any, others: Any
) -> None:
    problem = {"type": "/problems/market-closed", "status": 409, "detail": "Closed."}
    others.answers["/api/flexibilityService"] = lambda _: (409, problem)
    answer = await aggregator.post(HAND, json=offer(point()))
    assert (answer.status_code, answer.json()) == (409, problem)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("aggregator")
async def test_a_wish_amends_an_offer_that_stands(smith: Any, others: Any) -> None:
    both = [{"pod": ["POD-2"], "power": [point(50)]}]
    both += [{"pod": ["POD-1"], "power": [point(50), point(51)]}]
    stands(others, offer(flexibility=both, revision=3, submittedAt="2021-06-22T08:00:00Z"))
    said = {"podId": "POD-1", "day": DAY, "hours": [{"firstIndex": 51, "endIndex": 60}]}
    assert (await smith.put(WISHES, json=said)).status_code == 201
    (sent,) = offers_sent(others)
    assert (sent["playerServiceId"], sent["revision"]) == ("by-hand", 4)
    left = [(e["pod"], [at["index"] for at in e["power"]]) for e in sent["flexibility"]]
    assert left == [(["POD-2"], [50]), (["POD-1"], [51])]
    (stated,) = (await smith.get(f"{WISHES}/{DAY}")).json()["preferences"]
    assert "tooLate" not in stated


async def test_an_offer_of_which_nothing_is_left_is_withdrawn_and_may_be_made_anew(
    aggregator: Any, smith: Any, others: Any
) -> None:
    await aggregator.post(
        "/api/aggregator/offers", json={"marketType": "dayAhead", "startTime": START}
    )
    (first,) = offers_sent(others)
    stands(others, first | {"submittedAt": "2021-06-22T08:00:00Z"})
    name = first["playerServiceId"]
    others.answers[f"/api/flexibilityService/{name}"] = lambda _: (
        200,
        {"id": name, "status": "accepted"},
    )
    said = {"podId": "POD-1", "day": DAY, "available": False}
    assert (await smith.put(WISHES, json=said)).status_code == 201
    assert withdrawn(others) == [f"/api/flexibilityService/{name}"]
    stands(others)
    await smith.put(WISHES, json=said | {"available": True})
    await aggregator.post(
        "/api/aggregator/offers", json={"marketType": "dayAhead", "startTime": START}
    )
    assert [each.get("revision", 1) for each in offers_sent(others)] == [1, 2]


@pytest.mark.usefixtures("aggregator")
async def test_after_the_gate_a_household_is_told_that_it_is_too_late(
    smith: Any, others: Any
) -> None:
    stands(others, offer(point(50), point(51), submittedAt="2021-06-22T08:00:00Z"), status="closed")
    closed = {"type": "/problems/market-closed", "status": 409, "detail": "Closed."}
    others.answers["/api/flexibilityService/by-hand"] = lambda _: (409, closed)
    said = {"podId": "POD-1", "day": DAY, "available": False}
    assert (await smith.put(WISHES, json=said)).status_code == 201
    (stated,) = (await smith.get(f"{WISHES}/{DAY}")).json()["preferences"]
    assert stated["preference"]["available"] is False
    assert stated["tooLate"] == [{"firstIndex": 50, "endIndex": 52}]


async def test_where_the_market_does_not_answer_the_wish_binds_and_may_be_said_again(
    aggregator: Any, smith: Any, others: Any
) -> None:
    others.answers["/api/marketSession"] = lambda _: (503, {})
    said = {"podId": "POD-1", "day": DAY, "available": False}
    assert (await smith.put(WISHES, json=said)).status_code == 503
    answer = await aggregator.post(HAND, json=offer(point()))
    assert answer.json()["wish"] == "notAvailable"
    stands(others, offer(point(), submittedAt="2021-06-22T08:00:00Z"))
    others.answers["/api/flexibilityService/by-hand"] = lambda _: (
        200,
        {"id": "by-hand", "status": "accepted"},
    )
    assert (await smith.put(WISHES, json=said)).status_code == 200
    assert withdrawn(others) == ["/api/flexibilityService/by-hand"]


async def test_an_offer_by_hand_names_its_session(aggregator: Any, others: Any) -> None:
    made = offer(point())
    del made["startTime"]
    answer = await aggregator.post(HAND, json=made)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/session-not-named")
    assert offers_sent(others) == []
