"""The states of a session against a model: two workers, kills, jumps of the clock, orders.

The model is a few lines of rules. Whatever happens, in whatever order, by whichever of two workers
on one database, killed before or after any of their transactions is durable, both tell its state.
"""

import asyncio
import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.integration.market.conftest import (
    ITALIAN_PODS,
    ITALIAN_SERVICES,
    Desk,
    OtherParties,
    SlippingClock,
)
from tests.integration.market.test_market_crash import Killed, Killer, _arm

from platone.infra.packed import unpack

NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)
GATE = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
DUE = datetime(2021, 6, 22, 17, 30, tzinfo=UTC)
START, END = datetime(2021, 6, 22, 22, tzinfo=UTC), datetime(2021, 6, 23, 22, tzinfo=UTC)
WORKERS = st.integers(0, 1)
DEATHS = st.sampled_from([None, None, (0, "before"), (0, "after"), (1, "before"), (1, "after")])
JUMPS = st.sampled_from([timedelta(minutes=1), timedelta(hours=1), timedelta(hours=3),
                         timedelta(hours=9), timedelta(days=3), timedelta(minutes=-20),
                         timedelta(hours=-5), timedelta(days=-1)])  # fmt: skip
FINAL = {"validated", "notValidated", "cancelled", "notTraded"}
Death = tuple[int, str] | None


@dataclass(frozen=True)
class Case:
    """A session of a market day, and what is asked and offered in it."""

    kind: str
    now: datetime
    gate: datetime
    due: datetime
    start: datetime
    end: datetime
    quarter_hours: int
    services: list[dict[str, Any]]


DAY_AHEAD = Case("dayAhead", NOON, GATE, DUE, START, END, 96, ITALIAN_SERVICES)


class Model:
    """A used session: its state, its gate, and when it has to be decided."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.now, self.gate, self.due = case.now, case.gate, case.due
        self.status = "active"
        self.answered = False
        self.moved = case.gate
        """Until when the operator has had the decision waited for."""
        self.cleared = "outcome"
        """What a session comes to that is cleared."""

    def due_after(self, gate: datetime) -> datetime:
        """Four hours after a gate, half an hour before delivery, half an hour after the gate."""
        latest = min(gate + timedelta(hours=4), self.case.start - timedelta(minutes=30))
        return max(latest, gate + timedelta(minutes=30))

    def tick(self) -> None:
        """What is due by now happens."""
        if self.status == "active" and self.now >= self.gate:
            self.status = "closed"
        if self.status == "closed":
            self.status = "cancelled" if self.now >= self.due else self.cleared
        if self.status == "outcome" and self.now >= self.due:
            self.status = "notValidated"

    def answer(self) -> str:
        """The DSO answers."""
        if self.answered:
            return "alreadySubmitted"
        if self.status != "outcome" or self.now >= self.due:
            return "/problems/answer-too-late"
        self.status, self.answered = "validated", True
        return "accepted"

    def order(self, action: str, until: datetime | None) -> str:
        """The operator orders; its session's state, or the problem."""
        state, problem = self.status, "/problems/session-state"
        possible = {
            "extendGate": {"active"},
            "extendDecision": {"active", "closed", "outcome"},
            "close": {"active"},
            "cancel": {"active", "closed", "outcome"},
            "takeAll": {"outcome"},
            "takeNothing": {"outcome"},
        }
        if state not in possible[action]:
            return problem
        if action == "extendGate":
            start = self.case.start
            if until is None or not max(self.gate, self.now) < until <= start:
                return "/problems/extension-invalid"
            self.gate = until
            self.due = max(self.moved, self.due_after(until))
        elif action == "extendDecision":
            if until is None or not max(self.due, self.now) < until <= self.case.end:
                return "/problems/extension-invalid"
            self.due = self.moved = until
        elif action == "close":
            self.status = "closed"
            self.gate = min(self.gate, self.now)
            if self.gate < self.case.now:  # by a clock set back: nobody was registered by then
                self.cleared = "notTraded"
            self.due = max(self.moved, self.due_after(self.gate))
        else:
            ends = {"cancel": "cancelled", "takeAll": "validated", "takeNothing": "notValidated"}
            self.status = ends[action]
        return self.status


class SessionStates(RuleBasedStateMachine):
    """Two workers of the market on one database, its operator, and the DSO."""

    @initialize()
    def begin(self) -> None:
        self.open(DAY_AHEAD)

    def open(self, case: Case) -> None:
        """Two workers, and a session that is used."""
        self.model = Model(case)
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        case = self.model.case
        self.others = OtherParties()
        self.desks = [
            Desk(self.folder, self.others, case.now, clock=SlippingClock(case.now))
            for _ in range(2)
        ]
        for desk in self.desks:
            await desk.market.start()
            for pod, kw in ITALIAN_PODS:
                desk.others.baselines[str(pod["podId"])] = [kw] * case.quarter_hours
        desk = self.desks[0]
        await desk.tick()
        await desk.call("MDA", "POST", "/api/podRegistry", {"pods": [p for p, _ in ITALIAN_PODS]})
        for each in case.services:
            answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
            assert answer.status_code == 201, answer.text
        start = case.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        page = await desk.get("MO", f"/api/marketSession?marketType={case.kind}&from={start}")
        (self.session,) = (s["id"] for s in page["sessions"] if s["startTime"] == start)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            for desk in self.desks:
                self.loop.run_until_complete(desk.market.stop())
            self.loop.close()
            shutil.rmtree(self.folder)

    @rule(jump=JUMPS)
    def jump(self, jump: timedelta) -> None:
        """The clock moves on, and nobody looks at it yet."""
        self.model.now += jump
        for desk in self.desks:
            desk.clock.move_to(self.model.now)

    @rule(worker=WORKERS, death=DEATHS)
    def tick(self, worker: int, death: Death) -> None:
        """A worker does what is due; where it is killed, it does the rest after its restart."""
        desk = self.desks[worker]
        self._run(worker, death, desk.tick)
        self._saw()

    @rule()
    def race(self) -> None:
        """Both do at once what is due."""

        async def both() -> None:
            await asyncio.gather(*(desk.tick() for desk in self.desks))

        self.loop.run_until_complete(both())
        self._saw()

    def _saw(self) -> None:
        """Between two looks a worker does not see what the other one left half done."""
        before = self.model.status
        self.model.tick()
        if before == "closed" and self._status() == "closed":
            self.model.status = "closed"

    @precondition(lambda self: self._outcome() is not None)
    @rule(worker=WORKERS, death=DEATHS)
    def answer(self, worker: int, death: Death) -> None:
        technical = _technical(self._outcome() or {})
        desk = self.desks[worker]
        expected = self.model.answer()
        told, was_killed = self._run(
            worker, death, lambda: desk.call("DSO", "POST", "/api/technicalOutcome", technical)
        )
        if was_killed and death is not None and death[1] == "after" and expected == "accepted":
            expected = "alreadySubmitted"
        assert _said(told) == expected

    @rule(
        worker=WORKERS,
        action=st.sampled_from(["extendGate", "extendDecision", "close", "cancel", "takeAll",
                                "takeNothing"]),
        more=st.sampled_from([timedelta(hours=1), timedelta(hours=5), timedelta(days=2)]),
    )  # fmt: skip
    def order(self, worker: int, action: str, more: timedelta) -> None:
        until = {"extendGate": self.model.gate, "extendDecision": self.model.due}.get(action)
        until = None if until is None else until + more
        body = {"action": action, "reason": "To see.", "until": until and until.isoformat()}
        path = f"/api/marketSession/{self.session}/override"
        desk = self.desks[worker]
        expected = self.model.order(action, until)
        told, _ = self._run(worker, None, lambda: desk.call("MO", "POST", path, body))
        if expected == "closed":  # it is cleared at once
            expected = self.model.cleared if self.model.now < self.model.due else "closed"
            self.model.status = expected
        assert _said(told) == expected

    @invariant()
    def the_state_is_the_models(self) -> None:
        if hasattr(self, "session"):
            assert self._status() == self.model.status

    @invariant()
    def nothing_is_told_twice_or_before_its_time(self) -> None:
        if not hasattr(self, "session"):
            return
        desk = self.desks[0]
        sent = desk.records(
            "SELECT body FROM outbox WHERE destination = 'POST /api/dso/marketOutcome'"
        )
        assert len(set(sent)) == len(sent) <= 1
        lines = desk.records("SELECT line_id FROM line")
        assert bool(lines) == (self.model.status == "validated")
        numbers = desk.records(
            "SELECT number FROM topic_message WHERE topic = 'marketSession_DSO' ORDER BY number"
        )
        assert [row[0] for row in numbers] == list(range(1, len(numbers) + 1))
        finals = desk.records(
            "SELECT content FROM topic_message WHERE topic = 'validated_outcome_DSO'"
        )
        is_told = self._outcome() is not None and self.model.status in FINAL
        assert len(finals) == is_told

    def _status(self) -> str:
        query = f"SELECT status FROM session WHERE id = '{self.session}'"  # noqa: S608 - our own
        ((status,),) = self.desks[0].records(query)
        return str(status)

    def _outcome(self) -> dict[str, Any] | None:
        rows = self.desks[0].records("SELECT market FROM outcome")
        return json.loads(unpack(rows[0][0])) if rows else None

    def _run(self, worker: int, death: Death, act: Any) -> tuple[Any, bool]:
        """Act; a kill is followed by a restart, and the act is repeated."""

        async def run() -> tuple[Any, bool]:
            with pytest.MonkeyPatch.context() as patch:
                if death is not None:
                    _arm(patch, Killer(at=death[0], after=death[1] == "after"))
                try:
                    return await act(), False
                except Killed:
                    pass
            await self.desks[worker].restart()
            return await act(), True

        return self.loop.run_until_complete(run())


def _technical(outcome: dict[str, Any]) -> dict[str, Any]:
    kept = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    taken = [
        {
            "pod": part["pod"],
            "power": [
                {"index": each["index"], "acceptedPValue": each["acceptedPValue"]}
                for each in part["power"]
                if each.get("acceptedPValue") is not None
            ],
        }
        for part in outcome["flexibility"]
    ]
    return {name: outcome.get(name, 15) for name in kept} | {
        "flexibility": [part for part in taken if part["power"]]
    }


def _said(answer: Any) -> str:
    told = answer.json()
    return str(told["status"] if answer.status_code < 300 else told["type"])


SessionStates.TestCase.settings = settings(
    max_examples=10,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_session_states = SessionStates.TestCase
