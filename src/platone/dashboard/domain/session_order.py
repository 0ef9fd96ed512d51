"""The market operator's orders to a session, as its page offers them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.kernel.market_time import QUARTER_HOUR
from platone.messages.market import MarketSession
from platone.messages.session_event import TAKEN_IN, OverrideAction

_MOST_ENDS = 100
"""Instants in a list to choose from: those of a day."""
_WORDS = {
    OverrideAction.EXTEND_GATE: (
        "Keep the gate open for longer",
        "Requests, offers and baselines are taken until then. It can be moved on, not back.",
        "Yes, keep it open",
    ),
    OverrideAction.EXTEND_DECISION: (
        "Wait longer for the decision",
        "The clearing and the DSO's answer are awaited until then.",
        "Yes, wait longer",
    ),
    OverrideAction.CLOSE: (
        "Close the gate now",
        "Nothing more is taken; what stands is cleared at once. A closed gate stays closed.",
        "Yes, close the gate",
    ),
    OverrideAction.CANCEL: (
        "Cancel the session",
        "Nothing is traded in it. That cannot be undone.",
        "Yes, cancel it",
    ),
    OverrideAction.TAKE_ALL: (
        "Answer for the DSO: the grid takes all",
        "The trades are final at once, and the network is not calculated. That cannot be undone.",
        "Yes, it takes all",
    ),
    OverrideAction.TAKE_NOTHING: (
        "Answer for the DSO: the grid takes nothing",
        "Nothing of what was sold is activated. That cannot be undone.",
        "Yes, it takes nothing",
    ),
}


@dataclass(frozen=True, slots=True)
class OfferedOrder:
    """An order that a session takes as it stands.

    Attributes:
        action: Its name to REST.
        label: What it is called.
        told: What it does, and what it leaves behind.
        answer: The words of the second press, which gives it.
        ends: The instants until which something can be extended; none where nothing is.
    """

    action: str
    label: str
    told: str
    answer: str
    ends: Sequence[datetime]


def offered_orders(session: MarketSession, now: datetime) -> list[OfferedOrder]:
    """Return the orders that a session takes as it stands; an extension where there is room.

    Args:
        session: The session.
        now: The market's clock.
    """
    start = session.start_time
    due = session.decision_due or start
    delivered = start + timedelta(hours=session.duration)
    ends = {
        OverrideAction.EXTEND_GATE: _quarter_hours(max(session.gate_closes, now), start),
        OverrideAction.EXTEND_DECISION: _quarter_hours(max(due, now), delivered),
    }
    return [
        OfferedOrder(action.value, *words, ends.get(action, ()))
        for action, words in _WORDS.items()
        if session.status in TAKEN_IN[action] and ends.get(action) != []
    ]


def _quarter_hours(after: datetime, latest: datetime) -> list[datetime]:
    """Return the quarter-hours later than an instant, up to another one, the first ones of them."""
    count = max(0, math.ceil((latest - after) / QUARTER_HOUR))
    return [latest - place * QUARTER_HOUR for place in reversed(range(count))][:_MOST_ENDS]
