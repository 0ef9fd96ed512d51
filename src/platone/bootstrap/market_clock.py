"""The market's clock as it was chosen; a simulated one goes on where it was at the last stop."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from platone.kernel.clock import Clock, SimulatedClock, SystemClock
from platone.settings import Settings

_KEPT_EVERY = timedelta(seconds=1)


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
            if self._file.exists():
                self._kept = datetime.fromisoformat(self._file.read_text("utf-8"))
            self.clock = SimulatedClock(max(settings.clock, self._kept), settings.speed)

    def keep(self, now: datetime) -> None:
        """Write down what a simulated clock shows; at most once a simulated second."""
        if isinstance(self.clock, SimulatedClock) and now - self._kept >= _KEPT_EVERY:
            draft = self._file.with_suffix(".new")
            draft.write_text(now.isoformat(), "utf-8")
            draft.replace(self._file)
            self._kept = now
