"""When sessions open, close and deliver, in the local time of the market's zone.

Read off D2.4 figures 3, 4 and 6:

=========  =====================  ==============  ===============
session    gate opens             gate closes     delivers
=========  =====================  ==============  ===============
dayAhead   the day before, 11:00  15:30           the market day
realTime   start - 3 h            start - 2 h     until 4 h later
=========  =====================  ==============  ===============

Real-time sessions start when the zone's clocks show 00, 04, 08, 12, 16 and 20 o'clock, and end
where the next one starts. So they always part the market day; on the two days when clocks are
changed the first one has 3 or 5 hours. Their gates lie whole elapsed hours before the start.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from platone.kernel.canonical import content_hash
from platone.kernel.market_time import QUARTER_HOUR, MarketDay, as_utc
from platone.market.domain.problem import SessionOffCalendar, SessionState
from platone.messages.base import MarketType

_DAY_AHEAD_OPENS = time(11)
_DAY_AHEAD_CLOSES = time(15, 30)
_REAL_TIME_STARTS = tuple(time(hour) for hour in range(0, 24, 4))
_REAL_TIME_OPENS_BEFORE = timedelta(hours=3)
_REAL_TIME_CLOSES_BEFORE = timedelta(hours=2)
_HOUR = timedelta(hours=1)


class Status(Enum):
    """How far a session has come; each state follows the one above it."""

    CREATED = "created"
    ACTIVE = "active"
    CLOSED = "closed"
    OUTCOME = "outcome"
    VALIDATED = "validated"
    SETTLED = "settled"

    def follow(self, to: "Status") -> "Status":
        """The next state.

        Raises:
            SessionState: ``to`` does not follow this one.
        """
        order = list(Status)
        if order.index(to) != order.index(self) + 1:
            raise SessionState(
                f"A session that is {self.value} cannot become {to.value}.", status=self.value
            )
        return to


@dataclass(frozen=True, slots=True)
class Window:
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
        """Its quarter-hours, counted from local midnight."""
        first = self.day.index(self.start)
        return range(first, first + (self.end - self.start) // QUARTER_HOUR)

    @property
    def hours(self) -> int:
        """Its length in hours: 23 to 25 for a day, 3 to 5 in real time."""
        return (self.end - self.start) // _HOUR


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """A session as the calendar has it.

    Attributes:
        market_type: Day-ahead or real-time.
        window: What it delivers.
        gate_opens: From when it takes requests and offers, UTC.
        gate_closes: Until when, UTC; this instant is too late.
    """

    market_type: MarketType
    window: Window
    gate_opens: datetime
    gate_closes: datetime

    @property
    def id(self) -> str:
        """24 digits that follow from kind and start, so that no session is made twice."""
        return content_hash([self.market_type, self.window.start])[:24]


def real_time_windows(day: MarketDay) -> tuple[Window, ...]:
    """The six windows of a market day, in order; settlement runs at the end of each."""
    starts = [day.at(wall) for wall in _REAL_TIME_STARTS]
    ends = [*starts[1:], day.end]
    return tuple(Window(day, start, end) for start, end in zip(starts, ends, strict=True))


def day_ahead_session(day: MarketDay) -> SessionPlan:
    """The session that trades a whole market day on the day before."""
    before = day.previous
    return SessionPlan(
        MarketType.DAY_AHEAD,
        Window(day, day.start, day.end),
        before.at(_DAY_AHEAD_OPENS),
        before.at(_DAY_AHEAD_CLOSES),
    )


def real_time_session(window: Window) -> SessionPlan:
    """The session that trades a window shortly before it."""
    return SessionPlan(
        MarketType.REAL_TIME,
        window,
        window.start - _REAL_TIME_OPENS_BEFORE,
        window.start - _REAL_TIME_CLOSES_BEFORE,
    )


def sessions_delivering_on(day: MarketDay) -> tuple[SessionPlan, ...]:
    """The seven sessions of a market day: day-ahead, then real-time by start."""
    windows = real_time_windows(day)
    return (day_ahead_session(day), *(real_time_session(window) for window in windows))


def planned_session(market_type: MarketType, start: datetime, zone: str) -> SessionPlan:
    """The session of a kind that starts delivering at an instant.

    Raises:
        SessionOffCalendar: The calendar has none.
    """
    instant = as_utc(start)
    for plan in sessions_delivering_on(MarketDay.holding(instant, zone)):
        if plan.market_type is market_type and plan.window.start == instant:
            return plan
    raise SessionOffCalendar(
        f"No {market_type.value} session starts delivering at {instant.isoformat()} in {zone}."
    )


def window_holding(day: MarketDay, index: int) -> Window:
    """The real-time window that a quarter-hour of a day falls in."""
    return next(window for window in real_time_windows(day) if index in window.indices)
