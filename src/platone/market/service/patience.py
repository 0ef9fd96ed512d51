"""Growing pauses before something that did not work is tried again."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.kernel.clock import Clock

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 900.0
"""Seconds: the first pause is as long as a server's hiccup, the longest one a quarter-hour, as long
as readings take to come."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """A pause: until when by the market's clock, and by the machine's."""

    began: datetime
    until: datetime
    until_s: float


class Patience:
    """Growing pauses: one second, doubling up to a quarter of an hour, by the market's clock.

    Where that clock stands still, as a simulated one may, they are real seconds: what is waited for
    is another system's answer. A pause that began by a clock that was set back since is over.
    Pauses live in memory: after a restart all may be tried at once.

    Args:
        clock: The market's clock.
        seconds: A steady count of real seconds.
    """

    def __init__(self, clock: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = seconds
        self._tries: dict[Hashable, int] = {}
        self._pauses: dict[Hashable, _Pause] = {}

    def is_ripe(self, key: Hashable) -> bool:
        """Return whether something may be tried (again) now."""
        pause = self._pauses.get(key)
        if pause is None:
            return True
        now = self._clock.now()
        if now == pause.began:
            return self._seconds() >= pause.until_s
        return not pause.began < now < pause.until

    def tries(self, key: Hashable) -> int:
        """Return how often something has failed in a row."""
        return self._tries.get(key, 0)

    def wait(self, key: Hashable) -> None:
        """Note that it did not work: pause, twice as long as the last time."""
        tries = self.tries(key)
        self._tries[key] = tries + 1
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(tries, 20), _LONGEST_PAUSE_S)
        now = self._clock.now()
        until = now + timedelta(seconds=pause_s)
        self._pauses[key] = _Pause(now, until, self._seconds() + pause_s)

    def forget(self, key: Hashable) -> None:
        """Note that it worked, or shall be tried at once."""
        self._tries.pop(key, None)
        self._pauses.pop(key, None)

    def hurry(self) -> None:
        """Let everything be tried at once."""
        self._pauses.clear()
