"""Dead letters: signed messages that were refused, kept until they can be taken."""

from typing import Annotated

import msgspec

from platone.messages.base import Address, Instant, ListPart, Message


class DeadLetterView(Message):
    """A refused message.

    Attributes:
        id: Its number.
        device: The device of its topic.
        reason: Slug of the problem; see /problems/{reason}.
        detail: What exactly was wrong.
        message: The message as it came; bytes that are no text are replaced.
        received_at: When it first came.
        times: How often it came.
        status: "refused"; "replayed" if it was stored since; "closed" if it is not waited for.
        closed_because: Why it was closed.
    """

    id: int
    device: Address
    reason: str
    detail: str
    message: str
    received_at: Instant
    times: int
    status: str
    closed_because: str | None = None


class LetterClosing(Message):
    """The closing of a refused message: it stays as it is, and is not waited for any more.

    Attributes:
        reason: Why: for the log of changes.
    """

    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=300)]


class DeadLetters(ListPart):
    """Refused messages by number.

    Attributes:
        dead_letters: Those in this part of the list.
    """

    dead_letters: list[DeadLetterView]
