"""A long outcome goes in parts of whole quarter-hours, which the DSO answers one by one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties, entry, service

from platone.market.domain.rules import MarketRules

GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
CHEAP, MIDDLE = "IT002E61899978", "IT002E60974469"
INDICES = range(0, 96, 5)
TO_DSO = "POST /api/dso/marketOutcome"


@pytest.fixture
async def desk(tmp_path: Path, others: OtherParties) -> AsyncIterator[Desk]:
    """A market whose outcomes go in parts from 900 bytes on."""
    rules = MarketRules(longest_outcome=900)
    made = Desk(tmp_path, others, datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await made.market.start()
    await made.tick()
    pods = [pod for pod, _ in ITALIAN_PODS]
    assert (await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})).status_code == 201
    for pod, kw in ITALIAN_PODS:
        others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.market.stop()


async def cleared(desk: Desk) -> str:
    """Every fifth quarter-hour is asked for and offered; only the first half of them trades."""
    asked = [entry(6000 if at < 48 else 9000, 0.1, CHEAP, MIDDLE, index=at) for at in INDICES]
    for each in (
        service("DSO", "DSO_request", "d", asked),
        service("ACEAE", "offer", "o1", [entry(1278.545, 0.01, CHEAP, index=at) for at in INDICES]),
        service("ACEAE", "offer", "o2", [entry(4057.09, 0.03, MIDDLE, index=at) for at in INDICES]),
    ):
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    sessions = (await desk.get("MO", "/api/marketSession"))["sessions"]
    return str(next(each["marketOutcome"] for each in sessions if each["marketOutcome"]))


def answer_of(market: dict[str, Any]) -> dict[str, Any]:
    """A DSO that takes half of each change."""
    pods = [
        {
            "pod": part["pod"],
            "power": [
                {
                    "index": power["index"],
                    "acceptedPValue": power["acceptedPValue"] - power["acceptedPChange"] / 2,
                    "acceptedP": "OK",
                }
                for power in part["power"]
                if power.get("acceptedPValue") is not None
            ],
        }
        for part in market["flexibility"]
    ]
    names = "marketType", "duration", "interval", "startTime", "marketOutcome"
    return {name: market[name] for name in names} | {"flexibility": [p for p in pods if p["power"]]}


def lines(outcomes: list[dict[str, Any]]) -> list[tuple[str, int, Any]]:
    return sorted(
        (part["pod"], power["index"], power.get("acceptedPValue"))
        for outcome in outcomes
        for part in outcome["flexibility"]
        for power in part["power"]
    )


async def test_parts_with_trades_go_to_the_dso_and_make_the_whole_together(
    desk: Desk, others: OtherParties
) -> None:
    name = await cleared(desk)
    whole = await desk.get("MO", f"/api/marketOutcome/{name}")
    parts = others.bodies(TO_DSO)
    assert len(parts) > 2
    assert {part["marketOutcome"].partition(".")[0] for part in parts} == {name}
    assert {part["outputHash"] for part in parts} == {whole["outputHash"]}
    indices = [{at for _, at, _ in lines([part])} for part in parts]
    assert sum(len(each) for each in indices) == len(set().union(*indices))  # none is in two parts
    traded = [line for line in lines([whole]) if line[2] is not None]
    assert [line for line in lines(parts) if line[2] is not None] == traded
    assert {at for _, at, _ in traded} == {at for at in INDICES if at < 48}


async def test_the_last_answer_makes_it_final_whatever_comes_twice(
    desk: Desk, others: OtherParties
) -> None:
    name = await cleared(desk)
    answers = [answer_of(part) for part in others.bodies(TO_DSO)]
    path = f"/api/validatedOutcome/{name}"
    for answer in answers[:-1]:
        for status in (201, 200):  # the same again, as the DSO's outbox may send it
            told = await desk.call("DSO", "POST", "/api/technicalOutcome", answer)
            assert told.status_code == status, told.text
        assert (await desk.call("MO", "GET", path)).status_code == 404
    await desk.restart()
    told = await desk.call("DSO", "POST", "/api/technicalOutcome", answers[-1])
    assert told.status_code == 201, told.text
    told = await desk.call("DSO", "POST", "/api/technicalOutcome", answers[0])
    assert (told.status_code, told.json()["status"]) == (200, "alreadySubmitted")
    await desk.deliver()
    final = await desk.get("MO", path)
    sent = others.bodies("POST /api/aggregator/validatedOutcome")
    assert lines(sent) == lines([final])
    assert lines(others.bodies("POST /api/scd/outcomes")) == lines([final])
    assert {each["marketOutcome"] for each in sent} >= {a["marketOutcome"] for a in answers}
    changes = {
        power["acceptedPChange"]
        for part in final["flexibility"]
        for power in part["power"]
        if part["pod"] == CHEAP and power["acceptedPChange"]
    }
    assert sorted(changes) == pytest.approx([-417.8175])  # half of what was sold
    page = (await desk.get("ACEAE", "/api/topics/validated_outcome_ACEAE"))["messages"]
    assert lines([each["content"] for each in page]) == lines([final])


async def test_another_answer_to_a_part_and_an_unknown_part_are_refused(
    desk: Desk, others: OtherParties
) -> None:
    name = await cleared(desk)
    answer = answer_of(others.bodies(TO_DSO)[0])
    assert (await desk.call("DSO", "POST", "/api/technicalOutcome", answer)).status_code == 201
    other = {**answer, "flexibility": []}
    refused = await desk.call("DSO", "POST", "/api/technicalOutcome", other)
    assert refused.json()["type"] == "/problems/duplicate-identifier"
    unknown = answer | {"marketOutcome": f"{name}.99"}
    refused = await desk.call("DSO", "POST", "/api/technicalOutcome", unknown)
    assert refused.json()["type"] == "/problems/unknown-outcome"
