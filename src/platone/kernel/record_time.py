"""The instants that are taken: one rule for all parties, so that what one takes, the next can.

It is asked at the first door of whatever names an instant; later ones rely on it. The bounds of a
search are only compared with what is recorded, so they may be any.
"""

from datetime import UTC, datetime

from platone.kernel.errors import PlatoneError

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""First instant that is taken: no record of this market is older."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""End of the instants that are taken: nothing is planned so far ahead."""


class InstantOutOfRange(PlatoneError):
    """An instant lies outside the years 2000 to 2099, so it is a slip of a date or of a clock."""

    slug = "instant-out-of-range"
    title = "The instant lies outside the years 2000 to 2099"


def is_recordable(instant: datetime) -> bool:
    """Return whether an aware instant may be recorded."""
    return EARLIEST <= instant < LATEST


def check_recordable(instant: datetime) -> None:
    """Check that an aware instant may be recorded.

    Raises:
        InstantOutOfRange: It lies outside the years 2000 to 2099.
    """
    if not is_recordable(instant):
        raise InstantOutOfRange(
            f"{instant.isoformat()} is not in the years 2000 to 2099.",
            instant=instant.isoformat(),
        )
