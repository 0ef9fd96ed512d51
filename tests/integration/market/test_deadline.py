"""Every wait has a deadline and a fallback, and the operator's orders are on record."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
DUE = datetime(2021, 6, 22, 17, 30, tzinfo=UTC)
"""Four hours after the gate."""
DELIVERED = datetime(2021, 6, 23, 22, tzinfo=UTC)


async def _submit(desk: Any, services: Iterable[Any]) -> None:
    for each in services:
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201, answer.text


async def _session(desk: Any) -> dict[str, Any]:
    path = "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z"
    (session,) = (await desk.get("MO", path))["sessions"]
    found: dict[str, Any] = session
    return found


async def _order(desk: Any, action: str, party: str = "MO", **more: Any) -> Any:
    path = f"/api/marketSession/{(await _session(desk))['id']}/override"
    order = {"action": action, "reason": "A storm."} | more
    return await desk.call(party, "POST", path, order)


async def _told(desk: Any, party: str) -> list[str]:
    topic = await desk.get(party, f"/api/topics/marketSession_{party}")
    return [each["content"]["kind"] for each in topic["messages"]]


async def _technical(desk: Any) -> dict[str, Any]:
    outcome = await desk.get("DSO", f"/api/marketOutcome/{(await _session(desk))['id']}")
    kept = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    taken = [
        {
            "pod": part["pod"],
            "power": [
                {"index": each["index"], "acceptedPValue": each["acceptedPValue"]}
                for each in part["power"]
                if each["acceptedPValue"] is not None
            ],
        }
        for part in outcome["flexibility"]
    ]
    answer: dict[str, Any] = {name: outcome[name] for name in kept}
    return answer | {"flexibility": [part for part in taken if part["power"]]}


async def test_without_the_grid_s_answer_nothing_is_activated_or_penalised(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    answer = await _technical(desk)
    assert (await _session(desk))["decisionDue"] == "2021-06-22T17:30:00Z"
    await desk.tick(DUE - timedelta(seconds=1))
    assert (await _session(desk))["status"] == "outcome"

    await desk.tick(DUE)
    await desk.deliver()

    session = await _session(desk)
    assert (session["status"], session["waitingFor"]) == ("notValidated", None)
    final = await desk.get("ACEAE", f"/api/validatedOutcome/{session['id']}")
    lines = [power for pod in final["flexibility"] for power in pod["power"]]
    assert {(each["acceptedPValue"], each["rejectionTypeP"]) for each in lines} == {
        (None, "notValidated")
    }
    late = await desk.call("DSO", "POST", "/api/technicalOutcome", answer)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/answer-too-late")
    assert late.json()["decisionDue"].startswith("2021-06-22T17:30:00")
    for party in ("DSO", "TSO", "ACEAE"):
        assert (await _told(desk, party))[-1] == "notValidated"
    (told,) = desk.others.bodies("POST /api/dso/validatedOutcome")
    assert (told["marketOutcome"], told["decidedBy"]) == (session["marketOutcome"], "market")
    assert told["decidedBecause"].startswith("The DSO did not answer in time.")
    assert {power["acceptedPValue"] for pod in told["flexibility"] for power in pod["power"]} == {
        None
    }
    assert await _told(desk, "ACEAE_2") == []  # it sent nothing
    (event,) = (await desk.get("TSO", f"/api/marketSession/{session['id']}/events"))["events"]
    assert (event["by"], event["status"]) == ("market", "notValidated")

    await desk.tick(DELIVERED)
    assert desk.others.settlements == {}


async def test_an_answer_at_the_deadline_is_too_late_before_the_market_looked(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    answer = await _technical(desk)
    desk.clock.move_to(DUE)
    late = await desk.call("DSO", "POST", "/api/technicalOutcome", answer)
    assert late.json()["type"] == "/problems/answer-too-late"


async def test_a_market_that_slept_over_the_deadline_activates_nothing(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await desk.tick(DUE + timedelta(days=40))
    session = await _session(desk)
    assert (session["status"], session["marketOutcome"]) == ("cancelled", None)
    assert await _told(desk, "DSO") == ["notCleared"]


async def test_an_extended_decision_is_waited_for(desk: Any, italian_services: Any) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    answer = await _technical(desk)
    told = await _order(desk, "extendDecision", until="2021-06-22T19:00:00Z")
    assert told.json()["decisionDue"] == "2021-06-22T19:00:00Z"
    await desk.tick(DUE)
    assert (await _session(desk))["status"] == "outcome"
    taken = await desk.call("DSO", "POST", "/api/technicalOutcome", answer)
    assert taken.status_code == 201
    assert (await _session(desk))["status"] == "validated"
    await desk.deliver()
    (told,) = desk.others.bodies("POST /api/dso/validatedOutcome")
    assert told["decidedBy"] is told["decidedBecause"] is None


async def test_an_extended_gate_takes_offers_and_baselines_for_longer(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services[:2])
    assert (await _order(desk, "extendGate", until="2021-06-22T15:00:00Z")).status_code == 200
    await desk.tick(GATE_CLOSES + timedelta(minutes=30))
    await _submit(desk, italian_services[2:])
    await desk.tick(datetime(2021, 6, 22, 15, tzinfo=UTC))
    session = await _session(desk)
    assert (session["status"], session["gateCloses"]) == ("outcome", "2021-06-22T15:00:00Z")
    recording = await desk.get("MO", f"/api/marketSession/{session['id']}/recording")
    assert recording["baselinesAsOf"] == "2021-06-22T15:00:00Z"


@pytest.mark.parametrize(
    ("action", "status", "reason"),
    [
        ("takeAll", "validated", None),
        ("takeNothing", "notValidated", "gridLimit"),
        ("cancel", "cancelled", "cancelled"),
    ],
)
async def test_the_operator_decides_in_place_of_the_dso(
    desk: Any, italian_services: Any, action: str, status: str, reason: str | None
) -> None:
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    answer = await _technical(desk)

    assert (await _order(desk, action)).json()["status"] == status
    await desk.deliver()

    session = await _session(desk)
    final = await desk.get("ACEAE", f"/api/validatedOutcome/{session['id']}")
    reasons = {power["rejectionTypeP"] for pod in final["flexibility"] for power in pod["power"]}
    assert (reason in reasons) if reason else {"gridLimit", "cancelled"}.isdisjoint(reasons)
    (event,) = (await desk.get("DSO", f"/api/marketSession/{session['id']}/events"))["events"]
    assert (event["kind"], event["by"], event["reason"]) == (action, "MO", "A storm.")
    (name,) = (name for name in desk.others.certified() if name.startswith("sessionEvent-"))
    assert "A storm." in desk.others.certified()[name]["content"]
    (told,) = desk.others.bodies("POST /api/dso/validatedOutcome")
    assert (told["decidedBy"], told["decidedBecause"]) == ("MO", "A storm.")
    activated = [
        power for pod in told["flexibility"] for power in pod["power"] if power["acceptedPValue"]
    ]
    assert bool(activated) == (status == "validated")
    late = await desk.call("DSO", "POST", "/api/technicalOutcome", answer)
    assert late.json()["type"] == "/problems/answer-too-late"
    again = await _order(desk, action)
    assert again.json()["type"] == "/problems/session-state"


async def test_a_session_is_cancelled_before_its_gate_closes(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    assert (await _order(desk, "cancel")).json()["status"] == "cancelled"
    refused = await desk.call(
        "ACEAE", "POST", "/api/flexibilityService", italian_services[2] | {"playerServiceId": "x"}
    )
    assert refused.json()["type"] == "/problems/market-closed"
    await desk.tick(DUE)
    assert (await _session(desk))["status"] == "cancelled"
    assert desk.others.bodies("POST /api/dso/marketOutcome") == []


async def test_a_session_is_closed_with_a_reason(desk: Any, italian_services: Any) -> None:
    await _submit(desk, italian_services)
    assert (await _order(desk, "close")).json()["status"] == "outcome"
    assert await _told(desk, "TSO") == ["close", "baselinesCount"]


@pytest.mark.parametrize(
    ("action", "until"),
    [
        ("extendGate", None),
        ("extendGate", "2021-06-22T13:30:00Z"),  # as before
        ("extendGate", "2021-06-22T22:00:01Z"),  # delivery has begun
        ("extendDecision", "2021-06-22T17:30:00Z"),
        ("extendDecision", "2021-06-23T22:00:01Z"),  # delivery has ended
        ("cancel", "2021-06-22T15:00:00Z"),
    ],
)
async def test_an_extension_without_sense_is_refused(
    desk: Any, action: str, until: str | None
) -> None:
    refused = await _order(desk, action, until=until)
    assert refused.json()["type"] == "/problems/extension-invalid"


@pytest.mark.parametrize("party", ["DSO", "TSO", "ACEAE", "AUDITOR", "CUSTOMER-1"])
async def test_only_the_operator_gives_orders(desk: Any, party: str) -> None:
    assert (await _order(desk, "cancel", party)).status_code == 403
    assert (await _session(desk))["status"] == "active"


async def test_each_is_told_the_baselines_that_count_by_their_hash(
    desk: Any, italian_services: Any
) -> None:
    """The hash is SHA-256 of JSON, which anyone can make of what the customer database gives."""
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    whole = (await desk.get("DSO", "/api/topics/marketSession_DSO"))["messages"][0]["content"]
    own = (await desk.get("ACEAE", "/api/topics/marketSession_ACEAE"))["messages"][0]["content"]
    assert whole["baselinesAsOf"] == own["baselinesAsOf"] == "2021-06-22T13:30:00Z"
    assert {each["podId"] for each in whole["baselines"]} == set(desk.others.baselines)
    assert {each["podId"] for each in own["baselines"]} == {
        "IT002E61899978",
        "IT002E60974469",
        "IT002E60550189",
    }
    hashes = {each["podId"]: each["hash"] for each in whole["baselines"]}
    assert hashes["IT002E60550189"] == sha256(f"[{','.join(['70.38'] * 96)}]".encode()).hexdigest()


async def test_a_fault_of_the_calculation_ends_its_own_session_only(
    desk: Any, italian_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if no rule foresaw what was sent: the session is cancelled, and the next ones go on."""

    async def fault(*_: Any) -> None:
        raise ValueError("what no rule foresees")

    await _submit(desk, italian_services)
    monkeypatch.setattr("platone.market.service.close_session.CloseSession.clear", fault)
    await desk.tick(GATE_CLOSES)
    await desk.tick(DUE)

    assert (await _session(desk))["status"] == "cancelled"
    assert (await _told(desk, "DSO"))[-1] == "notCleared"
    await desk.tick(DUE + timedelta(hours=2))
    path = "/api/marketSession?marketType=realTime&to=2021-06-23T00:00:00Z"
    assert "active" in {each["status"] for each in (await desk.get("MO", path))["sessions"]}
