"""The beginning of a day of delivery as it was metered, kept while a window's parts are settled.

A long outcome is settled by parts of few quarter-hours each, of mostly the same points of delivery.
Each part needs their whole day so far, for baselines and their errors, and the readings that its
own lines rest on: 10,000 points of delivery in 40 parts would read 25 million readings in place of
one million.
"""

from array import array
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import cast

from platone.market.domain.metering import PodReadings

Energies = tuple[int | None, ...]
"""Energies of a day's quarter-hours, millionths of a kWh; none where nothing is measured."""
_KEPT_FOR = timedelta(minutes=10)
"""Time, by the market's clock, for which a day is at hand: the parts of one window take less. A
correction is told at once and ends it; what else may change of a day so young is read anew soon."""
_MOST_PODS = 50_000
"""Points of delivery whose day is kept, some 40 MB: five of the largest sessions."""
_MOST_READINGS = 300_000
"""Readings of a window that are kept, some 200 MB: those of 10,000 points of delivery in four hours
and an hour around. Of more points of delivery they are read for each part."""


class DayAtHand:
    """The first quarter-hours of points of delivery on their day, where all were metered.

    Args:
        most_pods: Points of delivery that are kept.
        most_readings: Readings of one window that are kept.
    """

    def __init__(self, most_pods: int = _MOST_PODS, most_readings: int = _MOST_READINGS) -> None:
        self._most_pods = most_pods
        self._most_readings = most_readings
        self._pods: dict[str, tuple[date, datetime, array[int]]] = {}
        self._window: datetime | None = None
        self._readings: dict[str, PodReadings] = {}
        self._count = 0

    def find(self, pod: str, on: date, count: int, now: datetime) -> Energies | None:
        """Return the energies of a day's first quarter-hours; None where they are to be read."""
        day, read_at, energies = self._pods.get(pod, (None, now, ()))
        if day != on or len(energies) < count or now - read_at > _KEPT_FOR:
            return None
        return tuple(energies[:count])

    def find_all(
        self, pods: Iterable[str], on: date, count: int, now: datetime
    ) -> dict[str, Energies]:
        """Return the same of many points of delivery, of those that are not to be read."""
        found = {pod: self.find(pod, on, count, now) for pod in pods}
        return {pod: energies for pod, energies in found.items() if energies is not None}

    def read_at(self, pod: str) -> datetime | None:
        """Return when the day of a point of delivery was read; None where none is at hand."""
        return self._pods[pod][1] if pod in self._pods else None

    def keep(self, pod: str, on: date, energies: Energies, now: datetime) -> bool:
        """Keep what was just read, if nothing lacks: what lacks may come at any time, untold.

        Args:
            pod: The point of delivery.
            on: Its day.
            energies: What was read of it.
            now: When that was, by the market's clock; of several readings when the first was.

        Returns:
            Whether it is kept.
        """
        if pod not in self._pods and len(self._pods) >= self._most_pods:
            self.clear()
        if None in energies:
            return False
        self._pods[pod] = (on, now, array("q", cast("tuple[int, ...]", energies)))
        return True

    def readings(self, window: datetime, pods: Iterable[str]) -> Mapping[str, PodReadings]:
        """Return the readings in and around a window, of those points of delivery that have any.

        Args:
            window: Its start.
            pods: Points of delivery whose day is at hand.
        """
        if window != self._window:
            return {}
        return {pod: known for pod in pods if (known := self._readings.get(pod)) is not None}

    def keep_readings(self, window: datetime, pod: str, readings: PodReadings) -> None:
        """Keep readings in and around a window, of a point of delivery whose day is kept.

        Those of another window go, which is settled or to be settled anew.
        """
        if window != self._window:
            self.let_readings_go()
            self._window = window
        self._forget_readings(pod)
        if self._count + len(readings) <= self._most_readings:
            self._readings[pod] = readings
            self._count += len(readings)

    def forget(self, pods: Iterable[str]) -> None:
        """Have points of delivery read anew."""
        for pod in pods:
            self._pods.pop(pod, None)
            self._forget_readings(pod)

    def clear(self) -> None:
        """Have all be read anew."""
        self._pods.clear()
        self.let_readings_go()

    def let_readings_go(self) -> list[PodReadings]:
        """Forget the readings of a window, which nobody needs once it is settled; return them."""
        gone = list(self._readings.values())
        self._readings.clear()
        self._count = 0
        return gone

    def _forget_readings(self, pod: str) -> None:
        self._count -= len(self._readings.pop(pod, ()))
