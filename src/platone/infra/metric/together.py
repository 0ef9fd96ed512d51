"""Figures of several parts that one context tells together."""

from collections.abc import Sequence

from prometheus_client import Metric

from platone.infra.metric.figure import Measured


class FiguresTogether:
    """The figures of some parts.

    Args:
        parts: The parts.
    """

    def __init__(self, *parts: Measured) -> None:
        self._parts = parts

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        return [each for part in self._parts for each in await part.measure()]
