"""A process that ends at a step of one's choice: what was done before stays done."""

import asyncio
from collections.abc import Callable
from typing import Any


class Killed(Exception):
    """The process ended here."""


class Mortal:
    """Passes calls on, and dies before or after the one of a number; what was done stays done."""

    def __init__(self, inner: Any, fate: "Fate") -> None:
        self._inner, self._fate = inner, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._fate.around(found) if asyncio.iscoroutinefunction(found) else found


class Fate:
    """Counts steps; the process dies at one of them.

    Args:
        step: The number of the step.
        is_done: Whether that step is still done.
    """

    def __init__(self, step: int, *, is_done: bool) -> None:
        self._left, self._is_done = step, is_done
        self.has_died = False

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def stepping(*values: Any, **named: Any) -> Any:
            self._left -= 1
            if self.has_died or (self._left < 0 and not self._is_done):
                self.has_died = True
                raise Killed
            result = await call(*values, **named)
            if self._left < 0:
                self.has_died = True
                raise Killed
            return result

        return stepping
