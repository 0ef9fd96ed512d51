"""Instants as whole seconds since 1970, UTC: exact, sortable, and quick to make in bulk."""

from datetime import UTC, datetime

from platone.customers.domain.problem import StartNotAligned

QUARTER_HOUR_S = 900
MINUTE_S = 60
EARLIEST_S = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
LATEST_S = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_MILLION = 1_000_000


def grid_s(instant: datetime, step_s: int) -> int:
    """The seconds of an aware instant that lies on a grid.

    Raises:
        StartNotAligned: It lies between the grid's points, or not in the years 2000 to 2099.
    """
    # Not converted to UTC first: the first and last day of the calendar would overflow.
    seconds = instant.timestamp()
    if not EARLIEST_S <= seconds < LATEST_S:
        raise StartNotAligned(
            f"{instant.isoformat()} is not in the years 2000 to 2099.",
            startTime=instant.isoformat(),
        )
    if seconds % step_s or instant.microsecond:
        raise StartNotAligned(
            f"{instant.isoformat()} is not on a multiple of {step_s // MINUTE_S} minutes.",
            startTime=instant.isoformat(),
        )
    return int(seconds)


def at_s(seconds: int) -> datetime:
    """The instant of whole seconds, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def microseconds(instant: datetime) -> int:
    """An aware instant as whole microseconds since 1970, bounded to the years kept."""
    seconds = min(max(instant.timestamp(), EARLIEST_S), LATEST_S)
    return int(seconds) * _MILLION + instant.microsecond


def at_us(value: int) -> datetime:
    """The instant of whole microseconds, UTC, exactly."""
    seconds, fraction = divmod(value, _MILLION)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction)
