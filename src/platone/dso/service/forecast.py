"""The inputs of a market day's calculations: network, baselines, what was traded before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from platone.dso.domain.day import PodDay, day_power, tan_phi
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.state import ConsumerPower
from platone.dso.domain.network.model import Network
from platone.dso.domain.problem import PodDataMissing, SuppositionInvalid
from platone.dso.service.ports import CustomerDatabase, Outcomes
from platone.kernel.market_time import MarketDay
from platone.messages.registry import PointOfDelivery, Series

Spot = tuple[str, int]
"""A PoD and a quarter-hour."""

NOTHING: Mapping[Spot, float] = MappingProxyType({})
_DELETED = "delete"


@dataclass(frozen=True, slots=True)
class Forecast:
    """A market day as it is expected.

    Attributes:
        network: The network.
        limits: Its limits.
        day: The market day.
        pods: Its points of delivery.
        power: Power of all consumers, one scenario a quarter-hour.
        has_trades: Whether validated trades of the day are in it.
    """

    network: Network
    limits: Limits
    day: MarketDay
    pods: Mapping[str, PodDay]
    power: ConsumerPower
    has_trades: bool


@dataclass(frozen=True, slots=True)
class MakeForecast:
    """Gathers a market day's inputs.

    Args:
        customers: Points of delivery and baselines.
        outcomes: What earlier sessions of the day traded.
    """

    customers: CustomerDatabase
    outcomes: Outcomes

    async def __call__(
        self,
        network: Network,
        day: MarketDay,
        *,
        without_outcome: str | None = None,
        suppose: Mapping[Spot, float] = NOTHING,
    ) -> Forecast:
        """The day's forecast.

        Each PoD follows its baseline, and where the DSO has validated trades of the day, their
        totals, later ones over earlier ones.

        Args:
            network: The network.
            day: The market day.
            without_outcome: A market outcome that does not count.
            suppose: Powers, kW, that count in place of all else.

        Raises:
            PodDataMissing: A PoD of the network is not registered, or has no whole baseline.
            SuppositionInvalid: Something is supposed of a PoD or quarter-hour that is not there.
        """
        places = network.pod_position
        registered = {
            pod.pod_id: pod
            for pod in await self.customers.pods()
            if pod.pod_id in places and pod.action_type != _DELETED
        }
        series = await self.customers.baselines(sorted(registered), day)
        schedules = _schedules(day, registered, series)
        _require(sorted(places), registered, schedules)
        traded = [
            technical
            for technical in await self.outcomes.of_day(day)
            if technical.market_outcome != without_outcome
        ]
        for part in (part for technical in traded for part in technical.flexibility):
            for power in part.power:
                if part.pod in schedules:
                    schedules[part.pod][power.index] = power.accepted_p_value
        _suppose(schedules, suppose)
        pods = {pod_id: _pod_day(registered[pod_id], schedules[pod_id]) for pod_id in places}
        consumed = day_power(network, day, pods)
        return Forecast(network, Limits(network), day, pods, consumed, has_trades=bool(traded))


def _schedules(
    day: MarketDay, registered: Mapping[str, PointOfDelivery], series: Sequence[Series]
) -> dict[str, np.ndarray]:
    """Baselines as far as they are known; NaN where they are not."""
    found = {pod_id: np.full(day.quarter_hours, np.nan) for pod_id in registered}
    for each in series:
        if each.pod_id not in found:
            continue
        first = round((each.start_time - day.start).total_seconds() / 900)
        for place, value in enumerate(each.values, start=first):
            if 0 <= place < day.quarter_hours:
                found[each.pod_id][place] = value
    return found


def _require(
    wanted: Sequence[str],
    registered: Mapping[str, PointOfDelivery],
    schedules: Mapping[str, np.ndarray],
) -> None:
    unknown = [pod_id for pod_id in wanted if pod_id not in registered]
    bare = [pod_id for pod_id, kw in sorted(schedules.items()) if np.isnan(kw).any()]
    if unknown or bare:
        raise PodDataMissing(
            f"{len(unknown)} points of delivery of the network are not registered, and "
            f"{len(bare)} have no baseline for the whole day.",
            notRegistered=unknown,
            withoutBaseline=bare,
        )


def _suppose(schedules: Mapping[str, np.ndarray], suppose: Mapping[Spot, float]) -> None:
    strange = sorted(
        f"{pod_id} at {index}"
        for pod_id, index in suppose
        if pod_id not in schedules or index >= len(schedules[pod_id])
    )
    if strange:
        raise SuppositionInvalid(f"Not on the network that day: {', '.join(strange[:5])}.")
    for (pod_id, index), kw in suppose.items():
        schedules[pod_id][index] = kw


def _pod_day(pod: PointOfDelivery, schedule_kw: np.ndarray) -> PodDay:
    flexibility = pod.max_flexibility
    return PodDay(
        aggregator_id=pod.aggregator_id,
        schedule_kw=schedule_kw,
        max_up_kw=flexibility.upper_p if flexibility else 0.0,
        max_down_kw=flexibility.down_p if flexibility else 0.0,
        kvar_per_kw=tan_phi(pod.cos_phi),
    )
