"""A session through settlement against a model: readings, the ledger, two workers, kills, clocks.

The model of the session is that of its states, and of settlement it is the newest reading of each
trade. Whatever comes in whatever order, by whichever worker, killed between any two of its steps:
when all have answered, each trade that is measured is paid by its newest reading, and the ledger
has paid each version of it once.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.integration.market.conftest import service
from tests.integration.market.test_market_crash import Killed, Killer, _arm
from tests.integration.market.test_session_machine import (
    DEATHS,
    GATE,
    NOON,
    WORKERS,
    Case,
    Death,
    SessionStates,
)

from platone.market.service.settle_delivery import SettleDelivery

POD, BASELINE_KW, TOTAL_KW, PRICE = "IT002E60974469", 4557.09, 4057.09, 0.05
DAY_STARTS = datetime(2021, 6, 22, 22, tzinfo=UTC)
WINDOW_ENDS = {50: datetime(2021, 6, 23, 14, tzinfo=UTC), 52: datetime(2021, 6, 23, 14, tzinfo=UTC),
               70: datetime(2021, 6, 23, 18, tzinfo=UTC)}  # fmt: skip
"""The traded quarter-hours, and the end of the real-time window that each is settled with."""
REFUSED = """
SELECT 1 FROM line WHERE state = 'refused'
UNION ALL SELECT 1 FROM correction WHERE state = 'refused'
"""
ENERGIES_KWH = st.integers(1_000, 1_200)


def starts(index: int) -> datetime:
    return DAY_STARTS + index * timedelta(minutes=15)


def due_eur(measured_kwh: int) -> float:
    """UFTP's rule with a penalty of 0.02 EUR/kWh: 500 kW less for a quarter-hour are ordered."""
    change_kwh = BASELINE_KW / 4 - measured_kwh
    delivered, missing = min(max(change_kwh, 0), 125), max(125 - change_kwh, 0)
    return PRICE * delivered - 0.02 * missing


def case_of(*, is_matched: bool) -> Case:
    """A day-ahead session with one request and one offer, at one price or with none between."""
    day_end = DAY_STARTS + timedelta(days=1)
    services = [
        service(player, kind, f"{player}/1", [{"pod": [POD], "power": [
            {"index": index, "p": TOTAL_KW, "pPrice": price} for index in WINDOW_ENDS]}])
        for player, kind, price in (
            ("DSO", "DSO_request", PRICE), ("ACEAE", "offer", PRICE if is_matched else 2 * PRICE))
    ]  # fmt: skip
    due = GATE + timedelta(hours=4)
    return Case("dayAhead", NOON, GATE, due, DAY_STARTS, day_end, 96, services)


class Settlements(SessionStates):
    """Two workers of the market on one database, and the parties around it."""

    @initialize(begins=st.sampled_from(["open", "sold", "sold", "sold", "unmatched"]))
    def begin(self, begins: str) -> None:
        self.open(case_of(is_matched=begins != "unmatched"))
        if begins == "unmatched":
            self.model.cleared = "notTraded"
        self.newest: dict[int, int] = {}
        self.versions = dict.fromkeys(WINDOW_ENDS, 0)
        if begins == "sold":
            self.jump(GATE - NOON)
            self.race()
            self.answer(0, None)
            self.jump(WINDOW_ENDS[50] - GATE)

    def teardown(self) -> None:
        try:
            if hasattr(self, "session") and self.model.status == "validated":
                self.others.after_reading = None
                self.loop.run_until_complete(self._comes_to_rest())
        finally:
            super().teardown()

    @rule(index=st.sampled_from(sorted(WINDOW_ENDS)), kwh=ENERGIES_KWH, worker=WORKERS,
          death=DEATHS)  # fmt: skip
    def measure(self, index: int, kwh: int, worker: int, death: Death) -> None:
        """A reading comes, the first or a better one; the customer database tells the market."""
        self._read(index, kwh)
        self._run(worker, death, lambda: self._tell(worker, index))

    @precondition(lambda self: self.others.after_reading is None)
    @rule(index=st.sampled_from(sorted(WINDOW_ENDS)), kwh=ENERGIES_KWH, worker=WORKERS)
    def measure_meanwhile(self, index: int, kwh: int, worker: int) -> None:
        """A reading will come between a worker's reading of others and what it makes of them."""

        async def meanwhile() -> None:
            self.others.after_reading = None
            self._read(index, kwh)
            await self._tell(worker, index)

        self.others.after_reading = meanwhile

    @rule(is_down=st.booleans(), forgotten=st.integers(0, 2), agrees=st.booleans())
    def trouble(self, *, is_down: bool, forgotten: int, agrees: bool) -> None:
        """The ledger does not answer, its answers are lost, or it knows of no agreement."""
        self.others.ledger_is_down, self.others.forget_ledger_answers = is_down, forgotten
        self.others.agreed = None if agrees else set()

    @rule(worker=WORKERS, death=DEATHS)
    def settle_again(self, worker: int, death: Death) -> None:
        """The operator has open and refused lines tried."""
        self._run(worker, death, lambda: self._settle_again(worker))

    @rule(step=st.integers(0, 5), side=st.sampled_from(["before", "after"]))
    def race_and_die(self, step: int, side: str) -> None:
        """Both do what is due, one of them is killed; then both do the rest."""

        async def both() -> list[Any]:
            ticks = (desk.tick() for desk in self.desks)
            return await asyncio.gather(*ticks, return_exceptions=True)

        async def run() -> None:
            with pytest.MonkeyPatch.context() as patch:
                _arm(patch, Killer(at=step, after=side == "after"))
                results = await both()
            for desk, result in zip(self.desks, results, strict=True):
                assert result is None or isinstance(result, Killed), result
                if result is not None:
                    await desk.restart()
            assert await both() == [None, None]

        self.loop.run_until_complete(run())
        self._saw()

    @invariant()
    def the_state_is_the_models(self) -> None:
        """A validated session is as far as its trades' payments have come."""
        if not hasattr(self, "session"):
            return
        if self.model.status == "validated":
            assert self._status() == self._state_of_payment()
        else:
            assert self._status() == self.model.status

    @invariant()
    def only_what_is_measured_is_paid_and_once(self) -> None:
        if not hasattr(self, "session"):
            return
        paid: dict[str, list[str]] = {}
        for _, answer in self.others.settlements.values():
            for line in json.loads(answer)["lines"]:
                if "problem" not in line:
                    trade, _, version = line["lineId"].partition(".v")
                    assert int(trade.split(".")[-2]) in self.newest
                    paid.setdefault(trade, []).append(version)
        for versions in paid.values():
            assert versions == ["", *(str(each) for each in range(2, len(versions) + 1))]
        runs = self.desks[0].records("SELECT settlement_id FROM settlement ORDER BY place")
        assert [int(run.rpartition(".")[2]) for (run,) in runs] == list(range(1, len(runs) + 1))

    def _state_of_payment(self) -> str:
        """The state that follows from what the ledger has answered."""
        query = "SELECT DISTINCT window_start FROM payment WHERE answered"
        if len(self.desks[0].records(query)) < len(set(WINDOW_ENDS.values())):
            return "validated"
        paid = len(self.desks[0].records("SELECT line_id FROM line WHERE state = 'paid'"))
        return {0: "notPaid", len(WINDOW_ENDS): "settled"}.get(paid, "partlyPaid")

    async def _comes_to_rest(self) -> None:
        """All answer again; within seven hours either worker has paid all that is measured."""
        self.others.ledger_is_down, self.others.forget_ledger_answers = False, 0
        self.others.agreed = None
        now = max(self.model.now, *WINDOW_ENDS.values())
        worker = len(self.newest) % 2  # either one does it alone
        if self.desks[0].records(REFUSED):  # else the operator has nothing to do
            await self._settle_again(worker)
        for hour in range(7):
            self.desks[worker].clock.move_to(now + timedelta(hours=hour))
            await self.desks[worker].deliver()
        assert self._status() == self._state_of_payment()
        assert self._status() == {0: "notPaid", len(WINDOW_ENDS): "settled"}.get(
            len(self.newest), "partlyPaid"
        )
        told = await self._lines(worker)
        assert told == pytest.approx({index: due_eur(kwh) for index, kwh in self.newest.items()})

    async def _lines(self, worker: int) -> dict[int, float]:
        """What each paid trade came to, EUR, as the newest settlement tells."""
        outcome = (self._outcome() or {})["marketOutcome"]
        told = await self.desks[worker].get("MO", f"/api/settlement/{outcome}")
        return {
            int(power["index"]): power["paidP"] - power["penaltyP"]
            for pod in told["flexibility"]
            for power in pod["power"]
            if power["status"] == "settled"
        }

    def _read(self, index: int, kwh: int) -> None:
        self.newest[index] = kwh
        self.versions[index] += 1
        version = self.versions[index]
        more = {"revision": version - 1, "version": version}
        self.others.read(POD, starts(index), 1000 * kwh, **more)

    async def _tell(self, worker: int, index: int) -> None:
        told = {"podId": POD, "startTime": starts(index).isoformat(), "durationMinutes": 15}
        path, body = "/api/measurementCorrections", {"corrections": [told]}
        answer = await self.desks[worker].call("MDA", "POST", path, body)
        assert answer.status_code == 200, answer.text

    async def _settle_again(self, worker: int) -> None:
        path = f"/api/marketSession/{self.session}/settlement"
        answer = await self.desks[worker].call("MO", "POST", path)
        assert answer.status_code == 200, answer.text


Settlements.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink an example takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_settlements = Settlements.TestCase


def _at_the_end_of_the_first_window() -> Settlements:
    machine = Settlements()
    machine.begin("sold")
    return machine


def _check(machine: Settlements) -> None:
    try:
        machine.the_state_is_the_models()
        machine.nothing_is_told_twice_or_before_its_time()
        machine.only_what_is_measured_is_paid_and_once()
    finally:
        machine.teardown()


@pytest.mark.parametrize("looks", [1, 5])
def test_a_clock_that_was_days_ahead_holds_up_no_payment(looks: int) -> None:
    """Pauses and next looks that were noted by the wrong time do not count by the right one."""
    machine = _at_the_end_of_the_first_window()
    machine.jump(timedelta(days=3))
    for _ in range(looks):
        machine.jump(timedelta(minutes=20))
        machine.race()
    machine.jump(timedelta(days=-3))
    machine.measure(50, 1_020, 0, None)
    _check(machine)


@pytest.mark.parametrize("index", sorted(WINDOW_ENDS))
def test_workers_that_race_pay_once_and_neither_fails(index: int) -> None:
    machine = _at_the_end_of_the_first_window()
    machine.measure(index, 1_020, 0, None)
    machine.measure(50, 1_010, 1, None)
    for _ in range(8):
        machine.jump(timedelta(hours=1))
        machine.race()
        machine.the_state_is_the_models()
    machine.measure(50, 1_030, 0, None)
    machine.race()
    _check(machine)


def test_a_worker_that_finds_its_window_paid_by_the_other_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other one decides and pays between this one's look and its decision."""
    machine = _at_the_end_of_the_first_window()
    first, other = machine.desks
    looked = SettleDelivery._ripe

    async def looks_and_is_slow(self: SettleDelivery, now: datetime) -> Any:
        found = await looked(self, now)
        if found and not raced:
            raced.append(found)
            await other.tick()
        return found

    raced: list[Any] = []
    for index in WINDOW_ENDS:
        machine.measure(index, 1_020, 0, None)
    monkeypatch.setattr(SettleDelivery, "_ripe", looks_and_is_slow)
    machine.loop.run_until_complete(first.tick())
    assert raced
    _check(machine)
