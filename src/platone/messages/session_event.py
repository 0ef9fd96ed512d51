"""Events in a session's life that are out of the ordinary, and the operator's orders for them."""

from enum import Enum
from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, ListPart, MarketType, Message


class OverrideAction(Enum):
    """The orders by which the market operator steps into a session."""

    EXTEND_GATE = "extendGate"
    """Take requests and offers for longer."""
    EXTEND_DECISION = "extendDecision"
    """Wait for longer until the trades are final: for the clearing and the DSO's answer."""
    CLOSE = "close"
    """Take no more requests and offers."""
    CANCEL = "cancel"
    """Let nothing be traded."""
    TAKE_ALL = "takeAll"
    """Answer an outcome in place of the DSO: the grid takes all of it."""
    TAKE_NOTHING = "takeNothing"
    """Answer an outcome in place of the DSO: the grid takes nothing of it."""


_OPEN = frozenset({"created", "active"})
_NOT_FINAL = _OPEN | {"closed", "outcome"}
TAKEN_IN = {
    OverrideAction.EXTEND_GATE: _OPEN,
    OverrideAction.EXTEND_DECISION: _NOT_FINAL,
    OverrideAction.CLOSE: frozenset({"active"}),
    OverrideAction.CANCEL: _NOT_FINAL,
    OverrideAction.TAKE_ALL: frozenset({"outcome"}),
    OverrideAction.TAKE_NOTHING: frozenset({"outcome"}),
}
"""The states of a session in which it takes an order: none changes trades that are final."""


class SessionEventKind(Enum):
    """The events that are told to all whom a session concerns."""

    EXTEND_GATE = "extendGate"
    EXTEND_DECISION = "extendDecision"
    CLOSE = "close"
    CANCEL = "cancel"
    TAKE_ALL = "takeAll"
    TAKE_NOTHING = "takeNothing"
    BASELINES_COUNT = "baselinesCount"
    """The gate has closed, and the baselines that count are known."""
    NOT_CLEARED = "notCleared"
    """It was not cleared when its trades had to be final: nothing is activated."""
    NOT_VALIDATED = "notValidated"
    """The DSO had not answered when its trades had to be final: nothing is activated."""


_Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class SessionOverride(Message):
    """An order of the market operator that changes a session's course.

    Attributes:
        action: What is ordered.
        reason: Why, in words that participants read.
        until: Until when, where something is extended.
    """

    action: OverrideAction
    reason: _Reason
    until: Instant | None = None


class MovedGate(Message):
    """The gate of a session that does not close when the calendar has it.

    Attributes:
        market_type: The kind of session.
        start_time: Start of its delivery.
        gate_closes: When its gate closes, or has closed.
        decided_at: When that was decided.
    """

    market_type: MarketType
    start_time: Instant
    gate_closes: Instant
    decided_at: Instant


class CountedBaseline(Message):
    """A baseline that counts for a session, by its hash.

    Attributes:
        pod_id: The PoD.
        hash: SHA-256 of the canonical JSON of its values of the market day, kW.
    """

    pod_id: str
    hash: str


class SessionEvent(Message):
    """An event of a session, as it is recorded, certified, and told to all whom it concerns.

    Attributes:
        session: The session.
        market_type: Its kind.
        start_time: Start of its delivery.
        kind: What happened.
        at: When.
        by: The party by whose order, or the market's own rule.
        reason: Why.
        status: The session's state after it.
        gate_closes: When its gate closes or has closed.
        decision_due: When its trades have to be final.
        baselines_as_of: The instant before which baselines had to come to count.
        baselines: The baselines that count; each aggregator is told those of its PoDs.
    """

    session: Identifier
    market_type: MarketType
    start_time: Instant
    kind: SessionEventKind
    at: Instant
    by: str
    reason: str
    status: str
    gate_closes: Instant
    decision_due: Instant
    baselines_as_of: Instant | None = None
    baselines: tuple[CountedBaseline, ...] = ()


class SessionEventPage(ListPart):
    """The events of a session, in their order; without the baselines.

    Attributes:
        events: Those in this part of the list.
    """

    events: list[SessionEvent]
