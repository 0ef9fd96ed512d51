"""The beginning of a day of delivery as it was metered, kept while a window's parts are settled.

A long outcome is settled by parts of few quarter-hours each, of mostly the same points of delivery.
Each part needs their whole day so far, for baselines and their errors: 10,000 points of delivery
in 40 parts would read 20 million readings in place of one million.
"""

from array import array
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import cast

Energies = tuple[int | None, ...]
"""Energies of a day's quarter-hours, millionths of a kWh; none where nothing is measured."""
_KEPT_FOR = timedelta(minutes=10)
"""Time, by the market's clock, for which a day is at hand: the parts of one window take less. A
correction is told at once and ends it; what else may change of a day so young is read anew soon."""
_MOST_PODS = 50_000
"""Points of delivery whose day is kept, some 40 MB: five of the largest sessions."""


class DayAtHand:
    """The first quarter-hours of points of delivery on their day, where all were metered.

    Args:
        most_pods: Points of delivery that are kept.
    """

    def __init__(self, most_pods: int = _MOST_PODS) -> None:
        self._most_pods = most_pods
        self._pods: dict[str, tuple[date, datetime, array[int]]] = {}

    def find(self, pod: str, on: date, count: int, now: datetime) -> Energies | None:
        """Return the energies of a day's first quarter-hours; None where they are to be read."""
        day, read_at, energies = self._pods.get(pod, (None, now, ()))
        if day != on or len(energies) < count or now - read_at > _KEPT_FOR:
            return None
        return tuple(energies[:count])

    def keep(self, pod: str, on: date, energies: Energies, now: datetime) -> None:
        """Keep what was just read, if nothing lacks: what lacks may come at any time, untold."""
        if pod not in self._pods and len(self._pods) >= self._most_pods:
            self._pods.clear()
        if None not in energies:
            self._pods[pod] = (on, now, array("q", cast("tuple[int, ...]", energies)))

    def forget(self, pods: Iterable[str]) -> None:
        """Have points of delivery read anew."""
        for pod in pods:
            self._pods.pop(pod, None)

    def clear(self) -> None:
        """Have all be read anew."""
        self._pods.clear()
