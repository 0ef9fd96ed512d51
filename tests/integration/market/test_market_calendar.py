"""Sessions come, open and go on their own, on any clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)


async def _sessions(desk: Any, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.get("AUDITOR", f"/api/marketSession{query}"))[
        "sessions"
    ]
    return found


async def test_sessions_are_created_ahead_of_time_and_once(desk: Any) -> None:
    first = await _sessions(desk)
    for _ in range(3):
        await desk.tick()
    await desk.restart()
    await desk.tick()

    assert await _sessions(desk) == first
    # Noon of the 22nd: of today the sessions of 16 and 20 h; two whole days after.
    assert len(first) == 2 + 7 + 7
    active = [session for session in first if session["status"] == "active"]
    assert [session["marketType"] for session in active] == ["dayAhead"]
    assert active[0]["gateCloses"] == "2021-06-22T13:30:00Z"


async def test_filters(desk: Any) -> None:
    assert len(await _sessions(desk, "?marketType=dayAhead")) == 2
    assert len(await _sessions(desk, "?status=active")) == 1
    day = "?from=2021-06-22T22:00:00Z&to=2021-06-23T22:00:00Z"
    assert len(await _sessions(desk, day)) == 7
    assert len(await _sessions(desk, "?limit=3")) == 3
    wrong = await desk.call("MO", "GET", "/api/marketSession?from=yesterday")
    assert wrong.json()["type"] == "/problems/market-query-malformed"


async def test_a_real_time_gate_passes(desk: Any) -> None:
    at = datetime(2021, 6, 23, 7, tzinfo=UTC)  # 9 h in Rome: three hours before noon's session
    await desk.tick(at)
    (active,) = await _sessions(desk, "?status=active&marketType=realTime")
    assert (active["startTime"], active["duration"]) == ("2021-06-23T10:00:00Z", 4)
    await desk.tick(at + timedelta(hours=1))
    assert await _sessions(desk, "?status=active&marketType=realTime") == []


async def test_unused_days_pass_cheaply_after_a_jump(desk: Any) -> None:
    await desk.tick(NOON + timedelta(days=40))
    await desk.deliver()

    sessions = await _sessions(desk, "?limit=5000")
    assert len(sessions) == 2 + 7 * 42
    gone = [session for session in sessions if session["gateCloses"] <= "2021-08-01T10:00:00Z"]
    assert {session["status"] for session in gone} == {"notTraded"}
    assert len(gone) > 270
    assert desk.others.bodies("POST /api/certification") == []
    assert desk.others.bodies("POST /api/dso/marketOutcome") == []


async def test_days_when_clocks_change(desk: Any) -> None:
    await desk.tick(datetime(2021, 10, 29, 12, tzinfo=UTC))

    day = await _sessions(desk, "?from=2021-10-30T22:00:00Z&to=2021-10-31T23:00:00Z")
    assert [(session["marketType"], session["duration"]) for session in day] == [
        ("dayAhead", 25),
        ("realTime", 5),
        *[("realTime", 4)] * 5,
    ]


async def test_the_operator_creates_a_session_whose_gate_has_passed(desk: Any) -> None:
    start = {"marketType": "realTime", "startTime": "2021-06-22T10:00:00Z"}
    begun = await desk.call("MO", "POST", "/api/marketSession", start)
    assert begun.json()["type"] == "/problems/session-off-calendar"

    await desk.tick(datetime(2021, 6, 22, 10, 30, tzinfo=UTC))
    # 14 h in Rome: the session of 16 h exists and is over; one far ahead does not exist yet.
    exists = await desk.call(
        "MO", "POST", "/api/marketSession", start | {"startTime": "2021-06-22T14:00:00Z"}
    )
    ahead = await desk.call(
        "MO", "POST", "/api/marketSession", start | {"startTime": "2021-07-22T14:00:00Z"}
    )
    assert (exists.status_code, ahead.status_code) == (200, 201)
    assert ahead.json()["status"] == "created"
    for party in ("DSO", "ACEAE", "AUDITOR"):
        refused = await desk.call(party, "POST", "/api/marketSession", start)
        assert refused.status_code == 403


async def test_an_extraordinary_session_is_open_until_it_is_closed(
    desk: Any, italian_services: Any
) -> None:
    """A market that is started in the evening offers tomorrow's day-ahead session on demand."""
    await desk.tick(NOON + timedelta(hours=2))
    for table in ("session", "calendar"):
        desk.erase(table)
    await desk.tick(NOON + timedelta(hours=10))
    start = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
    made = await desk.call("MO", "POST", "/api/marketSession", start)
    assert made.status_code == 201
    await desk.tick()
    for each in italian_services:
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201, answer.text

    closed = await desk.close(made.json()["id"])

    assert closed.json()["status"] == "outcome"
    outcome = await desk.get("DSO", f"/api/marketOutcome/{closed.json()['marketOutcome']}")
    assert len(outcome["flexibility"]) == 3
    again = await desk.close(made.json()["id"])
    assert again.json()["type"] == "/problems/session-state"


async def test_offers_without_request_end_the_session_without_the_grid(
    desk: Any, italian_services: Any
) -> None:
    for each in italian_services[2:]:
        await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
    await desk.tick(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))
    await desk.deliver()

    (session,) = await _sessions(desk, "?marketType=dayAhead&to=2021-06-23T00:00:00Z")
    assert session["status"] == "notTraded"
    assert desk.others.bodies("POST /api/dso/marketOutcome") == []
    final = await desk.get("ACEAE", f"/api/validatedOutcome/{session['marketOutcome']}")
    reasons = [power["rejectionTypeP"] for pod in final["flexibility"] for power in pod["power"]]
    assert reasons == ["noRequest"] * 3
