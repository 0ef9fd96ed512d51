"""The states of each real-time session against the model, on days of 92, 96 and 100 quarter-hours.

Two workers race, and are killed before or after any of their transactions is durable.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from tests.integration.market.conftest import entry, service
from tests.integration.market.test_market_crash import Killed, Killer, _arm
from tests.integration.market.test_session_machine import (
    WORKERS,
    Case,
    SessionStates,
    _said,
    _technical,
)

ROME = ZoneInfo("Europe/Rome")
DAYS = {92: date(2021, 3, 28), 96: date(2021, 6, 23), 100: date(2021, 10, 31)}
"""Market days by their quarter-hours: the clocks go forward, stay, and go back."""
HOURS = (0, 4, 8, 12, 16, 20)
QUARTER_HOUR, HOUR = timedelta(minutes=15), timedelta(hours=1)
REDUCED, PLACED = "IT002E60974469", "CP-IRLANDESE"
_STEPS = st.integers(0, 5)
_SIDES = st.sampled_from(["before", "after"])


def local(on: date, hour: int) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=ROME).astimezone(UTC)


def case_of(quarter_hours: int, hour: int) -> Case:
    """The real-time session that begins at an hour on the wall; its gate closes 2 hours before."""
    on = DAYS[quarter_hours]
    midnight, start = local(on, 0), local(on, hour)
    tomorrow = on + timedelta(days=1)
    end = local(on, hour + 4) if hour < 20 else local(tomorrow, 0)
    assert (local(tomorrow, 0) - midnight) // QUARTER_HOUR == quarter_hours
    first = (start - midnight) // QUARTER_HOUR
    last = (end - midnight) // QUARTER_HOUR - 1
    terms = {
        "marketType": "realTime",
        "startTime": start.isoformat(),
        "duration": (end - start) // HOUR,
    }
    services = [
        service("DSO", "DSO_request", f"need-{index}", [_needs(4000.0, index)], **terms)
        for index in (first, last)
    ] + [
        service("ACEAE", "offer", f"offer-{index}", [entry(3900.0, 0.03, REDUCED, index=index)],
                **terms)
        for index in (first, last)
    ]  # fmt: skip
    gate = start - 2 * HOUR
    return Case("realTime", start - 3 * HOUR + timedelta(minutes=10), gate,
                start - timedelta(minutes=30), start, end, quarter_hours, services)  # fmt: skip


def _needs(total_kw: float, index: int) -> dict[str, object]:
    return entry(total_kw, 0.1, REDUCED, index=index)


CASES = st.builds(case_of, st.sampled_from(sorted(DAYS)), st.sampled_from(HOURS))


class RealTimeStates(SessionStates):
    """The same for any real-time session; and workers are killed while they race."""

    @initialize(case=CASES)
    def begin(self, case: Case) -> None:
        self.open(case)

    @rule(worker=WORKERS, step=_STEPS, side=_SIDES)
    def tick_and_die(self, worker: int, step: int, side: str) -> None:
        """A worker is killed between any two of its steps."""
        self._run(worker, (step, side), self.desks[worker].tick)
        self._saw()

    @rule(step=_STEPS, side=_SIDES)
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


RealTimeStates.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_real_time_session_states = RealTimeStates.TestCase


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("quarter_hours", sorted(DAYS))
def test_every_session_of_a_day_comes_to_its_end_at_its_time(quarter_hours: int, hour: int) -> None:
    """A second before its gate, at it, and answered a second before the decision is due."""
    machine = RealTimeStates()
    machine.open(case_of(quarter_hours, hour))
    try:
        case = machine.model.case
        for at, expected in (
            (case.gate - timedelta(seconds=1), "active"),
            (case.gate, "outcome"),
            (case.due - timedelta(seconds=1), "outcome"),
        ):
            machine.jump(at - machine.model.now)
            machine.race()
            machine.the_state_is_the_models()
            assert machine._status() == expected
        answer = _technical(machine._outcome() or {})
        told = machine.loop.run_until_complete(
            machine.desks[1].call("DSO", "POST", "/api/technicalOutcome", answer)
        )
        assert _said(told) == machine.model.answer() == "accepted"
        machine.the_state_is_the_models()
        machine.nothing_is_told_twice_or_before_its_time()
    finally:
        machine.teardown()
