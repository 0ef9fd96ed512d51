"""Days of 92, 96 and 100 quarter-hours in several zones, from the gates to the payment.

The instants are written down by hand from the zones' offsets, not taken from a calendar here.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties, entry, service

from platone.market.domain.rules import MarketRules

POD, BASELINE_KW = "IT002E60974469", 4557.09


class Day(NamedTuple):
    """A market day by the clock: UTC instants of its gate, its begin, and its second window."""

    zone: str
    gate_closes: str
    begins: str
    second: str
    quarter_hours: int
    first_hours: int


DAYS = [
    Day("Europe/Rome", "2021-03-27T14:30Z", "2021-03-27T23:00Z", "2021-03-28T02:00Z", 92, 3),
    Day("Europe/Rome", "2021-10-30T13:30Z", "2021-10-30T22:00Z", "2021-10-31T03:00Z", 100, 5),
    Day("Europe/Athens", "2021-03-27T13:30Z", "2021-03-27T22:00Z", "2021-03-28T01:00Z", 92, 3),
    Day("Europe/Athens", "2021-10-30T12:30Z", "2021-10-30T21:00Z", "2021-10-31T02:00Z", 100, 5),
    Day("Europe/Lisbon", "2021-03-27T15:30Z", "2021-03-28T00:00Z", "2021-03-28T03:00Z", 92, 3),
    Day("Europe/Lisbon", "2021-10-30T14:30Z", "2021-10-30T23:00Z", "2021-10-31T04:00Z", 100, 5),
    Day("Africa/Nairobi", "2021-03-27T12:30Z", "2021-03-27T21:00Z", "2021-03-28T01:00Z", 96, 4),
    Day("Europe/Rome", "2021-06-22T13:30Z", "2021-06-22T22:00Z", "2021-06-23T02:00Z", 96, 4),
]


@pytest.fixture(params=DAYS, ids=lambda day: f"{day.zone}-{day.quarter_hours}")
def day(request: pytest.FixtureRequest) -> Day:
    chosen: Day = request.param
    return chosen


@pytest.fixture
async def desk(tmp_path: Path, others: OtherParties, day: Day) -> AsyncIterator[Desk]:
    """A market of the day's zone, an hour before the day-ahead gate closes."""
    now = datetime.fromisoformat(day.gate_closes) - timedelta(hours=1)
    made = Desk(tmp_path, others, now, MarketRules(zone=day.zone))
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    assert (await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})).status_code == 201
    others.baselines[POD] = [BASELINE_KW] * day.quarter_hours
    yield made
    await made.market.stop()


async def _trade(desk: Desk, start: datetime, kind: str, index: int) -> str:
    """Ask for 100 kW less, offer 200 kW less; the session's identifier."""
    terms: dict[str, Any] = {"marketType": kind, "startTime": start.isoformat(), "duration": None}
    total_kw = BASELINE_KW
    request = service(
        "DSO", "DSO_request", f"ask-{kind}", [entry(total_kw - 100, 1.0, POD, index=index)]
    )
    offer = service(
        "ACEAE", "offer", f"offer-{kind}", [entry(total_kw - 200, 0.1, POD, index=index)]
    )
    for each in (request, offer):
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each | terms)
        assert answer.status_code == 201, answer.text
    path = f"/api/marketSession?marketType={kind}&from={start:%Y-%m-%dT%H:%M:%SZ}"
    sessions = (await desk.get("MO", path))["sessions"]
    return str(sessions[0]["id"])


async def _validate(desk: Desk, session: str) -> float:
    """The grid takes all of it; the change that was sold."""
    outcome = await desk.get("DSO", f"/api/marketOutcome/{session}")
    ((pod, power),) = [(each["pod"], each["power"][0]) for each in outcome["flexibility"]]
    kept = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    taken = {"index": power["index"], "acceptedPValue": power["acceptedPValue"]}
    technical = {name: outcome[name] for name in kept}
    technical["flexibility"] = [{"pod": pod, "power": [taken]}]
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    return float(power["acceptedPChange"])


async def test_first_window_and_last_quarter_hour_are_traded_and_paid(desk: Desk, day: Day) -> None:
    begins, second = (datetime.fromisoformat(text) for text in (day.begins, day.second))
    last = day.quarter_hours - 1
    ahead = await _trade(desk, begins, "dayAhead", last)
    refused = await desk.call(
        "DSO",
        "POST",
        "/api/flexibilityService",
        service(
            "DSO", "DSO_request", "beyond", [entry(1.0, 1.0, POD, index=last + 1)], duration=None
        ),
    )
    assert refused.json()["type"] in {
        "/problems/index-outside-session",
        "/problems/malformed-message",
    }
    await desk.tick(datetime.fromisoformat(day.gate_closes) - timedelta(seconds=1))
    assert (await desk.get("MO", f"/api/marketSession/{ahead}"))["status"] == "active"
    await desk.tick(datetime.fromisoformat(day.gate_closes))
    assert await _validate(desk, ahead) == pytest.approx(-100)

    await desk.tick(begins - timedelta(hours=3))
    in_first = day.first_hours * 4 - 1
    now = await _trade(desk, begins, "realTime", in_first)
    told = await desk.get("MO", f"/api/marketSession/{now}")
    assert told["duration"] == day.first_hours
    await desk.tick(begins - timedelta(hours=2))
    assert await _validate(desk, now) == pytest.approx(-100)

    for index in (in_first, last):
        start = begins + index * timedelta(minutes=15)
        desk.others.read(POD, start, round((BASELINE_KW - 100) * 250))
    await desk.tick(second - timedelta(seconds=1))
    assert (await desk.get("MO", f"/api/marketSession/{now}"))["status"] == "validated"
    await desk.tick(second)
    assert (await desk.get("MO", f"/api/marketSession/{now}"))["status"] == "settled"
    await desk.tick(begins + day.quarter_hours * timedelta(minutes=15))
    assert (await desk.get("MO", f"/api/marketSession/{ahead}"))["status"] == "settled"


async def test_a_market_that_slept_through_the_day_has_all_its_sessions(
    desk: Desk, day: Day
) -> None:
    begins = datetime.fromisoformat(day.begins)
    ends = begins + day.quarter_hours * timedelta(minutes=15)
    await desk.tick(ends + timedelta(days=3))
    path = f"/api/marketSession?from={begins:%Y-%m-%dT%H:%M:%SZ}&to={ends:%Y-%m-%dT%H:%M:%SZ}"
    sessions = (await desk.get("MO", path))["sessions"]
    assert [(each["marketType"], each["duration"]) for each in sessions] == [
        ("dayAhead", day.quarter_hours // 4),
        ("realTime", day.first_hours),
        *[("realTime", 4)] * 5,
    ]
    assert sessions[2]["startTime"] == f"{datetime.fromisoformat(day.second):%Y-%m-%dT%H:%M:%SZ}"
    assert {each["status"] for each in sessions} == {"notTraded"}
