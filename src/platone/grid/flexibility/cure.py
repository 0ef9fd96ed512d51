"""Sequential convex programming on AC sensitivities: the least moves that keep all limits.

Each quarter-hour has groups of consumers, each moved by a total between 0 and its margin. A limit
is *watched* from when some state breaks it. In rounds, over all unfinished quarter-hours at once:

1. AC power flow of the state that is worst for each watched limit (see
   :mod:`platone.grid.flexibility.group`), starting at no move;
2. the watched limits' excess there, and its derivative by every group's total;
3. new totals from one convex program for each quarter-hour
   (:mod:`platone.grid.flexibility.linearised_step`);
4. done when the AC excess is what the last program promised, and the program at these derivatives
   proves that no totals cost less by more than 2e-5, or would not move anything. What has not
   ended after 60 rounds gets the best totals that were found; what those leave is reported.

The totals that are returned have passed the AC check of step 1. On radial networks, where the
excess is a convex function of the moves, linear limits at any point enclose all that is allowed:
then the proof of step 4 holds for the AC problem itself, not only near the totals.
"""

from collections.abc import Callable, Sequence

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.critical_limits import Around, turned_excess
from platone.grid.flexibility.cure_iteration import Work
from platone.grid.flexibility.linearised_step import steps
from platone.grid.flexibility.task import Cure, Task
from platone.grid.flow.limit import Limits
from platone.grid.flow.sensitivity import Sensitivity
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.network.circuit import circuit_of
from platone.grid.problem.calculation import PowerFlowDiverged

_MOST_ROUNDS = 60
_AT_ONCE = 256
_NEAR = 0.005
"""Derivatives of limits that are further from being broken are not refreshed."""
_MARGIN = 1.5
_NEAR_VOLTAGE = 0.5


class Curer:
    """Cures quarter-hours of one network.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
    """

    def __init__(self, limits: Limits, engine: PowerFlow) -> None:
        self._limits = limits
        self._engine = engine
        self._sensitivity = Sensitivity(limits)
        self._element = limits.element_of

    def cure(
        self,
        tasks: Sequence[Task],
        scenarios: Places,
        progress: Callable[[int], None] | None = None,
        start: Flow | None = None,
    ) -> list[Cure]:
        """The cures, in the tasks' order.

        Args:
            tasks: The quarter-hours.
            scenarios: Their places in the run, to name them.
            progress: Called after each round with the number of quarter-hours that are not done.
            start: The tasks' states before any move, if they are known.

        Raises:
            PowerFlowDiverged: A state has no solution; it names the quarter-hours.
            OptimisationFailed: A program was not solved.
        """
        works = [Work(task, int(place)) for task, place in zip(tasks, scenarios, strict=True)]
        for first in range(0, len(works), _AT_ONCE):
            rows = np.arange(first, min(first + _AT_ONCE, len(works)))
            part = works[first : first + _AT_ONCE]
            _foresee([work for work in part if work.task.foreseen is not None and work.can_go])
            known = None if start is None else (start.at(rows), np.arange(len(part)))
            for number in range(1, _MOST_ROUNDS + 1):
                active = [work for work in part if not work.done]
                if not active:
                    break
                self._round(active, number, known or self._solve(active))
                known = None
                if progress is not None:
                    progress(sum(1 for work in works if not work.done))
            for work in part:
                if not work.done:
                    work.settle()
        return [work.cure for work in works]

    def _round(self, works: list[Work], number: int, solved: tuple[Flow, Places]) -> None:
        flow, owners = solved
        excess = self._limits.excess(flow)
        first = np.searchsorted(owners, np.arange(len(works)))
        last = np.searchsorted(owners, np.arange(len(works)), side="right")
        for work, start, end in zip(works, first, last, strict=True):
            work.rounds = number
            work.watch.look(excess[start:end], int(start), self._element)
        grouped = [
            (work, start)
            for work, start in zip(works, first.tolist(), strict=True)
            if not work.task.members.single
        ]
        if number == 1:
            self._look_around(grouped, flow, excess)
        self._refresh(works, flow)
        going = [work for work in works if work.can_go]
        outlooks = [work.outlook() for work in going]
        for work in works:
            work.done = not work.can_go
        for work, step in zip(going, steps(outlooks), strict=True):
            work.take(step)
        for work, start in grouped:
            if work.done:
                work.verify(excess[start], start)

    def _solve(self, works: list[Work]) -> tuple[Flow, Places]:
        """The states of all, and which of the works each belongs to."""
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

    def _refresh(self, works: list[Work], flow: Flow) -> None:
        """Derivatives of what is near its limit, or seen for the first time."""
        rows = [work.stale(_NEAR) for work in works]
        states = [work.watch.derived_in(own) for work, own in zip(works, rows, strict=True)]
        limits = [
            np.array(w.watch.limits, np.int64)[own] for w, own in zip(works, rows, strict=True)
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
                work.learn(own, effect.per_kw[at], effect.per_kvar[at])

    def _look_around(self, works: list[tuple[Work, int]], flow: Flow, excess: Floats) -> None:
        """Effects on the limits that another split of the totals could break at all.

        With the works stand the places of their first states.
        """
        asked = [self._within_reach(work, excess[state]) for work, state in works]
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
            effects = work.task.members.effects(effect.per_kw[rows], effect.per_kvar[rows])
            work.watch.around = Around(limits, turned, np.where(turned[:, None], -effects, effects))
            work.verify(excess[state], state)

    def _within_reach(self, work: Work, excess: Floats) -> tuple[Places, Flags]:
        """Limits that moving the totals elsewhere could break, and whether of turned currents."""
        reach = self._reach(work.task.members.shift_kva(work.totals))
        near = excess > -reach
        near[work.watch.limits] = False
        turned = turned_excess(excess) > -reach
        turned[2 * self._limits.branches :] = False
        both = self._worse_ends(near, excess), self._worse_ends(turned, -excess)
        return np.concatenate(both), np.repeat([False, True], [len(each) for each in both])

    def _worse_ends(self, chosen: Flags, excess: Floats) -> Places:
        """The chosen limits; of a branch's two ends the worse is enough."""
        limits = np.flatnonzero(chosen)
        worst_first = limits[np.argsort(-excess[limits], kind="stable")]
        _, kept = np.unique(self._element[worst_first], return_index=True)
        return np.sort(worst_first[kept])

    def _reach(self, kva: float) -> Floats:
        """By how much a move of so much power somewhere else can change each limit's excess."""
        circuit, limits = circuit_of(self._limits.network), self._limits
        ports, node = circuit.ports, circuit.node_kv
        ampere = _MARGIN * kva / 3**0.5
        return np.concatenate(
            [
                ampere / node[ports.from_node] / limits.from_a,
                ampere / node[ports.to_node] / limits.to_a,
                np.full(2 * limits.buses, _NEAR_VOLTAGE),
            ]
        )


def _foresee(works: list[Work]) -> None:
    """The first step where the limits' excess is foreseen: no state needs to be solved for it."""
    for work, step in zip(works, steps([work.outlook() for work in works]), strict=True):
        work.begin(step)
