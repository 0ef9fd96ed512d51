"""A look at the machine's clock: one that shows an instant long past is told.

Certificates, tokens and market times depend on it. The latest instant that a data folder's server
has seen is kept in it; where the clock shows an earlier one, `/health` has an alarm until it is
right, or until a person says that the later instant was the wrong one.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platone.infra.key_file import write_private
from platone.kernel.clock import Clock, SystemClock
from platone.kernel.errors import Kind, PlatoneError

_ALLOWED = timedelta(minutes=5)
"""How far a clock may go back: a correction over the network moves it by seconds."""
_LOOK_S = 10.0
"""Pause between two looks, s: a monitor asks a few times a minute."""
_KEPT_EVERY = timedelta(minutes=1)
"""Time after which the latest instant is written down again: far less than is allowed."""


class ClockSetBack(PlatoneError):
    """The machine's clock shows an instant before one that the server has seen already.

    Set the clock right. Where the later instant was the wrong one, write the right one into the
    file `machine-clock` of the data folder, and start the server again.
    """

    slug = "clock-set-back"
    title = "The machine's clock was set back"
    kind = Kind.UNAVAILABLE


def latest_seen(folder: Path) -> datetime | None:
    """Return the latest instant that a data folder's server has seen; None for a new folder.

    A folder of an earlier version tells it by the times of its databases.
    """
    try:
        found = datetime.fromisoformat((folder / "machine-clock").read_text("utf-8").strip())
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (FileNotFoundError, ValueError):
        times = [each.stat().st_mtime for each in (*folder.glob("*.db"), *folder.glob("*/*.db"))]
        return datetime.fromtimestamp(max(times), UTC) if times else None


def check_machine_clock(seen: datetime | None, now: datetime) -> None:
    """Check that a clock shows no instant long before one that was seen.

    Raises:
        ClockSetBack: It does.
    """
    if seen is not None and now < seen - _ALLOWED:
        raise ClockSetBack(
            f"The machine's clock shows {now.isoformat(timespec='seconds')}, and this folder's "
            f"server has seen {seen.isoformat(timespec='seconds')}.",
            now=now.isoformat(),
            seen=seen.isoformat(),
        )


class WatchClock:
    """Watches the machine's clock, as a background loop.

    Args:
        folder: The data folder.
        clock: The machine's clock.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder, self._clock = folder, clock or SystemClock()
        self._seen = latest_seen(folder)
        self._kept: datetime | None = None

    async def turn(self) -> None:
        """Look at the clock, and wait a moment.

        Raises:
            ClockSetBack: It was set back.
        """
        now = self._clock.now()
        check_machine_clock(self._seen, now)
        self._seen = now if self._seen is None else max(self._seen, now)
        if self._kept is None or self._seen - self._kept >= _KEPT_EVERY:
            text = self._seen.isoformat().encode()
            await asyncio.to_thread(write_private, self._folder / "machine-clock", text)
            self._kept = self._seen
        await asyncio.sleep(_LOOK_S)
