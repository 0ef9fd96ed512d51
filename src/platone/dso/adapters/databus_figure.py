"""Figures of the bridge to the databus."""

from collections.abc import Sequence

from prometheus_client import Metric

from platone.infra.metric.figure import count


class DatabusFigures:
    """The counts of messages from outside that were passed on to the databus, or lost."""

    def __init__(self) -> None:
        self._passed = self._lost = 0

    def count(self, passed: int, lost: int) -> None:
        """Count some messages more."""
        self._passed += passed
        self._lost += lost

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        passed = "Messages that were passed on to the DSO's databus."
        lost = "Messages for the DSO's databus that were lost: no connection, or too many waited."
        return [
            count("platone_databus_passed", passed, self._passed),
            count("platone_databus_lost", lost, self._lost),
        ]
