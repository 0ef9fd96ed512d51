"""Events of sessions, told to all whom they concern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.kernel.canonical import content_hash
from platone.market.domain.calendar import day_ahead_session
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.topic import Topic
from platone.market.records.unit import UnitOfWork
from platone.messages.base import MarketType
from platone.messages.market import SessionPod
from platone.messages.session_event import CountedBaseline, SessionEvent, SessionEventKind

RULES = "market"
"""The name by which an event says that no party ordered it, but the market's own rule."""


@dataclass(frozen=True, slots=True)
class TellEvent:
    """Tells an event of a session within the transaction in which it happens.

    It is told to DSO and TSO, and to everybody who has sent something that counts in the session.

    Args:
        rules: Who are DSO and TSO.
    """

    rules: MarketRules

    async def __call__(
        self,
        unit: UnitOfWork,
        session_id: str,
        kind: SessionEventKind,
        now: datetime,
        reason: str,
        by: str = RULES,
    ) -> None:
        """Store, certify and publish an event, with the session's state after it."""
        session = await unit.sessions.get(session_id)
        event = _event(session, kind, now, reason, by)
        number = await unit.events.add(event)
        await unit.outgoing.certify(f"sessionEvent-{session_id}-{number}", "sessionEvent", event)
        for party in await self._concerned(unit, session):
            await unit.outgoing.publish(Topic.SESSION.of(party), event, now)

    async def baselines(
        self,
        unit: UnitOfWork,
        session: Session,
        pods: Sequence[SessionPod],
        counted: Mapping[str, Sequence[float]],
        now: datetime,
    ) -> None:
        """Publish the baselines that count for a session; each aggregator is told its own."""
        event = _event(
            session, SessionEventKind.BASELINES_COUNT, now, "The gate has closed.", RULES
        )
        told = [
            (pod.aggregator_id, CountedBaseline(pod_id=pod.pod_id, hash=baseline_hash(curve)))
            for pod in pods
            if (curve := counted.get(pod.pod_id)) is not None
        ]
        whole = self.rules.dso_parties | self.rules.tso_parties
        for party in await self._concerned(unit, session):
            own = tuple(each for owner, each in told if party in whole or owner == party)
            message = msgspec.structs.replace(
                event, baselines_as_of=session.plan.gate_closes, baselines=own
            )
            await unit.outgoing.publish(Topic.SESSION.of(party), message, now)

    async def _concerned(self, unit: UnitOfWork, session: Session) -> list[str]:
        parties = set(self.rules.dso_parties | self.rules.tso_parties)
        parties |= await unit.submissions.players(session.id)
        if session.plan.market_type is MarketType.REAL_TIME:
            before = day_ahead_session(session.plan.window.day)
            parties |= await unit.submissions.players(before.id)
        return sorted(parties)


def baseline_hash(values: Sequence[float]) -> str:
    """Return the hash by which a baseline is told."""
    return content_hash(list(values))


def _event(
    session: Session, kind: SessionEventKind, now: datetime, reason: str, by: str
) -> SessionEvent:
    return SessionEvent(
        session=session.id,
        market_type=session.plan.market_type,
        start_time=session.plan.window.start,
        kind=kind,
        at=now,
        by=by,
        reason=reason,
        status=session.status.value,
        gate_closes=session.plan.gate_closes,
        decision_due=session.decision_due,
    )
