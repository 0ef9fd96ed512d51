"""Aggregators with a platform of their own: no calls to it, and planned offers that are taken."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties, entry, service
from tests.integration.market.test_submission_refusal import POD

from platone.aggregator.domain.plan import plan_site
from platone.aggregator.domain.portfolio_offer import planned_pod, portfolio_offer
from platone.aggregator.domain.site import flexible_site
from platone.aggregator.domain.window import window_of
from platone.market.domain.rules import MarketRules
from platone.messages.asset import Asset, Battery
from platone.messages.base import MarketType
from platone.messages.clearing import DEFAULT_RULES, ClearingRules, Method
from platone.messages.market import SessionReference
from platone.messages.plan import AskedQuarter, Side
from platone.messages.registry import MaxFlexibility, PointOfDelivery, PortfolioPod

NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
DAY = datetime(2021, 6, 22, 22, tzinfo=UTC)
LINKED = ClearingRules(method=Method.LEAST_COST, linked_orders=True)
BASELINE_KW = 4557.09
USABLE_KWH = 100.0
INDICES = (50, 51, 52)


@pytest.fixture(params=[False, True], ids=["plain", "linked"])
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A market that calls no platform; once with the usual rules, once with linked orders."""
    rules = MarketRules(
        served_here=frozenset(), clearing=LINKED if request.param else DEFAULT_RULES
    )
    made = Desk(tmp_path, OtherParties(), NOON, rules)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    assert (await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})).status_code == 201
    for pod, kw in ITALIAN_PODS:
        made.others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


def planned(*, linked: bool) -> dict[str, Any]:
    """A battery of 100 kWh in a PoD, offered in three quarter-hours."""
    battery = Battery(
        capacity_kwh=200,
        charge_kw=200,
        discharge_kw=200,
        state_of_charge=0.5,
        state_at=NOON,
        efficiency=1.0,
        wear_eur_per_kwh=0.02,
    )
    session = SessionReference(market_type=MarketType.DAY_AHEAD, start_time=DAY)
    window = window_of(session, "Europe/Rome")
    limits = MaxFlexibility(upper_p=500, down_p=500)
    pod = PointOfDelivery(
        pod_id=POD, aggregator_id="ACEAE", pn_p=9000, inp=9000, max_flexibility=limits
    )
    asked = [AskedQuarter(index=at, direction=Side.LESS, price_eur_per_kwh=0.1) for at in INDICES]
    assets = [Asset(asset_id="battery", pod_id=POD, battery=battery)]
    site = flexible_site(
        PortfolioPod(pod=pod), assets, [BASELINE_KW] * 96, window, asked, preference=None
    )
    told = planned_pod(site, plan_site(site, linked=linked))
    offer = portfolio_offer("ACEAE", session, window, [site], [told])
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(offer))
    return found


async def test_a_planned_offer_is_traded_within_its_energy(
    desk: Any, request: pytest.FixtureRequest
) -> None:
    linked = "linked" in request.node.name
    asks = [entry(BASELINE_KW - 190.0, 0.1, POD, index=at) for at in INDICES]
    for message in (planned(linked=linked), service("DSO", "DSO_request", "need", asks)):
        answer = await desk.call(message["playerId"], "POST", "/api/flexibilityService", message)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    changes = [
        power["acceptedPChange"]
        for part in outcome["flexibility"]
        for power in part["power"]
        if power.get("acceptedPChange")
    ]
    # 190 kW are asked for in each: with the energy as a bound, the market may take them anywhere
    assert sum(changes) / 4 == pytest.approx(-USABLE_KWH, abs=0.01)
    assert min(changes) == pytest.approx(-190.0 if linked else -USABLE_KWH * 4 / 3, abs=0.01)

    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    } | {
        "flexibility": [
            {
                "pod": part["pod"],
                "power": [
                    {"index": power["index"], "acceptedPValue": power["acceptedPValue"]}
                    for power in part["power"]
                    if power.get("acceptedPChange")
                ],
            }
            for part in outcome["flexibility"]
        ]
    }
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    await desk.deliver()
    topic = await desk.get("ACEAE", "/api/topics/validated_outcome_ACEAE")
    assert len(topic["messages"]) == 1
    assert desk.others.bodies("POST /api/aggregator/validatedOutcome") == []
    assert len(desk.others.bodies("POST /api/scd/outcomes")) == 1
