"""Instants as whole microseconds since 1970, UTC: exact, and integers sort in every database."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds_at(instant: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_at_us(value: int) -> datetime:
    """Return the instant of whole microseconds since 1970, UTC."""
    return _EPOCH + value * _MICROSECOND
