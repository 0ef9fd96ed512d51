"""Cure quarter-hours: find the least moves of flexible consumers with which all limits hold.

It is sequential convex programming on sensitivities of the AC power flow. One round, for all
quarter-hours that are not cured yet at once::

      totals x (at first no move)
         │
         ├────────────────► splits of the groups' totals, worst for each critical limit
         │                     │                         (critical_limits)
         │                     ▼
         │                  AC power flow of these states
         │                     │
         │                     ▼
         │                  excess e over every limit; what is newly broken becomes critical
         │                     │
         │                     ▼
         │                  slopes D of the critical limits near being broken   (sensitivity)
         │                     │
         │                     ▼
         │                  one convex program: the least cost of x' with      (linearised_step)
         │                     e + D (x' - x) <= 0 and 0 <= x' <= 1
         │                     │
         │                     ▼
         │                  did e keep what the last program promised, and can x' cost less
         │                  by no more than 2e-5, or would not move anything?
         │                     │
         └── no: x becomes x' ─┴─ yes: x is the cure                            (cure_iteration)

The totals that are returned have passed the AC power flow. Where the excess is a convex function of
the moves (:mod:`platone.grid.flexibility.convexity`), linear limits at any point enclose all that
is allowed. Then the programs keep those of all rounds
(:mod:`platone.grid.flexibility.outer_approximation`), and the proof that ends the rounds holds for
the AC problem itself, not only near the totals.

If a quarter-hour has not ended after the last round it gets the best totals that were found, with
the gap that is proven for them, and the excess that those leave is reported.
"""

from collections.abc import Callable, Sequence

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.convexity import Convexity
from platone.grid.flexibility.cure_iteration import CureIteration
from platone.grid.flexibility.linearised_step import next_steps
from platone.grid.flexibility.nearby_limits import NearbyLimits, Reach
from platone.grid.flexibility.task import Cure, Task
from platone.grid.flow.limit import Limits
from platone.grid.flow.sensitivity import Sensitivity
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.problem.calculation import PowerFlowDiverged

_MOST_ROUNDS = 60
"""Rounds, at most: most quarter-hours end within 5; more rounds hardly help the others."""
_AT_ONCE = 256
"""Quarter-hours that are cured at once: enough for long arrays, few enough for the memory."""
_NEAR = 0.005
"""Distance from being broken, as relative excess, beyond which derivatives are not refreshed."""


class Curer:
    """An optimiser that cures quarter-hours of one network.

    Args:
        limits: The network's limits.
        engine: The engine that solves the AC power flow.
    """

    def __init__(self, limits: Limits, engine: PowerFlow) -> None:
        self._limits = limits
        self._engine = engine
        self._sensitivity = Sensitivity(limits)
        self._reach = Reach(limits)
        self._convexity = Convexity(limits)

    def cure(
        self,
        tasks: Sequence[Task],
        scenarios: Places,
        progress: Callable[[int], None] | None = None,
        start: Flow | None = None,
    ) -> list[Cure]:
        """Return the cures of quarter-hours, in the tasks' order.

        Args:
            tasks: The quarter-hours.
            scenarios: Their places in the run, to name them, shape (tasks,).
            progress: Called after each round with the number of quarter-hours that are not done.
            start: The tasks' states before any move, if they are known.

        Raises:
            PowerFlowDiverged: A state has no solution; it names the quarter-hours.
            OptimisationFailed: A program was not solved.
        """
        all_works = [
            CureIteration(task, int(place), self._convexity)
            for task, place in zip(tasks, scenarios, strict=True)
        ]
        for first in range(0, len(all_works), _AT_ONCE):
            part = all_works[first : first + _AT_ONCE]
            rows = np.arange(len(part))
            _begin([work for work in part if work.task.warm_start is not None and work.can_move])
            solved = None if start is None else (start.at(first + rows), rows)
            for number in range(1, _MOST_ROUNDS + 1):
                active = [work for work in part if not work.done]
                if not active:
                    break
                self._round(active, number, *(solved or self._solve(active)))
                solved = None
                if progress is not None:
                    progress(sum(1 for work in all_works if not work.done))
            for work in part:
                if not work.done:
                    work.settle()
        return [work.cure for work in all_works]

    def _round(self, works: list[CureIteration], number: int, flow: Flow, owners: Places) -> None:
        """Take all quarter-hours one round further.

        Args:
            works: The quarter-hours that are not done.
            number: The round, counted from 1.
            flow: The states of all of them.
            owners: The quarter-hour that each state belongs to, in rising order.
        """
        excess = self._limits.excess(flow)
        first = np.searchsorted(owners, np.arange(len(works)))
        last = np.searchsorted(owners, np.arange(len(works)), side="right")
        for work, start, end in zip(works, first, last, strict=True):
            work.rounds = number
            work.judge(excess[start:end], int(start), self._limits.element_of)
        grouped = [
            (work, start)
            for work, start in zip(works, first.tolist(), strict=True)
            if not work.task.groups.are_single
        ]
        if number == 1:
            self._find_nearby(grouped, flow, excess)
        self._refresh_derivatives(works, flow)
        moving = [work for work in works if work.can_move]
        linearised = [work.linearise() for work in moving]
        for work in works:
            work.done = not work.can_move
        for work, step in zip(moving, next_steps(linearised), strict=True):
            work.take(step)
        for work, start in grouped:
            if work.done:
                work.check_nearby(excess[start], start)

    def _solve(self, works: list[CureIteration]) -> tuple[Flow, Places]:
        """Return the states of all quarter-hours, and the quarter-hour of each state."""
        states = [work.states() for work in works]
        owners = np.repeat(np.arange(len(works)), [len(p_kw) for p_kw, _ in states])
        power = ConsumerPower(
            np.concatenate([p_kw for p_kw, _ in states]),
            np.concatenate([q_kvar for _, q_kvar in states]),
        )
        try:
            return self._engine.solve(self._limits.network, power), owners
        except PowerFlowDiverged as error:
            places = np.array(error.fields["quarterHours"], np.int64)
            named = sorted({works[int(owners[i])].place for i in places})
            raise PowerFlowDiverged(error.detail, quarterHours=named) from error

    def _refresh_derivatives(self, works: list[CureIteration], flow: Flow) -> None:
        """Calculate the derivatives of limits that are near being broken, or new, all at once."""
        rows = [work.stale_rows(_NEAR) for work in works]
        states = [work.limits.states_to_derive(own) for work, own in zip(works, rows, strict=True)]
        limits = [
            np.array(work.limits.rows.limits, np.int64)[own]
            for work, own in zip(works, rows, strict=True)
        ]
        asked, which = np.concatenate(states), np.concatenate(limits)
        if not len(asked):
            return
        order = np.argsort(asked, kind="stable")
        effect = self._sensitivity.of(flow.voltage, asked[order], which[order])
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        ends = np.cumsum([len(own) for own in rows])
        for work, own, end in zip(works, rows, ends, strict=True):
            if len(own):
                at = place[end - len(own) : end]
                work.derive(own, effect.per_kw[at], effect.per_kvar[at])

    def _find_nearby(
        self, works: list[tuple[CureIteration, int]], flow: Flow, excess: Floats
    ) -> None:
        """Find the limits that another split of the totals could break at all, and their effects.

        Args:
            works: Quarter-hours with groups, each with the place of its first state.
            flow: The states.
            excess: Relative excess over all limits, shape (states, limits).
        """
        asked = []
        for work, state in works:
            kva = work.task.groups.shiftable_kva(work.totals)
            asked.append(self._reach.within(kva, excess[state], work.limits.rows.limits))
        if not any(len(limits) for limits, _ in asked):
            return
        states = np.repeat([state for _, state in works], [len(limits) for limits, _ in asked])
        effect = self._sensitivity.of(
            flow.voltage, states, np.concatenate([limits for limits, _ in asked])
        )
        end = 0
        for (work, state), (limits, turned) in zip(works, asked, strict=True):
            rows = slice(end, end + len(limits))
            end += len(limits)
            effects = work.task.groups.effects_of_moves(effect.per_kw[rows], effect.per_kvar[rows])
            effects = np.where(turned[:, None], -effects, effects)
            work.limits.nearby = NearbyLimits(limits, turned, effects)
            work.check_nearby(excess[state], state)


def _begin(works: list[CureIteration]) -> None:
    """Take the first step of quarter-hours that begin warm: no state needs to be solved for it."""
    for work, step in zip(works, next_steps([work.linearise() for work in works]), strict=True):
        work.begin(step)
