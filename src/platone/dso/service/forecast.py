"""The inputs of a market day's calculations, gathered from the parties that know them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.day import day_power
from platone.dso.domain.forecast import (
    NOTHING,
    Forecast,
    KnownDay,
    PodSlot,
    baselines_of,
    pod_day,
    require_data,
    suppositions,
    traded_totals,
    typical_day_remarks,
)
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.service.ports import CustomerDatabase
from platone.dso.service.profile import ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.grid.flow.limit import Limits
from platone.grid.network.model import Network
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class MakeForecast:
    """Gathers a market day's inputs.

    Args:
        registrations: Says which points of delivery are registered.
        customers: Baselines.
        profiles: Typical days.
        outcomes: What earlier sessions of the day traded.
    """

    registrations: ReadRegistrations
    customers: CustomerDatabase
    profiles: ReadProfiles
    outcomes: OutcomeRecords

    async def __call__(
        self,
        network: Network,
        day: MarketDay,
        *,
        without_outcome: str | None = None,
        suppose: Mapping[PodSlot, float] = NOTHING,
    ) -> Forecast:
        """Return the day's forecast.

        Each PoD follows its baseline, in quarter-hours without one its typical days, and where
        the DSO has validated trades of the day, their totals, later ones over earlier ones. Loads
        follow their typical days, those without any the network file.

        Args:
            network: The network.
            day: The market day.
            without_outcome: A market outcome that does not count.
            suppose: Powers, kW, that count in place of all else.

        Raises:
            PodDataMissing: A PoD of the network is not registered, or has neither a whole
                baseline nor typical days.
            SuppositionInvalid: Something is supposed of a PoD or quarter-hour that is not there.
        """
        known = await self.known(network, day, without_outcome=without_outcome)
        bare = [pod_id for pod_id, kw in known.baseline_kw.items() if np.isnan(kw).any()]
        loads = [load.id for load in network.loads if load.closed]
        typical = await self.profiles.of_day([*loads, *bare], day)
        require_data(network, known, [pod_id for pod_id in bare if pod_id not in typical])
        supposed = suppositions(known, suppose)
        pods = {
            pod_id: pod_day(known, pod_id, typical.get(pod_id), supposed.get(pod_id, {}))
            for pod_id in network.pod_position
        }
        power = day_power(network, day, pods, typical)
        remarks = typical_day_remarks(bare, [load for load in loads if load in typical])
        return Forecast(network, Limits(network), day, pods, power, known.has_trades, remarks)

    async def known(
        self, network: Network, day: MarketDay, *, without_outcome: str | None = None
    ) -> KnownDay:
        """Return the knowledge of other parties about the network's points of delivery.

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        every = await self.registrations()
        registered = {each: every[each] for each in network.pod_position if each in every}
        series = await self.customers.baselines(sorted(registered), day)
        trades = [
            technical
            for technical in await self.outcomes.of_day(day)
            if technical.market_outcome != without_outcome
        ]
        baselines = baselines_of(day, sorted(registered), series)
        return KnownDay(registered, baselines, traded_totals(day, trades), has_trades=bool(trades))
