"""The flexibility request: what a DSO asks of groups of points of delivery to cure its grid.

**Least change.** For every quarter-hour with a broken limit,
:mod:`platone.dso.domain.flexibility.cure` finds the least sum of |changes of active power| of
single PoDs, each within its margins and at its own power factor, that keeps all limits of currents
and voltages by an AC power flow.

**Groups.** The limits that bind there decide who is asked together: PoDs that move in the same
direction and have an effect of the same class on each binding limit. Class 0 is at least half of
the strongest effect among flexible PoDs, class 1 at least a quarter, and so on; below 5 % a PoD
does not help and is not asked for it; one that makes a limit worse is in a class of its own. PoDs
behind one overloaded branch of a feeder are such a group; a PoD without margin is in none.

**Total.** The market buys the group's total by price, not by place, and may take it from any
member up to its margin. The total is therefore sized for the *least effective split*: for each
watched limit the members that help it least (by the sensitivities when it was first seen broken)
are used first, each up to its margin. The result is the least sum of totals for which the AC power
flow of every such split keeps every limit; any other split helps at least as much, to first
order. Weighed and left out: sizing by the best PoD or by the average needs less power, but is not
sure to cure; a market that knows places would need no such reserve.

The classes bound what this costs: within a group effects differ by at most a factor of two. Where
groups cannot be sized so (a member of a group would break another limit), the PoDs of that
quarter-hour are asked for one by one. What no PoD can cure is reported, and the rest requested.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.array import Floats
from platone.dso.domain.flexibility.cure import MATERIAL, Cure, Curer, Task
from platone.dso.domain.flexibility.group import Group
from platone.dso.domain.flow.alarm import Violation, violations
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.state import ConsumerPower, PowerFlow

_BINDING = 1e-4
_LEFT = 1e-5
_NOTHING_KW = 1e-6


@dataclass(frozen=True, slots=True)
class PodFlexibility:
    """How far a point of delivery can be moved from its baseline.

    Attributes:
        pod_id: The PoD.
        max_up_kw: Most that it can withdraw more, at least 0.
        max_down_kw: Most that it can withdraw less, at least 0.
        kvar_per_kw: Reactive power that follows its active power (tan phi).
    """

    pod_id: str
    max_up_kw: float
    max_down_kw: float
    kvar_per_kw: float


@dataclass(frozen=True, slots=True)
class GroupNeed:
    """What is asked of a group in one quarter-hour.

    Attributes:
        scenario: The quarter-hour's place in the run.
        pods: The group, by identifier.
        baseline_kw: Sum of the group's baselines.
        change_kw: Sum of the changes, negative: withdraw less.
    """

    scenario: int
    pods: tuple[str, ...]
    baseline_kw: float
    change_kw: float

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


@dataclass(frozen=True, slots=True)
class FlexibilityNeed:
    """A day's request.

    Attributes:
        violations: The broken limits at the baselines, the worst first.
        needs: What is asked, by quarter-hour and group.
        incurable: What it leaves.
    """

    violations: tuple[Violation, ...]
    needs: tuple[GroupNeed, ...]
    incurable: tuple[Incurable, ...]


def size_request(
    limits: Limits,
    engine: PowerFlow,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Callable[[int], None] | None = None,
) -> FlexibilityNeed:
    """The request for a run of quarter-hours.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
        power: Baselines and other load, one scenario a quarter-hour.
        flexible: The flexible PoDs; all must be on the network.
        progress: Called with the number of quarter-hours left.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
    """
    found = violations(limits, engine.solve(limits.network, power))
    slots = sorted({violation.scenario for violation in found})
    pods = sorted(flexible, key=lambda each: each.pod_id)
    curer = Curer(limits, engine, progress)
    singles = _singles(limits, pods)
    single_tasks = [_task(limits, power, slot, singles) for slot in slots]
    single_cures = curer.cure(single_tasks)
    tasks = [
        _task(limits, power, slot, _grouped(singles, cure))
        for slot, cure in zip(slots, single_cures, strict=True)
    ]
    cures = curer.cure(tasks)
    needs: list[GroupNeed] = []
    incurable: list[Incurable] = []
    for place, slot in enumerate(slots):
        task, cure = tasks[place], cures[place]
        if _excess(cure) > _excess(single_cures[place]) + _LEFT:
            task, cure = single_tasks[place], single_cures[place]
        needs += _needs(limits, power.p_kw[slot], slot, task, cure)
        incurable += _incurable(limits, slot, task, cure)
    return FlexibilityNeed(tuple(found), tuple(needs), tuple(incurable))


def _excess(cure: Cure) -> float:
    return float(np.clip(cure.excess, 0.0, None).sum())


def _task(limits: Limits, power: ConsumerPower, slot: int, groups: Sequence[Group]) -> Task:
    return Task(
        p_kw=power.p_kw[slot],
        q_kvar=power.q_kvar[slot],
        groups=tuple(groups),
        cost=np.ones(len(groups)),
        tolerated=np.zeros(len(limits)),
    )


def _singles(limits: Limits, pods: Sequence[PodFlexibility]) -> list[Group]:
    """A group of one for each PoD and direction with a margin."""
    return [
        Group(
            direction,
            np.array([limits.network.pod_position[pod.pod_id]]),
            np.array([margin_kw], np.float64),
            np.array([pod.kvar_per_kw]),
        )
        for pod in pods
        for direction, margin_kw in ((-1.0, pod.max_down_kw), (1.0, pod.max_up_kw))
        if margin_kw > 0
    ]


def _grouped(singles: Sequence[Group], cure: Cure) -> list[Group]:
    """The groups of one quarter-hour, from the cure by single PoDs."""
    if not singles or not cure.watched:
        return []
    binding = cure.excess > -_BINDING
    margins = np.array([group.margin_kw for group in singles])
    help_per_kw = -(cure.slopes / margins)[binding]
    strongest = help_per_kw.max(axis=1, keepdims=True, initial=0.0)
    relative = help_per_kw / np.where(strongest > 0, strongest, 1.0)
    members: dict[tuple[float, tuple[int, ...]], list[Group]] = {}
    for column in _directions(singles, relative, cure):
        classes = tuple(_class(value) for value in relative[:, column])
        members.setdefault((singles[column].direction, classes), []).append(singles[column])
    return [_joined(group) for group in members.values()]


_NO_EFFECT, _WORSE = -1, -2


def _class(relative: float) -> int:
    """The class of an effect relative to the strongest helping one."""
    if relative < -MATERIAL:
        return _WORSE
    if relative < MATERIAL:
        return _NO_EFFECT
    return max(int(np.floor(-np.log2(relative) + 1e-9)), 0)


def _directions(singles: Sequence[Group], relative: Floats, cure: Cure) -> list[int]:
    """The columns that help some binding limit; of a PoD's two the one that the cure moved more.

    Where it moved neither, the one that helps most.
    """
    chosen: dict[int, int] = {}
    rank = [
        (float(cure.totals_kw[column]), float(relative[:, column].max(initial=0.0)))
        for column in range(len(singles))
    ]
    for column, group in enumerate(singles):
        if rank[column][1] < MATERIAL:
            continue
        pod = int(group.members[0])
        if pod not in chosen or rank[column] > rank[chosen[pod]]:
            chosen[pod] = column
    return sorted(chosen.values())


def _joined(groups: Sequence[Group]) -> Group:
    return Group(
        groups[0].direction,
        np.concatenate([group.members for group in groups]),
        np.concatenate([group.margins_kw for group in groups]),
        np.concatenate([group.kvar_per_kw for group in groups]),
    )


def _needs(
    limits: Limits, baseline_kw: Floats, slot: int, task: Task, cure: Cure
) -> list[GroupNeed]:
    consumers = limits.network.connection_points
    first = len(limits.network.loads)
    needs = []
    for group, total_kw in zip(task.groups, cure.totals_kw, strict=True):
        if total_kw > _NOTHING_KW:
            pods = tuple(sorted(consumers[place - first].pod_id for place in group.members))
            base_kw = float(baseline_kw[group.members].sum())
            needs.append(GroupNeed(slot, pods, base_kw, group.direction * float(total_kw)))
    return sorted(needs, key=lambda need: need.pods)


def _incurable(limits: Limits, slot: int, task: Task, cure: Cure) -> list[Incurable]:
    left = []
    for row, limit in enumerate(cure.watched):
        excess = float(cure.excess[row])
        if excess > _LEFT:
            violation = Violation(slot, excess, limits.state(limit, excess))
            left.append(Incurable(violation, _reason(task, cure, row)))
    return left


def _reason(task: Task, cure: Cure, row: int) -> str:
    helping = [
        (group, float(total_kw))
        for group, total_kw, slope in zip(
            task.groups, cure.totals_kw, cure.slopes[row] if len(task.groups) else [], strict=True
        )
        if slope < 0
    ]
    if not helping:
        return "No flexible point of delivery has an effect on it."
    margin_kw = sum(group.margin_kw for group, _ in helping)
    used_kw = sum(total_kw for _, total_kw in helping)
    if used_kw >= margin_kw * (1 - _BINDING):
        return f"All flexible points of delivery that help are at their limits ({used_kw:.3f} kW)."
    return (
        f"Of {margin_kw:.3f} kW that help only {used_kw:.3f} kW can be used "
        "without breaking another limit."
    )
