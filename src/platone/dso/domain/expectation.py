"""Power that consumers are expected to withdraw where nothing measures them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from platone.dso.domain.day import PodDay, day_power
from platone.dso.domain.estimation import ExpectationSource, ExpectedConsumers
from platone.dso.domain.forecast import KnownDay, pod_day
from platone.grid.estimation.pseudo import expected_within
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class ExpectationInput:
    """The knowledge of consumers in the quarter-hour that holds an instant.

    Attributes:
        day: The market day.
        row: The quarter-hour of the day.
        known: What other parties know of the day's points of delivery.
        typical: What typical days say of the day's quarter-hours, by consumer.
        least_kw: Standard deviation of a typical day's power at least, kW.
        remarks: What is not known, and why.
    """

    day: MarketDay
    row: int
    known: KnownDay
    typical: Mapping[str, Expectation]
    least_kw: float
    remarks: tuple[str, ...]

    def on(self, network: Network) -> ExpectedConsumers:
        """Return the expected power of the consumers of a network."""
        found = expected_consumers(
            network, self.day, self.row, self.known, self.typical, self.least_kw
        )
        return replace(found, remarks=self.remarks)


def expected_consumers(
    network: Network,
    day: MarketDay,
    row: int,
    known: KnownDay,
    typical: Mapping[str, Expectation],
    least_kw: float,
) -> ExpectedConsumers:
    """Return the power that consumers are expected to withdraw in a quarter-hour, with its spread.

    Args:
        network: The network.
        day: The market day.
        row: The quarter-hour of the day.
        known: What other parties know of the day's points of delivery.
        typical: What typical days say of the day's quarter-hours, by consumer.
        least_kw: Standard deviation of a typical day's power at least, kW.
    """
    pods = _pod_days(network, day, known, typical)
    power = day_power(network, day, pods, typical)
    found = expected_within(power.p_kw[row], power.q_kvar[row])
    std_kw, std_kvar = found.std_kw.copy(), found.std_kvar.copy()
    sources = dict.fromkeys((load.id for load in network.loads), ExpectationSource.NETWORK_FILE)
    for pod_id, place in network.pod_position.items():
        is_known = not np.isnan(found.p_kw[place])
        sources[pod_id] = ExpectationSource.MARKET if is_known else ExpectationSource.NOTHING
    for name, said in typical.items():
        traded_kw = known.traded_kw.get(name)
        if traded_kw is None or np.isnan(traded_kw[row]):
            place = network.consumer_position[name]
            sources[name] = ExpectationSource.TYPICAL_DAY
            std_kw[place] = max(said.sigma_kw[row], least_kw)
            if said.sigma_kvar is not None:
                std_kvar[place] = max(said.sigma_kvar[row], least_kw)
    return ExpectedConsumers(replace(found, std_kw=std_kw, std_kvar=std_kvar), sources)


def _pod_days(
    network: Network, day: MarketDay, known: KnownDay, typical: Mapping[str, Expectation]
) -> dict[str, PodDay]:
    """Return days of PoDs by typical days where there are any; NaN where nothing is known."""
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
