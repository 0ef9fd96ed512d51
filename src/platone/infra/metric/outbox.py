"""Figures of an outbox: what waits, how long its first message does, and what was refused."""

import time
from collections.abc import Callable, Sequence

from prometheus_client import Metric
from sqlalchemy import func, select

from platone.infra.db import Database
from platone.infra.metric.figure import gauge
from platone.infra.outbox import Outbox


class OutboxFigures:
    """The figures of one context's outbox.

    How long its first message waits is known from the first look on: rows carry no time.

    Args:
        context: The context's name.
        outbox: The outbox.
        database: Its database.
        monotonic_s: A clock that never goes back, s.
    """

    def __init__(
        self,
        context: str,
        outbox: Outbox,
        database: Database,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context, self._outbox, self._database = context, outbox, database
        self._now = monotonic_s
        self._first: tuple[int, float] | None = None

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        rows = self._outbox.table.c
        waiting = select(func.count(), func.min(rows.id)).where(rows.state == "waiting")
        refused = select(func.count()).where(rows.state == "refused")
        async with self._database.reading() as connection:
            number, first = (await connection.execute(waiting)).one()
            set_aside = (await connection.execute(refused)).scalar_one()
        return [
            self._told("waiting", "Messages to other parties that wait.", number),
            self._told(
                "first_wait_seconds",
                "Seconds for which the message that is first in the outbox has been seen to wait.",
                self._wait_s(first),
            ),
            self._told("refused", "Messages that their receivers refused for good.", set_aside),
        ]

    def _wait_s(self, first: int | None) -> float:
        if first is None:
            self._first = None
            return 0.0
        if self._first is None or self._first[0] != first:
            self._first = first, self._now()
        return self._now() - self._first[1]

    def _told(self, name: str, text: str, value: float) -> Metric:
        return gauge(f"platone_outbox_{name}", text, {self._context: value}, "context")
