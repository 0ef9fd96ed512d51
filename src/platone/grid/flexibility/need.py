"""What a quarter-hour's cure asks for, and what it leaves, in the network's names."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.effect_class import BINDING
from platone.grid.flexibility.task import Cure, Task
from platone.grid.flow.alarm import Violation
from platone.grid.flow.limit import Limits

LEFT = 1e-5
"""A smaller excess does not count as left."""
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class GroupNeed:
    """What is asked of a group in one quarter-hour.

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
        """Total power asked of the group."""
        return self.baseline_kw + self.change_kw


@dataclass(frozen=True, slots=True)
class Incurable:
    """A violation that the flexible PoDs cannot cure.

    Attributes:
        violation: What remains of it after the request.
        reason: Why, one sentence.
    """

    violation: Violation
    reason: str


def needs_of(limits: Limits, scenario: int, task: Task, cure: Cure) -> list[GroupNeed]:
    """What is asked of each set of PoDs; its active and its reactive power in one."""
    consumers, members = limits.network.consumers, task.members
    found: dict[tuple[str, ...], GroupNeed] = {}
    ends = np.cumsum(members.sizes)
    for group in np.flatnonzero(cure.totals > _NOTHING).tolist():
        first = ends[group] - members.sizes[group]
        places = members.places[first : ends[group]]
        pods = tuple(sorted(consumers[place].id for place in places))
        total, by_itself = float(cure.totals[group]), members.kw[first] == 0
        kw = float(members.kw[first]) * total
        kvar = float(members.kvar[first]) * total if by_itself else 0.0
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
    """The violations that a cure leaves, each with the reason; of a branch's two ends the worse."""
    left, seen = [], set()
    for row in np.argsort(-cure.excess, kind="stable").tolist():
        limit, excess = cure.watched[row], float(cure.excess[row])
        element = int(limits.element_of[limit])
        if excess > LEFT and element not in seen:
            seen.add(element)
            violation = Violation(scenario, excess, limits.state(limit, excess))
            left.append(Incurable(violation, _reason(limits, task, cure, row)))
    return left


def _reason(limits: Limits, task: Task, cure: Cure, row: int) -> str:
    helping = np.flatnonzero(cure.slopes[row] < 0)
    if not len(helping):
        return "No flexible point of delivery has an effect on it."
    margins = task.members.group_margins
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
    """The other elements whose limits stand against moving those that help a watched limit."""
    own = limits.state(cure.watched[row], 0.0).element
    against = (cure.excess > -BINDING) & (cure.slopes[:, helping] > 0).any(axis=1)
    elements = [limits.state(cure.watched[i], 0.0).element for i in np.flatnonzero(against)]
    return [element for element in dict.fromkeys(elements) if element != own]


def _amount(task: Task, amounts: Floats, groups: Places) -> str:
    """A sum of moves in words."""
    by_itself = task.members.kw[task.members.starts[groups]] == 0
    kw, kvar = amounts[groups][~by_itself].sum(), amounts[groups][by_itself].sum()
    parts = [f"{kw:.3f} kW"] if (~by_itself).any() else []
    return " and ".join([*parts, f"{kvar:.3f} kvar"] if by_itself.any() else parts)
