"""The limits that flexibility could break or has to relieve, as straight lines in its power.

A current or voltage is no straight function of power, but nearly one around a state. So each limit
is drawn as the tangent in the state that matters: where a cure brings what is broken to its limit,
or where trades would bring what is kept to it. There the line is exact.

    flow (A, pu)  |             / . true
                  |          ./
           limit  |--------./--------     the tangent where the limit is touched; told from the
                  |     . /               baseline: most = limit - the tangent at the baseline
                  |  .   /
                  +------------------ power
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.nearby_limits import Reach
from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flow.limit import LOWER_VOLTAGE, TOLERANCE, UPPER_VOLTAGE, Limits
from platone.grid.flow.sensitivity import Sensitivity
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.network.model import Network

_STATES_AT_ONCE = 256
"""States that are solved and held at once: a few MiB on networks of thousands of nodes."""
_TURNED = -2.0
"""Relative excess of a current that has turned, and is as large as its limit the other way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StraightLimit:
    """A limit of a branch or bus in one quarter-hour, as a straight line.

    Attributes:
        scenario: The quarter-hour's place in the run.
        element: The branch or bus, by identifier.
        unit: Unit of its flow.
        least: Least change of the flow from the baselines; minus infinite: nothing stands against.
        most: Most change; below 0 where the flow has to be relieved.
        effects: Change of the flow by one more kW withdrawn by each PoD that has an effect.
    """

    scenario: int
    element: str
    unit: Literal["A", "pu"]
    least: float
    most: float
    effects: dict[str, float]


@dataclass(frozen=True, slots=True)
class FlexiblePods:
    """The flexible points of delivery, as columns.

    Attributes:
        pods: The points of delivery.
        consumers: Their places among the network's consumers.
        tan: Reactive power that follows a kW, kvar.
        up_kw: Most that each can withdraw more.
        down_kw: Most that each can withdraw less.
    """

    pods: Sequence[PodFlexibility]
    consumers: Places
    tan: Floats
    up_kw: Floats
    down_kw: Floats

    @classmethod
    def of(cls, network: Network, pods: Sequence[PodFlexibility]) -> "FlexiblePods":
        """Return points of delivery of a network as columns."""
        place = network.consumer_position
        return cls(
            pods,
            np.array([place[pod.pod_id] for pod in pods], np.int64),
            np.array([pod.kvar_per_kw for pod in pods]),
            np.array([pod.max_up_kw for pod in pods]),
            np.array([pod.max_down_kw for pod in pods]),
        )

    def moved(self, power: ConsumerPower, scenarios: Places, moved_kw: Floats) -> ConsumerPower:
        """Return the power of some scenarios after the PoDs have moved, shape (scenarios, PoDs)."""
        p_kw, q_kvar = power.p_kw[scenarios], power.q_kvar[scenarios]
        p_kw[:, self.consumers] += moved_kw
        q_kvar[:, self.consumers] += moved_kw * self.tan
        return ConsumerPower(p_kw, q_kvar)


@dataclass(frozen=True, slots=True)
class _Tangent:
    """A limit as a straight line: where it touches, its excess there, and its slopes by PoD."""

    scenario: int
    limit: int
    at_kw: Floats
    excess: float
    slopes: Floats

    @property
    def at_baseline(self) -> float:
        """Return the relative excess that the line has at the baselines."""
        return self.excess - float(self.slopes @ self.at_kw)

    def extremes(self, pods: FlexiblePods) -> tuple[float, float]:
        """Return the least and the most excess that the PoDs could bring."""
        up, down = self.slopes * pods.up_kw, -self.slopes * pods.down_kw
        base = self.at_baseline
        return (
            base + float(np.minimum(up, down).clip(max=0).sum()),
            base + float(np.maximum(up, down).clip(min=0).sum()),
        )

    def breaking_kw(self, pods: FlexiblePods) -> Floats:
        """Return the moves that just break the limit, on the way to the worst for it."""
        worst_kw = np.where(self.slopes > 0, pods.up_kw, -pods.down_kw) * (self.slopes != 0)
        rise = float(self.slopes @ (worst_kw - self.at_kw))
        part = min(1.0, -self.excess / rise) if rise > 0 else 0.0
        return np.asarray(self.at_kw + part * (worst_kw - self.at_kw))


def straighten_limits(
    limits: Limits,
    engine: PowerFlow,
    power: ConsumerPower,
    wished_kw: Floats,
    flexible: Sequence[PodFlexibility],
) -> list[StraightLimit]:
    """Return the limits that flexible PoDs could break, or that are broken, in each quarter-hour.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
        power: Baselines and other load, one scenario a quarter-hour.
        wished_kw: How far the PoDs are from their baselines where all limits are kept that can be,
            shape (scenarios, PoDs): there the limits that are broken at the baselines are touched.
        flexible: The flexible PoDs; reactive power follows their active power.

    Raises:
        PowerFlowDiverged: A state has no solution.
    """
    pods = FlexiblePods.of(limits.network, flexible)
    every = np.arange(len(wished_kw))
    flow = engine.solve(limits.network, pods.moved(power, every, wished_kw))
    kva = float(((pods.up_kw + pods.down_kw) * np.hypot(1.0, pods.tan)).sum())
    reach, excess = Reach(limits), limits.excess(flow)
    near = [
        (scenario, limit)
        for scenario in every.tolist()
        for limit in _once_an_element(limits, reach.within(kva, excess[scenario], [])[0])
    ]
    tangents = _tangents(limits, flow, near, wished_kw[[each[0] for each in near]], pods)
    found: list[StraightLimit] = []
    for start in range(0, len(tangents), _STATES_AT_ONCE):
        part = _touched_where_they_break(
            limits, engine, power, tangents[start : start + _STATES_AT_ONCE], pods
        )
        found += [_told(limits, each, pods) for each in part]
    return found


def _touched_where_they_break(
    limits: Limits,
    engine: PowerFlow,
    power: ConsumerPower,
    tangents: Sequence[_Tangent],
    pods: FlexiblePods,
) -> list[_Tangent]:
    """Return the limits that count; those that are kept are touched where trades break them."""
    found: list[_Tangent] = []
    kept: list[_Tangent] = []
    for each in tangents:
        least, most = each.extremes(pods)
        if each.at_baseline > TOLERANCE or (least < _TURNED and most <= TOLERANCE):
            found.append(each)
        elif most > TOLERANCE:
            kept.append(each)
    if kept:
        at_kw = np.array([each.breaking_kw(pods) for each in kept])
        scenarios = np.array([each.scenario for each in kept])
        flow = engine.solve(limits.network, pods.moved(power, scenarios, at_kw))
        states = [(place, each.limit) for place, each in enumerate(kept)]
        for old, new in zip(kept, _tangents(limits, flow, states, at_kw, pods), strict=True):
            found.append(replace(new, scenario=old.scenario))
    return sorted(found, key=lambda each: (each.scenario, each.limit))


def _tangents(
    limits: Limits,
    flow: Flow,
    states: Sequence[tuple[int, int]],
    at_kw: Floats,
    pods: FlexiblePods,
) -> list[_Tangent]:
    """Return the tangents of limits in some states: each pair is a state's place and a limit."""
    if not states:
        return []
    places, which = (np.array(each, np.int64) for each in zip(*states, strict=True))
    effect = Sensitivity(limits).of(flow.voltage, places, which)
    slopes = effect.per_kw[:, pods.consumers] + effect.per_kvar[:, pods.consumers] * pods.tan
    slopes[np.abs(slopes) * (pods.up_kw + pods.down_kw) <= TOLERANCE] = 0.0
    excess = limits.excess(flow)[places, which].tolist()
    return [
        _Tangent(place, limit, moved, each, slope)
        for (place, limit), moved, each, slope in zip(states, at_kw, excess, slopes, strict=True)
    ]


def _once_an_element(limits: Limits, which: Places) -> list[int]:
    """Return the first limit of each element, in their order."""
    _, first = np.unique(limits.element_of[which], return_index=True)
    found: list[int] = which[np.sort(first)].tolist()
    return found


def _told(limits: Limits, tangent: _Tangent, pods: FlexiblePods) -> StraightLimit:
    """Return a limit in its own unit."""
    kind, _ = limits.locate(tangent.limit)
    is_voltage = kind in {UPPER_VOLTAGE, LOWER_VOLTAGE}
    at_limit = limits.state(tangent.limit, 0.0)
    whole = limits.state(tangent.limit, 1.0).value - at_limit.value
    lowest, highest = tangent.extremes(pods)
    least, most = -np.inf, np.inf
    if highest > TOLERANCE or tangent.at_baseline > TOLERANCE:
        most = -tangent.at_baseline * whole
    if kind == LOWER_VOLTAGE:  # it is the fall of a voltage that breaks it: whole is below 0
        least, most = (most if np.isfinite(most) else -np.inf), np.inf
    elif not is_voltage and lowest < _TURNED:
        least = (_TURNED - tangent.at_baseline) * whole
    return StraightLimit(
        scenario=tangent.scenario,
        element=at_limit.element,
        unit="pu" if is_voltage else "A",
        least=float(least),
        most=float(most),
        effects={
            pod.pod_id: float(slope * whole)
            for pod, slope in zip(pods.pods, tangent.slopes, strict=True)
            if slope
        },
    )
