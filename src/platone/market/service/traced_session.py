"""A session as traces know it."""

from platone.infra.trace.step import TracedSession
from platone.market.domain.session import Session


def traced(session: Session) -> TracedSession:
    """Return the kind and start of a session, which the spans of all its steps have in common."""
    return TracedSession(session.plan.market_type, session.plan.window.start)
