"""Dead letters: refused messages, kept so that they can be read and replayed."""

from dataclasses import dataclass
from datetime import datetime

from platone.access.domain.message import IncomingMessage

KEPT_PER_DEVICE = 1_000
"""Dead letters kept of one device, the newest: ten days of messages at one each quarter-hour,
and a faulty device cannot fill the disk."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused message with the reason of its refusal.

    Attributes:
        id: Its number here.
        message: The message as it came.
        reason: The problem's slug.
        detail: The problem's detail.
        received_at: When it first came.
        times: How often it came.
        is_replayed: Whether it was replayed and stored since.
    """

    id: int
    message: IncomingMessage
    reason: str
    detail: str
    received_at: datetime
    times: int
    is_replayed: bool
