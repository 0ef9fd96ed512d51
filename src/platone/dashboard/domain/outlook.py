"""A first look at the sessions of the day: what waits for a visitor, and what is worth a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.messages.base import Role
from platone.messages.market import MarketSession, WaitsFor

_QUIET = frozenset({"created", "notTraded"})
"""States of sessions in which nothing has happened yet, or nothing did."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A thing that somebody can do at a session now.

    Attributes:
        session: The session.
        what: What is to do, in words.
        by: Until when; none where it is not told.
    """

    session: MarketSession
    what: str
    by: datetime | None


def waits_of(
    sessions: Iterable[MarketSession], roles: frozenset[Role], *, is_dso: bool
) -> list[Wait]:
    """Return the things that wait for somebody at sessions, in their order.

    Args:
        sessions: The sessions.
        roles: Its roles.
        is_dso: Whether it acts for the market's own DSO.
    """
    found: list[Wait] = []
    for each in sessions:
        if each.status == "active" and Role.FLEXIBILITY_SERVICE_PROVIDER in roles:
            found.append(Wait(each, "Offer flexibility", each.gate_closes))
        if each.status == "active" and Role.SYSTEM_OPERATOR in roles:
            found.append(Wait(each, "Ask for flexibility", each.gate_closes))
        if each.waiting_for is WaitsFor.SYSTEM_OPERATOR and is_dso:
            found.append(Wait(each, "Say what the grid can take", each.decision_due))
        if each.waiting_for is WaitsFor.SYSTEM_OPERATOR and Role.MARKET_OPERATOR in roles:
            what = "The DSO's answer is awaited; you can answer in its place"
            found.append(Wait(each, what, each.decision_due))
        if each.waiting_for is WaitsFor.MARKET_OPERATOR and Role.MARKET_OPERATOR in roles:
            found.append(Wait(each, "It cannot go on without you", each.decision_due))
    return found


def next_gate(sessions: Iterable[MarketSession], now: datetime) -> MarketSession | None:
    """Return the session whose gate opens next; none where all have opened, or are due to."""
    planned = [each for each in sessions if each.status == "created" and each.gate_opens > now]
    return min(planned, key=lambda each: each.gate_opens, default=None)


def gates_due(sessions: Iterable[MarketSession], now: datetime) -> int:
    """Return how many gates are being opened: they are due, as after a clock that was moved."""
    return sum(each.status == "created" and each.gate_opens <= now for each in sessions)


def worth_a_row(sessions: Sequence[MarketSession], now: datetime) -> list[MarketSession]:
    """Return the sessions in which something happens or did, and the one that opens next."""
    coming = next_gate(sessions, now)
    return [each for each in sessions if each.status not in _QUIET or each is coming]
