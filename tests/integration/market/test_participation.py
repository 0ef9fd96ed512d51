"""Who takes part: registered, placed and agreed, at the offer and at the gate, and no later."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import Desk, OtherParties, entry, registered, service

from platone.market.domain.rules import MarketRules
from platone.messages.clearing import Participation

NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)
GATE = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
A, B = "IT001", "IT002"
SERVICES = "/api/flexibilityService"

Open = Callable[[Participation], Awaitable[Desk]]


@pytest.fixture
async def opened(tmp_path: Path, others: OtherParties) -> AsyncIterator[Open]:
    """Opens a market by its rule of participation; the DSO asks two PoDs for 60 of 200 kW less."""
    desks: list[Desk] = []

    async def start(needs: Participation) -> Desk:
        desk = Desk(tmp_path, others, NOON, MarketRules(participation=needs))
        desks.append(desk)
        await desk.market.start()
        await desk.tick()
        others.baselines |= {A: [100.0] * 96, B: [100.0] * 96}
        await _register(desk, A, B)
        need = service("DSO", "DSO_request", "need", [entry(140, 1.0, A, B)])
        assert (await desk.call("DSO", "POST", SERVICES, need)).status_code == 201
        return desk

    yield start
    for desk in desks:
        await desk.market.stop()


async def _register(desk: Desk, *pods: str, **more: object) -> None:
    told = [registered(pod, up=50, down=50) | more for pod in pods]
    await desk.call("MDA", "POST", "/api/podRegistry", {"pods": told})


async def _offer(desk: Desk, *pods: str) -> Any:
    """Offer 40 kW less of PoDs in one message, named by them."""
    entries = [entry(60, 0.1, pod) for pod in pods]
    offer = service("ACEAE", "offer", "-".join(pods), entries)
    return await desk.call("ACEAE", "POST", SERVICES, offer)


async def _cleared(desk: Desk, at: datetime = GATE) -> dict[str, Any]:
    await desk.tick(at)
    page = await desk.get("MO", "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z")
    outcome = await desk.get("MO", f"/api/marketOutcome/{page['sessions'][0]['id']}")
    return {each["pod"]: each["power"][0] for each in outcome["flexibility"]}


def _wrong(answer: Any) -> list[tuple[str, str]]:
    """The problems of a refusal, each with the PoD that it names."""
    problem = answer.json()
    return [
        (each["type"].removeprefix("/problems/"), each["pod"])
        for each in problem.get("errors", [problem])
    ]


async def test_by_default_a_registration_is_enough(opened: Open) -> None:
    desk = await opened(MarketRules().participation)
    await _register(desk, A, poMId=None)
    assert (await _offer(desk, A)).status_code == 201
    assert (await _cleared(desk))[A]["acceptedPChange"] == -40.0


async def test_where_the_rule_asks_for_it_only_what_the_dso_has_placed_is_offered(
    opened: Open,
) -> None:
    desk = await opened(Participation.PLACED)
    await _register(desk, A, B, poMId=None)
    refused = await _offer(desk, A, B)
    assert (refused.status_code, _wrong(refused)) == (
        409,
        [("pod-not-placed", A), ("pod-not-placed", B)],
    )
    await _register(desk, A, B)
    assert (await _offer(desk, A, B)).status_code == 201
    await _register(desk, A, poMId=None)  # the DSO takes it back

    lines = await _cleared(desk)

    assert (lines[A]["acceptedPValue"], lines[A]["rejectionTypeP"]) == (None, "notPlaced")
    assert lines[B]["acceptedPChange"] == -40.0
    page = await desk.get("MO", "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z")
    recording = await desk.get("MO", f"/api/marketSession/{page['sessions'][0]['id']}/recording")
    assert [(each["pod"], each["reason"]) for each in recording["leftOut"]] == [(A, "notPlaced")]


async def test_where_the_rule_asks_for_it_only_what_is_agreed_is_offered(
    opened: Open, others: OtherParties
) -> None:
    desk = await opened(Participation.AGREED)
    others.agreements = {A: (NOON, None), B: (NOON + timedelta(hours=1), None)}
    assert _wrong(await _offer(desk, A, B)) == [("agreement-missing", B)]
    desk.clock.move_to(NOON + timedelta(hours=1))
    assert (await _offer(desk, A, B)).status_code == 201
    # A's ends before the gate, B's at it.
    others.agreements = {A: (NOON, GATE - timedelta(seconds=1)), B: (NOON, GATE)}

    lines = await _cleared(desk, GATE + timedelta(minutes=10))

    assert (lines[A]["acceptedPValue"], lines[A]["rejectionTypeP"]) == (None, "noAgreement")
    assert lines[B]["rejectionTypeP"] == "noAgreement"


async def test_an_agreement_that_ends_after_the_gate_changes_nothing(
    opened: Open, others: OtherParties
) -> None:
    desk = await opened(Participation.AGREED)
    others.agreements = {A: (NOON, GATE + timedelta(seconds=1))}
    assert (await _offer(desk, A)).status_code == 201
    lines = await _cleared(desk, GATE + timedelta(hours=1))  # it has ended since
    assert lines[A]["acceptedPChange"] == -40.0


async def test_a_ledger_that_does_not_answer_is_said_and_waited_for(
    opened: Open, others: OtherParties
) -> None:
    desk = await opened(Participation.AGREED)
    others.agreements = {A: (NOON, None)}
    assert (await _offer(desk, A)).status_code == 201
    others.ledger_is_down = True
    unheard = await _offer(desk, B)
    assert (unheard.status_code, unheard.json()["type"]) == (503, "/problems/partner-unavailable")
    await desk.tick(GATE)
    page = "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z"
    (session,) = (await desk.get("MO", page))["sessions"]
    assert (session["status"], session["waitingFor"]) == ("closed", "MarketOperator")
    others.ledger_is_down = False
    assert (await _cleared(desk, GATE + timedelta(minutes=5)))[A]["acceptedPChange"] == -40.0


async def test_who_leaves_after_the_gate_has_sold_also_where_the_market_clears_later(
    opened: Open,
) -> None:
    """A left a second before the gate; B a second after it, while the market slept."""
    desk = await opened(Participation.REGISTERED)
    assert (await _offer(desk, A, B)).status_code == 201
    for pod, at in ((A, GATE - timedelta(seconds=1)), (B, GATE + timedelta(seconds=1))):
        desk.clock.move_to(at)
        await _register(desk, pod, actionType="delete")

    lines = await _cleared(desk, GATE + timedelta(hours=2))

    assert (lines[A]["acceptedPValue"], lines[A]["rejectionTypeP"]) == (None, "notRegistered")
    assert lines[B]["acceptedPChange"] == -40.0


async def test_who_joins_another_aggregator_after_the_gate_has_sold(opened: Open) -> None:
    desk = await opened(Participation.REGISTERED)
    assert (await _offer(desk, A)).status_code == 201
    desk.clock.move_to(GATE + timedelta(seconds=1))
    for aggregator in ("ACEAE_2", "ACEAE", "ACEAE_2"):
        await _register(desk, A, aggregatorId=aggregator)
    assert (await _cleared(desk, GATE + timedelta(hours=1)))[A]["acceptedPChange"] == -40.0
