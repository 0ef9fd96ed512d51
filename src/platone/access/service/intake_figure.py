"""Figures of the messages that come from devices."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram, Metric

_BOUNDS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
"""Bounds of the times to a receipt that are counted, s: a commit takes some hundredths."""


class IntakeFigures:
    """Counts messages by what became of them, and times their receipts."""

    def __init__(self) -> None:
        self._messages = Counter(
            "platone_access_messages",
            "Messages of devices by result: stored, known already, refused, tryLater; and why.",
            ["result", "reason"],
            registry=None,
        )
        self._readings = Counter(
            "platone_access_readings", "Readings that were stored.", registry=None
        )
        self._receipt = Histogram(
            "platone_access_receipt_seconds",
            "Time from taking a message off the queue to sending its receipt, s.",
            buckets=_BOUNDS_S,
            registry=None,
        )

    def count(self, result: str, reason: str, readings: int) -> None:
        """Count a message.

        Args:
            result: What became of it.
            reason: The problem for which it was not taken; empty where it was.
            readings: How many readings of it were stored.
        """
        self._messages.labels(result, reason).inc()
        self._readings.inc(readings)

    def answered(self, messages: int, took_s: float) -> None:
        """Note that messages had their receipts, and after how long."""
        for _ in range(messages):
            self._receipt.observe(took_s)

    def collect(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        return [
            *self._messages.collect(),
            *self._readings.collect(),
            *self._receipt.collect(),
        ]
