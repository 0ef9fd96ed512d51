"""What all consumers of a network withdraw on a market day."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from platone.dso.domain.array import Floats
from platone.dso.domain.flow.state import ConsumerPower
from platone.dso.domain.network.model import Network
from platone.dso.domain.problem import DeliveryStartInvalid
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType

_REAL_TIME_HOURS = 4
_DAY_HOURS = 24
_QUARTERS_AN_HOUR = 4


@dataclass(frozen=True, slots=True)
class PodDay:
    """A point of delivery on a market day.

    Attributes:
        aggregator_id: Who offers it.
        schedule_kw: Baseline with what was traded before, one value a quarter-hour.
        max_up_kw: How far it can withdraw more.
        max_down_kw: How far it can withdraw less.
        kvar_per_kw: Reactive power that follows its active power, tan phi.
    """

    aggregator_id: str
    schedule_kw: Floats
    max_up_kw: float
    max_down_kw: float
    kvar_per_kw: float


def tan_phi(cos_phi: float) -> float:
    """Reactive per active power of a lagging power factor, 0 < cos_phi <= 1."""
    return math.sqrt(max(1.0 - cos_phi**2, 0.0)) / cos_phi


def day_power(network: Network, day: MarketDay, pods: Mapping[str, PodDay]) -> ConsumerPower:
    """Power of every consumer in every quarter-hour.

    Loads follow their profiles by the zone's clocks, so that a day of 92 or 100 quarter-hours
    leaves out or repeats an hour of them; PoDs follow their schedules at their power factors.
    All PoDs of the network must be given.
    """
    places = _wall_places(day)
    ones = np.ones(len(places))
    factors = {each.id: np.array(each.factors)[places] for each in network.profiles}
    p_columns, q_columns = [], []
    for load in network.loads:
        factor = ones if load.profile is None else factors[load.profile]
        factor = factor if load.closed else 0 * factor
        p_columns.append(load.p_kw * factor)
        q_columns.append(load.q_kvar * factor)
    for point in network.connection_points:
        pod = pods[point.pod_id]
        p_columns.append(pod.schedule_kw)
        q_columns.append(pod.schedule_kw * pod.kvar_per_kw)
    if not p_columns:
        return ConsumerPower(np.zeros((len(places), 0)), np.zeros((len(places), 0)))
    return ConsumerPower(np.stack(p_columns, axis=1), np.stack(q_columns, axis=1))


def _wall_places(day: MarketDay) -> list[int]:
    """For each quarter-hour of the day its number on the zone's clocks, 0 to 95."""
    zone = ZoneInfo(day.zone)
    walls = [instant.astimezone(zone) for instant in day.instants()]
    return [_QUARTERS_AN_HOUR * wall.hour + wall.minute // 15 for wall in walls]


def delivery_indices(
    market_type: MarketType, start: datetime, zone: str
) -> tuple[MarketDay, range]:
    """The market day of a session, and the quarter-hours that it delivers.

    Raises:
        DeliveryStartInvalid: No session of the kind starts then.
    """
    day = MarketDay.holding(start, zone)
    wall = start.astimezone(ZoneInfo(zone))
    starts: Sequence[int] = [0] if market_type is MarketType.DAY_AHEAD else range(0, 24, 4)
    if wall.hour not in starts or day.at(time(wall.hour)) != start:
        raise DeliveryStartInvalid(
            f"No {market_type.value} session starts its delivery at {start.isoformat()}.",
            startTime=start.isoformat(),
        )
    if market_type is MarketType.DAY_AHEAD:
        return day, range(day.quarter_hours)
    last = wall.hour + _REAL_TIME_HOURS
    end = day.end if last == _DAY_HOURS else day.at(time(last))
    return day, range(day.index(start), day.index(end - timedelta(minutes=15)) + 1)
