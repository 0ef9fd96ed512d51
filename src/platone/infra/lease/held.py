"""The right of a worker to a step that one worker at a time does, as the worker knows it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Table

from platone.infra.lease.fence import Fence, fenced
from platone.infra.supervision import Turn

_REST_S = 0.5
"""Pause of a loop whose step another worker does, s."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """Where leases are shared.

    Attributes:
        database: URL of the records.
        table: The table of leases there.
        wake: Has leases looked at soon.
    """

    database: str
    table: Table
    wake: Callable[[], None]


class Lease:
    """The right of this worker to one step, as it knows it.

    Args:
        name: The step.
        sharing: With whom it is shared; None: with nobody, so that it is held always.

    Attributes:
        number: The number under which it is or was held.
        until_s: Until when it is held by the machine's steady clock, s; 0: it is not.
        has_news: Whether the worker that holds it is to be told.
    """

    def __init__(self, name: str, sharing: Sharing | None = None) -> None:
        self.name = name
        self._sharing = sharing
        self.number = 0
        self.until_s = 0.0
        self.has_news = False
        self._under_way = 0
        self._is_leaving = False

    @property
    def is_held(self) -> bool:
        """Return whether this worker may begin to do it now."""
        if self._sharing is None:
            return True
        return not self._is_leaving and time.monotonic() < self.until_s

    @contextlib.contextmanager
    def doing(self) -> Iterator[None]:
        """Do the step in what follows: what it writes is stored as long as the right stands."""
        self._under_way += 1
        try:
            with fenced(self._fence()):
                yield
        finally:
            self._under_way -= 1

    def held(self, turn: Turn) -> Turn:
        """Return a turn of a loop that does a turn where this worker holds the step, or rests."""

        async def guarded() -> None:
            if not self.is_held:
                await asyncio.sleep(_REST_S)
                return
            with self.doing():
                await turn()

        return guarded

    def tell(self) -> None:
        """Say to the worker that holds the step that there is something to look at."""
        if self._sharing is not None and not self.is_held:
            self.has_news = True
            self._sharing.wake()

    def has_left(self) -> bool:
        """Begin the step no more; return whether nothing of it is under way."""
        self._is_leaving = True
        return self._under_way == 0

    def take(self, number: int, until_s: float) -> None:
        """Note that it was taken."""
        self.number, self.until_s, self._is_leaving = number, until_s, False

    def lose(self) -> None:
        """Note that it is held no more."""
        self.until_s, self._is_leaving = 0.0, False

    def _fence(self) -> Fence | None:
        sharing = self._sharing
        if sharing is None:
            return None
        return Fence(sharing.database, sharing.table, self.name, self.number)
