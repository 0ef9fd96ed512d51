"""Size a flexibility request: the changes that a DSO asks of points of delivery to cure its grid.

**Least change.** For every quarter-hour with a broken limit,
:mod:`platone.grid.flexibility.cure` finds the least sum of changes of single PoDs (in kW, or
in euro where they have prices), each within its margins and at its own power factor, that keeps all
limits of currents and voltages by an AC power flow. Reactive power moves by itself where offered.

**Groups.** The limits that bind there decide who is asked together: PoDs of similar effect
(:mod:`platone.grid.flexibility.effect_class`). PoDs behind one overloaded branch of a feeder
are such a group; a PoD without margin is in none.

**Total.** The market buys the group's total by price, not by place, and may take it from any
member up to its margin. The total is therefore sized for the *least effective split*: for each
critical limit the members that help it least (by the sensitivities when it was first seen broken)
are used first, each up to its margin. The result is the least sum of totals for which the AC power
flow of every such split keeps every limit; any other split helps at least as much, to first
order. Weighed and left out: sizing by the best PoD or by the average needs less power, but is not
sure to cure. A market that knows places needs no such reserve: without groups the PoDs' own changes
are asked for.

The classes bound what this costs: within a group effects differ by at most a factor of two. Where
groups cannot be sized so (a member of a group would break another limit), the PoDs of that
quarter-hour are asked for one by one. What no PoD can cure is reported, and the rest requested.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.cure import Curer
from platone.grid.flexibility.effect_class import groups_by_effect
from platone.grid.flexibility.flexible_groups import FlexibleGroups, loss_by_worst_split
from platone.grid.flexibility.nearby_limits import might_break
from platone.grid.flexibility.need import (
    GroupNeed,
    Incurable,
    RequestCost,
    bought_in_merit_order,
    harmed_by,
    incurable_of,
    needs_of,
)
from platone.grid.flexibility.offer import PodFlexibility, single_groups
from platone.grid.flexibility.task import LEFT, Cure, Task, WarmStart
from platone.grid.flow.alarm import Violation, found_violations
from platone.grid.flow.chunk import chunks, solve_chunk
from platone.grid.flow.limit import TOLERANCE, Limits
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow

__all__ = [
    "FlexibilityNeed",
    "GroupNeed",
    "Incurable",
    "PodFlexibility",
    "RequestCost",
    "size_request",
]


@dataclass(frozen=True, slots=True)
class FlexibilityNeed:
    """A request for all quarter-hours of a run.

    Attributes:
        violations: The broken limits at the baselines, the worst first.
        needs: The changes that are asked for, by quarter-hour and group.
        incurable: The violations that remain.
        gap: The part by which the single PoDs' changes may be above the least, at most, in any
            quarter-hour that is cured; groups ask for more, to be sure. None where it is not
            proven, as in meshed networks and where feeding in breaks a limit.
        costs: The cost of each quarter-hour's request, beside that of single PoDs.
    """

    violations: tuple[Violation, ...]
    needs: tuple[GroupNeed, ...]
    incurable: tuple[Incurable, ...]
    gap: float | None = 0.0
    costs: tuple[RequestCost, ...] = ()


def size_request(
    limits: Limits,
    engine: PowerFlow,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Callable[[int], None] | None = None,
    *,
    in_groups: bool = True,
) -> FlexibilityNeed:
    """Return the request for a run of quarter-hours, of a day or of years, in bounded memory.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
        power: Baselines and other load, one scenario a quarter-hour.
        flexible: The flexible PoDs; all must be on the network.
        progress: Called with the number of quarter-hours left.
        in_groups: Whether to ask for groups' totals, which cure however a market splits them, or
            for each PoD's own change.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
        PriceMissing: Some PoDs have a price, some have none.
    """
    singles, cost = single_groups(limits.network, flexible)
    is_priced = any(each.cost_eur_per_kwh is not None for each in flexible)
    prices = _Prices(cost, is_priced=is_priced)
    sizer = _Sizer(limits, Curer(limits, engine), singles, prices, in_groups=in_groups)
    found: list[Violation] = []
    for part in chunks(power):
        flow = solve_chunk(engine, limits.network, part)
        excess = limits.excess(flow)
        found += found_violations(limits, excess, part.first)
        slots = np.flatnonzero((excess > TOLERANCE).any(axis=1))
        after = len(power.p_kw) - part.first - len(part.power.p_kw)
        sizer.size(flow.at(slots), slots + part.first, after, progress)
        if progress is not None:
            progress(after)
    found.sort(key=lambda each: -each.excess)
    return FlexibilityNeed(
        violations=tuple(found),
        needs=tuple(sizer.needs),
        incurable=tuple(sizer.incurable),
        gap=greatest_gap(sizer.gaps),
        costs=tuple(sizer.costs),
    )


def greatest_gap(gaps: Iterable[float | None]) -> float | None:
    """Return the greatest of some gaps, or none where one of them is not known."""
    found = 0.0
    for gap in gaps:
        if gap is None:
            return None
        found = max(found, gap)
    return found


def summed_costs(costs: Iterable[RequestCost]) -> tuple[RequestCost, ...]:
    """Return the costs of parts of a network, summed by quarter-hour."""
    found: dict[int, RequestCost] = {}
    for each in costs:
        known = found.get(each.scenario, RequestCost(each.scenario, 0.0, 0.0))
        found[each.scenario] = RequestCost(
            each.scenario, known.asked + each.asked, known.least + each.least
        )
    return tuple(found[scenario] for scenario in sorted(found))


@dataclass(frozen=True, slots=True)
class _Prices:
    """The costs of single PoDs' moves.

    Attributes:
        cost: Cost of a move of 1 of each, shape (PoDs,).
        is_priced: Whether the costs are prices, in euro; else a kW counts as 1.
    """

    cost: Floats
    is_priced: bool


class _Sizer:
    """A collector of the changes to ask for, some quarter-hours after the others.

    Args:
        limits: The network's limits.
        curer: The optimiser.
        singles: The flexible PoDs, each in each direction a group of its own.
        prices: Their costs.
        in_groups: Whether groups' totals are asked for, or each PoD's own change.

    Attributes:
        needs: The changes to ask for.
        incurable: The violations that remain.
        gaps: The gaps of the quarter-hours that are cured.
        costs: The costs of the quarter-hours' requests.
    """

    def __init__(
        self,
        limits: Limits,
        curer: Curer,
        singles: FlexibleGroups,
        prices: _Prices,
        *,
        in_groups: bool,
    ) -> None:
        self._limits = limits
        self._curer = curer
        self._singles = singles
        self._cost = prices.cost
        self._is_priced = prices.is_priced
        self._in_groups = in_groups
        self.needs: list[GroupNeed] = []
        self.incurable: list[Incurable] = []
        self.gaps: list[float | None] = []
        self.costs: list[RequestCost] = []

    def size(
        self,
        flow: Flow,
        slots: Places,
        after: int,
        progress: Callable[[int], None] | None,
    ) -> None:
        """Size the request of some quarter-hours.

        Args:
            flow: Their states.
            slots: Their places in the run.
            after: Number of quarter-hours behind them in the run.
            progress: Called with the number of quarter-hours left.
        """
        count = len(slots)

        def alone(left: int) -> None:
            if progress is not None:
                progress(after + (count + left + 1) // 2 if self._in_groups else after + left)

        def together(left: int) -> None:
            if progress is not None:
                progress(after + (left + 1) // 2)

        tasks = [
            Task(p_kw, q_kvar, self._singles, self._cost)
            for p_kw, q_kvar in zip(flow.power.p_kw, flow.power.q_kvar, strict=True)
        ]
        cures = self._curer.cure(tasks, slots, alone, flow)
        self.gaps += [cure.gap for cure in cures if cure.is_complete]
        least = [float(self._cost @ cure.totals) for cure in cures]
        harmed = [harmed_by(cure) for cure in cures]
        if self._in_groups:
            grouped = [self._grouped(task, cure) for task, cure in zip(tasks, cures, strict=True)]
            group_cures = self._curer.cure(grouped, slots, together)
            for place, (task, cure) in enumerate(zip(grouped, group_cures, strict=True)):
                if _excess(cure) <= _excess(cures[place]) + LEFT:
                    tasks[place], cures[place] = task, cure
        for place, slot in enumerate(slots.tolist()):
            task, cure = tasks[place], cures[place]
            self._ask(slot, task, cure, least[place])
            self.incurable += incurable_of(self._limits, slot, task, cure, harmed[place])

    def _ask(self, slot: int, task: Task, cure: Cure, least: float) -> None:
        """Ask for a quarter-hour's changes, and tell what they cost.

        Args:
            slot: The quarter-hour's place in the run.
            task: The quarter-hour, with single PoDs or groups.
            cure: Its cure.
            least: Cost of the single PoDs' changes.
        """
        prices = self._cost if task.member_cost is None else task.member_cost
        asked = float(prices @ bought_in_merit_order(task.groups, cure.totals, prices))
        self.costs.append(RequestCost(slot, asked, least))
        of_members = prices if self._is_priced else None
        self.needs += needs_of(self._limits, slot, task, cure, of_members)

    def _grouped(self, task: Task, cure: Cure) -> Task:
        """Return the task with groups, which begins where the single PoDs' cure ended."""
        groups = groups_by_effect(self._singles, cure)
        columns = [row for group in groups for row in group]
        grouped = self._singles.regrouped(groups)
        taken, effects = cure.totals[columns], cure.effects[:, columns]
        rows = len(cure.excess)
        loss = loss_by_worst_split(grouped, effects, taken) if columns else np.zeros(rows)
        return Task(
            task.p_kw,
            task.q_kvar,
            grouped,
            cost=np.array([self._cost[group].max() for group in groups]),
            member_cost=self._cost[columns],
            warm_start=WarmStart(
                totals=np.array([cure.totals[group].sum() for group in groups]),
                limits=cure.limits,
                excess=cure.excess + loss,
                effects=effects,
                slopes=(cure.slopes / self._singles.margins)[:, columns],
                apart=might_break(cure.excess + loss, loss),
                prices=cure.prices,
            ),
        )


def _excess(cure: Cure) -> float:
    """Return the sum of the excess that a cure leaves."""
    return float(np.clip(cure.excess, 0.0, None).sum())
