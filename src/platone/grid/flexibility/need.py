"""A quarter-hour's cure in the network's names: the changes asked for, the violations left."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.effect_class import BINDING
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.flexibility.task import LEFT, Cure, Task
from platone.grid.flow.alarm import Violation
from platone.grid.flow.limit import TOLERANCE, Limits

_NOTHING = 1e-6
"""Change that is none, kW or kvar: a milliwatt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNeed:
    """A change that is asked of a group in one quarter-hour.

    Attributes:
        scenario: The quarter-hour's place in the run.
        pods: The group, by identifier.
        baseline_kw: Sum of the group's baselines.
        change_kw: Sum of the changes, negative: withdraw less.
        baseline_kvar: Sum of the group's reactive baselines.
        change_kvar: Sum of the changes of reactive power that moves by itself.
        limit_eur_per_kwh: Price of the dearest member that the change needs, if it is bought in
            merit order; none where there are no prices.
        limit_eur_per_kvarh: The same of reactive power.
    """

    scenario: int
    pods: tuple[str, ...]
    baseline_kw: float
    change_kw: float
    baseline_kvar: float = 0.0
    change_kvar: float = 0.0
    limit_eur_per_kwh: float | None = None
    limit_eur_per_kvarh: float | None = None

    @property
    def total_kw(self) -> float:
        """Return the total power asked of the group: baseline and change."""
        return self.baseline_kw + self.change_kw


@dataclass(frozen=True, slots=True)
class RequestCost:
    """The cost of a quarter-hour's request beside that of the least change of single PoDs.

    Both are euro an hour; where there are no prices, kW and kvar.

    Attributes:
        scenario: The quarter-hour's place in the run.
        asked: Cost of what is asked, if the members of each group are bought in merit order.
        least: Cost of the single PoDs' changes, for a buyer that knows places.
    """

    scenario: int
    asked: float
    least: float


@dataclass(frozen=True, slots=True)
class Incurable:
    """A violation that the flexible PoDs cannot cure.

    Attributes:
        violation: The violation as it remains after the request.
        reason: The reason, one sentence.
    """

    violation: Violation
    reason: str


def needs_of(
    limits: Limits, scenario: int, task: Task, cure: Cure, prices: Floats | None = None
) -> list[GroupNeed]:
    """Return the changes asked of each set of PoDs, active and reactive power in one.

    Args:
        limits: The network's limits.
        scenario: The quarter-hour's place in the run.
        task: The quarter-hour.
        cure: Its cure.
        prices: Price of a move of 1 of each member, shape (members,); none: there are no prices.
    """
    consumers, groups = limits.network.consumers, task.groups
    each = groups.margins if prices is None else prices
    bought = bought_in_merit_order(groups, cure.totals, each)
    nothing = GroupNeed(scenario=scenario, pods=(), baseline_kw=0.0, change_kw=0.0)
    found: dict[tuple[str, ...], GroupNeed] = {}
    for group in np.flatnonzero(cure.totals > _NOTHING).tolist():
        members = slice(groups.starts[group], groups.starts[group] + groups.sizes[group])
        places, first = groups.places[members], members.start
        pods = tuple(sorted(consumers[place].id for place in places))
        total, by_itself = float(cure.totals[group]), groups.kw[first] == 0
        limit = None
        if prices is not None:
            limit = float(prices[members][bought[members] > 0].max())
        known = found.get(pods, nothing)
        kw, kvar = float(groups.kw[first]) * total, float(groups.kvar[first]) * total
        found[pods] = GroupNeed(
            scenario=scenario,
            pods=pods,
            baseline_kw=float(task.p_kw[places].sum()),
            change_kw=known.change_kw + kw,
            baseline_kvar=float(task.q_kvar[places].sum()),
            change_kvar=known.change_kvar + (kvar if by_itself else 0.0),
            limit_eur_per_kwh=known.limit_eur_per_kwh if by_itself else limit,
            limit_eur_per_kvarh=limit if by_itself else known.limit_eur_per_kvarh,
        )
    return [found[pods] for pods in sorted(found)]


def bought_in_merit_order(groups: FlexibleGroups, totals: Floats, prices: Floats) -> Floats:
    """Return each member's move if the cheapest of each group are bought first, shape (members,).

    Args:
        groups: The groups.
        totals: Each group's total, shape (groups,).
        prices: Price of a move of 1 of each member, shape (members,).
    """
    if groups.are_single:
        return totals
    cheapest_first = groups.least_effective_first(-prices[None])
    return np.asarray(groups.split(cheapest_first, totals)[0])


def incurable_of(
    limits: Limits, scenario: int, task: Task, cure: Cure, harmed: Collection[int] = ()
) -> list[Incurable]:
    """Return the violations that a cure leaves, with reasons; of a branch's two ends the worse.

    Args:
        limits: The network's limits.
        scenario: The quarter-hour's place in the run.
        task: The quarter-hour.
        cure: Its cure.
        harmed: Limits that some flexible PoD could make worse.
    """
    left, seen = [], set()
    for row in np.argsort(-cure.excess, kind="stable").tolist():
        limit, excess = cure.limits[row], float(cure.excess[row])
        element = int(limits.element_of[limit])
        if excess > LEFT and element not in seen:
            seen.add(element)
            violation = Violation(scenario, excess, limits.state(limit, excess))
            left.append(Incurable(violation, _reason(limits, task, cure, row, harmed)))
    return left


def harmed_by(cure: Cure) -> set[int]:
    """Return the critical limits that some move would make worse."""
    rows = np.flatnonzero((cure.slopes > TOLERANCE).any(axis=1))
    return {cure.limits[row] for row in rows}


def _reason(limits: Limits, task: Task, cure: Cure, row: int, harmed: Collection[int]) -> str:
    """Return the reason why a critical limit is not kept."""
    helping = np.flatnonzero(cure.slopes[row] < 0)
    if not len(helping):
        if cure.limits[row] in harmed:
            return (
                "Flexible points of delivery could only make it worse: "
                "none offers the direction that would help."
            )
        return "No flexible point of delivery has an effect on it."
    margins = task.groups.group_margins
    unused = margins - cure.totals
    if (unused[helping] <= BINDING * margins[helping]).all():
        return (
            "All flexible points of delivery that help are at their limits "
            f"({_amount(task, cure.totals, helping)})."
        )
    amounts = (_amount(task, margins, helping), _amount(task, cure.totals, helping))
    held = _held(limits, cure, row, helping)
    if not held:
        return f"Of {amounts[0]} that help only {amounts[1]} are of use: more would not reduce it."
    return (
        f"Of {amounts[0]} that help only {amounts[1]} can be used without breaking "
        f"another limit ({', '.join(held[:3])})."
    )


def _held(limits: Limits, cure: Cure, row: int, helping: Places) -> list[str]:
    """Return the other elements whose limits stand against moving the groups that help a row."""
    own = limits.state(cure.limits[row], 0.0).element
    against = (cure.excess > -BINDING) & (cure.slopes[:, helping] > 0).any(axis=1)
    elements = [limits.state(cure.limits[i], 0.0).element for i in np.flatnonzero(against)]
    return [element for element in dict.fromkeys(elements) if element != own]


def _amount(task: Task, amounts: Floats, groups: Places) -> str:
    """Return the sum of some groups' moves in words."""
    by_itself = task.groups.kw[task.groups.starts[groups]] == 0
    kw, kvar = amounts[groups][~by_itself].sum(), amounts[groups][by_itself].sum()
    parts = [f"{kw:.3f} kW"] if (~by_itself).any() else []
    return " and ".join([*parts, f"{kvar:.3f} kvar"] if by_itself.any() else parts)
