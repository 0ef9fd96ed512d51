"""What consumers are expected to withdraw where nothing measures them, and what says so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from platone.dso.domain.day import PodDay, day_power
from platone.dso.service.estimation_port import Evidence, ExpectedConsumers
from platone.dso.service.forecast import Known, MakeForecast, pod_day
from platone.dso.service.profile import ReadProfiles
from platone.grid.estimation.pseudo import expected_within
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class ForecastExpectation:
    """What typical days expect; else baselines and trades; else the network file.

    A PoD that has traded a quarter-hour is expected to keep to the trade. Reactive power that was
    not metered follows the active one, at the power factor of the PoD, or of the load in the
    network file. What no typical day tells is known to half of the apparent power.

    Args:
        forecast: Knows baselines and trades.
        profiles: Typical days.
        zone: IANA name of the market's zone.
        least_kw: Standard deviation of a typical day's power at least: no better than a meter.
    """

    forecast: MakeForecast
    profiles: ReadProfiles
    zone: str
    least_kw: float

    async def at(self, network: Network, at: datetime) -> ExpectedConsumers:
        """Of the quarter-hour that holds the instant."""
        day, remarks = MarketDay.holding(at, self.zone), list[str]()
        try:
            known = await self.forecast.known(network, day)
        except PlatoneError as problem:
            remarks.append(f"The customer database does not answer: {problem.detail}")
            known = Known()
        is_off = {load.id for load in network.loads if not load.closed}
        asked = [each.id for each in network.consumers if each.id not in is_off]
        typical = await self.profiles.of_day(asked, day)
        return self._expected(network, day, day.index(at), known, typical, remarks)

    def _expected(
        self,
        network: Network,
        day: MarketDay,
        row: int,
        known: Known,
        typical: Mapping[str, Expectation],
        remarks: list[str],
    ) -> ExpectedConsumers:
        pods = _pods(network, day, known, typical)
        power = day_power(network, day, pods, typical)
        found = expected_within(power.p_kw[row], power.q_kvar[row])
        std_kw, std_kvar = found.std_kw.copy(), found.std_kvar.copy()
        evidence = dict.fromkeys((load.id for load in network.loads), Evidence.NETWORK_FILE)
        for pod_id, place in network.pod_position.items():
            is_known = not np.isnan(found.p_kw[place])
            evidence[pod_id] = Evidence.MARKET if is_known else Evidence.NOTHING
        for name, said in typical.items():
            traded_kw = known.traded_kw.get(name)
            if traded_kw is None or np.isnan(traded_kw[row]):
                place = network.consumer_position[name]
                evidence[name] = Evidence.TYPICAL_DAY
                std_kw[place] = max(said.sigma_kw[row], self.least_kw)
                if said.sigma_kvar is not None:
                    std_kvar[place] = max(said.sigma_kvar[row], self.least_kw)
        return ExpectedConsumers(
            replace(found, std_kw=std_kw, std_kvar=std_kvar), evidence, remarks
        )


def _pods(
    network: Network, day: MarketDay, known: Known, typical: Mapping[str, Expectation]
) -> dict[str, PodDay]:
    """Points of delivery by typical days where they have any; NaN where nothing is known."""
    nothing = np.full(day.quarter_hours, np.nan)
    blank = {pod_id: nothing for pod_id in typical if pod_id in known.registered}
    preferred = replace(known, baseline_kw={**known.baseline_kw, **blank})
    found: dict[str, PodDay] = {}
    for pod_id in network.pod_position:
        said = typical.get(pod_id)
        if pod_id in known.registered:
            found[pod_id] = pod_day(preferred, pod_id, said)
        elif said is None:
            found[pod_id] = PodDay("", nothing, nothing, 0.0, 0.0, 0.0)
        else:
            kvar = nothing if said.mean_kvar is None else said.mean_kvar
            found[pod_id] = PodDay("", said.mean_kw, kvar, 0.0, 0.0, 0.0)
    return found
