"""Durations and activation time of the product over REST, in the day ahead and in real time."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties, service
from tests.integration.market.test_submission_refusal import POD, at, for_pod, offer

from platone.market.domain.replay import clear_file
from platone.market.domain.rules import MarketRules
from platone.messages.clearing import ClearingRules, Method, Product

PATH = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
BASELINE_KW = 4557.09
REAL_TIME = {"marketType": "realTime", "startTime": "2021-06-23T10:00:00Z", "duration": 4}


@pytest.fixture
async def lasting_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    product = Product(least_quarter_hours=2, most_quarter_hours=3, full_activation_minutes=60)
    rules = MarketRules(clearing=ClearingRules(method=Method.LEAST_COST, product=product))
    made = Desk(tmp_path, OtherParties(), datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    for pod, kw in ITALIAN_PODS:
        made.others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


def _reduced(*indices: int, kw: float = 500.0) -> list[dict[str, Any]]:
    return [at(index, BASELINE_KW - kw, 0.02) for index in indices]


def _request(*indices: int, **more: object) -> dict[str, Any]:
    power = [{"index": each, "p": BASELINE_KW - 100.0, "pPrice": 0.1} for each in indices]
    return service("DSO", "DSO_request", "need", [{"pod": [POD], "power": power}]) | more


async def test_an_activation_lasts_as_the_product_says(lasting_desk: Desk) -> None:
    desk = lasting_desk
    short = await desk.call("ACEAE", "POST", PATH, offer(for_pod(*_reduced(50))))
    assert (short.status_code, short.json()["type"]) == (422, "/problems/activation-too-short")
    assert short.json()["leastQuarterHours"] == 2
    for message in (offer(for_pod(*_reduced(50, 51, 52, 53))), _request(50, 51, 52, 53)):
        answer = await desk.call(message["playerId"], "POST", PATH, message)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    (session,) = (await desk.get("MO", "/api/marketSession?status=outcome"))["sessions"]
    outcome = await desk.get("ACEAE", f"/api/marketOutcome/{session['id']}")
    (pod,) = outcome["flexibility"]
    taken = [power for power in pod["power"] if power["acceptedPValue"] is not None]
    assert len(taken) == 3
    assert len({power["linked"] for power in taken}) == 1
    recording = await desk.get("MO", f"/api/marketSession/{session['id']}/recording")
    again = json.loads(clear_file(json.dumps(recording).encode()))
    assert again["outputHash"] == outcome["outputHash"]


async def test_what_cannot_be_reached_in_time_is_refused(lasting_desk: Desk) -> None:
    """Real-time trades are final half an hour before: the first two quarter-hours are too soon."""
    desk = lasting_desk
    await desk.tick(GATE_CLOSES)
    await desk.tick(datetime(2021, 6, 23, 7, tzinfo=UTC))
    power = [at(index, BASELINE_KW - 500.0, 0.02) for index in (48, 49, 50, 51)]
    for message in (offer(for_pod(*power)) | REAL_TIME, _request(48, 49, 50, **REAL_TIME)):
        refused = await desk.call(message["playerId"], "POST", PATH, message)
        told = refused.json()
        assert (refused.status_code, told["type"]) == (422, "/problems/delivery-too-soon")
        assert (told["firstIndex"], told["fullActivationMinutes"]) == (50, 60)
        assert [each["index"] for each in told["errors"]] == [48, 49]
    taken = await desk.call("DSO", "POST", PATH, _request(50, 51, **REAL_TIME))
    assert taken.status_code == 201, taken.text
