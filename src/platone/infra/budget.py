"""Budgets that refill evenly, by which a pace is kept (a token bucket)."""

import time
from collections.abc import Callable


class Budget:
    """An amount that refills evenly; what is taken beyond it has to be waited for.

    Args:
        rate: What comes in a second.
        most: What it holds at most, and at first.
        now: A monotonic clock, s.
    """

    def __init__(self, rate: float, most: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._now = rate, most, now
        self._left, self._at_s = most, now()

    def wait_s(self) -> float:
        """Return how long to wait for what was taken beyond the budget, s."""
        return self.take(0)

    def take(self, amount: float) -> float:
        """Take an amount, and return how long to wait before the next one, s."""
        now_s = self._now()
        self._left = min(self._most, self._left + (now_s - self._at_s) * self._rate) - amount
        self._at_s = now_s
        return max(0.0, -self._left / self._rate)
