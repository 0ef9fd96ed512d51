"""Supervision of background loops: a failed turn is tried again, and a stopped loop is told.

A loop is a turn that is called again and again. One turn::

    running ──turn──► finished ─────────────► the next turn, at once (a turn waits by itself)
                 └──► failed ──► one line in the log ──► a pause, each time twice as long
                 └──► cancelled, and nobody asked for it: an alarm in the log, state "stopped"
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from platone.infra.ending import end_tasks
from platone.kernel.errors import PlatoneError

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.1
"""Pause after a first failed turn, s; each further one is twice as long."""
_LONGEST_PAUSE_S = 30.0
"""Longest pause after failed turns, s: what has recovered goes on within it."""
_FORGIVEN_S = 60.0
"""A turn that has gone on so long after a failure, without failing again, counts as well, s:
turns that wait for messages may wait for hours."""

Turn = Callable[[], Awaitable[object]]


class LoopState(Enum):
    """The states of a loop."""

    RUNNING = "running"
    """Its last turn went well, or its first one is under way."""
    FAILING = "failing"
    """Its last turn failed; it is tried again."""
    STALLED = "stalled"
    """Its turn takes longer than any turn should."""
    STOPPED = "stopped"
    """It has ended, and nobody asked for it."""


@dataclass(frozen=True, slots=True)
class LoopHealth:
    """The health of a loop at an instant.

    Attributes:
        name: The loop's name.
        state: How it stands.
        last_turn_at: When its last turn ended well, by the machine's clock; None before the first.
        age_s: Time since then, or since its start, s.
        failures: Failed turns since the last one that ended well.
        all_failures: Failed turns since its start.
    """

    name: str
    state: LoopState
    last_turn_at: datetime | None
    age_s: float
    failures: int
    all_failures: int


class Loop:
    """A background loop; made by :meth:`Supervisor.start`.

    Args:
        name: Its name, for the log and for /health.
        turn: What is done in each turn; it waits by itself for what it needs.
        longest_pause_s: Longest pause after failed turns, s.
        stalled_s: How long a turn may take, s; None for a turn that waits for others.
    """

    def __init__(
        self, name: str, turn: Turn, longest_pause_s: float, stalled_s: float | None
    ) -> None:
        self.name = name
        self.is_ending = False
        self._turn = turn
        self._longest_pause_s = longest_pause_s
        self._stalled_s = stalled_s
        self._failures = self._all_failures = 0
        self._last_turn_at: datetime | None = None
        self._beat_s = time.monotonic()
        self._failed_s = 0.0
        self.task = asyncio.create_task(self._run(), name=name)
        self.task.add_done_callback(self._ended)

    def beat(self) -> None:
        """Tell that all is well: at the end of a turn, and within a long one."""
        if self._failures:
            _log.warning("%s works again after %d failures", self.name, self._failures)
        self._failures = 0
        self._beat_s = time.monotonic()
        self._last_turn_at = datetime.now(UTC)

    def health(self) -> LoopHealth:
        """Return the loop's health now."""
        age_s = time.monotonic() - self._beat_s
        state = LoopState.RUNNING
        if self.task.done():
            state = LoopState.STOPPED
        elif self._failures and time.monotonic() - self._failed_s < _FORGIVEN_S:
            state = LoopState.FAILING
        elif self._stalled_s is not None and age_s > self._stalled_s:
            state = LoopState.STALLED
        return LoopHealth(
            self.name, state, self._last_turn_at, age_s, self._failures, self._all_failures
        )

    async def _run(self) -> None:
        while not self.is_ending:
            try:
                await self._turn()
            except asyncio.CancelledError:
                if self.task.cancelling():
                    raise
                await self._pause(RuntimeError("the turn was cancelled from within"))
            except Exception as error:  # noqa: BLE001 - whatever fails, the next turn is tried
                await self._pause(error)
            else:
                self.beat()

    async def _pause(self, error: Exception) -> None:
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(self._failures, 20), self._longest_pause_s)
        self._failures += 1
        self._all_failures += 1
        self._failed_s = time.monotonic() + pause_s
        is_surprise = self._failures == 1 and not isinstance(error, PlatoneError)
        _log.warning(
            "%s failed (%d times in a row), next turn in %.1f s: %r",
            self.name,
            self._failures,
            pause_s,
            error,
            exc_info=error if is_surprise else None,
        )
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self.is_ending:
            why = "cancelled" if task.cancelled() else repr(task.exception())
            _log.critical("%s has stopped and will do nothing more: %s", self.name, why)


class Supervisor:
    """Runs the background loops of one component.

    Args:
        component: Its name, which begins the loops' names.
    """

    def __init__(self, component: str) -> None:
        self._component = component
        self._loops: dict[str, Loop] = {}

    def start(
        self,
        name: str,
        turn: Turn,
        *,
        longest_pause_s: float = _LONGEST_PAUSE_S,
        stalled_s: float | None = None,
    ) -> Loop:
        """Start a loop; it goes on until it is ended here.

        Args:
            name: Its name within the component.
            turn: What is done in each turn; it waits by itself for what it needs.
            longest_pause_s: Longest pause after failed turns, s.
            stalled_s: How long a turn may take, s; None for a turn that waits for others.
        """
        loop = Loop(f"{self._component}.{name}", turn, longest_pause_s, stalled_s)
        self._loops[name] = loop
        return loop

    async def finish(self, name: str, timeout_s: float) -> None:
        """Let a loop finish its turn, and end it; after a while it is cancelled."""
        loop = self._loops.get(name)
        if loop is not None:
            loop.is_ending = True
            await asyncio.wait([loop.task], timeout=timeout_s)
            await self._cancel([loop])
            del self._loops[name]

    async def stop(self) -> None:
        """Cancel all loops."""
        await self._cancel(list(self._loops.values()))
        self._loops.clear()

    async def wait(self) -> None:
        """Wait until a loop ends."""
        tasks = [loop.task for loop in self._loops.values()]
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    def health(self) -> Iterator[LoopHealth]:
        """Yield the health of each loop."""
        for loop in self._loops.values():
            yield loop.health()

    async def _cancel(self, loops: list[Loop]) -> None:
        for loop in loops:
            loop.is_ending = True
        await end_tasks(loop.task for loop in loops)
