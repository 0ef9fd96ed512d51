"""Qualification over REST: applied for, decided, asked of offers, and lost at the gate."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties, entry, service
from tests.integration.market.test_submission_refusal import (
    BASELINE_KW,
    OTHERS_POD,
    POD,
    at,
    for_pod,
    offer,
)

from platone.market.domain.rules import MarketRules

PATH = "/api/qualification"
SERVICE = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)


@pytest.fixture
async def strict_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    rules = MarketRules(asks_qualification=True)
    made = Desk(tmp_path, OtherParties(), datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    for pod, kw in ITALIAN_PODS:
        made.others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


def _application(pod: str = POD, name: str = "plant", **more: object) -> dict[str, Any]:
    unit = {"controllableUnitId": "chp", "pod": pod, "downP": 500.0, "fullActivationMinutes": 5}
    return {
        "applicationId": name,
        "playerId": "ACEAE",
        "kind": "serviceProvidingUnit",
        "controllableUnits": [unit],
    } | more


async def _said(desk: Desk, party: str, call: str, **body: object) -> Any:
    answer = await desk.call(party, "POST", f"{PATH}/{call}", {"text": "So."} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _qualified(desk: Desk) -> str:
    applied = await desk.call("ACEAE", "POST", PATH, _application())
    assert applied.status_code == 201, applied.text
    name = str(applied.json()["id"])
    await _said(desk, "DSO", f"{name}/gridPrequalification", result="granted")
    await _said(desk, "MO", f"{name}/decision", state="underReview")
    await _said(desk, "MO", f"{name}/decision", state="qualified")
    return name


async def test_by_default_nobody_asks(desk: Any) -> None:
    """The other tests of the market offer without any qualification."""
    assert await desk.get("ACEAE", PATH) == {"qualifications": [], "next": None}


async def test_only_what_is_qualified_is_offered(strict_desk: Desk) -> None:
    desk = strict_desk
    refused = await desk.call("ACEAE", "POST", SERVICE, offer(for_pod(at(50))))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-qualified")
    assert (refused.json()["pod"], refused.json()["index"]) == (POD, 50)
    name = await _qualified(desk)
    assert (await desk.call("ACEAE", "POST", SERVICE, offer(for_pod(at(50))))).status_code == 201
    found = await desk.get("ACEAE", f"{PATH}/{name}")
    told = [(step["party"], step["state"], step["gridResult"]) for step in found["steps"]]
    assert told == [
        ("ACEAE", "applied", None),
        ("DSO", "applied", "granted"),
        ("MO", "underReview", None),
        ("MO", "qualified", None),
    ]
    topic = (await desk.get("ACEAE", "/api/topics/Qualification_ACEAE"))["messages"]
    assert [each["content"]["state"] for each in topic] == ["applied", "underReview", "qualified"]
    await desk.deliver()
    certified = [each for each in desk.others.certified() if each.startswith("qualification-")]
    assert sorted(certified) == [f"qualification-{name}-{number}" for number in (1, 2, 3, 4)]


async def test_what_the_dso_refuses_before_the_gate_is_left_out(strict_desk: Desk) -> None:
    desk = strict_desk
    name = await _qualified(desk)
    request = service("DSO", "DSO_request", "need", [entry(BASELINE_KW - 400.0, 0.1, POD)])
    for message in (offer(for_pod(at(50))), request):
        taken = await desk.call(message["playerId"], "POST", SERVICE, message)
        assert taken.status_code == 201, taken.text
    lost = await _said(desk, "DSO", f"{name}/gridPrequalification", result="refused")
    assert lost["state"] == "suspended"
    await desk.tick(GATE_CLOSES)
    (session,) = (
        await desk.get("MO", "/api/marketSession?status=notTraded&from=2021-06-22T22:00:00Z")
    )["sessions"]
    outcome = await desk.get("ACEAE", f"/api/marketOutcome/{session['id']}")
    (power,) = outcome["flexibility"][0]["power"]
    assert (power["acceptedPValue"], power["rejectionTypeP"]) == (None, "notQualified")


REFUSED = [
    (
        "ACEAE",
        "",
        _application(name="b", kind="serviceProvidingGroup"),
        422,
        "qualification-invalid",
    ),
    ("ACEAE", "", _application("IT002E99999999", "b"), 422, "unknown-pod"),
    ("ACEAE", "", _application(OTHERS_POD, "b"), 403, "service-not-allowed"),
    ("ACEAE_2", "", _application(), 403, "service-not-allowed"),
    ("ACEAE", "", _application(name="other"), 409, "pod-in-qualification"),
    ("ACEAE", "/{}/decision", {"state": "suspended", "text": "x"}, 403, "qualification-not-yours"),
    ("ACEAE_2", "/{}/decision", {"state": "ended", "text": "x"}, 404, "unknown-qualification"),
    ("MO", "/{}/decision", {"state": "applied", "text": "x"}, 409, "qualification-state"),
    (
        "TSO",
        "/{}/gridPrequalification",
        {"result": "granted", "text": "x"},
        403,
        "service-not-allowed",
    ),
]


@pytest.mark.parametrize(("party", "path", "body", "status", "slug"), REFUSED)
async def test_what_may_not_be_is_refused_by_name(
    strict_desk: Desk, party: str, path: str, body: dict[str, Any], status: int, slug: str
) -> None:
    name = await _qualified(strict_desk)
    answer = await strict_desk.call(party, "POST", PATH + path.format(name), body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")


async def test_who_sees_what(strict_desk: Desk) -> None:
    desk = strict_desk
    name = await _qualified(desk)
    again = await desk.call("ACEAE", "POST", PATH, _application())
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    for party in ("ACEAE", "MO", "DSO"):
        (found,) = (await desk.get(party, f"{PATH}?state=qualified"))["qualifications"]
        assert found["id"] == name
    assert (await desk.get("ACEAE_2", PATH))["qualifications"] == []
    assert (await desk.get("MO", f"{PATH}?after={name}"))["qualifications"] == []
    for path in (PATH, f"{PATH}/{name}"):
        assert (await desk.call("TSO", "GET", path)).status_code == 403
    assert (await desk.call("ACEAE_2", "GET", f"{PATH}/{name}")).status_code == 404
