"""Gates close, sessions are cleared, and outcomes go to the DSO for validation (flow 3)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.market.domain.calendar import SessionPlan, Status, day_ahead_session
from platone.market.domain.clearing import clear_to_store
from platone.market.domain.grid_limit import limits_among
from platone.market.domain.problem import UnknownOutcome
from platone.market.domain.recording import changes_by_spot, schedule_pod, standing_offers
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.validation import Spot, has_trades, validate_as_cleared
from platone.market.records.outcome import StoredOutcome
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.publish_outcome import PublishOutcome
from platone.messages.base import MarketType
from platone.messages.clearing import DEFAULT_RULES, Method
from platone.messages.market import RecordedService, RecordedSession, SessionPod

TO_DSO = "POST /api/dso/marketOutcome"


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Closes a session and clears it.

    Args:
        records: The market's records.
        publish: What follows where nothing was traded.
    """

    records: MarketRecords
    publish: PublishOutcome

    async def close(self, session_id: str, now: datetime) -> None:
        """Take no more submissions; a session that nobody used has then ended without a trade.

        Raises:
            UnknownSession: There is none.
            SessionState: It is closed already.
        """
        async with self.records.writing() as unit:
            session = await unit.sessions.get(session_id)
            status = session.status
            if status is Status.CREATED and now >= session.plan.gate_opens:
                status = status.follow(Status.ACTIVE)
            status = status.follow(Status.CLOSED)
            if not session.used:
                status = status.follow(Status.NOT_TRADED)
            await unit.sessions.set_status(session_id, status, now)

    async def clear(self, session_id: str, now: datetime) -> None:
        """Clear a closed session; do nothing if that has happened."""
        async with self.records.reading() as unit:
            session = await unit.sessions.get(session_id)
            if session.status is not Status.CLOSED:
                return
            recording = await record_session(unit, session, self.publish.rules)
            recording = await _with_grid(unit, session, recording)
        cleared = await asyncio.to_thread(clear_to_store, recording)
        market = cleared.outcome
        record = StoredOutcome(session_id, market, None, None)
        async with self.records.writing() as unit:
            session = await unit.sessions.get(session_id)
            if session.status is not Status.CLOSED:
                return
            await unit.outcomes.add(session_id, cleared)
            await unit.sessions.set_outcome(session_id, market.market_outcome)
            await unit.sessions.set_status(session_id, session.status.follow(Status.OUTCOME), now)
            await unit.outgoing.certify(
                f"marketOutcome-{market.market_outcome}", "marketOutcome", market
            )
            if has_trades(market):
                await unit.outgoing.send(TO_DSO, market)
            else:
                await self.publish(unit, record, None, validate_as_cleared(market), now)


async def _with_grid(
    unit: UnitOfWork, session: Session, recording: RecordedSession
) -> RecordedSession:
    """Return a recording with the limits of the grid that DSOs told of its session."""
    if (recording.rules or DEFAULT_RULES).method is not Method.LEAST_COST:
        return recording  # the rules may have been others when they were told
    limits = await unit.grid_limits.of_session(session.id)
    kept = limits_among(limits, {pod.pod_id for pod in recording.pods})
    return msgspec.structs.replace(recording, grid_limits=kept)


async def record_session(unit: UnitOfWork, session: Session, rules: MarketRules) -> RecordedSession:
    """Return all inputs of a session's clearing, as they stand."""
    submissions = unit.submissions
    services = await submissions.of_session(session.id)
    pods = {pod.pod_id: pod for pod in await submissions.pods_of(session.id)}
    if session.plan.market_type is MarketType.REAL_TIME:
        return await _record_real_time(unit, session, services, pods, rules)
    curves = await submissions.baselines(session.plan.window.day, pods)
    return RecordedSession(
        session=session.terms(),
        pods=[_with_baseline(pod, curves.get(name)) for name, pod in sorted(pods.items())],
        flexibility_services=services,
        zone=session.plan.window.day.zone,
        rules=rules.recorded,
    )


async def _record_real_time(
    unit: UnitOfWork,
    session: Session,
    services: list[RecordedService],
    pods: dict[str, SessionPod],
    rules: MarketRules,
) -> RecordedSession:
    day_ahead = day_ahead_session(session.plan.window.day)
    offered = await unit.submissions.of_session(day_ahead.id)
    pods = await _with_standing_pods(unit, day_ahead, offered, pods)
    curves = await unit.submissions.baselines(day_ahead.window.day, pods)
    changes = await _changes(unit, day_ahead.id)
    scheduled = {
        name: schedule_pod(_with_baseline(pod, curves.get(name)), changes)
        for name, pod in pods.items()
    }
    schedules = {name: pod.power_baseline for name, pod in scheduled.items()}
    standing = standing_offers(offered, services, schedules, session.plan.window.indices)
    return RecordedSession(
        session=session.terms(),
        pods=[scheduled[name] for name in sorted(scheduled)],
        flexibility_services=[*services, *standing],
        zone=session.plan.window.day.zone,
        rules=rules.recorded,
    )


async def _with_standing_pods(
    unit: UnitOfWork,
    day_ahead: SessionPlan,
    offered: list[RecordedService],
    pods: Mapping[str, SessionPod],
) -> dict[str, SessionPod]:
    """Return the session's PoDs, and those that only stand in day-ahead offers, as now."""
    names = {pod for each in offered for entry in each.flexibility for pod in entry.pod or ()}
    before = {pod.pod_id: pod for pod in await unit.submissions.pods_of(day_ahead.id)}
    registered = await unit.pods.find(names - pods.keys())
    standing = {
        name: msgspec.structs.replace(before[name], po_m_id=pod.po_m_id)
        for name, pod in registered.items()
        if name in before and before[name].aggregator_id == pod.aggregator_id
    }
    return {**pods, **standing}


async def _changes(unit: UnitOfWork, session_id: str) -> dict[Spot, float]:
    """Return the trades of a session, kW: as validated where that has come, else as cleared."""
    try:
        record = await unit.outcomes.get(session_id)
    except UnknownOutcome:
        return {}
    return changes_by_spot(record.validated or record.market)


def _with_baseline(pod: SessionPod, curve: list[float] | None) -> SessionPod:
    return msgspec.structs.replace(pod, power_baseline=curve or [])
