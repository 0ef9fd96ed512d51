"""Disputes about lines of settlement: opened, answered and closed on record."""

from enum import Enum
from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, ListPart, Message, PodId

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]


class DisputeReason(Enum):
    """The parts of a settlement line that can be disputed."""

    MEASUREMENT = "measurement"
    """The measured energy."""
    BASELINE = "baseline"
    """The baseline that the delivery was counted from."""
    ORDER = "order"
    """The ordered change, or the chance to deliver it."""
    TERMS = "terms"
    """Price, penalty or shares."""
    OTHER = "other"
    """Something else, as the text says."""


class DisputeStatus(Enum):
    """The states of a dispute."""

    OPEN = "open"
    """Nobody has answered it yet."""
    ANSWERED = "answered"
    """Somebody has answered it; it is not decided."""
    CLOSED = "closed"
    """It is decided, or withdrawn."""


class DisputeOutcome(Enum):
    """The ways in which a dispute ends."""

    UPHELD = "upheld"
    """The line was wrong: what follows is told with it."""
    REJECTED = "rejected"
    """The line stands."""
    WITHDRAWN = "withdrawn"
    """It was given up by the party that opened it."""


class Awaited(Enum):
    """The things that an upheld dispute can wait for."""

    READINGS = "readings"
    """Corrected readings, by the metered-data administrator: the line is then settled again."""
    AMENDS = "amends"
    """Amends by contract, by the party that owes them: readings are right, nothing is recounted."""


class DisputeOpening(Message):
    """A dispute about a settlement line, as who is concerned opens it.

    Attributes:
        dispute_id: Its identifier, chosen by the sender.
        line_id: The line, in any of its versions.
        reason: What of it is disputed.
        text: Why, in words.
    """

    dispute_id: Identifier
    line_id: Identifier
    reason: DisputeReason
    text: _Text


class DisputeAnswer(Message):
    """An answer to a dispute.

    Attributes:
        text: What is said.
    """

    text: _Text


class DisputeClosing(Message):
    """The end of a dispute.

    Attributes:
        outcome: How it ends; who opened it can only withdraw it, the market operator decides it.
        text: Why, in words.
        awaits: What an upheld one waits for; left out: readings where the measured energy or the
            baseline was disputed, else amends.
    """

    outcome: DisputeOutcome
    text: _Text
    awaits: Awaited | None = None


class DisputeStep(Message):
    """A step of a dispute, on record.

    Attributes:
        at: When it was made.
        party: Who made it.
        status: The state that it brought the dispute to.
        text: What was said.
    """

    at: Instant
    party: Identifier
    status: DisputeStatus
    text: str


class DisputeFollowUp(Message):
    """The sequel of a dispute that was upheld: the thing that it waits for, and until when.

    Attributes:
        awaits: What it waits for.
        until: Until when that is due.
        corrected_by: The line of the later version that settled the difference; none until then.
    """

    awaits: Awaited
    until: Instant
    corrected_by: Identifier | None = None


class Dispute(Message):
    """A dispute about a settlement line.

    Attributes:
        id: Its identifier.
        dispute_id: The identifier that its sender chose.
        line_id: The line, in the version that is disputed.
        market_outcome_id: The outcome that it settles a part of.
        pod: The PoD.
        opened_by: Who opened it.
        reason: What of the line is disputed.
        status: How far it is.
        answer_due: Until when the market operator has to answer.
        outcome: How it ended; none until then.
        start_time: Start of the line's quarter-hour; none in disputes of earlier versions.
        follow_up: What follows, where it was upheld.
        steps: All that was said, in order.
    """

    id: Identifier
    dispute_id: Identifier
    line_id: Identifier
    market_outcome_id: Identifier
    pod: PodId
    opened_by: Identifier
    reason: DisputeReason
    status: DisputeStatus
    answer_due: Instant
    outcome: DisputeOutcome | None = None
    start_time: Instant | None = None
    follow_up: DisputeFollowUp | None = None
    steps: tuple[DisputeStep, ...]


class DisputePage(ListPart):
    """Disputes that concern the caller, the newest first.

    Attributes:
        disputes: Those in this part of the list.
    """

    disputes: list[Dispute]
