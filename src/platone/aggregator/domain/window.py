"""Which quarter-hours of which market day a session delivers."""

from dataclasses import dataclass
from datetime import datetime, time

from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.market import SessionReference

QUARTERS_PER_HOUR = 4
REAL_TIME_HOURS = 4
_HOURS_OF_CLOCK = 24
_NAME = {MarketType.DAY_AHEAD: "day-ahead", MarketType.REAL_TIME: "real-time"}


class SessionStartInvalid(PlatoneError):
    """No session of this kind delivers from this instant.

    A day-ahead session begins at local midnight of the market's zone; a real-time session at
    00, 04, 08, 12, 16 or 20 h local time. Look the sessions up with GET /api/marketSession.
    """

    slug = "session-start-invalid"
    title = "No session starts its delivery then"


@dataclass(frozen=True, slots=True)
class Window:
    """The delivery period of a session.

    Attributes:
        day: The market day.
        slots: Its quarter-hours that are delivered, counted from local midnight.
    """

    day: MarketDay
    slots: range

    @property
    def hours(self) -> int:
        """Hours of delivery: 23, 24 or 25; in real time 4, or 3 or 5 where clocks change."""
        return len(self.slots) // QUARTERS_PER_HOUR


def window_of(session: SessionReference, zone: str) -> Window:
    """The delivery period that a session's name stands for.

    Args:
        session: Kind and start of delivery.
        zone: IANA name of the market's zone.

    Raises:
        SessionStartInvalid: No session of the kind starts then.
    """
    day = MarketDay.holding(session.start_time, zone)
    starts = _starts(day, session.market_type)
    if session.start_time in starts:
        place = starts.index(session.start_time)
        end = day.quarter_hours if place + 1 == len(starts) else day.index(starts[place + 1])
        return Window(day, range(day.index(session.start_time), end))
    raise SessionStartInvalid(
        f"No {_NAME[session.market_type]} session of {zone} delivers from "
        f"{session.start_time.isoformat()}.",
        startTime=session.start_time.isoformat(),
        zone=zone,
    )


def _starts(day: MarketDay, kind: MarketType) -> list[datetime]:
    """Where sessions of a kind begin: real-time ones at 00, 04, 08, 12, 16 and 20 h wall time."""
    if kind is MarketType.DAY_AHEAD:
        return [day.start]
    return [day.at(time(hour)) for hour in range(0, _HOURS_OF_CLOCK, REAL_TIME_HOURS)]
