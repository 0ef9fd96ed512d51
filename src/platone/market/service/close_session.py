"""Gates close, sessions are cleared, and outcomes go to the DSO for validation (flow 3)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.infra.collector import let_go
from platone.infra.trace.step import Step, step, tell_session
from platone.market.domain.calendar import Status
from platone.market.domain.clearing import ClearedSession, clear_to_store
from platone.market.domain.outcome_part import (
    OutcomePart,
    market_parts,
    outcome_text,
    plan_parts,
    read_outcome,
)
from platone.market.domain.recording import Curves
from platone.market.domain.session import Session
from platone.market.domain.validation import has_trades, validate_as_cleared
from platone.market.records.outcome import StoredOutcome
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.override_session import close_gate
from platone.market.service.ports import Partners
from platone.market.service.publish_outcome import PublishOutcome
from platone.market.service.read_conditions import ReadConditions
from platone.market.service.record_session import RecordSession
from platone.market.service.tell_event import TellEvent
from platone.market.service.traced_session import traced
from platone.messages.outcome import MarketOutcome

TO_DSO = "POST /api/dso/marketOutcome"


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Closes a session and clears it.

    Args:
        records: The market's records.
        partners: Where the baselines come from that count.
        record: Puts a session's inputs together.
        publish: What follows where nothing was traded.
        tell: Tells which baselines count.
        conditions: What is asked of PoDs that are offered.
    """

    records: MarketRecords
    partners: Partners
    record: RecordSession
    publish: PublishOutcome
    tell: TellEvent
    conditions: ReadConditions

    async def close_due(self, session_id: str, now: datetime) -> None:
        """Close a session whose gate has closed; do nothing if another worker has done it."""
        async with self.records.writing() as unit:
            session = await unit.sessions.get(session_id)
            if session.status.takes_submissions and session.plan.gate_closes <= now:
                await close_gate(unit, session, now)

    async def clear(self, session_id: str, now: datetime) -> None:
        """Clear a closed session by the baselines that count; do nothing if that has happened.

        Nor is it cleared when its trades had to be final before.

        What counts is what customers had when the gate closed, however long ago that is: so it
        does not matter when the session is cleared.

        Raises:
            PartnerUnavailable, PartnerRefused: Customers does not say; it is tried again.
            ClearingFailed: The outcome was not found in time.
        """
        async with self.records.reading() as unit:
            session = await unit.sessions.get(session_id)
            if session.status is not Status.CLOSED or session.decision_due <= now:
                return
        tell_session(traced(session))
        with step(Step.CLEARING, traced(session)):
            await self._clear(session, now)

    async def _clear(self, session: Session, now: datetime) -> None:
        """Clear a session that is closed."""
        session_id = session.id
        async with self.records.reading() as unit:
            names = sorted(await self.record.pods(unit, session))
        as_of = session.plan.gate_closes
        fresh = await self.partners.baselines(names, session.plan.window.day, as_of)
        conditions = await self.conditions(names, as_of)
        async with self.records.reading() as unit:
            recording, counted = await self.record(unit, session, fresh, as_of, conditions)
        cleared = await asyncio.to_thread(clear_to_store, recording)
        parts = plan_parts(
            len(cleared.document), session.plan.window.indices, self.publish.rules.longest_outcome
        )
        messages = await asyncio.to_thread(_messages, cleared, parts)
        async with self.records.writing() as unit:
            session = await unit.sessions.get(session_id)
            if session.status is not Status.CLOSED or session.decision_due <= now:
                return
            await unit.baselines.note(session.plan.window.day, fresh)
            await unit.outcomes.add_parts(cleared.name, parts, messages)
            await self.tell.baselines(unit, session, recording.pods, counted, now)
            await self._store(unit, session_id, cleared, counted, now)
            for message in messages.values():
                await unit.outgoing.send_text(TO_DSO, message)
        await asyncio.to_thread(let_go, recording.flexibility_services, recording.pods)

    async def _store(
        self,
        unit: UnitOfWork,
        session_id: str,
        cleared: ClearedSession,
        counted: Curves,
        now: datetime,
    ) -> None:
        """Store an outcome with the baselines that its trades are counted from."""
        await unit.outcomes.add(session_id, cleared)
        await unit.baselines.count(session_id, {pod: counted[pod] for pod in cleared.traded})
        await unit.sessions.set_outcome(session_id, cleared.name)
        await unit.sessions.set_status(session_id, Status.CLOSED.follow(Status.OUTCOME), now)
        await unit.outgoing.certify_text(
            f"marketOutcome-{cleared.name}", "marketOutcome", cleared.document
        )
        if not cleared.traded:
            market = await asyncio.to_thread(lambda: cleared.outcome)  # a long one takes seconds
            final = await asyncio.to_thread(validate_as_cleared, market)
            record = StoredOutcome(session_id, market, None, None)
            await self.publish(unit, record, None, final, now)


def _messages(
    cleared: ClearedSession, parts: Sequence[OutcomePart]
) -> dict[OutcomePart | None, bytes]:
    """Return the messages to the DSO: the parts of an outcome with trades, or the whole (None)."""
    if not cleared.traded:
        return {}
    if not parts:
        return {None: cleared.document}
    outcome = read_outcome(cleared.document, MarketOutcome)
    told = market_parts(outcome, parts)
    let_go(outcome.flexibility)
    messages: dict[OutcomePart | None, bytes] = {}
    for part, each in zip(parts, told, strict=True):
        if has_trades(each):
            messages[part] = outcome_text(each)
        let_go(each.flexibility)
    return messages
