"""The market's clock as it was chosen; a simulated one goes on where it was at the last stop."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platone.bootstrap.problem import ClockUnreadable
from platone.kernel.clock import Clock, ClockRefused, SimulatedClock, SystemClock
from platone.kernel.record_time import InstantOutOfRange, check_recordable
from platone.settings import Settings

_KEPT_EVERY = timedelta(seconds=1)
"""Simulated time after which the clock is written down again: at most as much is shown twice."""


class MarketClock:
    """The market's clock, and the file in which a simulated one is kept.

    Args:
        settings: Whether it is simulated, from when on, how fast, and the data folder.

    Attributes:
        clock: The clock.
    """

    def __init__(self, settings: Settings) -> None:
        self._file: Path = settings.data / "clock"
        self._kept = datetime.min.replace(tzinfo=UTC)
        self.clock: Clock = SystemClock()
        if settings.clock is not None:
            check_recordable(settings.clock)
            if self._file.exists():
                self._kept = _read(self._file)
            self.clock = SimulatedClock(max(settings.clock, self._kept), settings.speed)

    def keep(self, now: datetime) -> None:
        """Write down what a simulated clock shows; at most once a simulated second.

        Raises:
            OSError: It cannot be written; the next call tries again.
        """
        if isinstance(self.clock, SimulatedClock) and now - self._kept >= _KEPT_EVERY:
            self._write(now, is_durable=False)

    def move_to(self, instant: datetime) -> None:
        """Move a simulated clock forward; it is on the disk before anything sees it.

        Raises:
            ClockRefused: The clock is not simulated, or shows a later instant.
            InstantOutOfRange: It lies outside the years that are recorded.
            OSError: It cannot be written; then the clock was not moved.
        """
        if not isinstance(self.clock, SimulatedClock):
            raise ClockRefused("The machine's clock is not set here.")
        check_recordable(instant)
        if instant >= self.clock.now():
            self._write(instant, is_durable=True)
        self.clock.move_to(instant)

    def _write(self, now: datetime, *, is_durable: bool) -> None:
        draft = self._file.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            file.write(now.isoformat())
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the new name with no content
        draft.replace(self._file)
        if is_durable:
            folder = os.open(self._file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name, too, survives a power cut
            finally:
                os.close(folder)
        self._kept = now


def _read(file: Path) -> datetime:
    """Return the instant in a clock file.

    Raises:
        ClockUnreadable: It holds none.
    """
    try:
        instant = datetime.fromisoformat(file.read_text("utf-8"))
        check_recordable(instant)
    except (ValueError, TypeError, InstantOutOfRange) as error:
        raise ClockUnreadable(
            f"{file} holds no instant of the market's clock: put one there, such as "
            "2021-06-22T10:00:00+00:00, no earlier than the newest record."
        ) from error
    return instant
