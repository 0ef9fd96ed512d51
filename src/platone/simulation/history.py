"""The metered days that public baselines are made of, as one set of rules has let them be."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from platone.grid.array import Floats
from platone.kernel.market_time import MarketDay
from platone.market.domain.baseline import LONGEST_LOOK_BACK
from platone.messages.recording import MeteredDay
from platone.simulation.course import make_course
from platone.simulation.scenario import Scenario
from platone.simulation.settlement import Delivery, Metering, SettledLine
from platone.simulation.site import SimulationSite

_MICRO_PER_WH = 1_000
"""Millionths of a kWh in a Wh."""
_DAYS_BEFORE = 21
"""Days before the first one that are metered without any market: fifteen working days, and six
others, so that each method has its days from the beginning."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A metered day of all points of delivery."""

    on: date
    energies: Floats
    traded: Mapping[str, set[int]]


@dataclass(slots=True)
class History:
    """The last metered days, as far as any public baseline looks back.

    Attributes:
        pods: Identifiers of the points of delivery, by column.
        days: The days, the newest last.
    """

    pods: Sequence[str]
    days: deque[_Day] = field(default_factory=lambda: deque(maxlen=LONGEST_LOOK_BACK))

    @classmethod
    def before(
        cls, site: SimulationSite, scenario: Scenario, first: MarketDay, seed: int
    ) -> "History":
        """Return the days before the first one, of which nothing was traded."""
        found = cls([pod.pod_id for pod in site.pods])
        for back in range(_DAYS_BEFORE, 0, -1):
            day = MarketDay(first.on - timedelta(days=back), first.zone)
            found.add(day, Delivery.of(make_course(site, scenario, day, seed).real_kw), ())
        return found

    def add(self, day: MarketDay, delivery: Delivery, lines: Sequence[SettledLine]) -> None:
        """Add a day as it was metered, with what was traded."""
        traded: dict[str, set[int]] = {}
        for each in lines:
            traded.setdefault(each.line.pod, set()).add(each.line.index)
        self.days.append(_Day(day.on, delivery.energy_wh, traded))

    def metering(self, day: MarketDay, delivery: Delivery) -> Metering:
        """Return a function that gives the metered days up to a day that is not settled yet."""

        def metered(pods: Sequence[str], traded: Mapping[str, set[int]]) -> Iterator[MeteredDay]:
            return self._of(pods, [*self.days, _Day(day.on, delivery.energy_wh, traded)])

        return metered

    def _of(self, pods: Sequence[str], days: Sequence[_Day]) -> Iterator[MeteredDay]:
        columns = {pod: column for column, pod in enumerate(self.pods)}
        for day in days:
            energies = (np.rint(day.energies) * _MICRO_PER_WH).astype(np.int64)
            for pod in pods:
                yield MeteredDay(
                    settlement_id="simulated",
                    pod_id=pod,
                    on=day.on,
                    energies=tuple(energies[:, columns[pod]].tolist()),
                    traded=tuple(sorted(day.traded.get(pod, ()))),
                )
