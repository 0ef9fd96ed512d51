"""Creation of sessions: by the calendar ahead of time, or by the operator's word."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from platone.kernel.clock import Clock
from platone.kernel.market_time import MarketDay
from platone.kernel.record_time import check_recordable
from platone.market.domain.calendar import (
    SessionPlan,
    planned_session,
    sessions_delivering_on,
)
from platone.market.domain.problem.session import SessionOffCalendar, UnknownSession
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.records.unit import MarketRecords
from platone.market.service.move_gate import move_gate
from platone.messages.market import SessionReference

_DAYS_AT_ONCE = 31
"""Market days whose sessions are created in one transaction: about a month, 217 rows."""


@dataclass(frozen=True, slots=True)
class PlanSessions:
    """Creates sessions ahead of time.

    Args:
        records: The market's records.
        rules: Zone, and how far ahead.
    """

    records: MarketRecords
    rules: MarketRules

    async def __call__(self, now: datetime) -> None:
        """Create the sessions of all market days up to some days after today.

        After a jump of the clock that includes the days passed over, so that what was due in
        them happens in order; at the very first start only what can still open.
        """
        today = MarketDay.holding(now, self.rules.zone).on
        last = today + timedelta(days=self.rules.days_ahead)
        async with self.records.reading() as unit:
            planned = await unit.sessions.planned_until()
        first = today if planned is None else planned + timedelta(days=1)
        for start in _steps(first, last):
            end = min(start + timedelta(days=_DAYS_AT_ONCE - 1), last)
            plans = self._plans(start, end)
            async with self.records.writing() as unit:
                if planned is None:
                    plans = [plan for plan in plans if plan.gate_closes > now]
                await unit.sessions.add(plans)
                await unit.sessions.set_planned_until(end)

    def _plans(self, first: date, last: date) -> list[SessionPlan]:
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return [
            plan for on in days for plan in sessions_delivering_on(MarketDay(on, self.rules.zone))
        ]


def _steps(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=_DAYS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class CreateSession:
    """Creates a session by the operator's word.

    Args:
        records: The market's records.
        clock: The market's clock.
        rules: The market's zone.
    """

    records: MarketRecords
    clock: Clock
    rules: MarketRules

    async def __call__(self, wanted: SessionReference) -> tuple[Session, bool]:
        """Create the session that the calendar has at an instant, if it is not there yet.

        Where its gate has closed but delivery has not begun, the gate of the new session is open
        from now on until delivery begins, or the operator closes it.

        Returns:
            The session, and whether it is new.

        Raises:
            InstantOutOfRange: It lies outside the years that are recorded.
            SessionOffCalendar: There is no such session, or its delivery has begun.
        """
        check_recordable(wanted.start_time)
        now = self.clock.now()
        plan = planned_session(wanted.market_type, wanted.start_time, self.rules.zone)
        async with self.records.writing() as unit:
            try:
                return await unit.sessions.get(plan.id), False
            except UnknownSession:
                pass
            if plan.window.start <= now:
                raise SessionOffCalendar(
                    f"Delivery has begun at {plan.window.start.isoformat()}.",
                    startTime=plan.window.start.isoformat(),
                )
            if plan.gate_closes > now:
                await unit.sessions.add([plan])
            else:
                late = replace(plan, gate_opens=now, gate_closes=plan.window.start)
                await unit.sessions.add([late])
                await move_gate(unit, late, late.gate_closes, now)
            return await unit.sessions.get(plan.id), True
