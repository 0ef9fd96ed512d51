"""Gates that do not close when the calendar has it."""

from datetime import datetime

from platone.market.domain.calendar import SessionPlan
from platone.market.records.unit import UnitOfWork
from platone.messages.session_event import MovedGate

TO_CUSTOMERS = "POST /api/scd/movedGates"


async def move_gate(unit: UnitOfWork, plan: SessionPlan, closes: datetime, now: datetime) -> None:
    """Store when a session's gate closes, and tell it to whom baselines are sent.

    Args:
        unit: The transaction.
        plan: The session.
        closes: When its gate closes.
        now: When that is decided.
    """
    await unit.sessions.set_gate(plan.id, closes)
    await unit.outgoing.send(
        TO_CUSTOMERS,
        MovedGate(
            market_type=plan.market_type,
            start_time=plan.window.start,
            gate_closes=closes,
            decided_at=now,
        ),
    )
