"""The inputs of a market day's calculations, as they were gathered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from platone.dso.domain.day import day_power
from platone.dso.domain.forecast import (
    Forecast,
    KnownDay,
    PodSlot,
    idle_day,
    pod_day,
    require_data,
    suppositions,
    typical_day_remarks,
    vacant_remarks,
)
from platone.grid.flow.limit import Limits
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True, kw_only=True)
class DayInput:
    """The inputs of a market day's calculations.

    Attributes:
        day: The market day.
        known: What other parties know of its points of delivery.
        typical: What typical days say, by consumer.
        loads: The network's loads that are switched on.
        suppose: Powers, kW, that count in place of all else.
    """

    day: MarketDay
    known: KnownDay
    typical: Mapping[str, Expectation]
    loads: Sequence[str]
    suppose: Mapping[PodSlot, float]

    def on(self, network: Network) -> Forecast:
        """Return the day as it is expected on its network.

        Points of delivery at which nobody is registered (any more) take nothing, and a remark
        names them.

        Raises:
            PodDataMissing: Nobody is registered at any PoD of the network, or one that is
                registered has neither a whole baseline nor typical days.
            SuppositionInvalid: Something is supposed of a PoD or quarter-hour that is not there.
        """
        require_data(network, self.known, self._without_expectation())
        return self._forecast(network, frozenset(vacant_pods(network, self.known)))

    def as_far_as_known(self, network: Network) -> Forecast:
        """Return the day on its network, where points of delivery of which data lack take nothing.

        Raises:
            PodDataMissing: Data of all of its points of delivery are missing.
        """
        known, bare = self.known, self._without_expectation()
        unknown = {*vacant_pods(network, known), *bare}
        if unknown and unknown == network.pod_position.keys():
            require_data(network, known, bare)
        return self._forecast(network, frozenset(unknown))

    def _without_expectation(self) -> list[str]:
        """Return the points of delivery with neither a whole baseline nor typical days."""
        return [pod_id for pod_id in bare_pods(self.known) if pod_id not in self.typical]

    def _forecast(self, network: Network, unknown: frozenset[str]) -> Forecast:
        known, typical = self.known, self.typical
        count, nothing = self.day.quarter_hours, MappingProxyType[int, float]({})
        supposed = suppositions(network.pod_position, count, self.suppose)
        pods = {
            pod_id: idle_day(count, supposed.get(pod_id, nothing))
            if pod_id in unknown
            else pod_day(known, pod_id, typical.get(pod_id), supposed.get(pod_id, nothing))
            for pod_id in network.pod_position
        }
        power = day_power(network, self.day, pods, typical)
        loads = [load for load in self.loads if load in typical]
        remarks = (
            *typical_day_remarks(bare_pods(known), loads),
            *vacant_remarks(vacant_pods(network, known)),
        )
        return Forecast(
            network, Limits(network), self.day, pods, power, known.has_trades, remarks, unknown
        )


def vacant_pods(network: Network, known: KnownDay) -> list[str]:
    """Return the points of delivery of a network at which nobody is registered, or not any more."""
    return sorted(network.pod_position.keys() - known.registered.keys())


def bare_pods(known: KnownDay) -> list[str]:
    """Return the points of delivery without a baseline for the whole day."""
    return [pod_id for pod_id, kw in known.baseline_kw.items() if np.isnan(kw).any()]
