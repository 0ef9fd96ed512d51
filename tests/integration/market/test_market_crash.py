"""The market is killed between any two of its steps, and after a restart nothing is doubled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from platone.market.records.unit import MarketRecords, UnitOfWork

DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
MEASURED_WH = {"IT002E61899978": 319_636, "IT002E60974469": 1_045_087, "IT002E60550189": 85_532}


class Killed(BaseException):
    """As kill -9: nothing catches it."""


class Killer:
    """Kills at the n-th transaction, before or after it is durable."""

    def __init__(self, *, at: int, after: bool) -> None:
        self.left = at
        self.after = after

    @property
    def has_struck(self) -> bool:
        return self.left < 0

    def strikes(self) -> bool:
        self.left -= 1
        return self.left == -1


def _arm(monkeypatch: pytest.MonkeyPatch, killer: Killer) -> None:
    writing, write = MarketRecords.writing, MarketRecords.write

    @asynccontextmanager
    async def deadly(self: MarketRecords) -> AsyncIterator[UnitOfWork]:
        strikes = killer.strikes()
        async with writing(self) as unit:
            yield unit
            if strikes and not killer.after:
                raise Killed
        if strikes:
            raise Killed

    async def deadly_write(self: MarketRecords, work: Any) -> Any:
        strikes = killer.strikes()

        async def dying(unit: UnitOfWork) -> Any:
            result = await work(unit)
            if strikes and not killer.after:
                raise Killed
            return result

        result = await write(self, dying)
        if strikes:
            raise Killed
        return result

    monkeypatch.setattr(MarketRecords, "writing", deadly)
    monkeypatch.setattr(MarketRecords, "write", deadly_write)


async def _tick(desk: Any, now: datetime) -> None:
    try:
        await desk.tick(now)
    except Killed:
        await desk.restart()
        await desk.tick(now)


async def _validate(desk: Any) -> None:
    outcome = desk.others.bodies("POST /api/dso/marketOutcome")[0]
    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    } | {
        "flexibility": [
            {
                "pod": pod["pod"],
                "power": [{"index": 50, "acceptedPValue": pod["power"][0]["acceptedPValue"]}],
            }
            for pod in outcome["flexibility"]
        ]
    }
    try:
        await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    except Killed:
        await desk.restart()
        await desk.call("DSO", "POST", "/api/technicalOutcome", technical)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", range(11))
async def test_killed_at_any_step(
    desk: Any, italian_services: Any, monkeypatch: pytest.MonkeyPatch, at: int, moment: str
) -> None:
    for each in italian_services:
        await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
    for pod, energy_wh in MEASURED_WH.items():
        desk.others.read(pod, DELIVERY, energy_wh)
    killer = Killer(at=at, after=moment == "after")
    _arm(monkeypatch, killer)

    await _tick(desk, GATE_CLOSES)
    await desk.deliver_after(Killed)
    await _validate(desk)
    await _tick(desk, WINDOW_ENDS)
    await desk.deliver_after(Killed)

    assert killer.has_struck
    others = desk.others
    assert len(others.distinct("POST /api/dso/marketOutcome")) == 1
    assert len(others.distinct("POST /api/aggregator/validatedOutcome")) == 1
    assert len(others.distinct("POST /api/scd/outcomes")) == 1
    assert len(others.distinct("POST /api/aggregator/settlement")) == 1
    assert len(others.settlements) == 1
    assert len(others.certified()) == 5 + 3 + 1 + 3
    outcome = others.bodies("POST /api/dso/marketOutcome")[0]["marketOutcome"]
    settlement = await desk.get("MO", f"/api/settlement/{outcome}")
    assert {pod["power"][0]["status"] for pod in settlement["flexibility"]} == {"settled"}
    for topic in ("validated_outcome_DSO", "validated_outcome_ACEAE", "Settlement_ACEAE"):
        assert len((await desk.get("MO", f"/api/topics/{topic}"))["messages"]) == 1
    (session,) = (
        await desk.get("MO", "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z")
    )["sessions"]
    assert session["status"] == "settled"
