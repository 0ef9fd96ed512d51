"""A simulated day's sessions, held again by the market's services over REST, with its records.

The simulation calls the rules only; here every order comes in by itself, at its instant.
"""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.market.conftest import ROLES, Desk, OtherParties

from platone import grid
from platone.market.domain.order_book import submission_order
from platone.market.domain.rules import MarketRules
from platone.messages.base import MarketType
from platone.messages.clearing import DEFAULT_RULES
from platone.messages.market import RecordedService, RecordedSession
from platone.simulation.day import PlayedDay
from platone.simulation.rule_set import RULE_SETS, RuleSet
from platone.simulation.run import SimulationOrder, make_simulation, run_simulation
from platone.simulation.settlement import SettledLine
from platone.simulation.tally import Tally

OPERATORS = {"DSO", "TSO"}
QUANTITIES = ("baseline", "ordered", "measured", "price")
CIGRE = Path(__file__).parents[2] / "data" / "cim" / "cigre_mv"


@pytest.fixture(scope="module")
def played() -> PlayedDay:
    """The day with the most trades of three cold ones; its real-time sessions are left out."""
    found: list[PlayedDay] = []

    def keep(_rules: RuleSet, played: PlayedDay, _tally: Tally) -> None:
        found.append(played)

    order = SimulationOrder(pods=50, aggregators=3, days=3, seed=1, start=date(2026, 1, 15))
    network = grid.read_network(CIGRE)
    run_simulation(make_simulation(network, order, None, rules=[RULE_SETS["italian"]]), keep)
    return max(found, key=lambda each: len(each.sessions[0].changes_kw) if each.sessions else 0)


def _submitted(service: RecordedService, recording: RecordedSession) -> dict[str, Any]:
    """A message as its party sends it."""
    told: dict[str, Any] = msgspec.to_builtins(service)
    for noted in ("submittedAt", "asked", "offered"):
        told.pop(noted, None)
    start = recording.session.start_time.isoformat()
    return told | {"marketType": recording.session.market_type.value, "startTime": start}


def _trades(outcome: Any) -> list[tuple[Any, ...]]:
    """The trades and rejections of an outcome, market or validated, in order."""
    names = ("index", "acceptedPValue", "acceptedPChange", "acceptedPPrice", "playerOfferId",
             "playerRequestId", "playerServiceId", "rejectionTypeP")  # fmt: skip
    return sorted(
        (part["pod"], *(str(each.get(name)) for name in names))
        for part in outcome["flexibility"]
        for each in part["power"]
    )


def _quantities_of(played: PlayedDay, desk: Desk) -> dict[tuple[str, str], tuple[int, ...]]:
    """What the simulation settled where this session alone traded; its readings are told."""
    by_spot: dict[tuple[str, datetime], list[SettledLine]] = {}
    for each in played.lines:
        by_spot.setdefault((each.line.pod, each.line.starts), []).append(each)
    first = played.sessions[0].validated.market_outcome
    found = {}
    for (pod, starts), lines in by_spot.items():
        (line, *others) = lines
        if not others and line.line.outcome_id == first:
            measured = line.quantity.measured
            desk.others.read(pod, starts, measured // 1000)
            spot = pod, starts.strftime("%Y-%m-%dT%H:%M:%SZ")
            found[spot] = tuple(getattr(line.quantity, name) for name in QUANTITIES)
    return found


def _told(outcome: Any) -> Any:
    return json.loads(msgspec.json.encode(outcome))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def _register(desk: Desk, recording: RecordedSession) -> None:
    most = {"upperP": 10_000, "downP": 10_000}
    pods = [
        {"podId": pod.pod_id, "aggregatorId": pod.aggregator_id, "poMId": pod.po_m_id,
         "maxFlexibility": most}
        for pod in recording.pods
    ]  # fmt: skip
    taken = await desk.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    assert taken.status_code == 201, taken.text
    for pod in recording.pods:
        desk.others.baselines[pod.pod_id] = list(pod.power_baseline)


async def _submit(desk: Desk, recording: RecordedSession) -> None:
    """Every order comes in at its instant."""
    for each in recording.flexibility_services:
        assert each.submitted_at is not None
        desk.clock.move_to(each.submitted_at)
        body = _submitted(each, recording)
        answer = await desk.call(each.player_id, "POST", "/api/flexibilityService", body)
        assert answer.status_code == 201, answer.text


async def _settled(desk: Desk, start: datetime) -> dict[tuple[str, str], tuple[int, ...]]:
    """What the ledger is asked to settle, when the day has gone by."""
    for hour in range(0, 30, 2):
        await desk.tick(start + timedelta(hours=hour))
        await desk.deliver()
    return {
        (each["pod"], each["startTime"]): tuple(each[name] for name in QUANTITIES)
        for raw, _ in desk.others.settlements.values()
        for each in json.loads(raw)["lines"]
    }


async def _compare(desk: Desk, played: PlayedDay) -> None:
    held, session = played.sessions[0], played.sessions[0].recording.session
    await desk.tick()
    await _register(desk, held.recording)
    await _submit(desk, held.recording)
    start = session.start_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    page = await desk.get("MO", f"/api/marketSession?marketType=dayAhead&from={start}")
    (mine,) = (each for each in page["sessions"] if each["startTime"] == start)
    await desk.tick(_instant(mine["gateCloses"]))
    await desk.deliver()
    (told,) = desk.others.distinct("POST /api/dso/marketOutcome")
    market = json.loads(told)
    assert _trades(market) == _trades(_told(held.market))
    technical = _told(held.technical) | {"marketOutcome": market["marketOutcome"]}
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    final = await desk.get("MO", f"/api/validatedOutcome/{market['marketOutcome']}")
    assert _trades(final) == _trades(_told(held.validated))
    expected = _quantities_of(played, desk)
    assert len(expected) > 10
    settled = await _settled(desk, session.start_time)
    assert {spot: settled.get(spot) for spot in expected} == expected


async def test_the_market_comes_to_the_simulations_outcome(
    played: PlayedDay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders as they were sent, the gate, the grid's answer, and meters: all comes to the same."""
    recording = played.sessions[0].recording
    assert recording.session.market_type is MarketType.DAY_AHEAD
    for each in recording.flexibility_services:
        kind = "SystemOperator" if each.player_id in OPERATORS else "FlexibilityServiceProvider"
        monkeypatch.setitem(ROLES, each.player_id, kind)
    recording.flexibility_services.sort(key=submission_order)
    first = recording.flexibility_services[0].submitted_at
    assert first is not None
    rules = MarketRules(clearing=recording.rules or DEFAULT_RULES)
    desk = Desk(tmp_path, OtherParties(), first, rules)
    await desk.market.start()
    try:
        await _compare(desk, played)
    finally:
        await desk.market.stop()
