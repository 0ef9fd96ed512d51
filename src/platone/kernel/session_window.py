"""The quarter-hours of a market day that each session delivers (D2.4 figures 3, 4 and 6).

A day-ahead session delivers the whole market day. Six real-time sessions start when the zone's
clocks show 00, 04, 08, 12, 16 and 20 o'clock, and each ends where the next one starts. So they
always part the market day; where clocks are changed between two starts, the session has an hour
less or more than four.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from platone.kernel.market_time import QUARTER_HOUR, MarketDay

REAL_TIME_STARTS = tuple(time(hour) for hour in range(0, 24, 4))
"""Wall-clock times of the market's zone at which real-time sessions start (D2.4 figure 6)."""
_HOUR = timedelta(hours=1)
"""The unit in which a session's length is told."""


class MarketType(Enum):
    """The kind of a market session."""

    DAY_AHEAD = "dayAhead"
    REAL_TIME = "realTime"


@dataclass(frozen=True, slots=True)
class SessionWindow:
    """A half-open period of delivery within one market day.

    Attributes:
        day: The market day.
        start: Its first instant, UTC.
        end: The instant after it, UTC.
    """

    day: MarketDay
    start: datetime
    end: datetime

    @property
    def indices(self) -> range:
        """The quarter-hours that are delivered, counted from local midnight."""
        first = self.day.index(self.start)
        return range(first, first + (self.end - self.start) // QUARTER_HOUR)

    @property
    def hours(self) -> int:
        """The length in hours: 23 to 25 for a day, 3 to 5 in real time."""
        return (self.end - self.start) // _HOUR


def session_windows(market_type: MarketType, day: MarketDay) -> tuple[SessionWindow, ...]:
    """Return the windows that the sessions of a kind deliver on a market day, in order.

    Args:
        market_type: Day-ahead has one session a day, real-time has six.
        day: The market day.
    """
    if market_type is MarketType.DAY_AHEAD:
        return (SessionWindow(day, day.start, day.end),)
    starts = [day.at(wall) for wall in REAL_TIME_STARTS]
    ends = [*starts[1:], day.end]
    return tuple(SessionWindow(day, start, end) for start, end in zip(starts, ends, strict=True))


def window_starting(market_type: MarketType, start: datetime, zone: str) -> SessionWindow | None:
    """Return the window of the session of a kind that starts at an instant, if there is one.

    Args:
        market_type: Day-ahead or real-time.
        start: The start of delivery, aware.
        zone: IANA name of the market's zone.
    """
    windows = session_windows(market_type, MarketDay.holding(start, zone))
    return next((window for window in windows if window.start == start), None)


def real_time_window(instant: datetime, zone: str) -> SessionWindow:
    """Return the real-time window that an instant falls in.

    Args:
        instant: An aware instant.
        zone: IANA name of the market's zone.
    """
    windows = session_windows(MarketType.REAL_TIME, MarketDay.holding(instant, zone))
    return next(window for window in windows if instant < window.end)
