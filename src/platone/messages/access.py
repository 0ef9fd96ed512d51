"""Accesses: what auditors read, and for which case."""

from platone.messages.base import Instant, ListPart, Message


class AccessView(Message):
    """A call that an auditor made.

    Attributes:
        number: Its place in the log.
        at: When, by the machine's clock.
        party_id: Who called.
        client_id: Through which client.
        case: For which case.
        call: Method, path and query.
    """

    number: int
    at: Instant
    party_id: str
    client_id: str
    case: str
    call: str


class Accesses(ListPart):
    """Accesses by number.

    Attributes:
        accesses: Those in this part of the list.
    """

    accesses: list[AccessView]
