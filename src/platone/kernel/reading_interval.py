"""The intervals of readings that are taken: one rule at every door, so that all of it settles."""

from datetime import UTC, datetime, timedelta

from platone.kernel.errors import Kind, PlatoneError
from platone.kernel.market_time import QUARTER_HOUR_MINUTES

READING_MINUTES = (1, 3, 5, 15, 30, 60)
"""Lengths of readings, minutes: a whole number of them fills a quarter-hour, or is filled by some
(kernel/reading_choice.py says how a longer one is spread)."""


class DurationNotTaken(PlatoneError):
    """A reading lasts 1, 3, 5, 15, 30 or 60 minutes.

    The market settles quarter-hours. Whole numbers of the shorter ones fill one; a longer one is
    spread evenly over its quarter-hours, which then count as estimated. Where a meter begins or
    ends, a reading with its registers may be any part of a quarter-hour, in whole minutes.
    """

    slug = "duration-not-taken"
    title = "Readings of this length are not taken"


class IntervalMisaligned(PlatoneError):
    """A reading's interval begins at a multiple of its own length, counted from the hour."""

    slug = "interval-misaligned"
    title = "The reading's interval is not aligned"


class IntervalInFuture(PlatoneError):
    """A reading's interval is not over yet, so it is to be sent again later.

    A Light Node's receipt says `tryLater`, and it goes on sending; so does the access layer where
    the customer database says it of an item. Check the clock of the device, and the servers'.
    """

    slug = "interval-in-future"
    title = "The reading is from the future"
    kind = Kind.TOO_EARLY


def check_interval(start: datetime, minutes: int, *, may_be_part: bool = False) -> None:
    """Check that an interval is one of those that tell of quarter-hours.

    Args:
        start: Its start.
        minutes: Its length.
        may_be_part: Whether any whole minutes within one quarter-hour are taken too, as where a
            meter is replaced.

    Raises:
        DurationNotTaken: It has another length.
        IntervalMisaligned: It does not begin at a multiple of its length.
    """
    if may_be_part and _is_part(start, minutes):
        return
    if minutes not in READING_MINUTES:
        taken = ", ".join(map(str, READING_MINUTES[:-1]))
        raise DurationNotTaken(
            f"A reading of {minutes} minutes tells of no quarter-hour; {taken} or "
            f"{READING_MINUTES[-1]} minutes are taken.",
            durationMinutes=minutes,
        )
    utc = start.astimezone(UTC)
    since_hour = utc - utc.replace(minute=0, second=0, microsecond=0)
    if since_hour % timedelta(minutes=minutes):
        raise IntervalMisaligned(
            f"{minutes} minutes from {utc.isoformat()} are not aligned.", startTime=utc.isoformat()
        )


def _is_part(start: datetime, minutes: int) -> bool:
    """Return whether an interval is whole minutes that lie within one quarter-hour."""
    begins = start.astimezone(UTC).minute % QUARTER_HOUR_MINUTES
    is_whole = start.second == start.microsecond == 0
    return is_whole and 0 < minutes <= QUARTER_HOUR_MINUTES - begins


def check_over(start: datetime, minutes: int, now: datetime, tolerance: timedelta) -> None:
    """Check that an interval is over, by a clock that may be behind by a tolerance.

    Raises:
        IntervalInFuture: It is not.
    """
    if start + timedelta(minutes=minutes) > now + tolerance:
        raise IntervalInFuture(
            f"The interval from {start.astimezone(UTC).isoformat()} is not over at "
            f"{now.isoformat()}.",
            startTime=start.astimezone(UTC).isoformat(),
        )
