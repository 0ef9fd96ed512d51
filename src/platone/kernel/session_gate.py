"""The gates of market sessions by the calendar: from when and until when each takes messages.

Read off D2.4 figures 3, 4 and 6:

=========  =====================  ==============
session    gate opens             gate closes
=========  =====================  ==============
dayAhead   the day before, 11:00  15:30
realTime   start - 3 h            start - 2 h
=========  =====================  ==============

The gates of real-time sessions lie whole elapsed hours before the start, also where clocks are
changed in between. Every party knows them: until its gate closes, a session's baselines can change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import MarketType, SessionWindow, session_windows

_DAY_AHEAD_OPENS = time(11)
_DAY_AHEAD_CLOSES = time(15, 30)
"""The gate of the day-ahead session on the day before, local time (D2.4 figure 3)."""
_REAL_TIME_OPENS_BEFORE = timedelta(hours=3)
_REAL_TIME_CLOSES_BEFORE = timedelta(hours=2)
"""The gate of a real-time session, before its delivery starts (D2.4 figure 4)."""


@dataclass(frozen=True, slots=True)
class SessionGate:
    """The gate of a session.

    Attributes:
        opens: From when the session takes requests and offers, UTC.
        closes: Until when, UTC; this instant is too late.
    """

    opens: datetime
    closes: datetime


def gate_of(market_type: MarketType, window: SessionWindow) -> SessionGate:
    """Return the gate that the calendar gives the session which delivers a window."""
    if market_type is MarketType.DAY_AHEAD:
        before = window.day.previous
        return SessionGate(before.at(_DAY_AHEAD_OPENS), before.at(_DAY_AHEAD_CLOSES))
    return SessionGate(
        window.start - _REAL_TIME_OPENS_BEFORE, window.start - _REAL_TIME_CLOSES_BEFORE
    )


def sessions_on(day: MarketDay) -> Iterator[tuple[MarketType, SessionWindow]]:
    """Yield the seven sessions of a market day: day-ahead, then real-time by start."""
    for market_type in (MarketType.DAY_AHEAD, MarketType.REAL_TIME):
        for window in session_windows(market_type, day):
            yield market_type, window
