"""Growing pauses before something that did not work is tried again."""

from collections.abc import Callable, Hashable

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 900.0
"""Seconds: the first pause is as long as a server's hiccup, the longest one a quarter-hour, as long
as readings take to come."""


class Patience:
    """Growing pauses: one second, doubling up to a quarter of an hour.

    The seconds are the market's clock's, as of all that happens on its own. It lives in memory:
    after a restart everything may be tried at once.

    Args:
        seconds: The count of seconds by the market's clock.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._tries: dict[Hashable, int] = {}
        self._next_s: dict[Hashable, float] = {}

    def is_ripe(self, key: Hashable) -> bool:
        """Return whether something may be tried (again) now."""
        return self._seconds() >= self._next_s.get(key, 0.0)

    def tries(self, key: Hashable) -> int:
        """Return how often something has failed in a row."""
        return self._tries.get(key, 0)

    def wait(self, key: Hashable) -> None:
        """Note that it did not work: pause, twice as long as the last time."""
        tries = self.tries(key)
        self._tries[key] = tries + 1
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(tries, 20), _LONGEST_PAUSE_S)
        self._next_s[key] = self._seconds() + pause_s

    def forget(self, key: Hashable) -> None:
        """Note that it worked, or shall be tried at once."""
        self._tries.pop(key, None)
        self._next_s.pop(key, None)

    def hurry(self) -> None:
        """Let everything be tried at once."""
        self._next_s.clear()
