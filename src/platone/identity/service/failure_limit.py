"""A limit on failures: so many in a window of time, then nothing more from there is heard."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Window:
    ends_s: float
    failures: int = 0


class FailureLimit:
    """Counts failures by key in fixed windows.

    Args:
        allowed: Failures that a window bears.
        window_s: Its length, seconds.
        monotonic_s: A clock that never goes back, seconds.
        capacity: Keys held at most; the oldest window is forgotten first.
    """

    def __init__(
        self,
        allowed: int,
        window_s: float,
        monotonic_s: Callable[[], float],
        capacity: int = 10_000,
    ) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._now = monotonic_s
        self._capacity = capacity
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def wait_s(self, key: str) -> int:
        """Return the whole seconds until a key is heard again; 0 where it is heard now."""
        window = self._windows.get(key)
        if window is None or window.failures < self._allowed:
            return 0
        return max(0, math.ceil(window.ends_s - self._now()))

    def has_failed(self, key: str) -> bool:
        """Return whether a key has failed in its window."""
        window = self._windows.get(key)
        return window is not None and window.ends_s > self._now()

    def count(self, key: str) -> None:
        """Count a failure of a key."""
        now = self._now()
        window = self._windows.get(key)
        if window is None or window.ends_s <= now:
            self._windows.pop(key, None)
            window = self._windows[key] = _Window(now + self._window_s)
        window.failures += 1
        if len(self._windows) > self._capacity:
            self._windows.popitem(last=False)
