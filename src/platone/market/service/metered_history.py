"""Past days as they were metered, kept at hand: a baseline needs ten of them for each window."""

from array import array
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from platone.kernel.market_time import MarketDay
from platone.market.service.day_at_hand import DayAtHand, Energies

SETTLED_AFTER = timedelta(hours=25)
"""Time after a day's end from which it is kept: any reading of it that comes later is told to the
market, which the metering side does from 24 hours on; the rest is for clocks that differ."""
_MOST_DAYS = 50_000
"""Days of points of delivery that are kept, some 40 MB; those not used for the longest time go."""
_NOT_MEASURED = -(2**63)
"""Stands for a quarter-hour that is not measured: no meter counts as much."""


class MeteredHistory:
    """Metered days of points of delivery, until a reading of theirs is corrected.

    Args:
        most_days: Days that are kept.

    Attributes:
        begun: The days that have only begun.
        changes: How often anything was forgotten: what was asked for before is kept no more.
    """

    def __init__(self, most_days: int = _MOST_DAYS) -> None:
        self._most_days = most_days
        self._pods: OrderedDict[str, dict[date, array[int]]] = OrderedDict()
        self._count = 0
        self._news = 0
        self.begun = DayAtHand()
        self.changes = 0

    def find(self, pod: str, on: date) -> Energies | None:
        """Return a day's energies; None where they are to be read."""
        found = self._pods.get(pod, {}).get(on)
        if found is None:
            return None
        self._pods.move_to_end(pod)
        return tuple(None if each == _NOT_MEASURED else each for each in found)

    def keep(self, pod: str, day: MarketDay, energies: Energies, now: datetime) -> None:
        """Keep a day that was just read, if what comes of it from now on is told."""
        if day.end + SETTLED_AFTER > now:
            return
        days = self._pods.setdefault(pod, {})
        self._pods.move_to_end(pod)
        self._count += day.on not in days
        days[day.on] = array("q", (_NOT_MEASURED if each is None else each for each in energies))
        while self._count > self._most_days and len(self._pods) > 1:
            _, gone = self._pods.popitem(last=False)
            self._count -= len(gone)

    def forget(self, pods: Iterable[str]) -> None:
        """Have points of delivery read anew."""
        self.changes += 1
        wanted = list(pods)
        self.begun.forget(wanted)
        for pod in wanted:
            self._count -= len(self._pods.pop(pod, {}))

    def follow(self, news: int) -> None:
        """Have all read anew where another worker has told news since the last look.

        Args:
            news: How many corrections and erasures were told to all workers by now.
        """
        if news != self._news:
            self._news = news
            self.begun.clear()
            self.forget(list(self._pods))

    def told(self, news: int) -> None:
        """Note news of our own, of which what they concern is forgotten already."""
        if news == self._news + 1:
            self._news = news
        else:
            self.follow(news)

    def forget_day(self, pod: str, at: datetime) -> None:
        """Have the day of a point of delivery that holds an instant, in any zone, read anew."""
        self.changes += 1
        self.begun.forget([pod])
        days = self._pods.get(pod, {})
        for on in [on for on in days if abs((on - at.date()).days) <= 1]:
            del days[on]
            self._count -= 1
