"""Figures of the market for a monitoring system: sessions by state, and what is late."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from prometheus_client import Metric

from platone.infra.metric.figure import gauge
from platone.infra.metric.outbox import OutboxFigures
from platone.kernel.clock import Clock
from platone.market.records.unit import MarketRecords


class MeasureMarket:
    """Tells how many sessions there are in each state, and how late their steps are.

    Args:
        records: The market's records.
        outbox: The figures of its outbox.
        clock: The market's clock.
    """

    def __init__(self, records: MarketRecords, outbox: OutboxFigures, clock: Clock) -> None:
        self._records, self._outbox, self._clock = records, outbox, clock

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        now = self._clock.now()
        async with self._records.reading() as unit:
            numbers = await unit.sessions.numbers()
            closing = [each.plan.gate_closes for each in await unit.sessions.to_progress(now)]
            deciding = [each.decision_due for each in await unit.sessions.undecided()]
            settling = await unit.sessions.unsettled_since()
        late = {
            "clear": _late_s(now, closing),
            "decide": _late_s(now, deciding),
            "settle": _late_s(now, [] if settling is None else [settling]),
        }
        by_state = {state.value: float(number) for state, number in numbers.items()}
        return [
            *await self._outbox.measure(),
            gauge("platone_market_sessions", "Sessions by state.", by_state, "state"),
            gauge(
                "platone_market_late_seconds",
                "How long the step of a session is overdue that waits longest, by the market's "
                "clock: clear since the gate, decide since its deadline, settle since delivery, s.",
                late,
                "step",
            ),
        ]


def _late_s(now: datetime, due: Iterable[datetime]) -> float:
    """Return how long ago the first of some instants was; 0 where none has passed."""
    return max([0.0, *((now - each).total_seconds() for each in due)])
