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
from platone.grid.flexibility.flexible_move import FlexibleMoves
from platone.grid.flexibility.nearby_limits import Reach
from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flow.limit import LOWER_VOLTAGE, TOLERANCE, UPPER_VOLTAGE, Limits
from platone.grid.flow.sensitivity import Sensitivity
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.problem.calculation import PowerFlowDiverged

_STATES_AT_ONCE = 256
"""States that are solved and held at once: a few MiB on networks of thousands of nodes."""
_TURNED = -2.0
"""Relative excess at the limit on the other side: of a current that has turned, and is as large as
its limit the other way, or of a voltage at the other end of its band, which is two halves wide."""


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
        reactive_effects: The same by one more kvar, of PoDs whose reactive power moves by itself.
    """

    scenario: int
    element: str
    unit: Literal["A", "pu"]
    least: float
    most: float
    effects: dict[str, float]
    reactive_effects: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Tangent:
    """A limit as a straight line: where it touches, its excess there, and its slopes by move."""

    scenario: int
    limit: int
    at: Floats
    excess: float
    slopes: Floats

    @property
    def at_baseline(self) -> float:
        """Return the relative excess that the line has at the baselines."""
        return self.excess - float(self.slopes @ self.at)

    def extremes(self, moves: FlexibleMoves) -> tuple[float, float]:
        """Return the least and the most excess that the PoDs could bring."""
        up, down = self.slopes * moves.up, -self.slopes * moves.down
        base = self.at_baseline
        return (
            base + float(np.minimum(up, down).clip(max=0).sum()),
            base + float(np.maximum(up, down).clip(min=0).sum()),
        )

    def breaking(self, moves: FlexibleMoves) -> Floats:
        """Return the moves that just break the limit, on the way to the worst for it."""
        worst = np.where(self.slopes > 0, moves.up, -moves.down) * (self.slopes != 0)
        rise = float(self.slopes @ (worst - self.at))
        part = min(1.0, -self.excess / rise) if rise > 0 else 0.0
        return np.asarray(self.at + part * (worst - self.at))


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
        flexible: The flexible PoDs; reactive power follows their active power, and moves by itself
            where they have margins of it.

    Raises:
        PowerFlowDiverged: A state has no solution.
    """
    moves = FlexibleMoves.of(limits.network, flexible)
    every, wished = np.arange(len(wished_kw)), moves.with_reactive(wished_kw)
    flow = engine.solve(limits.network, moves.moved(power, every, wished))
    kva = float(((moves.up + moves.down) * np.hypot(moves.kw, moves.kvar)).sum())
    reach, excess = Reach(limits), limits.excess(flow)
    excess[:, 2 * limits.branches :] = _worst_voltages(limits, engine, power, excess, moves)
    near = [
        (scenario, limit)
        for scenario in every.tolist()
        for limit in _once_an_element(limits, reach.within(kva, excess[scenario], [])[0])
    ]
    tangents = _tangents(limits, flow, near, wished[[each[0] for each in near]], moves)
    found: list[StraightLimit] = []
    for start in range(0, len(tangents), _STATES_AT_ONCE):
        part = _touched_where_they_break(
            limits, engine, power, tangents[start : start + _STATES_AT_ONCE], moves
        )
        found += [_told(limits, each, moves) for each in part]
    return found


def _worst_voltages(
    limits: Limits, engine: PowerFlow, power: ConsumerPower, excess: Floats, moves: FlexibleMoves
) -> Floats:
    """Return each voltage's excess where it is greatest: in a state, or with all PoDs at one end.

    Voltages fall where more is withdrawn anywhere, so at the ends they are lowest and highest.
    Where the grid has no state at an end, all voltages are within reach.

    Returns:
        Relative excess over the voltage limits that there are, shape (scenarios, limits).
    """
    worst = excess[:, 2 * limits.branches :].copy()
    every = np.arange(len(excess))
    for end in (moves.up, -moves.down):
        at_end = np.broadcast_to(end, (len(every), len(end)))
        try:
            flow = engine.solve(limits.network, moves.moved(power, every, at_end))
        except PowerFlowDiverged:
            return np.where(np.isfinite(worst), np.inf, worst)
        np.maximum(worst, limits.excess(flow)[:, 2 * limits.branches :], out=worst)
    return worst


def _at_lower_end(limits: Limits, tangent: _Tangent) -> _Tangent:
    """Return the line of a voltage that can leave its band at both ends, as that of the lower one.

    A voltage falls ever more steeply, so a line that touches there is on the safe side above.
    """
    kind, _ = limits.locate(tangent.limit)
    if kind != UPPER_VOLTAGE:
        return tangent
    excess, slopes = _TURNED - tangent.excess, -tangent.slopes
    return replace(tangent, limit=tangent.limit + limits.buses, excess=excess, slopes=slopes)


def _has_other_side(limits: Limits, limit: int) -> bool:
    """Return whether a flow can break a limit on its other side: any current, a voltage's band."""
    kind, place = limits.locate(limit)
    if kind not in {UPPER_VOLTAGE, LOWER_VOLTAGE}:
        return True
    return bool(np.isfinite(limits.max_pu[place] - limits.min_pu[place]))


def _touched_where_they_break(
    limits: Limits,
    engine: PowerFlow,
    power: ConsumerPower,
    tangents: Sequence[_Tangent],
    moves: FlexibleMoves,
) -> list[_Tangent]:
    """Return the limits that count; those that are kept are touched where trades break them."""
    found: list[_Tangent] = []
    kept: list[_Tangent] = []
    for each in tangents:
        least, most = each.extremes(moves)
        turns = least < _TURNED and _has_other_side(limits, each.limit)
        if each.at_baseline > TOLERANCE or (turns and most <= TOLERANCE):
            found.append(each)
        elif most > TOLERANCE:
            kept.append(_at_lower_end(limits, each) if turns else each)
    if kept:
        at = np.array([each.breaking(moves) for each in kept])
        scenarios = np.array([each.scenario for each in kept])
        flow = engine.solve(limits.network, moves.moved(power, scenarios, at))
        states = [(place, each.limit) for place, each in enumerate(kept)]
        for old, new in zip(kept, _tangents(limits, flow, states, at, moves), strict=True):
            found.append(replace(new, scenario=old.scenario))
    return sorted(found, key=lambda each: (each.scenario, each.limit))


def _tangents(
    limits: Limits,
    flow: Flow,
    states: Sequence[tuple[int, int]],
    at: Floats,
    moves: FlexibleMoves,
) -> list[_Tangent]:
    """Return the tangents of limits in some states: each pair is a state's place and a limit."""
    if not states:
        return []
    places, which = (np.array(each, np.int64) for each in zip(*states, strict=True))
    effect = Sensitivity(limits).of(flow.voltage, places, which)
    slopes = effect.per_kw[:, moves.consumers] * moves.kw
    slopes += effect.per_kvar[:, moves.consumers] * moves.kvar
    slopes[np.abs(slopes) * (moves.up + moves.down) <= TOLERANCE] = 0.0
    excess = limits.excess(flow)[places, which].tolist()
    return [
        _Tangent(place, limit, moved, each, slope)
        for (place, limit), moved, each, slope in zip(states, at, excess, slopes, strict=True)
    ]


def _once_an_element(limits: Limits, which: Places) -> list[int]:
    """Return the first limit of each element, in their order."""
    _, first = np.unique(limits.element_of[which], return_index=True)
    found: list[int] = which[np.sort(first)].tolist()
    return found


def _told(limits: Limits, tangent: _Tangent, moves: FlexibleMoves) -> StraightLimit:
    """Return a limit in its own unit."""
    kind, _ = limits.locate(tangent.limit)
    is_voltage = kind in {UPPER_VOLTAGE, LOWER_VOLTAGE}
    at_limit = limits.state(tangent.limit, 0.0)
    whole = limits.state(tangent.limit, 1.0).value - at_limit.value
    lowest, highest = tangent.extremes(moves)
    sign = -1.0 if kind == LOWER_VOLTAGE else 1.0  # it is the fall of a voltage that breaks it
    least, most = -np.inf, np.inf
    if highest > TOLERANCE or tangent.at_baseline > TOLERANCE:
        most = -tangent.at_baseline * whole * sign
    if lowest < _TURNED and _has_other_side(limits, tangent.limit):
        least = (_TURNED - tangent.at_baseline) * whole * sign
    if sign < 0:
        least, most = -most, -least
    return StraightLimit(
        scenario=tangent.scenario,
        element=at_limit.element,
        unit="pu" if is_voltage else "A",
        least=float(least),
        most=float(most),
        effects=_by_pod(tangent.slopes * whole, moves, reactive=False),
        reactive_effects=_by_pod(tangent.slopes * whole, moves, reactive=True),
    )


def _by_pod(effects: Floats, moves: FlexibleMoves, *, reactive: bool) -> dict[str, float]:
    """Return the effects of one kind of moves by PoD, where there are any."""
    which = np.flatnonzero((moves.is_reactive == reactive) & (effects != 0)).tolist()
    return {moves.names[row]: float(effects[row]) for row in which}
