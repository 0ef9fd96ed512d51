"""The sessions for which a baseline comes too late: those whose gate has closed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from platone.customers.domain.baseline import PowerSeries
from platone.customers.domain.instant import instant_at
from platone.kernel.market_time import MarketDay
from platone.kernel.session_gate import gate_of, sessions_on
from platone.kernel.session_window import MarketType
from platone.messages.base import ClosedSession

MOST_TOLD = 20
"""Sessions named in one answer, the latest: the seven of each of the three days around now."""
_LAST_OPEN = timedelta(days=2)
"""Time from now to the start of delivery from which on no gate has closed."""

SessionKey = tuple[MarketType, datetime]
"""The name of a session: its kind and the start of its delivery."""


def closed_sessions(
    power: PowerSeries, now: datetime, zone: str, moved: Mapping[SessionKey, datetime]
) -> tuple[ClosedSession, ...]:
    """Return the sessions that a series comes too late for, by start of delivery.

    Args:
        power: The series.
        now: When it came.
        zone: IANA name of the market's zone.
        moved: Gates that closed, or will close, at another time than the calendar has.
    """
    found: list[ClosedSession] = []
    for day in _days_back(power, now, zone):
        for market_type, window in sessions_on(day):
            closes = moved.get((market_type, window.start), gate_of(market_type, window).closes)
            first, end = window.start.timestamp(), window.end.timestamp()
            if closes <= now and first < power.end_s and end > power.start_s:
                found.append(
                    ClosedSession(
                        market_type=market_type, start_time=window.start, gate_closed=closes
                    )
                )
        if len(found) >= MOST_TOLD:
            break
    found.sort(key=lambda each: (each.start_time, each.market_type.value))
    return tuple(found[-MOST_TOLD:])


def _days_back(power: PowerSeries, now: datetime, zone: str) -> Iterator[MarketDay]:
    """Yield the market days of a series whose gates may have closed, the last one first."""
    last = min(instant_at(power.end_s - 1), now + _LAST_OPEN)
    day = MarketDay.holding(last, zone)
    while day.end.timestamp() > power.start_s:
        yield day
        day = day.previous
