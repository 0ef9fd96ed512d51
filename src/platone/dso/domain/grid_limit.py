"""The limits of the grid that a session's clearing is to keep, calculated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.forecast import Forecast
from platone.dso.domain.request import expected_power, flexible_pods, with_reactive
from platone.grid.array import Floats
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility
from platone.grid.flexibility.straight_limit import StraightLimit, straighten_limits
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.run.grid_work import GridWork
from platone.messages.clearing import GridLimit, PodEffect

_engine = GridModelPowerFlow()
_HIGHEST_PRICE = 1e9
"""Highest price of a unit of relief that a message takes, EUR for an hour."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """The limits that the clearing of a session is to keep, and what is broken without it.

    Attributes:
        need: The broken limits, and the least changes of single PoDs that cure them.
        limits: The limits that flexibility could break or has to relieve.
    """

    need: FlexibilityNeed
    limits: tuple[GridLimit, ...]


@dataclass(frozen=True, slots=True)
class LimitOrder:
    """The terms of an order to find limits.

    Attributes:
        dso: The DSO, who pays for relief.
        price: Most that it pays for a kW of the most effective PoD, EUR/kWh.
        reactive: Whether the market trades reactive power, so that it moves by itself.
    """

    dso: str
    price: float
    reactive: bool = False


def limit_session(
    forecast: Forecast, indices: range, order: LimitOrder, work: GridWork
) -> SessionLimits:
    """Return the limits of some quarter-hours of a day, as straight lines near their cure.

    Args:
        forecast: The day as it is expected.
        indices: The quarter-hours.
        order: Who asks, what it pays, and whether reactive power moves by itself.
        work: Calculates what cures the grid.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
        ClusterMissing: The workers are not there.
    """
    power = expected_power(forecast, indices)
    active = [each for each in flexible_pods(forecast) if each.max_up_kw or each.max_down_kw]
    flexible = with_reactive(forecast) if order.reactive else active
    need = work.request(forecast.network, power, active, in_groups=False)
    moved_kw = _moved(need, flexible, len(indices))
    straight = straighten_limits(forecast.limits, _engine, power, moved_kw, flexible)
    return SessionLimits(
        need, tuple(_grid_limit(each, indices, order, flexible) for each in straight)
    )


def _moved(need: FlexibilityNeed, flexible: Sequence[PodFlexibility], scenarios: int) -> Floats:
    """Return how far each PoD moves in the cure of single PoDs, kW, shape (scenarios, PoDs)."""
    place = {pod.pod_id: column for column, pod in enumerate(flexible)}
    moved_kw = np.zeros((scenarios, len(flexible)))
    for each in need.needs:
        for pod_id in each.pods:
            moved_kw[each.scenario, place[pod_id]] += each.change_kw / len(each.pods)
    return moved_kw


def _grid_limit(
    straight: StraightLimit,
    indices: range,
    order: LimitOrder,
    flexible: Sequence[PodFlexibility],
) -> GridLimit:
    """Return a limit in the market's form; relief is worth what its most effective kW may cost."""
    needed = (straight.least > 0) - (straight.most < 0)
    relief = None
    if needed:
        helpful = max((_help(straight, needed, pod) for pod in flexible), default=0.0)
        relief = min(order.price / helpful, _HIGHEST_PRICE) if helpful > 0 else 0.0
    return GridLimit(
        player_id=order.dso,
        element=straight.element,
        index=indices[straight.scenario],
        unit=straight.unit,
        least=straight.least if np.isfinite(straight.least) else None,
        most=straight.most if np.isfinite(straight.most) else None,
        price=relief,
        effects=[
            PodEffect(
                pod=pod,
                effect=straight.effects.get(pod, 0.0),
                reactive_effect=straight.reactive_effects.get(pod),
            )
            for pod in sorted({**straight.effects, **straight.reactive_effects})
        ],
    )


def _help(straight: StraightLimit, needed: int, pod: PodFlexibility) -> float:
    """Return by how much a kW of a PoD relieves an element, in the way that it can move."""
    effect = needed * straight.effects.get(pod.pod_id, 0.0)
    return abs(effect) if (pod.max_up_kw if effect > 0 else pod.max_down_kw) > 0 else 0.0
