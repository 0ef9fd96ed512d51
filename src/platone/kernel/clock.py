"""The current instant: of the machine's clock, or of a simulated one that can be moved forward."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from platone.kernel.errors import Kind, PlatoneError
from platone.kernel.record_time import check_recordable


class ClockRefused(PlatoneError):
    """A clock only goes forward, and only a simulated one can be set."""

    slug = "clock-refused"
    title = "The clock cannot be set so"
    kind = Kind.CONFLICT


class Clock(Protocol):
    """A source of the current instant, an aware UTC datetime."""

    def now(self) -> datetime:
        """Return the current instant, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, UTC."""
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that starts at a given instant and runs ``speed`` times as fast as real time.

    Args:
        start: The instant it shows at first, aware.
        speed: Simulated seconds per real second; 0 stands still until it is moved.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._shown = start.astimezone(UTC)
        self._read_s = time.monotonic()
        self._speed = speed

    def now(self) -> datetime:
        """Return the current simulated instant, UTC."""
        elapsed_s = (time.monotonic() - self._read_s) * self._speed
        return self._shown + timedelta(seconds=elapsed_s)

    def move_to(self, instant: datetime) -> None:
        """Move forward to an instant.

        Raises:
            ClockRefused: The instant lies in the simulated past.
            InstantOutOfRange: It lies outside the years that are recorded.
        """
        check_recordable(instant)
        now = self.now()
        if instant < now:
            raise ClockRefused(
                f"The simulated clock shows {now.isoformat()} and cannot go back to "
                f"{instant.isoformat()}.",
                now=now.isoformat(),
            )
        self._shown = instant.astimezone(UTC)
        self._read_s = time.monotonic()
