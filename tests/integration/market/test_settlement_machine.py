"""Settlement and its corrections against a model: late and newer readings, kills, two workers.

The model is the newest reading of each trade. Whatever comes in whatever order, when all have
answered, each trade that is measured is paid by its newest reading, and the ledger has paid each
version of it once.
"""

import asyncio
import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.integration.market.conftest import Desk, OtherParties, SlippingClock, registered
from tests.integration.market.test_market_crash import Killed, Killer, _arm
from tests.integration.market.test_session_machine import DEATHS, WORKERS, Death, _technical

POD = "IT001E00000077"
NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)
GATE = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
STARTS = {50: datetime(2021, 6, 23, 10, 30, tzinfo=UTC), 52: datetime(2021, 6, 23, 11, tzinfo=UTC)}
"""The sold quarter-hours: in both, 10 kW less than 100 kW at 0.05 EUR/kWh, thus 2.5 kWh."""
JUMPS = st.sampled_from(
    [timedelta(seconds=2), timedelta(minutes=10), timedelta(hours=5), timedelta(minutes=-30)]
)


def due_eur(measured_wh: int) -> float:
    """UFTP's rule with a penalty of 0.02 EUR/kWh, of 25 kWh expected and 2.5 kWh less ordered."""
    change_kwh = 25 - measured_wh / 1000
    delivered, missing = min(max(change_kwh, 0), 2.5), max(2.5 - change_kwh, 0)
    return 0.05 * delivered - 0.02 * missing


class Settlements(RuleBasedStateMachine):
    """Two workers of the market on one database, and the parties around it."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.versions = dict.fromkeys(STARTS, 0)
        self.newest: dict[int, int] = {}
        self.now = WINDOW_ENDS
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        self.others = OtherParties()
        self.others.baselines[POD] = [100.0] * 96
        self.desks = [
            Desk(self.folder, self.others, NOON, clock=SlippingClock(NOON)) for _ in range(2)
        ]
        for desk in self.desks:
            await desk.market.start()
        desk = self.desks[0]
        await desk.tick()
        pod = registered(POD, up=100, down=100)
        await desk.call("MDA", "POST", "/api/podRegistry", {"pods": [pod]})
        for player, kind in (("DSO", "DSO_request"), ("ACEAE", "offer")):
            power = [{"index": index, "p": 90.0, "pPrice": 0.05} for index in STARTS]
            entry = {"pod": [POD], "power": power}
            sent = {"marketType": "dayAhead", "playerId": player, "serviceType": kind}
            sent |= {"playerServiceId": player, "flexibility": [entry]}
            answer = await desk.call(player, "POST", "/api/flexibilityService", sent)
            assert answer.status_code == 201, answer.text
        await desk.tick(GATE)
        await desk.deliver()
        (told,) = self.others.distinct("POST /api/dso/marketOutcome")
        outcome = json.loads(told)
        answer = await desk.call("DSO", "POST", "/api/technicalOutcome", _technical(outcome))
        assert answer.status_code == 201, answer.text
        self.outcome = outcome["marketOutcome"]
        for each in self.desks:
            each.clock.move_to(self.now)

    def teardown(self) -> None:
        if not hasattr(self, "outcome"):
            return
        try:
            self.loop.run_until_complete(self._comes_to_rest())
        finally:
            for desk in self.desks:
                self.loop.run_until_complete(desk.market.stop())
            self.loop.close()
            shutil.rmtree(self.folder)

    @rule(jump=JUMPS)
    def jump(self, jump: timedelta) -> None:
        """The clock moves on, or back."""
        self.now += jump
        for desk in self.desks:
            desk.clock.move_to(self.now)

    @rule(index=st.sampled_from(sorted(STARTS)), energy_wh=st.integers(21, 26), death=DEATHS,
          worker=WORKERS)  # fmt: skip
    def measure(self, index: int, energy_wh: int, death: Death, worker: int) -> None:
        """A reading comes, the first or a better one; the customer database tells the market."""
        self.newest[index] = 1000 * energy_wh
        self.versions[index] += 1
        version, start = self.versions[index], STARTS[index]
        self.others.read(POD, start, 1000 * energy_wh, revision=version - 1, version=version)
        told = {"podId": POD, "startTime": start.isoformat(), "durationMinutes": 15}
        body = {"corrections": [told]}
        path, desk = "/api/measurementCorrections", self.desks[worker]
        self._run(worker, death, lambda: desk.call("MDA", "POST", path, body))

    @rule(is_down=st.booleans(), forgotten=st.integers(0, 2))
    def trouble(self, *, is_down: bool, forgotten: int) -> None:
        """The ledger does not answer, or its answers are lost on the way."""
        self.others.ledger_is_down, self.others.forget_ledger_answers = is_down, forgotten

    @rule(worker=WORKERS, death=DEATHS)
    def tick(self, worker: int, death: Death) -> None:
        self._run(worker, death, self.desks[worker].tick)

    @rule()
    def race(self) -> None:
        """Both do at once what is due; the slower one's transaction may fail."""

        async def both() -> None:
            await asyncio.gather(*(desk.tick() for desk in self.desks), return_exceptions=True)

        self.loop.run_until_complete(both())

    async def _comes_to_rest(self) -> None:
        """All answer again; what is measured is paid by its newest reading, each version once."""
        self.others.ledger_is_down, self.others.forget_ledger_answers = False, 0
        desk = self.desks[0]
        self.now = max(self.now, WINDOW_ENDS)
        for _ in range(6):
            self.now += timedelta(hours=1)
            desk.clock.move_to(self.now)
            await desk.deliver()
        paid: dict[str, list[str]] = {}
        for _, answer in self.others.settlements.values():
            for line in json.loads(answer)["lines"]:
                trade, _, version = line["lineId"].partition(".v")
                paid.setdefault(trade, []).append(version)
        for versions in paid.values():
            assert versions == ["", *(str(each) for each in range(2, len(versions) + 1))]
        lines = await self._lines()
        assert lines == pytest.approx({at: due_eur(wh) for at, wh in self.newest.items()})
        ((status,),) = desk.records(
            f"SELECT status FROM session WHERE outcome_id = '{self.outcome}'"  # noqa: S608 - ours
        )
        assert status == ("settled" if len(lines) == len(STARTS) else
                          "partlyPaid" if lines else "notPaid")  # fmt: skip

    async def _lines(self) -> dict[int, float]:
        """What each trade came to, as the newest settlement tells."""
        if not self.others.settlements:
            return {}
        told = await self.desks[0].get("MO", f"/api/settlement/{self.outcome}")
        return {
            int(power["index"]): power["paidP"] - power["penaltyP"]
            for pod in told["flexibility"]
            for power in pod["power"]
            if power["status"] == "paid"
        }

    def _run(self, worker: int, death: Death, act: Any) -> None:
        """Act; a kill is followed by a restart, and the act is repeated."""

        async def run() -> None:
            with pytest.MonkeyPatch.context() as patch:
                if death is not None:
                    _arm(patch, Killer(at=death[0], after=death[1] == "after"))
                try:
                    await act()
                except Killed:
                    await self.desks[worker].restart()
                else:
                    return
            await act()

        self.loop.run_until_complete(run())


Settlements.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_settlements = Settlements.TestCase
