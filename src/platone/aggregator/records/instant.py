"""Instants in the aggregator's tables: texts that sort as the instants do."""

from datetime import UTC, datetime


def utc_text(instant: datetime) -> str:
    """Return an aware instant as text in UTC, ISO-8601."""
    return instant.astimezone(UTC).isoformat()
