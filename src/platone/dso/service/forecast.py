"""The inputs of a market day's calculations: network, expected power, what was traded before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from platone.dso.domain.day import PodDay, day_power
from platone.dso.domain.problem import PodDataMissing, SuppositionInvalid
from platone.dso.service.ports import CustomerDatabase, Outcomes
from platone.dso.service.profile import ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.dso.service.remark import named
from platone.grid.array import Floats
from platone.grid.flow.limit import Limits
from platone.grid.flow.power_factor import tan_phi
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.market import TechnicalOutcome
from platone.messages.registry import PointOfDelivery, Series

Spot = tuple[str, int]
"""A PoD and a quarter-hour."""

NOTHING: Mapping[Spot, float] = MappingProxyType({})


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
        remarks: What typical days stand in for.
    """

    network: Network
    limits: Limits
    day: MarketDay
    pods: Mapping[str, PodDay]
    power: ConsumerPower
    has_trades: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What other parties know of a market day's points of delivery.

    Attributes:
        registered: Those of the network that are registered.
        baseline_kw: Their baselines, one value a quarter-hour; NaN where there is none.
        traded_kw: Totals of those that traded before, later ones over earlier ones; NaN in
            quarter-hours without a trade.
        has_trades: Whether validated trades of the day are known.
    """

    registered: Mapping[str, PointOfDelivery] = field(default_factory=dict)
    baseline_kw: Mapping[str, Floats] = field(default_factory=dict)
    traded_kw: Mapping[str, Floats] = field(default_factory=dict)
    has_trades: bool = False


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
        _require(network, known, [pod_id for pod_id in bare if pod_id not in typical])
        supposed = _supposed(known, suppose)
        pods = {
            pod_id: pod_day(known, pod_id, typical.get(pod_id), supposed.get(pod_id, {}))
            for pod_id in network.pod_position
        }
        power = day_power(network, day, pods, typical)
        remarks = _remarks(bare, [load for load in loads if load in typical])
        return Forecast(network, Limits(network), day, pods, power, known.has_trades, remarks)

    async def known(
        self, network: Network, day: MarketDay, *, without_outcome: str | None = None
    ) -> Known:
        """What is known of the network's points of delivery.

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
        baselines = _baselines(day, sorted(registered), series)
        return Known(registered, baselines, _traded(day, trades), has_trades=bool(trades))


def _baselines(
    day: MarketDay, pod_ids: Sequence[str], series: Sequence[Series]
) -> dict[str, Floats]:
    """Baselines as far as they are known; NaN where they are not."""
    found = {pod_id: np.full(day.quarter_hours, np.nan) for pod_id in pod_ids}
    for each in series:
        if each.pod_id not in found:
            continue
        first = round((each.start_time - day.start) / QUARTER_HOUR)
        for place, value in enumerate(each.values, start=first):
            if 0 <= place < day.quarter_hours:
                found[each.pod_id][place] = value
    return found


def _traded(day: MarketDay, trades: Sequence[TechnicalOutcome]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for part in (part for each in trades for part in each.flexibility):
        total_kw = found.setdefault(part.pod, np.full(day.quarter_hours, np.nan))
        for power in part.power:
            total_kw[power.index] = power.accepted_p_value
    return found


def _require(network: Network, known: Known, bare: Sequence[str]) -> None:
    unknown = sorted(network.pod_position.keys() - known.registered.keys())
    if unknown or bare:
        raise PodDataMissing(
            f"{len(unknown)} points of delivery of the network are not registered, and "
            f"{len(bare)} have neither a baseline for the whole day nor typical days.",
            notRegistered=unknown,
            withoutBaseline=bare,
        )


def _supposed(known: Known, suppose: Mapping[Spot, float]) -> dict[str, dict[int, float]]:
    """What is supposed, by PoD and quarter-hour."""
    strange = sorted(
        f"{pod_id} at {index}"
        for pod_id, index in suppose
        if index >= len(known.baseline_kw.get(pod_id, ()))
    )
    if strange:
        raise SuppositionInvalid(f"Not on the network that day: {named(strange)}.")
    found: dict[str, dict[int, float]] = {}
    for (pod_id, index), kw in suppose.items():
        found.setdefault(pod_id, {})[index] = kw
    return found


def pod_day(
    known: Known,
    pod_id: str,
    typical: Expectation | None = None,
    supposed: Mapping[int, float] = MappingProxyType({}),
) -> PodDay:
    """The day of a registered PoD; NaN where it has neither baseline nor typical day nor trade.

    Without a whole baseline it cannot move: there is nothing that its delivery is measured by.
    """
    pod, kw = known.registered[pod_id], known.baseline_kw[pod_id].copy()
    ratio, more_kvar, bare = tan_phi(pod.cos_phi), np.zeros(len(kw)), np.isnan(kw)
    if typical is not None:
        kw[bare] = typical.mean_kw[bare]
        if typical.mean_kvar is not None:
            more_kvar[bare] = (typical.mean_kvar - ratio * typical.mean_kw)[bare]
    if pod_id in known.traded_kw:
        total_kw = known.traded_kw[pod_id]
        kw = np.where(np.isnan(total_kw), kw, total_kw)
    for index, power_kw in supposed.items():
        kw[index] = power_kw
    flexibility = None if bare.any() else pod.max_flexibility
    return PodDay(
        aggregator_id=pod.aggregator_id,
        schedule_kw=kw,
        schedule_kvar=kw * ratio + more_kvar,
        max_up_kw=flexibility.upper_p if flexibility else 0.0,
        max_down_kw=flexibility.down_p if flexibility else 0.0,
        kvar_per_kw=ratio,
    )


def _remarks(bare: Sequence[str], loads: Sequence[str]) -> tuple[str, ...]:
    """What typical days stand in for."""
    found = []
    if bare:
        what = f"{len(bare)} baselines that are missing or not of the whole day"
        found.append(f"Typical days stand in for {what}: {named(bare)}.")
    if loads:
        what = f"what the network file says of {len(loads)} loads"
        found.append(f"Typical days stand in for {what}: {named(loads)}.")
    return tuple(found)
