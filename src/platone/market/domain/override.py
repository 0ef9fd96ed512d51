"""The operator's orders: what each asks of a session's state and times."""

from datetime import datetime

from platone.market.domain.calendar import Status
from platone.market.domain.problem.session import ExtensionInvalid, SessionState
from platone.market.domain.session import Session
from platone.messages.session_event import TAKEN_IN, OverrideAction, SessionOverride

_OPEN = frozenset({Status.CREATED, Status.ACTIVE})


def check_override(session: Session, order: SessionOverride, now: datetime) -> None:
    """Check that an order can be given.

    Raises:
        SessionState: The session is in a state in which it cannot be given.
        ExtensionInvalid: The instant is missing, or not later than it was, or too late.
    """
    is_open = session.status in _OPEN and now >= session.plan.gate_opens
    status = Status.ACTIVE if is_open else session.status
    if status.value not in TAKEN_IN[order.action]:
        raise SessionState(
            f"A session that is {session.status.value} does not take {order.action.value}.",
            status=session.status.value,
        )
    plan = session.plan
    match order.action:
        case OverrideAction.EXTEND_GATE:
            _check_until(order, after=max(plan.gate_closes, now), latest=plan.window.start)
        case OverrideAction.EXTEND_DECISION:
            _check_until(order, after=max(session.decision_due, now), latest=plan.window.end)
        case _ if order.until is not None:
            raise ExtensionInvalid(f"{order.action.value} has no end.")


def _check_until(order: SessionOverride, *, after: datetime, latest: datetime) -> None:
    if order.until is None or not after < order.until <= latest:
        raise ExtensionInvalid(
            f"{order.action.value} is until an instant after {after.isoformat()} and not after "
            f"{latest.isoformat()}.",
            after=after.isoformat(),
            latest=latest.isoformat(),
        )
