"""The market is killed between any two of its steps, and after a restart nothing is doubled."""

import json
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
    """Kills at the n-th transaction that changes something, before or after it is durable."""

    def __init__(self, *, at: int, after: bool) -> None:
        self.left = at
        self.after = after

    @property
    def has_struck(self) -> bool:
        return self.left < 0

    def strikes(self, unit: UnitOfWork) -> bool:
        if not _changed(unit):
            return False
        self.left -= 1
        return self.left == -1


class _Watched:
    """A connection that knows whether something was changed by it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.changed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, statement: Any, *arguments: Any) -> Any:
        self.changed |= statement.is_dml
        return await self._connection.execute(statement, *arguments)

    async def exec_driver_sql(self, statement: str, *arguments: Any) -> Any:
        self.changed |= not statement.startswith("SELECT")
        return await self._connection.exec_driver_sql(statement, *arguments)


def _changed(unit: UnitOfWork) -> bool:
    watched: Any = unit.pods._connection
    return bool(watched.changed)


def _arm(monkeypatch: pytest.MonkeyPatch, killer: Killer) -> None:
    writing, write, made = MarketRecords.writing, MarketRecords.write, MarketRecords._unit

    @asynccontextmanager
    async def deadly(self: MarketRecords) -> AsyncIterator[UnitOfWork]:
        async with writing(self) as unit:
            yield unit
            strikes = killer.strikes(unit)
            if strikes and not killer.after:
                raise Killed
        if strikes:
            raise Killed

    async def deadly_write(self: MarketRecords, work: Any) -> Any:
        strikes = False

        async def dying(unit: UnitOfWork) -> Any:
            nonlocal strikes
            result = await work(unit)
            strikes = killer.strikes(unit)
            if strikes and not killer.after:
                raise Killed
            return result

        result = await write(self, dying)
        if strikes:
            raise Killed
        return result

    def watched(self: MarketRecords, connection: Any) -> UnitOfWork:
        watching: Any = _Watched(connection)
        return made(self, watching)

    monkeypatch.setattr(MarketRecords, "_unit", watched)
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


@pytest.mark.parametrize("looks", range(5))
async def test_a_restart_between_looks_for_readings_delays_and_changes_nothing(
    desk: Any, italian_services: Any, looks: int
) -> None:
    """How often a window was looked at is not on record: it begins anew, some seconds later.

    A reading lacks. The market looks four times before it settles the others without it.
    """
    for each in italian_services:
        await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
    lacking, *others = MEASURED_WH
    for pod in others:
        desk.others.read(pod, DELIVERY, MEASURED_WH[pod])
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    await _validate(desk)
    query = "/api/marketSession?marketType=dayAhead&to=2021-06-23T00:00:00Z"
    (session,) = (await desk.get("MO", query))["sessions"]
    again = f"/api/marketSession/{session['id']}/settlement"
    await desk.tick(WINDOW_ENDS)
    for _ in range(looks - 1):
        await desk.call("MO", "POST", again)
    assert len(desk.others.settlements) == 0
    await desk.restart()
    for _ in range(4):
        await desk.call("MO", "POST", again)
        assert len(desk.others.settlements) == 0  # each start gives what lacks its time
    await desk.call("MO", "POST", again)
    path = f"/api/settlement/{session['marketOutcome']}"
    first = _statuses(await desk.get("MO", path))
    assert first == dict.fromkeys(others, "settled") | {lacking: "missingMeasurement"}
    desk.others.read(lacking, DELIVERY, MEASURED_WH[lacking])
    await desk.call("MO", "POST", again)
    await desk.deliver()
    assert _statuses(await desk.get("MO", path)) == dict.fromkeys(MEASURED_WH, "settled")
    orders = [json.loads(order) for order, _ in desk.others.settlements.values()]
    paid = [line["lineId"] for order in orders for line in order["lines"]]
    assert (len(paid), len(set(paid))) == (3, 3)


def _statuses(settlement: Any) -> dict[str, str]:
    return {pod["pod"]: pod["power"][0]["status"] for pod in settlement["flexibility"]}


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
