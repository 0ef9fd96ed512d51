"""Dead letters: signed messages that were refused, kept until they can be taken."""

from platone.messages.base import Address, Instant, Message


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
        status: "refused", or "replayed" if it was stored since.
    """

    id: int
    device: Address
    reason: str
    detail: str
    message: str
    received_at: Instant
    times: int
    status: str


class DeadLetters(Message):
    """A page of refused messages, by number; the next page begins after the last one."""

    dead_letters: list[DeadLetterView]
