"""Real-time sessions build on what the day-ahead session has traded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

POD, CHEAP = "IT002E60974469", "IT002E61899978"
REAL_TIME_OPENS = datetime(2021, 6, 23, 7, tzinfo=UTC)
DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
GROUP = ["IT002E61899978", "IT002E60974469", "IT002E60976796"]


async def _day_ahead(desk: Any, services: Any) -> None:
    """The DSO's request only, validated as cleared."""
    for each in (services[0], *services[2:]):
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201
    await desk.tick(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))
    await _validate(desk, 0)


async def _validate(desk: Any, number: int) -> dict[str, Any]:
    await desk.deliver()
    outcome = desk.others.bodies("POST /api/dso/marketOutcome")[number]
    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    }
    traded = [
        {
            "pod": pod["pod"],
            "power": [
                {"index": power["index"], "acceptedPValue": power["acceptedPValue"]}
                for power in pod["power"]
                if power["acceptedPValue"] is not None
            ],
        }
        for pod in outcome["flexibility"]
    ]
    technical["flexibility"] = [pod for pod in traded if pod["power"]]
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = outcome
    return found


async def _ask(desk: Any, total_kw: float) -> dict[str, Any]:
    """A real-time request of the DSO in which all depends on what stands; its outcome."""
    await desk.tick(REAL_TIME_OPENS)
    request = {
        "marketType": "realTime",
        "playerId": "DSO",
        "serviceType": "DSO_request",
        "playerServiceId": "real-time-request",
        "flexibility": [{"pod": GROUP, "power": [{"index": 50, "p": total_kw, "pPrice": 0.1}]}],
    }
    answer = await desk.call("DSO", "POST", "/api/flexibilityService", request)
    assert answer.status_code == 201, answer.text
    await desk.tick(REAL_TIME_OPENS + timedelta(hours=1))
    (session,) = (
        await desk.get("MO", "/api/marketSession?from=2021-06-23T10:00:00Z&to=2021-06-23T10:01:00Z")
    )["sessions"]
    found: dict[str, Any] = await desk.get("MO", f"/api/marketOutcome/{session['id']}")
    return found


def _powers(outcome: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {pod["pod"]: pod["power"][0] for pod in outcome["flexibility"]}


async def test_what_the_day_ahead_has_met_is_not_bought_again(
    desk: Any, italian_services: Any
) -> None:
    await _day_ahead(desk, italian_services)

    found = _powers(await _ask(desk, 5771.039299061133))

    assert found[POD]["rejectionTypeP"] == "notNeeded"
    assert CHEAP not in found  # sold out the day ahead: nothing of it stands


async def test_what_was_left_of_an_offer_stands_and_is_sold_once(
    desk: Any, italian_services: Any
) -> None:
    await _day_ahead(desk, italian_services)

    found = _powers(await _ask(desk, 5771.039299061133 - 200))

    assert found[POD]["acceptedPValue"] == pytest.approx(4057.09)
    assert found[POD]["acceptedPChange"] == pytest.approx(-(500 - 376.740701), abs=1e-6)
    assert found[POD]["playerServiceId"] == "ACEAE/IT002E60974469"


async def test_an_update_replaces_the_day_ahead_offer(desk: Any, italian_services: Any) -> None:
    await _day_ahead(desk, italian_services)
    await desk.tick(REAL_TIME_OPENS)
    update = {
        "marketType": "realTime",
        "playerId": "ACEAE",
        "serviceType": "offer",
        "playerServiceId": "update",
        "flexibility": [{"pod": [POD], "power": [{"index": 50, "p": 4000.0, "pPrice": 0.05}]}],
    }
    answer = await desk.call("ACEAE", "POST", "/api/flexibilityService", update)
    assert answer.status_code == 201, answer.text

    found = _powers(await _ask(desk, 5771.039299061133 - 1000))

    assert found[POD]["playerServiceId"] == "update"
    assert found[POD]["acceptedPValue"] == 4000.0
    assert found[POD]["acceptedPPrice"] == 0.05


async def test_a_quarter_hour_outside_the_real_time_window(desk: Any) -> None:
    await desk.tick(REAL_TIME_OPENS)
    offer = {
        "marketType": "realTime",
        "playerId": "ACEAE",
        "serviceType": "offer",
        "playerServiceId": "late",
        "flexibility": [{"pod": [POD], "power": [{"index": 64, "p": 4200, "pPrice": 0.05}]}],
    }
    refused = await desk.call("ACEAE", "POST", "/api/flexibilityService", offer)
    assert refused.json()["type"] == "/problems/index-outside-session"
    assert (refused.json()["firstIndex"], refused.json()["lastIndex"]) == (48, 63)


async def test_day_ahead_and_real_time_are_settled_together_without_paying_twice(
    desk: Any, italian_services: Any
) -> None:
    await _day_ahead(desk, italian_services)
    await _ask(desk, 5771.039299061133 - 200)
    real_time = await _validate(desk, 1)
    day_ahead = desk.others.bodies("POST /api/dso/marketOutcome")[0]
    desk.others.read(CHEAP, DELIVERY, 319_636)
    desk.others.read(POD, DELIVERY, 1_026_772)  # 4107.088 kW: 450.002 kW less than the baseline

    await desk.tick(datetime(2021, 6, 23, 14, tzinfo=UTC))

    first = _powers(await desk.get("MO", f"/api/settlement/{day_ahead['marketOutcome']}"))[POD]
    second = _powers(await desk.get("MO", f"/api/settlement/{real_time['marketOutcome']}"))[POD]
    paid_kwh = first["paidP"] / 0.03 + second["paidP"] / 0.03
    missing_kwh = second["penaltyP"] / 0.02
    assert first["penaltyP"] == 0
    assert paid_kwh == pytest.approx(450.002 / 4, abs=1e-4)
    assert paid_kwh + missing_kwh == pytest.approx(500 / 4, abs=1e-4)
    statuses = (await desk.get("MO", "/api/marketSession?limit=5000"))["sessions"]
    used = [each["status"] for each in statuses if each.get("marketOutcome")]
    assert used == ["settled", "settled"]
