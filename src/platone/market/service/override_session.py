"""Steps into a session's course: by the operator's order, or where nobody decided in time."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.market.domain.calendar import Status
from platone.market.domain.override import check_override
from platone.market.domain.rejection import Rejection
from platone.market.domain.session import Session
from platone.market.domain.validation import refuse_all, validate_as_cleared
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.move_gate import move_gate
from platone.market.service.publish_outcome import PublishOutcome
from platone.market.service.tell_event import RULES, TellEvent
from platone.messages.outcome import ValidatedOutcome
from platone.messages.session_event import OverrideAction, SessionEventKind, SessionOverride

_IN_TIME = {
    Status.CLOSED: (
        SessionEventKind.NOT_CLEARED,
        Status.CANCELLED,
        "It was not cleared in time.",
    ),
    Status.OUTCOME: (
        SessionEventKind.NOT_VALIDATED,
        Status.NOT_VALIDATED,
        "The DSO did not answer in time.",
    ),
}
"""The fallback of each state that a session may not stay in: what is told, its end, and why."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision about a session in place of the DSO.

    Attributes:
        by: Whose it is.
        because: Why.
        at: When.
    """

    by: str
    because: str
    at: datetime

    def told_in(self, final: ValidatedOutcome) -> ValidatedOutcome:
        """Return a final outcome that says who decided it, and why."""
        return msgspec.structs.replace(final, decided_by=self.by, decided_because=self.because)


@dataclass(frozen=True, slots=True)
class OverrideSession:
    """Changes a session's course, and tells all whom it concerns.

    Args:
        records: The market's records.
        publish: What follows where trades become final.
        tell: Tells it.
    """

    records: MarketRecords
    publish: PublishOutcome
    tell: TellEvent

    async def order(
        self, session_id: str, order: SessionOverride, party: str, now: datetime
    ) -> None:
        """Carry out an order of the market operator.

        Raises:
            UnknownSession: There is no such session.
            SessionState, ExtensionInvalid: The order does not fit its state or times.
        """
        async with self.records.writing() as unit:
            session = await unit.sessions.get(session_id)
            check_override(session, order, now)
            decided = _Decision(party, order.reason, now)
            await self._carry_out(unit, session, order, decided)
            kind = SessionEventKind(order.action.value)
            await self.tell(unit, session_id, kind, now, order.reason, party)

    async def give_up(self, session_id: str, now: datetime) -> None:
        """End a session whose trades are not final when they have to be: nothing is activated."""
        async with self.records.writing() as unit:
            session = await unit.sessions.get(session_id)
            if now < session.decision_due:
                return
            if session.status not in _IN_TIME:
                return
            kind, status, reason = _IN_TIME[session.status]
            decided = _Decision(RULES, f"{reason} Nothing of it is activated.", now)
            await self._end(unit, session, Rejection.NOT_VALIDATED, status, decided)
            await self.tell(unit, session_id, kind, now, decided.because)

    async def _carry_out(
        self,
        unit: UnitOfWork,
        session: Session,
        order: SessionOverride,
        decided: "_Decision",
    ) -> None:
        now = decided.at
        match order.action:
            case OverrideAction.EXTEND_GATE if order.until is not None:
                await move_gate(unit, session.plan, order.until, now)
            case OverrideAction.EXTEND_DECISION if order.until is not None:
                await unit.events.move_due(session.id, order.until)
            case OverrideAction.CLOSE:
                await close_gate(unit, session, now)
            case OverrideAction.CANCEL:
                await self._end(unit, session, Rejection.CANCELLED, Status.CANCELLED, decided)
            case OverrideAction.TAKE_ALL:
                record = await unit.outcomes.get(session.id)
                final = await asyncio.to_thread(validate_as_cleared, record.market)
                final = decided.told_in(final)
                await self.publish(unit, record, None, final, now)
            case OverrideAction.TAKE_NOTHING:
                await self._end(unit, session, Rejection.GRID_LIMIT, Status.NOT_VALIDATED, decided)

    async def _end(
        self,
        unit: UnitOfWork,
        session: Session,
        why: Rejection,
        status: Status,
        decided: "_Decision",
    ) -> None:
        """End a session without a trade; where it has an outcome, all of it is refused."""
        now = decided.at
        if session.status is Status.OUTCOME:
            record = await unit.outcomes.get(session.id)
            final = decided.told_in(await asyncio.to_thread(refuse_all, record.market, why))
            await self.publish(unit, record, None, final, now, ends=status)
        else:
            await unit.sessions.set_status(session.id, session.status.follow(status), now)


async def close_gate(unit: UnitOfWork, session: Session, now: datetime) -> None:
    """Take no more submissions; a session that nobody used has then ended without a trade.

    Where it closes before its time, that is when its gate closes: what counts then, counts.

    Raises:
        SessionState: It is closed already.
    """
    status = session.status
    if now < session.plan.gate_closes:
        await move_gate(unit, session.plan, now, now)
    if status is Status.CREATED and now >= session.plan.gate_opens:
        status = status.follow(Status.ACTIVE)
    status = status.follow(Status.CLOSED)
    if not session.used:
        status = status.follow(Status.NOT_TRADED)
    await unit.sessions.set_status(session.id, status, now)
