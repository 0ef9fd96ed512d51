"""The instants that are recorded: one rule for all parties, so that what one takes, the next can.

It is asked at the first door of each record; later ones rely on it.
"""

from datetime import UTC, datetime

from platone.kernel.errors import PlatoneError

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""First instant that is recorded: no record of this market is older."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""End of the instants that are recorded: nothing is planned so far ahead."""


class InstantOutOfRange(PlatoneError):
    """An instant lies outside the years 2000 to 2099, so it is a slip of a date or of a clock."""

    slug = "instant-out-of-range"
    title = "The instant lies outside the years 2000 to 2099"


def check_recordable(instant: datetime) -> None:
    """Check that an aware instant may be recorded.

    Raises:
        InstantOutOfRange: It lies outside the years 2000 to 2099.
    """
    if not EARLIEST <= instant < LATEST:
        raise InstantOutOfRange(
            f"{instant.isoformat()} is not in the years 2000 to 2099.",
            instant=instant.isoformat(),
        )
