"""Market sessions as they are stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.among import among
from platone.infra.db import chunks, replace_rows
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import SessionWindow
from platone.market.domain.calendar import SessionPlan, Status
from platone.market.domain.deadline import Deadlines
from platone.market.domain.outcome_part import whole_name
from platone.market.domain.problem.outcome import UnknownOutcome
from platone.market.domain.problem.session import UnknownSession
from platone.market.domain.session import Session
from platone.market.records.table import (
    as_number,
    calendar,
    service,
    session,
    session_due,
    session_since,
)
from platone.messages.base import MarketType
from platone.messages.market import ServiceState

_ONLY_ROW = 1
"""Identifier of the calendar's only row."""
_SESSION = select(session, session_since.c.since, session_due.c.due).select_from(
    session.outerjoin(session_since, session_since.c.session_id == session.c.id).outerjoin(
        session_due, session_due.c.session_id == session.c.id
    )
)
_GET = _SESSION.where(session.c.id == bindparam("id"))
_IS_AMONG = among(session.c.id, "ids")
_AMONG = _SESSION.where(_IS_AMONG)
_HOLD = select(session.c.id).where(_IS_AMONG).order_by(session.c.id).with_for_update()
_BEFORE_CLOSING = [status.value for status in Status if status.takes_submissions]


@dataclass(frozen=True, slots=True)
class SessionSearch:
    """A search for sessions; what is None does not matter.

    Attributes:
        market_type: Of this kind.
        status: In this state.
        starts_from: Delivering from this instant on.
        starts_before: Delivering before this instant.
        text: With this text, in whatever letters, in its identifiers or its state, or in the name
            or party of a request or offer that stands in it.
    """

    market_type: MarketType | None = None
    status: Status | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    text: str | None = None


class SessionRecords:
    """The stored sessions, within one transaction.

    Args:
        connection: The transaction.
        zone: The market's zone.
        deadlines: How long sessions wait until their trades are final.
    """

    def __init__(self, connection: AsyncConnection, zone: str, deadlines: Deadlines) -> None:
        self._connection = connection
        self._zone = zone
        self._deadlines = deadlines

    async def add(self, plans: Iterable[SessionPlan]) -> None:
        """Create the sessions of these plans that are not there yet."""
        wanted = list(plans)
        known = await self._known([plan.id for plan in wanted])
        rows = [
            {
                "id": plan.id,
                "market_type": plan.market_type.value,
                "starts": plan.window.start,
                "ends": plan.window.end,
                "gate_opens": plan.gate_opens,
                "gate_closes": plan.gate_closes,
                "status": Status.CREATED.value,
                "used": False,
            }
            for plan in wanted
            if plan.id not in known
        ]
        if rows:
            await self._connection.execute(insert(session), rows)

    async def get(self, session_id: str) -> Session:
        """Return one session; raises UnknownSession."""
        row = (await self._connection.execute(_GET, {"id": session_id})).one_or_none()
        if row is None:
            raise UnknownSession(f"There is no session {session_id}.", session=session_id)
        return self._session(row)

    async def held(self, session_ids: Iterable[str]) -> dict[str, Session]:
        """Return sessions by identifier, which nobody else changes until the transaction ends."""
        asked = {"ids": list(session_ids)}
        if self._connection.dialect.name != "sqlite":  # whose writers come one by one anyway
            await self._connection.execute(_HOLD, asked)
        rows = await self._connection.execute(_AMONG, asked)
        found = [self._session(row) for row in rows]
        return {each.id: each for each in found}

    async def of_outcome(self, outcome_id: str) -> Session:
        """Return the session of an outcome, or of a part of one; raises UnknownOutcome."""
        query = _SESSION.where(session.c.outcome_id == whole_name(outcome_id))
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            raise UnknownOutcome(f"There is no outcome {outcome_id}.", marketOutcome=outcome_id)
        return self._session(row)

    async def search(self, wanted: SessionSearch, owner: str | None, part: Part) -> Listed[Session]:
        """Return sessions by start of delivery, then kind.

        Args:
            wanted: What is searched for.
            owner: Whose requests and offers a text is looked for in; all parties' where None.
            part: Which part of them.
        """
        conditions = []
        if wanted.market_type is not None:
            conditions.append(session.c.market_type == wanted.market_type.value)
        if wanted.status is not None:
            conditions.append(session.c.status == wanted.status.value)
        if wanted.starts_from is not None:
            conditions.append(session.c.starts >= wanted.starts_from)
        if wanted.starts_before is not None:
            conditions.append(session.c.starts < wanted.starts_before)
        if wanted.text is not None:
            conditions.append(_has_text(wanted.text, owner))
        query = _SESSION.where(*conditions)
        by = [as_number(session.c.starts), session.c.market_type, session.c.id]
        return (await read_part(self._connection, query, by, part)).of(self._session)

    async def open_now(self, market_type: MarketType, now: datetime) -> list[Session]:
        """Return the sessions of a kind that take submissions now."""
        query = _SESSION.where(
            session.c.market_type == market_type.value,
            session.c.status.in_(_BEFORE_CLOSING),
            session.c.gate_opens <= now,
            session.c.gate_closes > now,
        )
        rows = await self._connection.execute(query.order_by(session.c.starts))
        return [self._session(row) for row in rows]

    async def open_gates(self, now: datetime) -> None:
        """Make the sessions active that are created and whose gate is open."""
        await self._connection.execute(
            update(session)
            .where(session.c.status == Status.CREATED.value, session.c.gate_opens <= now)
            .values(status=Status.ACTIVE.value)
        )

    async def retire_unused(self, now: datetime) -> None:
        """End the sessions that nobody used and whose gate has closed."""
        await self._connection.execute(
            update(session)
            .where(
                session.c.status.in_(_BEFORE_CLOSING),
                session.c.gate_closes <= now,
                session.c.used.is_(False),
            )
            .values(status=Status.NOT_TRADED.value)
        )

    async def to_progress(self, now: datetime) -> list[Session]:
        """Return used sessions to be closed or cleared, by closing of the gate."""
        due = and_(session.c.status.in_(_BEFORE_CLOSING), session.c.gate_closes <= now)
        query = _SESSION.where(
            session.c.used.is_(True), or_(due, session.c.status == Status.CLOSED.value)
        )
        rows = await self._connection.execute(
            query.order_by(session.c.gate_closes, session.c.starts)
        )
        return [self._session(row) for row in rows]

    async def undecided(self) -> list[Session]:
        """Return the closed sessions whose trades are not final yet, by closing of the gate."""
        states = (Status.CLOSED.value, Status.OUTCOME.value)
        query = _SESSION.where(session.c.status.in_(states))
        rows = await self._connection.execute(
            query.order_by(session.c.gate_closes, session.c.starts)
        )
        return [self._session(row) for row in rows]

    async def numbers(self) -> dict[Status, int]:
        """Return how many sessions there are in each state."""
        query = select(session.c.status, func.count()).group_by(session.c.status)
        rows = await self._connection.execute(query)
        found = {status: number for status, number in rows}  # noqa: C416 - rows are no pairs to mypy
        return {state: found.get(state.value, 0) for state in Status}

    async def unsettled_since(self) -> datetime | None:
        """Return when the first delivery ended of which not all trades are settled."""
        states = [each.value for each in (Status.VALIDATED, Status.NOT_PAID, Status.PARTLY_PAID)]
        query = select(func.min(session.c.ends, type_=session.c.ends.type))
        query = query.where(session.c.status.in_(states))
        found: datetime | None = (await self._connection.execute(query)).scalar_one()
        return found

    async def next_gate(self, now: datetime) -> datetime | None:
        """Return when the next gate opens or closes."""
        gate = case((session.c.gate_opens > now, session.c.gate_opens), else_=session.c.gate_closes)
        query = select(func.min(gate, type_=session.c.gate_opens.type)).where(
            session.c.status.in_(_BEFORE_CLOSING), session.c.gate_closes > now
        )
        found: datetime | None = (await self._connection.execute(query)).scalar_one()
        return found

    async def mark_used(self, session_id: str) -> None:
        """Remember that something was submitted to a session."""
        await self._change(session_id, used=True)

    async def set_status(self, session_id: str, status: Status, now: datetime) -> None:
        """Move a session on to a state."""
        await self._change(session_id, status=status.value)
        row = {"session_id": session_id, "since": now}
        await replace_rows(self._connection, session_since, [row])

    async def set_gate(self, session_id: str, closes: datetime) -> None:
        """Note that a session's gate closes at another time."""
        await self._change(session_id, gate_closes=closes)

    async def set_outcome(self, session_id: str, outcome_id: str) -> None:
        """Note a session's outcome."""
        await self._change(session_id, outcome_id=outcome_id)

    async def planned_until(self) -> date | None:
        """Return the last market day whose sessions exist."""
        found = (await self._connection.execute(select(calendar.c.planned_until))).scalar()
        return None if found is None else date.fromisoformat(found)

    async def set_planned_until(self, on: date) -> None:
        """Note the last market day whose sessions exist."""
        values = {"planned_until": on.isoformat()}
        changed = await self._connection.execute(update(calendar).values(**values))
        if changed.rowcount == 0:
            await self._connection.execute(insert(calendar).values(id=_ONLY_ROW, **values))

    async def _known(self, ids: Iterable[str]) -> set[str]:
        known: set[str] = set()
        for chunk in chunks(ids):
            query = select(session.c.id).where(session.c.id.in_(chunk))
            known.update((await self._connection.execute(query)).scalars())
        return known

    async def _change(self, session_id: str, **values: Any) -> None:
        await self._connection.execute(
            update(session).where(session.c.id == session_id).values(**values)
        )

    def _session(self, row: Row[Any]) -> Session:
        window = SessionWindow(MarketDay.holding(row.starts, self._zone), row.starts, row.ends)
        plan = SessionPlan(MarketType(row.market_type), window, row.gate_opens, row.gate_closes)
        since = row.gate_closes if row.since is None else row.since
        due = max(self._deadlines.decision_due(plan), row.due or plan.gate_closes)
        return Session(plan, Status(row.status), row.outcome_id, bool(row.used), since, due)


def _has_text(text: str, owner: str | None) -> ColumnElement[bool]:
    """Return whether a session, or what stands in it of an owner or of all, has a text."""
    stands = service.c.state == ServiceState.STANDS.value
    if owner is not None:
        stands &= service.c.player_id == owner
    named = [
        each.icontains(text, autoescape=True)
        for each in (service.c.service_id, service.c.player_id)
    ]
    own = (session.c.id, session.c.outcome_id, session.c.status)
    return or_(
        *(each.icontains(text, autoescape=True) for each in own),
        session.c.id.in_(select(service.c.session_id).where(stands, or_(*named))),
    )
