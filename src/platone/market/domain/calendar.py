"""The calendar of sessions: when each opens, closes and delivers, in the market zone's local time.

What each delivers is :mod:`platone.kernel.session_window`'s, and when its gate is open
:mod:`platone.kernel.session_gate`'s; both are read off D2.4 figures 3, 4 and 6.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property

from platone.kernel.canonical import content_hash
from platone.kernel.market_time import MarketDay, as_utc
from platone.kernel.session_gate import gate_of, sessions_on
from platone.kernel.session_window import SessionWindow, session_windows, window_starting
from platone.market.domain.problem.session import SessionOffCalendar, SessionState
from platone.messages.base import MarketType


class Status(Enum):
    """The states of a session."""

    CREATED = "created"
    """Its gate is not open yet."""
    ACTIVE = "active"
    """Its gate is open."""
    CLOSED = "closed"
    """It takes nothing more, and is being cleared."""
    OUTCOME = "outcome"
    """It is cleared; the DSO is asked what the grid can take of its trades."""
    VALIDATED = "validated"
    """Its trades are final, and are delivered and settled window by window."""
    NOT_TRADED = "notTraded"
    """There was no trade: nobody used it, nothing matched, or the grid took nothing."""
    NOT_VALIDATED = "notValidated"
    """The DSO did not answer in time: nothing of it is activated."""
    CANCELLED = "cancelled"
    """The operator cancelled it, or it was not cleared in time: nothing of it is activated."""
    NOT_PAID = "notPaid"
    """All of it was due, and not one trade could be paid yet."""
    PARTLY_PAID = "partlyPaid"
    """All of it was due, and some of its trades could not be paid yet."""
    SETTLED = "settled"
    """Every one of its trades is paid."""

    @property
    def takes_submissions(self) -> bool:
        """True where requests and offers are taken, as far as the gate is open."""
        return self in {Status.CREATED, Status.ACTIVE}

    @property
    def may_bring_trades(self) -> bool:
        """True where the session's final trades are not known yet."""
        return self.takes_submissions or self in {Status.CLOSED, Status.OUTCOME}

    @property
    def is_final(self) -> bool:
        """True where nothing is left to be done."""
        return not _NEXT[self]

    def follow(self, to: "Status") -> "Status":
        """Return the next state.

        Raises:
            SessionState: ``to`` does not follow this one.
        """
        if to not in _NEXT[self]:
            raise SessionState(
                f"A session that is {self.value} cannot become {to.value}.", status=self.value
            )
        return to


_NEXT: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.ACTIVE, Status.CANCELLED}),
    Status.ACTIVE: frozenset({Status.CLOSED, Status.CANCELLED}),
    Status.CLOSED: frozenset({Status.OUTCOME, Status.NOT_TRADED, Status.CANCELLED}),
    Status.OUTCOME: frozenset({Status.VALIDATED, Status.NOT_VALIDATED, Status.CANCELLED}),
    Status.VALIDATED: frozenset(
        {Status.NOT_TRADED, Status.NOT_PAID, Status.PARTLY_PAID, Status.SETTLED}
    ),
    Status.NOT_TRADED: frozenset(),
    Status.NOT_VALIDATED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.NOT_PAID: frozenset({Status.PARTLY_PAID, Status.SETTLED}),
    Status.PARTLY_PAID: frozenset({Status.SETTLED}),
    Status.SETTLED: frozenset(),
}
"""The states that may follow each one; what was paid is never taken back."""


@dataclass(frozen=True)
class SessionPlan:
    """A session as the calendar has it.

    Attributes:
        market_type: Day-ahead or real-time.
        window: What it delivers.
        gate_opens: From when it takes requests and offers, UTC.
        gate_closes: Until when, UTC; this instant is too late.
    """

    market_type: MarketType
    window: SessionWindow
    gate_opens: datetime
    gate_closes: datetime

    @cached_property
    def id(self) -> str:
        """The identifier, 24 digits that follow from kind and start: no session is made twice."""
        return content_hash([self.market_type, self.window.start])[:24]


def session_of(market_type: MarketType, window: SessionWindow) -> SessionPlan:
    """Return the session of a kind that delivers a window."""
    gate = gate_of(market_type, window)
    return SessionPlan(market_type, window, gate.opens, gate.closes)


def day_ahead_session(day: MarketDay) -> SessionPlan:
    """Return the session that trades a whole market day on the day before."""
    (window,) = session_windows(MarketType.DAY_AHEAD, day)
    return session_of(MarketType.DAY_AHEAD, window)


def sessions_delivering_on(day: MarketDay) -> tuple[SessionPlan, ...]:
    """Return the seven sessions of a market day: day-ahead, then real-time by start."""
    return tuple(session_of(market_type, window) for market_type, window in sessions_on(day))


def planned_session(market_type: MarketType, start: datetime, zone: str) -> SessionPlan:
    """Return the session of a kind that starts delivering at an instant.

    Raises:
        SessionOffCalendar: The calendar has none.
    """
    instant = as_utc(start)
    window = window_starting(market_type, instant, zone)
    if window is None:
        raise SessionOffCalendar(
            f"No {market_type.value} session starts delivering at {instant.isoformat()} in {zone}."
        )
    return session_of(market_type, window)
