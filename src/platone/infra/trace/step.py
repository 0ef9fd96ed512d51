"""The steps of a market session, each told as a span of the session's one trace.

Every party knows a session's kind and start, and so the identifier that follows from them: the
trace's begins with it. So no message has to carry anything for its receiver to go on with it,
however long it waits in an outbox or at a broker. A call that is made within a step, and names no
session, carries its parent in the header `traceparent` (W3C Trace Context).

Where no tracing is chosen, a step costs a comparison, and nothing of OpenTelemetry is imported.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple, Protocol

from platone.kernel.canonical import content_hash
from platone.messages.base import MarketType

PARENT = "traceparent"
"""The header that carries the parent of what a call leads to."""
_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""The form of a parent: version, trace, span, flags."""
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16
"""Hexadecimal digits of the numbers of a trace and of a span (W3C Trace Context)."""


class Step(Enum):
    """The nine steps of a market session, in their order."""

    REQUEST = "request"
    OFFER = "offer"
    CLEARING = "clearing"
    TECHNICAL_OUTCOME = "technical outcome"
    VALIDATION = "validation"
    ACTIVATION = "activation"
    METERING = "metering"
    SETTLEMENT = "settlement"
    PAYMENT = "payment"


class TracedSession(NamedTuple):
    """The session that a step is of, by what all parties know of it."""

    market_type: MarketType
    start: datetime


class Tracing(Protocol):
    """A way to tell spans."""

    def span(
        self, name: str, parent: str, attributes: Mapping[str, str]
    ) -> AbstractContextManager[str]:
        """Tell a span that lasts as long as its context, and give itself as a parent."""
        ...

    def root(self, name: str, own: str, attributes: Mapping[str, str]) -> None:
        """Tell the span that others name as their parent."""
        ...


_chosen: list[Tracing] = []
"""The tracing of this process; none where it is not chosen."""
_parent: ContextVar[str] = ContextVar("trace_parent", default="")


def trace_by(tracing: Tracing | None) -> None:
    """Choose how this process tells spans; None for not at all."""
    _chosen[:] = [] if tracing is None else [tracing]


def current_parent() -> str:
    """Return the parent of what follows from here; empty where there is none."""
    return _parent.get()


def session_parent(session: TracedSession) -> str:
    """Return the parent of all steps of a session, which every party makes alike."""
    digits = content_hash([session.market_type, session.start.astimezone(UTC)])
    trace, span = digits[:_TRACE_DIGITS], digits[_TRACE_DIGITS:][:_SPAN_DIGITS]
    return f"00-{trace}-{span}-01"


@contextmanager
def following(parent: str) -> Iterator[None]:
    """Go on with a caller's trace within the context; what is no parent counts for nothing."""
    token = _parent.set(parent if _FORM.fullmatch(parent) else "")
    try:
        yield
    finally:
        _parent.reset(token)


def tell_session(session: TracedSession) -> None:
    """Tell the span of a session, above those of its steps; once, by the market."""
    for tracing in _chosen:
        tracing.root("session", session_parent(session), _attributes(session))


def step(kind: Step, session: TracedSession | None = None) -> AbstractContextManager[None]:
    """Tell what is done within the context as a step.

    Args:
        kind: The step.
        session: The session; none for that of the caller. Where neither is known, nothing is told.
    """
    return _told(_chosen[0], kind, session) if _chosen else nullcontext()


@contextmanager
def _told(tracing: Tracing, kind: Step, session: TracedSession | None) -> Iterator[None]:
    parent, attributes = _parent.get(), {"platone.step": kind.value}
    if session is not None:
        root = session_parent(session)
        parent = parent if _trace_of(parent) == _trace_of(root) else root
        attributes |= _attributes(session)
    if not parent:
        yield
        return
    with tracing.span(kind.value, parent, attributes) as own, following(own):
        yield


def _attributes(session: TracedSession) -> dict[str, str]:
    start = session.start.astimezone(UTC).isoformat()
    return {"platone.session": f"{session.market_type.value}/{start}"}


def _trace_of(parent: str) -> str:
    return parent[3:][:_TRACE_DIGITS]
