"""A quarter-hour's cure in the network's names: the changes asked for, the violations left."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.effect_class import BINDING
from platone.grid.flexibility.task import LEFT, Cure, Task
from platone.grid.flow.alarm import Violation
from platone.grid.flow.limit import Limits

_NOTHING = 1e-6
"""Change that is none, kW or kvar: a milliwatt."""


@dataclass(frozen=True, slots=True)
class GroupNeed:
    """A change that is asked of a group in one quarter-hour.

    Attributes:
        scenario: The quarter-hour's place in the run.
        pods: The group, by identifier.
        baseline_kw: Sum of the group's baselines.
        change_kw: Sum of the changes, negative: withdraw less.
        baseline_kvar: Sum of the group's reactive baselines.
        change_kvar: Sum of the changes of reactive power that moves by itself.
    """

    scenario: int
    pods: tuple[str, ...]
    baseline_kw: float
    change_kw: float
    baseline_kvar: float = 0.0
    change_kvar: float = 0.0

    @property
    def total_kw(self) -> float:
        """Return the total power asked of the group: baseline and change."""
        return self.baseline_kw + self.change_kw


@dataclass(frozen=True, slots=True)
class Incurable:
    """A violation that the flexible PoDs cannot cure.

    Attributes:
        violation: The violation as it remains after the request.
        reason: The reason, one sentence.
    """

    violation: Violation
    reason: str


def needs_of(limits: Limits, scenario: int, task: Task, cure: Cure) -> list[GroupNeed]:
    """Return the changes asked of each set of PoDs, active and reactive power in one."""
    consumers, groups = limits.network.consumers, task.groups
    found: dict[tuple[str, ...], GroupNeed] = {}
    for group in np.flatnonzero(cure.totals > _NOTHING).tolist():
        first = groups.starts[group]
        places = groups.places[first : first + groups.sizes[group]]
        pods = tuple(sorted(consumers[place].id for place in places))
        total, by_itself = float(cure.totals[group]), groups.kw[first] == 0
        kw = float(groups.kw[first]) * total
        kvar = float(groups.kvar[first]) * total if by_itself else 0.0
        known = found.get(pods)
        found[pods] = GroupNeed(
            scenario,
            pods,
            float(task.p_kw[places].sum()),
            kw + (known.change_kw if known else 0.0),
            float(task.q_kvar[places].sum()),
            kvar + (known.change_kvar if known else 0.0),
        )
    return [found[pods] for pods in sorted(found)]


def incurable_of(limits: Limits, scenario: int, task: Task, cure: Cure) -> list[Incurable]:
    """Return the violations that a cure leaves, with reasons; of a branch's two ends the worse."""
    left, seen = [], set()
    for row in np.argsort(-cure.excess, kind="stable").tolist():
        limit, excess = cure.limits[row], float(cure.excess[row])
        element = int(limits.element_of[limit])
        if excess > LEFT and element not in seen:
            seen.add(element)
            violation = Violation(scenario, excess, limits.state(limit, excess))
            left.append(Incurable(violation, _reason(limits, task, cure, row)))
    return left


def _reason(limits: Limits, task: Task, cure: Cure, row: int) -> str:
    """Return the reason why a critical limit is not kept."""
    helping = np.flatnonzero(cure.slopes[row] < 0)
    if not len(helping):
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
