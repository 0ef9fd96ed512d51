"""The delivery period of a session that an aggregator names, or the problem that it is none."""

from platone.aggregator.domain.problem import SessionStartInvalid
from platone.kernel.record_time import check_recordable
from platone.kernel.session_window import SessionWindow, window_starting
from platone.messages.base import MarketType
from platone.messages.market import SessionReference

_NAME = {MarketType.DAY_AHEAD: "day-ahead", MarketType.REAL_TIME: "real-time"}


def window_of(session: SessionReference, zone: str) -> SessionWindow:
    """Return the delivery period that a session's name stands for.

    Args:
        session: Kind and start of delivery.
        zone: IANA name of the market's zone.

    Raises:
        InstantOutOfRange: It lies outside the years that are recorded.
        SessionStartInvalid: No session of the kind starts then.
    """
    check_recordable(session.start_time)
    window = window_starting(session.market_type, session.start_time, zone)
    if window is None:
        raise SessionStartInvalid(
            f"No {_NAME[session.market_type]} session of {zone} delivers from "
            f"{session.start_time.isoformat()}.",
            startTime=session.start_time.isoformat(),
            zone=zone,
        )
    return window
