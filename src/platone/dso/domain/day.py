"""Power of all consumers of a network on a market day."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.power_factor import kvar_per_kw
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.grid.profile.day_grid import market_places
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class PodDay:
    """A point of delivery on a market day.

    Attributes:
        aggregator_id: Who offers it.
        schedule_kw: What is expected of it with what was traded before, one value a quarter-hour.
        schedule_kvar: Its reactive power.
        max_up_kw: How far it can withdraw more.
        max_down_kw: How far it can withdraw less.
        kvar_per_kw: Reactive power that follows a change of its active power, tan phi.
        reactive_kvar: How much more, and how much less, reactive power it can withdraw by itself.
    """

    aggregator_id: str
    schedule_kw: Floats
    schedule_kvar: Floats
    max_up_kw: float
    max_down_kw: float
    kvar_per_kw: float
    reactive_kvar: tuple[float, float] = (0.0, 0.0)

    @property
    def is_flexible(self) -> bool:
        """True where it can be moved at all."""
        return any((self.max_up_kw, self.max_down_kw, *self.reactive_kvar))


def day_power(
    network: Network,
    day: MarketDay,
    pods: Mapping[str, PodDay],
    typical: Mapping[str, Expectation] = MappingProxyType({}),
) -> ConsumerPower:
    """Return the power of every consumer in every quarter-hour.

    Loads follow their typical days where they have any, else their profiles in the network file
    by the zone's clocks, so that a day of 92 or 100 quarter-hours leaves out or repeats an hour of
    them; PoDs follow their schedules.

    Args:
        network: The network.
        day: The market day.
        pods: All PoDs of the network.
        typical: What typical days say of the day's quarter-hours, by load.
    """
    places = market_places(day)
    ones = np.ones(len(places))
    factors = {each.id: np.array(each.factors)[places] for each in network.profiles}
    p_columns, q_columns = [], []
    for load in network.loads:
        factor = ones if load.profile is None else factors[load.profile]
        p_kw, q_kvar = load.p_kw * factor, load.q_kvar * factor
        if load.id in typical:
            p_kw, q_kvar = _typical_power(typical[load.id], p_kw, q_kvar)
        is_on = float(load.closed)
        p_columns.append(p_kw * is_on)
        q_columns.append(q_kvar * is_on)
    for point in network.connection_points:
        pod = pods[point.pod_id]
        p_columns.append(pod.schedule_kw)
        q_columns.append(pod.schedule_kvar)
    if not p_columns:
        return ConsumerPower(np.zeros((len(places), 0)), np.zeros((len(places), 0)))
    return ConsumerPower(np.stack(p_columns, axis=1), np.stack(q_columns, axis=1))


def _typical_power(said: Expectation, p_kw: Floats, q_kvar: Floats) -> tuple[Floats, Floats]:
    """Return a load's typical day; reactive power not metered follows the network file's."""
    if said.mean_kvar is not None:
        return said.mean_kw, said.mean_kvar
    ratio = kvar_per_kw(p_kw, q_kvar)
    return said.mean_kw, said.mean_kw * ratio if ratio else q_kvar
