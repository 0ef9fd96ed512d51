"""Whatever the rules of clearing, an outcome is final only when the DSO has answered it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties

from platone.market.domain.rules import MarketRules
from platone.messages.clearing import ClearingRules, Method, Pricing, Ties

RULES = {
    "the field test's": ClearingRules(),
    "pay-as-bid": ClearingRules(pricing=Pricing.AS_BID),
    "pro rata": ClearingRules(ties=Ties.PRO_RATA),
    "least cost": ClearingRules(method=Method.LEAST_COST),
    "least cost, pay-as-bid": ClearingRules(method=Method.LEAST_COST, pricing=Pricing.AS_BID),
}
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)


@pytest.fixture(params=RULES)
async def desk(
    request: pytest.FixtureRequest, tmp_path: Path, others: OtherParties
) -> AsyncIterator[Desk]:
    rules = MarketRules(clearing=RULES[request.param])
    made = Desk(tmp_path, others, datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    assert (await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})).status_code == 201
    for pod, kw in ITALIAN_PODS:
        others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


def answer_of(market: dict[str, Any]) -> dict[str, Any]:
    """A DSO that takes all of it."""
    totals = {
        (part["pod"], power["index"]): power["acceptedPValue"]
        for part in market["flexibility"]
        for power in part["power"]
        if power["acceptedPValue"] is not None
    }
    assert totals
    return {
        **{name: market[name] for name in ("marketType", "duration", "interval", "startTime")},
        "marketOutcome": market["marketOutcome"],
        "flexibility": [
            {"pod": pod, "power": [{"index": index, "acceptedPValue": kw, "acceptedP": "OK"}]}
            for (pod, index), kw in totals.items()
        ],
    }


async def test_it_is_final_only_when_the_grid_has_answered(
    desk: Desk, others: OtherParties, italian_services: list[dict[str, Any]]
) -> None:
    for service in italian_services:
        answer = await desk.call(service["playerId"], "POST", "/api/flexibilityService", service)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    (market,) = others.bodies("POST /api/dso/marketOutcome")
    (session,) = [
        each
        for each in (await desk.get("MO", "/api/marketSession"))["sessions"]
        if each["marketOutcome"] is not None
    ]
    assert (session["status"], session["waitingFor"]) == ("outcome", "SystemOperator")
    path = f"/api/validatedOutcome/{market['marketOutcome']}"
    assert (await desk.call("MO", "GET", path)).status_code == 404
    assert others.bodies("POST /api/aggregator/validatedOutcome") == []
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", answer_of(market))
    assert answer.status_code == 201, answer.text
    await desk.deliver()
    assert (await desk.get("MO", path))["marketOutcome"] == market["marketOutcome"]
    assert others.bodies("POST /api/aggregator/validatedOutcome")
