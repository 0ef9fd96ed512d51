"""The states of requests and offers against a model: two workers, kills, repetitions, the gate.

The model is a few dictionaries. Whatever is sent, in whatever order, by whichever of two workers
on one database, killed before or after a transaction is durable, answer and history are its own.
"""

import asyncio
import shutil
import tempfile
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties
from tests.integration.market.test_market_crash import Killed, Killer, _arm
from tests.integration.market.test_submission_refusal import at, for_pod, offer

PATH = "/api/flexibilityService"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
PODS = {"IT002E60974469": 4057.09, "IT002E61899978": 1278.545}
NAMES = st.sampled_from(["a/1", "b"])
REVISIONS = st.integers(1, 4)
PRICES = st.sampled_from([0.01, 0.02])
DEATHS = st.sampled_from([None, None, "before", "after"])
WORKERS = st.integers(0, 1)
Content = tuple[str, float]


class Model:
    """The versions of each identifier, and whether the gate is open."""

    def __init__(self) -> None:
        self.versions: dict[str, dict[int, tuple[Content, str]]] = {"a/1": {}, "b": {}}
        self.is_open = True

    def standing(self, but: str = "") -> dict[str, Content]:
        return {
            name: content
            for name, versions in self.versions.items()
            for content, state in versions.values()
            if state == "stands" and name != but
        }

    def submit(self, name: str, revision: int, content: Content) -> str:
        versions = self.versions[name]
        if revision in versions:
            before, state = versions[revision]
            if before != content:
                return "/problems/duplicate-identifier"
            return "/problems/service-withdrawn" if state == "withdrawn" else "alreadySubmitted"
        if versions and revision < max(versions):
            return "/problems/revision-outdated"
        if not self.is_open:
            return "/problems/market-closed"
        if content[0] in {pod for pod, _ in self.standing(but=name).values()}:
            return "/problems/pod-already-offered"
        self._end(name, "replaced")
        versions[revision] = (content, "stands")
        return "accepted"

    def withdraw(self, name: str) -> str:
        versions = self.versions[name]
        if not versions:
            return "/problems/unknown-service"
        if versions[max(versions)][1] == "withdrawn":
            return "alreadySubmitted"
        if not self.is_open:
            return "/problems/market-closed"
        self._end(name, "withdrawn")
        return "accepted"

    def _end(self, name: str, state: str) -> None:
        for revision, (content, before) in self.versions[name].items():
            if before == "stands":
                self.versions[name][revision] = (content, state)


class OrderStates(RuleBasedStateMachine):
    """Two workers of the market, and what a party sends to them."""

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        noon = datetime(2021, 6, 22, 10, tzinfo=UTC)
        self.desks = [Desk(self.folder, OtherParties(), noon) for _ in range(2)]
        for desk in self.desks:
            await desk.market.start()
            for pod, kw in ITALIAN_PODS:
                desk.others.baselines[str(pod["podId"])] = [kw] * 96
        await self.desks[0].tick()
        pods = [pod for pod, _ in ITALIAN_PODS]
        await self.desks[0].call("MDA", "POST", "/api/podRegistry", {"pods": pods})

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            for desk in self.desks:
                self.loop.run_until_complete(desk.market.stop())
            self.loop.close()
            shutil.rmtree(self.folder)

    @rule(name=NAMES, revision=REVISIONS, pod=st.sampled_from([*PODS]), price=PRICES,
          worker=WORKERS, death=DEATHS)  # fmt: skip
    def submit(
        self, name: str, revision: int, pod: str, price: float, worker: int, death: str | None
    ) -> None:
        told = self._run(worker, death, "POST", PATH, _message(name, revision, (pod, price)))
        expected = self.model.submit(name, revision, (pod, price))
        if death == "after" and expected == "accepted":  # the repetition is told so
            expected = "alreadySubmitted"
        assert told == expected

    @rule(name=NAMES, worker=WORKERS, death=DEATHS)
    def withdraw(self, name: str, worker: int, death: str | None) -> None:
        told = self._run(worker, death, "DELETE", f"{PATH}/{name}", None)
        expected = self.model.withdraw(name)
        if death == "after" and expected == "accepted":
            expected = "alreadySubmitted"
        assert told == expected

    @rule(name=NAMES, revisions=st.tuples(REVISIONS, REVISIONS), prices=st.tuples(PRICES, PRICES))
    def race(self, name: str, revisions: tuple[int, int], prices: tuple[float, float]) -> None:
        """Two workers take two messages at once: as one after the other, in either order."""
        pod = next(iter(PODS))
        calls = list(zip(revisions, ((pod, price) for price in prices), strict=True))
        told = self.loop.run_until_complete(self._both(name, calls))
        before = {key: dict(value) for key, value in self.model.versions.items()}
        first = [self.model.submit(name, *call) for call in calls]
        after = self.model.versions
        self.model.versions = {key: dict(value) for key, value in before.items()}
        second = [self.model.submit(name, *call) for call in reversed(calls)][::-1]
        assert told in (first, second)
        if told == first and (told != second or self._kept() == _flat(after)):
            self.model.versions = after

    @precondition(lambda self: self.model.is_open)
    @rule(worker=WORKERS)
    def close(self, worker: int) -> None:
        for desk in self.desks:
            desk.clock.move_to(GATE_CLOSES)
        self.loop.run_until_complete(self.desks[worker].market.tick(GATE_CLOSES))
        self.model.is_open = False

    @invariant()
    def history_is_the_models(self) -> None:
        assert self._kept() == _flat(self.model.versions)
        spots = self.desks[0].records("SELECT pod_id FROM offered")
        assert sorted(row[0] for row in spots) == sorted(
            pod for pod, _ in self.model.standing().values()
        )

    def _kept(self) -> list[tuple[str, int, str]]:
        rows = self.desks[0].records("SELECT service_id, revision, state FROM service")
        return sorted((str(name), int(revision), str(state)) for name, revision, state in rows)

    async def _both(self, name: str, calls: list[tuple[int, Content]]) -> list[str]:
        answers = await asyncio.gather(
            *(
                desk.call("ACEAE", "POST", PATH, _message(name, *call))
                for desk, call in zip(self.desks, calls, strict=True)
            )
        )
        return [_told(each) for each in answers]

    def _run(self, worker: int, death: str | None, method: str, path: str, body: Any) -> str:
        """Send; a kill is followed by a restart, and the sender repeats itself."""
        desk = self.desks[worker]

        async def run() -> str:
            with _killing(death):
                try:
                    return _told(await desk.call("ACEAE", method, path, body))
                except Killed:
                    await desk.restart()
            return _told(await desk.call("ACEAE", method, path, body))

        return self.loop.run_until_complete(run())


def _message(name: str, revision: int, content: Content) -> dict[str, Any]:
    pod, price = content
    return offer(
        for_pod(at(50, PODS[pod], price), pod=pod),
        playerServiceId=name,
        startTime="2021-06-22T22:00:00Z",
        revision=revision,
    )


def _told(answer: Any) -> str:
    told = answer.json()
    return str(told["status"] if answer.status_code < 300 else told["type"])


def _flat(versions: dict[str, dict[int, tuple[Content, str]]]) -> list[tuple[str, int, str]]:
    return sorted(
        (name, revision, state)
        for name, found in versions.items()
        for revision, (_, state) in found.items()
    )


def _killing(death: str | None) -> AbstractContextManager[None]:
    """Kill at the first writing transaction, before or after it is durable."""

    @contextmanager
    def armed() -> Any:
        with pytest.MonkeyPatch.context() as patch:
            if death is not None:
                _arm(patch, Killer(at=0, after=death == "after"))
            yield

    return armed()


OrderStates.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_order_states = OrderStates.TestCase
