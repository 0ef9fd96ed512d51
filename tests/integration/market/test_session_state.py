"""What a session says of itself: its state, whom it waits for, and since when."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
"""12:30 in Rome, index 50."""
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
"""16:00 in Rome."""
ENDED = "2021-06-23T14:00:00Z"
PODS = ("IT002E61899978", "IT002E60974469", "IT002E60550189")


async def _submit(desk: Any, services: Iterable[Any]) -> None:
    for each in services:
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201, answer.text


async def _session(desk: Any) -> dict[str, Any]:
    (session,) = (
        await desk.get("MO", "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z")
    )["sessions"]
    one: dict[str, Any] = await desk.get("MO", f"/api/marketSession/{session['id']}")
    assert one == session, "the list says what the session says"
    return one


async def _told(desk: Any) -> tuple[str, str | None, str | None]:
    """The state of the day-ahead session, whom it waits for, and since when."""
    session = await _session(desk)
    return session["status"], session["waitingFor"], session["waitingSince"]


async def _answer(desk: Any, *, takes: bool = True, session_id: str | None = None) -> None:
    """The grid's answer: it takes every trade, or none."""
    name = session_id or (await _session(desk))["id"]
    outcome = await desk.get("DSO", f"/api/marketOutcome/{name}")
    flexibility = []
    for pod in outcome["flexibility"]:
        accepted = [power for power in pod["power"] if power["acceptedPValue"] is not None]
        points = [
            {
                "index": power["index"],
                "acceptedPValue": power["acceptedPValue"]
                - (0 if takes else power["acceptedPChange"]),
                "acceptedP": "OK" if takes else "NOK",
            }
            for power in accepted
        ]
        flexibility += [{"pod": pod["pod"], "power": points}] if points else []
    kept = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    technical = {name: outcome[name] for name in kept} | {"flexibility": flexibility}
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text


def _entry_of(service: Any, total_kw: float) -> dict[str, Any]:
    """The same request for another total."""
    (entry,) = service["flexibility"]
    (point,) = entry["power"]
    changed: dict[str, Any] = service | {
        "flexibility": [entry | {"power": [point | {"p": total_kw}]}]
    }
    return changed


async def _settle(desk: Any) -> None:
    path = f"/api/marketSession/{(await _session(desk))['id']}/settlement"
    assert (await desk.call("MO", "POST", path)).status_code == 200


async def _deliver(desk: Any, *pods: str) -> None:
    for pod in pods:
        desk.others.read(pod, DELIVERY, 300_000)


async def test_a_session_says_whom_it_waits_for(desk: Any, italian_services: Any) -> None:
    """Nobody while time has to pass; the DSO since the gate; the meters since the window's end."""
    assert await _told(desk) == ("active", None, None)
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    assert await _told(desk) == ("outcome", "SystemOperator", "2021-06-22T13:30:00Z")
    await desk.tick(GATE_CLOSES + timedelta(hours=1))
    assert await _told(desk) == ("outcome", "SystemOperator", "2021-06-22T13:30:00Z")
    await _answer(desk)
    assert await _told(desk) == ("validated", None, None)
    await desk.tick(WINDOW_ENDS)
    assert await _told(desk) == ("validated", "MeteredDataAdministrator", ENDED)
    await _deliver(desk, *PODS)
    desk.others.ledger_is_down = True
    await _settle(desk)
    assert await _told(desk) == ("validated", "Ledger", ENDED)
    desk.others.ledger_is_down = False
    await _settle(desk)
    assert await _told(desk) == ("settled", None, None)


async def test_a_session_closed_before_its_time_waits_since_then(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    session = await _session(desk)
    closed = await desk.close(session["id"])
    now = desk.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (closed.json()["waitingFor"], closed.json()["waitingSince"]) == ("SystemOperator", now)
    assert now < session["gateCloses"]


async def test_nothing_then_some_then_all_of_what_was_traded_is_paid(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    await _answer(desk)
    await _deliver(desk, *PODS)
    desk.others.agreed = set()
    await desk.tick(WINDOW_ENDS)
    assert await _told(desk) == ("notPaid", "MarketOperator", ENDED)
    desk.others.agreed = {PODS[0]}
    await _settle(desk)
    assert await _told(desk) == ("partlyPaid", "MarketOperator", ENDED)
    desk.others.agreed = None
    await _settle(desk)
    assert await _told(desk) == ("settled", None, None)


async def test_a_session_without_a_reading_is_not_settled(desk: Any, italian_services: Any) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    await _answer(desk)
    await _deliver(desk, *PODS[:2])
    await desk.tick(WINDOW_ENDS)
    for _ in range(4):  # the market waits a little before it settles without the third
        await _settle(desk)
    assert await _told(desk) == ("partlyPaid", "MeteredDataAdministrator", ENDED)
    await _deliver(desk, PODS[2])
    await _settle(desk)
    assert await _told(desk) == ("settled", None, None)


async def test_what_the_grid_refuses_wholly_was_not_traded(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    await _answer(desk, takes=False)
    assert await _told(desk) == ("notTraded", None, None)


async def test_a_window_waits_for_the_grid_s_answer_to_another_session(
    desk: Any, italian_services: Any
) -> None:
    """Its lines are not paid before all trades in their window are known."""
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    day_ahead = await _session(desk)
    order = {"action": "extendDecision", "reason": "The grid's computer is down."}
    path = f"/api/marketSession/{day_ahead['id']}/override"
    told = await desk.call("MO", "POST", path, order | {"until": "2021-06-23T22:00:00Z"})
    assert told.json()["decisionDue"] == "2021-06-23T22:00:00Z"
    await desk.tick(datetime(2021, 6, 23, 7, 30, tzinfo=UTC))
    real_time = {"marketType": "realTime", "duration": 4, "startTime": "2021-06-23T10:00:00Z"}
    more = [_entry_of(italian_services[1], 7600.0) | real_time | {"playerServiceId": "again"}]
    await _submit(desk, more)
    await desk.tick(datetime(2021, 6, 23, 8, 30, tzinfo=UTC))
    (other,) = (
        await desk.get("MO", "/api/marketSession?from=2021-06-23T10:00:00Z&to=2021-06-23T10:01:00Z")
    )["sessions"]
    await _answer(desk, session_id=other["id"])
    await _deliver(desk, *PODS)
    await desk.tick(WINDOW_ENDS)
    now = await desk.get("MO", f"/api/marketSession/{other['id']}")
    assert (now["status"], now["waitingFor"], now["waitingSince"]) == (
        "validated",
        "SystemOperator",
        ENDED,
    )
    assert await _told(desk) == ("outcome", "SystemOperator", "2021-06-22T13:30:00Z")
