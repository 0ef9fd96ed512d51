"""Calls of the market to a participant's own endpoint, which tell it its outcomes."""

from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, Message

Url = Annotated[str, msgspec.Meta(min_length=12, max_length=500, pattern=r"^https://[\x21-\x7e]+$")]
"""An address that is called over TLS."""


class Webhook(Message):
    """The endpoint that a participant wants to be called at.

    Attributes:
        url: Its address.
    """

    url: Url


class RegisteredWebhook(Message):
    """The endpoint as it was registered, with the secret that calls are signed with.

    Attributes:
        url: Its address.
        secret: The key of the signatures, told once, as Standard Webhooks write it.
    """

    url: Url
    secret: str


class DeadLetter(Message):
    """A message that the endpoint did not take in all tries.

    Attributes:
        topic: The topic that it stands in.
        offset: Its place there, where the event feed still has it.
        answer: What the last try brought.
    """

    topic: Identifier
    offset: int
    answer: str


class WebhookStatus(Message):
    """The state of a participant's endpoint.

    Attributes:
        url: Its address.
        delivered_at: When it took a message last.
        failures: Failed tries since then.
        answer: What the last try brought; empty before the first.
        waiting: Messages that wait, 1,000 at most.
        dead_letters: Messages that were given up, the oldest first, 200 at most.
    """

    url: Url
    delivered_at: Instant | None = None
    failures: int = 0
    answer: str = ""
    waiting: int = 0
    dead_letters: list[DeadLetter]
