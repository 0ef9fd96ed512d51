"""Erasure of a person's data: the request, its walk through all contexts, and how far it is."""

from typing import Annotated, Literal

import msgspec

from platone.messages.base import Identifier, Instant, ListPart, Message, PodId

_PodIds = Annotated[list[PodId], msgspec.Meta(max_length=1000)]


class ErasureRequest(Message):
    """A request to erase a person's data.

    Attributes:
        customer_id: Whose data; a customer can only name itself, and may leave it out.
        pod_ids: These points of delivery, for persons without an account; the data protection
            officer only.
    """

    customer_id: Identifier | None = None
    pod_ids: _PodIds = msgspec.field(default_factory=list)


class ErasureOrder(Message):
    """An order to a context to erase what it keeps; it may come again, and changes nothing then.

    Attributes:
        erasure_id: The request that it is part of.
        customer_id: The person's account, where it has one.
        pod_ids: The person's points of delivery.
    """

    erasure_id: Identifier
    customer_id: Identifier | None = None
    pod_ids: Annotated[list[PodId], msgspec.Meta(min_length=1, max_length=1000)]


class ErasurePart(Message):
    """A context's answer to an order: done, or what it waits for.

    Attributes:
        context: Which context.
        state: ``done``, or ``waiting``.
        reason: What it waits for, in words.
        until: Until when it waits, by the market's clock, where that is known; it may be
            over earlier.
    """

    context: str
    state: Literal["done", "waiting"]
    reason: str | None = None
    until: Instant | None = None


class Erasure(Message):
    """An erasure and how far it is.

    Attributes:
        id: Its identifier: random, and all that is kept of who asked once it is done.
        state: ``waiting`` while one of its parts is, then ``done``.
        requested_at: When it was asked for.
        done_at: When the last part was done.
        due_at: Until when the person has to be told what became of it: a month after the request
            (GDPR, article 12(3)).
        parts: Each context's part.
        customer_id: Whose account, as long as it is not done; to the officer and to itself only.
        pod_ids: Which points of delivery, likewise.
    """

    id: Identifier
    state: Literal["done", "waiting"]
    requested_at: Instant
    done_at: Instant | None = None
    due_at: Instant
    parts: list[ErasurePart]
    customer_id: Identifier | None = None
    pod_ids: list[PodId] = msgspec.field(default_factory=list)


class Erasures(ListPart):
    """All erasures, the latest first.

    Attributes:
        erasures: The erasures.
    """

    erasures: list[Erasure]
