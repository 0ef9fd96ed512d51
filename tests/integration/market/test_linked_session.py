"""Linked orders over REST: refused by name by default; else cleared, validated, cleared again."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import (
    ITALIAN_PODS,
    Desk,
    OtherParties,
    entry,
    registered,
    service,
)
from tests.integration.market.test_submission_refusal import POD, at, for_pod, offer

from platone.market.domain.replay import clear_file
from platone.market.domain.rules import MarketRules
from platone.messages.clearing import ClearingRules, Method

PATH = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
DISCRETE = "IT002E00000001"
BASELINE_KW = 4557.09


@pytest.fixture
async def linked_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    rules = MarketRules(clearing=ClearingRules(method=Method.LEAST_COST, linked_orders=True))
    made = Desk(tmp_path, OtherParties(), datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    pods.append(registered(DISCRETE, down=50, flexibilityType="discrete"))
    await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    made.others.baselines[DISCRETE] = [60.0] * 96
    for pod, kw in ITALIAN_PODS:
        made.others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


def _block(*indices: int, share: float = 1.0, kw: float = 500.0) -> dict[str, Any]:
    power = [at(index, BASELINE_KW - kw, 0.02) for index in indices]
    return for_pod(*power) | {"order": {"block": "night", "leastShare": share}}


def _asked(*changes_kw: float) -> dict[str, Any]:
    power = [
        {"index": 50 + place, "p": BASELINE_KW + kw, "pPrice": 0.1}
        for place, kw in enumerate(changes_kw)
    ]
    return service("DSO", "DSO_request", "need", [{"pod": [POD], "power": power}])


async def _cleared(desk: Desk, *messages: dict[str, Any]) -> Any:
    for message in messages:
        answer = await desk.call(message["playerId"], "POST", PATH, message)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    (session,) = (await desk.get("MO", "/api/marketSession?status=outcome"))["sessions"]
    return await desk.get("ACEAE", f"/api/marketOutcome/{session['id']}")


async def test_they_are_refused_by_name_where_they_are_not_traded(desk: Any) -> None:
    answer = await desk.call("ACEAE", "POST", PATH, offer(_block(50, 51)))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/linked-order-not-traded")


async def test_a_block_is_cleared_validated_and_cleared_again_to_the_byte(
    linked_desk: Desk,
) -> None:
    desk = linked_desk
    outcome = await _cleared(desk, offer(_block(50, 51)), _asked(-500.0, -400.0))
    (pod,) = outcome["flexibility"]
    assert [power["acceptedPChange"] for power in pod["power"]] == [-500.0, -500.0]
    assert {power["linked"] for power in pod["power"]} == {"night"}

    recording = await desk.get("MO", f"/api/marketSession/{_session(desk)}/recording")
    again = json.loads(clear_file(json.dumps(recording).encode()))
    assert again["outputHash"] == outcome["outputHash"]

    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    } | {
        "flexibility": [
            {
                "pod": POD,
                "power": [
                    {"index": 50, "acceptedPValue": BASELINE_KW - 500.0},
                    {"index": 51, "acceptedPValue": BASELINE_KW - 100.0},
                ],
            }
        ]
    }
    taken = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert taken.status_code == 201, taken.text
    final = await desk.get("ACEAE", f"/api/validatedOutcome/{outcome['marketOutcome']}")
    told = [
        (power["acceptedPChange"], power["rejectionTypeP"])
        for power in final["flexibility"][0]["power"]
    ]
    assert told == [(None, "gridLimit"), (None, "gridLimit")]


async def test_a_discrete_point_of_delivery_is_offered_all_or_nothing(linked_desk: Desk) -> None:
    desk = linked_desk
    divisible = offer(for_pod(at(50, 10.0), pod=DISCRETE))
    refused = await desk.call("ACEAE", "POST", PATH, divisible)
    assert refused.json()["type"] == "/problems/not-divisible"
    whole = offer(for_pod(at(50, 10.0), pod=DISCRETE) | {"order": {"leastShare": 1}})
    request = service("DSO", "DSO_request", "need", [entry(60.0 - 40.0, 0.1, DISCRETE)])
    outcome = await _cleared(desk, whole, request)
    assert outcome["flexibility"][0]["power"][0]["acceptedPChange"] == -50.0


async def test_wrong_terms_are_refused(linked_desk: Desk) -> None:
    desk = linked_desk
    two = offer(_block(50), _block(51, share=0.5))
    answer = await desk.call("ACEAE", "POST", PATH, two)
    assert answer.json()["type"] == "/problems/order-terms-invalid"
    request = service(
        "DSO", "DSO_request", "need", [entry(1.0, 0.1, POD) | {"order": {"optionOf": "x"}}]
    )
    answer = await desk.call("DSO", "POST", PATH, request)
    assert answer.json()["type"] == "/problems/order-terms-invalid"
    both = offer(_block(50) | {"order": {"rebound": {"after": 1, "share": 1}}}, for_pod(at(51)))
    answer = await desk.call("ACEAE", "POST", PATH, both)
    assert answer.json()["type"] == "/problems/duplicate-index"


def _session(desk: Desk) -> str:
    (row,) = desk.records("SELECT id FROM session WHERE status = 'outcome'")
    return str(row[0])
