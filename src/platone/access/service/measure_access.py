"""Figures of the access layer for a monitoring system."""

from collections.abc import Sequence

from prometheus_client import Metric

from platone.access.records.message import MessageRecords
from platone.access.service.intake_figure import IntakeFigures
from platone.infra.metric.figure import gauge
from platone.infra.metric.outbox import OutboxFigures
from platone.kernel.clock import Clock


class MeasureAccess:
    """Tells what came from devices, and what of it waits.

    Args:
        records: The messages.
        outbox: The figures of the outbox.
        clock: The market's clock.

    Attributes:
        intake: The figures that are counted at the intake.
    """

    def __init__(self, records: MessageRecords, outbox: OutboxFigures, clock: Clock) -> None:
        self.intake = IntakeFigures()
        self._records, self._outbox, self._clock = records, outbox, clock

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        found = await self._records.numbers()
        since = found.uncertified_since
        age_s = 0.0 if since is None else (self._clock.now() - since).total_seconds()
        return [
            *self.intake.collect(),
            *await self._outbox.measure(),
            gauge(
                "platone_access_dead_letters",
                "Refused messages that are kept, and were neither taken since nor closed.",
                found.dead_letters,
            ),
            gauge(
                "platone_access_uncertified_messages",
                "Stored messages that were not yet handed on to be certified.",
                found.uncertified,
            ),
            gauge(
                "platone_access_uncertified_age_seconds",
                "Age of the oldest of them by the market's clock, s.",
                age_s,
            ),
        ]
