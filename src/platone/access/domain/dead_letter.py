"""Dead letters: refused messages, kept so that they can be read and replayed."""

from dataclasses import dataclass
from datetime import datetime

from platone.access.domain.message import IncomingMessage
from platone.access.domain.problem import NotShared

KEPT_PER_DEVICE = 1_000
"""Dead letters kept of one device, the newest: ten days of messages at one each quarter-hour,
and a faulty device cannot fill the disk."""


MessageName = tuple[str, int]
"""Device and sequence number, which name a message."""


@dataclass(frozen=True, slots=True)
class Unshared:
    """A stored message of which another party refuses something for good.

    Attributes:
        name: Its device and sequence number.
        destination: The call that was refused, such as "POST /api/certification".
        slug: The name of that party's problem.
        detail: What that party said was wrong.
    """

    name: MessageName
    destination: str
    slug: str
    detail: str

    def problem(self) -> NotShared:
        """Return the problem under which the message becomes a dead letter."""
        device, sequence = self.name
        return NotShared(
            f"{self.destination} refused message {sequence} of {device}: "
            f"{self.slug or 'refused'}: {self.detail}"
        )


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
        closed_because: Why it is not waited for any more; none where it is.
    """

    id: int
    message: IncomingMessage
    reason: str
    detail: str
    received_at: datetime
    times: int
    is_replayed: bool
    closed_because: str | None = None

    @property
    def status(self) -> str:
        """Return its state as it is told: refused, replayed or closed."""
        if self.is_replayed:
            return "replayed"
        return "refused" if self.closed_because is None else "closed"
