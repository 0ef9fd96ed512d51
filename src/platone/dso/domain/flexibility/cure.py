"""Sequential linear programming on AC sensitivities: the least moves that keep all limits.

Each quarter-hour has groups of consumers, each moved by a total between 0 and its margin. A limit
is *watched* from when some state breaks it. In rounds, over all unfinished quarter-hours at once:

1. AC power flow of the state that is worst for each watched limit (see
   :mod:`platone.dso.domain.flexibility.group`), starting at no move;
2. the watched limits' excess there, and its derivative by every group's total;
3. a linear program for new totals: first the least excess beyond what is tolerated, then the
   least excess at all, then the least cost, ties by the least sum of squares over margins; a
   group is moved for a limit only if its effect on it is material (5 % of the strongest), as long
   as that is enough;
4. done when the totals stand still and the AC excess is what the program promised.

The totals that are returned have passed the AC check of step 1. From the 9th round on the steps
are bounded by a radius that halves, so that the rounds end also where linear programs alternate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from platone.dso.domain.array import Floats, Places
from platone.dso.domain.flexibility.group import Group, Members
from platone.dso.domain.flexibility.linear_program import OptimisationFailed, Program, minimise
from platone.dso.domain.flow.limit import TOLERANCE, Limits
from platone.dso.domain.flow.sensitivity import Sensitivity
from platone.dso.domain.flow.state import ConsumerPower, Flow, PowerFlow

MATERIAL = 0.05
"""An effect below this part of the strongest effect on the same limit is immaterial."""
_MOST_ROUNDS = 60
_FREE_ROUNDS = 8
_STILL = 1e-8
"""Totals stand still when none moves by more than this part of its margin."""


@dataclass(frozen=True, slots=True)
class Task:
    """One quarter-hour to be cured.

    Attributes:
        p_kw: What the consumers withdraw before any move.
        q_kvar: The same, reactive.
        groups: What can be moved.
        cost: Cost of each group's kW, not below 0.
        tolerated: Excess that is tolerated over each limit, at least 0.
    """

    p_kw: Floats
    q_kvar: Floats
    groups: tuple[Group, ...]
    cost: Floats
    tolerated: Floats


@dataclass(slots=True)
class Cure:
    """What cures a quarter-hour, or comes nearest to it.

    Attributes:
        totals_kw: Move of each group.
        watched: The limits that were broken somewhere on the way.
        excess: The watched limits' excess in the end, each in the state that is worst for it.
        slopes: Its change by each group's whole margin, shape (watched, groups).
        material: Where that change is material.
        rounds: How many rounds it took.
    """

    totals_kw: Floats
    watched: list[int] = field(default_factory=list)
    excess: Floats = field(default_factory=lambda: np.zeros(0))
    slopes: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    material: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    rounds: int = 0


class _Work:
    """A task on its way."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.margins = np.array([group.margin_kw for group in task.groups])
        self.cure = Cure(totals_kw=np.zeros(len(task.groups)))
        self.members = Members(task.groups)
        self.orders: dict[int, Places] = {}
        self.promised = np.zeros(0)
        self.done = False

    def states(self) -> tuple[list[ConsumerPower], list[int]]:
        """The states to be solved, and for each watched limit the place of its worst one."""
        if not self.cure.watched:
            return [self._moved(None)], []
        places: dict[bytes, int] = {}
        states: list[ConsumerPower] = []
        of_limit = []
        for limit in self.cure.watched:
            state = self._moved(self.orders[limit])
            key = state.p_kw.tobytes()
            if key not in places:
                places[key] = len(states)
                states.append(state)
            of_limit.append(places[key])
        return states, of_limit

    def _moved(self, order: Places | None) -> ConsumerPower:
        p_kw, q_kvar = self.task.p_kw.copy(), self.task.q_kvar.copy()
        if order is not None:
            members = self.members
            kw = members.direction * members.fill(order, self.cure.totals_kw)
            np.add.at(p_kw, members.places, kw)
            np.add.at(q_kvar, members.places, kw * members.kvar_per_kw)
        return ConsumerPower(p_kw, q_kvar)


class Curer:
    """Cures quarter-hours of one network.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
        progress: Called after each round with the number of quarter-hours that are not done.
    """

    def __init__(
        self, limits: Limits, engine: PowerFlow, progress: Callable[[int], None] | None = None
    ) -> None:
        self._limits = limits
        self._engine = engine
        self._sensitivity = Sensitivity(limits)
        self._progress = progress

    def cure(self, tasks: Sequence[Task]) -> list[Cure]:
        """The cures, in the tasks' order.

        Raises:
            PowerFlowDiverged: A state has no solution.
            OptimisationFailed: The rounds do not end.
        """
        works = [_Work(task) for task in tasks]
        for number in range(1, _MOST_ROUNDS + 1):
            active = [work for work in works if not work.done]
            if not active:
                return [work.cure for work in works]
            self._round(active, number)
            if self._progress is not None:
                self._progress(sum(1 for work in works if not work.done))
        raise OptimisationFailed(f"No end after {_MOST_ROUNDS} rounds.", rounds=_MOST_ROUNDS)

    def _round(self, works: list[_Work], number: int) -> None:
        states: list[ConsumerPower] = []
        spans = []
        for work in works:
            own, of_limit = work.states()
            spans.append((len(states), len(own), of_limit))
            states += own
        flow = self._engine.solve(
            self._limits.network,
            ConsumerPower(
                np.stack([state.p_kw for state in states]),
                np.stack([state.q_kvar for state in states]),
            ),
        )
        excess = self._limits.excess(flow)
        for work, (start, count, of_limit) in zip(works, spans, strict=True):
            work.cure.rounds = number
            scenarios = [start + place for place in of_limit]
            self._watch(work, flow, excess, range(start, start + count), scenarios)
            self._step(work, flow, excess, scenarios)

    def _watch(
        self, work: _Work, flow: Flow, excess: Floats, span: range, scenarios: list[int]
    ) -> None:
        """Watch what a state breaks; a branch's second end only where the first is not broken."""
        watched = set(work.cure.watched)
        for scenario in span:
            broken = np.flatnonzero(excess[scenario] > TOLERANCE).tolist()
            seen = {self._limits.same_element(limit) for limit in broken if limit in watched}
            fresh = []
            for limit in sorted(broken, key=lambda each: -float(excess[scenario, each])):
                if limit not in watched and self._limits.same_element(limit) not in seen:
                    seen.add(self._limits.same_element(limit))
                    fresh.append(limit)
            if fresh:
                watched.update(fresh)
                work.cure.watched += fresh
                scenarios += [scenario] * len(fresh)
                effect = self._sensitivity.at(flow, scenario, fresh)
                effects = work.members.effects(effect.per_kw, effect.per_kvar)
                work.orders |= {
                    limit: work.members.order(effects[row]) for row, limit in enumerate(fresh)
                }

    def _step(self, work: _Work, flow: Flow, excess: Floats, scenarios: list[int]) -> None:
        cure = work.cure
        if not cure.watched:
            work.done = True
            return
        fresh = len(cure.watched) != len(cure.excess)
        cure.excess = np.array(
            [excess[at, limit] for at, limit in zip(scenarios, cure.watched, strict=True)]
        )
        cure.slopes, cure.material = self._slopes(work, flow, scenarios)
        if not work.task.groups:
            work.done = True
            return
        kept = not fresh and bool((cure.excess <= work.promised + TOLERANCE).all())
        radius = 0.5 ** max(cure.rounds - _FREE_ROUNDS, 0)
        totals, promised = _program(work, radius)
        still = np.abs(totals - cure.totals_kw) <= _STILL * work.margins
        if kept and bool(still.all()):
            work.done = True
            return
        cure.totals_kw, work.promised = totals, promised

    def _slopes(
        self, work: _Work, flow: Flow, scenarios: list[int]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Derivatives by the groups' totals as fractions of their margins."""
        groups, watched = work.task.groups, work.cure.watched
        slopes = np.zeros((len(watched), len(groups)))
        material = np.zeros(slopes.shape, np.bool_)
        for scenario in dict.fromkeys(scenarios):
            rows = [row for row, at in enumerate(scenarios) if at == scenario]
            effect = self._sensitivity.at(flow, scenario, [watched[row] for row in rows])
            effects = work.members.effects(effect.per_kw, effect.per_kvar)
            strongest = np.abs(effect.per_kw).max(axis=1, initial=0.0)
            for place, row in enumerate(rows):
                member = work.members.marginal(work.orders[watched[row]], work.cure.totals_kw)
                slope = effects[place, member]
                slopes[row] = slope * work.margins
                material[row] = np.abs(slope) > MATERIAL * strongest[place]
        return slopes, material


def _program(work: _Work, radius: float) -> tuple[Floats, Floats]:
    """New totals, and the excess over each watched limit that they promise.

    A group is moved for a limit only where its effect is material; where that is not enough,
    for limits that were not broken before, every effect counts.
    """
    cure = work.cure
    totals, within, beyond = _solved(work, np.where(cure.material, cure.slopes, 0.0), radius)
    newly = work.task.tolerated[cure.watched] == 0
    if (beyond[newly] > TOLERANCE).any() and not cure.material.all():
        slopes = np.where(cure.material | newly[:, None], cure.slopes, 0.0)
        totals, within, beyond = _solved(work, slopes, radius)
    return totals, within + beyond


def _solved(work: _Work, slopes: Floats, radius: float) -> tuple[Floats, Floats, Floats]:
    """New totals, and the tolerated and the further excess over each watched limit.

    The variables are these three, the totals as fractions of their margins.
    """
    cure, task = work.cure, work.task
    groups, limits = len(task.groups), len(cure.watched)
    now = cure.totals_kw / work.margins
    tolerated = task.tolerated[cure.watched]
    identity = np.eye(limits)
    program = Program(
        matrix=np.hstack([slopes, -identity, -identity]),
        bound=slopes @ now - cure.excess,
        lower=np.concatenate([np.maximum(now - radius, 0.0), np.zeros(2 * limits)]),
        upper=np.concatenate([np.minimum(now + radius, 1.0), tolerated, np.full(limits, np.inf)]),
        tight=np.zeros(limits, np.bool_),
    )
    none, zero, one = np.zeros(groups), np.zeros(limits), np.ones(limits)
    objectives = (
        np.concatenate([none, zero, one]),
        np.concatenate([none, one if tolerated.any() else zero, one]),
        np.concatenate([task.cost * work.margins, zero, zero]),
    )
    weights = np.concatenate([work.margins / work.margins.max(), one, one])
    solution = minimise(program, objectives, weights)
    totals, within, beyond = np.split(solution, [groups, groups + limits])
    return totals * work.margins, within, beyond
