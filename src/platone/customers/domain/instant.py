"""Instants as whole seconds since 1970, UTC: exact, sortable, and quick to make in bulk."""

from datetime import UTC, datetime

from platone.customers.domain.problem import StartNotAligned
from platone.kernel.record_time import EARLIEST, LATEST, check_recordable

QUARTER_HOUR_S = 900
MINUTE_S = 60
EARLIEST_S = int(EARLIEST.timestamp())
"""First instant that is taken, s."""
LATEST_S = int(LATEST.timestamp())
"""End of the instants that are taken, s."""
_MILLION = 1_000_000
"""Microseconds of a second: instants are kept as whole ones."""


def aligned_s(instant: datetime, step_s: int) -> int:
    """Return the seconds of an aware instant that is a multiple of a step.

    Raises:
        InstantOutOfRange: It lies outside the years 2000 to 2099.
        StartNotAligned: It lies between the grid's points.
    """
    check_recordable(instant)
    seconds = instant.timestamp()
    if seconds % step_s or instant.microsecond:
        raise StartNotAligned(
            f"{instant.isoformat()} is not on a multiple of {step_s // MINUTE_S} minutes.",
            startTime=instant.isoformat(),
        )
    return int(seconds)


def instant_at(seconds: int) -> datetime:
    """Return the instant of whole seconds since 1970, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def microseconds_at(instant: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970, bounded to the years kept."""
    seconds = min(max(instant.timestamp(), EARLIEST_S), LATEST_S)
    return int(seconds) * _MILLION + instant.microsecond


def instant_at_us(value: int) -> datetime:
    """Return the instant of whole microseconds since 1970, UTC, exactly."""
    seconds, fraction = divmod(value, _MILLION)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction)
