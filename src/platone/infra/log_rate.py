"""A bound on the rate of log lines: what repeats is counted, and told once in a while."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

ALLOWED = 5
"""Lines of one kind in a window: enough to see that it is not a single event."""
WINDOW_S = 60.0
"""Length of a window, s: a person who watches sees what goes on within a minute."""
_KINDS = 500
"""Kinds of lines that are counted at once; the oldest is forgotten first."""


@dataclass(slots=True)
class _Count:
    since_s: float
    lines: int = 0


class LogRate(logging.Filter):
    """A filter of a handler that lets some lines of a kind through in each window of time.

    A kind is a logger and a message before its arguments. The first line of the next window tells
    how many were left out.

    Args:
        allowed: Lines of a kind in a window.
        window_s: Length of a window, s.
        monotonic_s: A clock that never goes back, s.
    """

    def __init__(
        self,
        allowed: int = ALLOWED,
        window_s: float = WINDOW_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._allowed, self._window_s, self._now = allowed, window_s, monotonic_s
        self._counts: OrderedDict[tuple[str, object], _Count] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written."""
        now, kind = self._now(), (record.name, record.msg)
        count = self._counts.get(kind)
        if count is None or now - count.since_s >= self._window_s:
            left_out = 0 if count is None else count.lines - self._allowed
            count = self._counts[kind] = _Count(now)
            self._counts.move_to_end(kind)
            if len(self._counts) > _KINDS:
                self._counts.popitem(last=False)
            if left_out > 0:
                record.msg = f"{record.msg} (and {left_out} more like it before)"
        count.lines += 1
        return count.lines <= self._allowed
