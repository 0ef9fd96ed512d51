"""A quarter-hour that is being cured, from one round to the next."""

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.critical_limits import Watch
from platone.grid.flexibility.linearised_step import Outlook, Step
from platone.grid.flexibility.task import Cure, Task
from platone.grid.flow.limit import TOLERANCE

MATERIAL = 0.05
"""An effect below this part of the strongest effect on the same limit is immaterial."""
PROVEN = 2e-5
"""Totals are taken if none can cost less by more than this part."""
_PROVEN_OF_GROUPS = 1e-6
_STILL = 1e-6
_STILL_IF_SOFT = 1e-5
_LITTLE = 2e-4
"""Derivatives hold while no group has moved by more than this part of its margin."""
_TRIED_WITHIN = 0.01
_FREE_ROUNDS = 1
_FIRST_DAMPING = 1e-3
_MORE_DAMPING = 2.0
_LESS_DAMPING = 0.5
_PATIENCE = 30


class Work:
    """A task on its way.

    Args:
        task: The task.
        place: Its place in the run.

    Attributes:
        watch: The limits that were broken somewhere on the way.
        totals: Move of each group at present.
        rounds: How many rounds it has taken.
        done: Whether that was all.
    """

    def __init__(self, task: Task, place: int) -> None:
        self.task = task
        self.place = place
        self.watch = Watch(task)
        groups, members = len(task.members.sizes), len(task.members.places)
        self.totals = np.zeros(groups) if task.start is None else task.start.copy()
        self.rounds = 0
        self.done = False
        self._derivatives = np.zeros((0, members)) if task.slopes is None else task.slopes
        self._material = np.ones((len(self._derivatives), groups), np.bool_)
        self._slopes = np.zeros((0, groups))
        self._prices = np.zeros(0) if task.prices is None else task.prices
        self._promised = np.zeros(0)
        self._gap: float | None = None
        self._best: tuple[tuple[int, float, float], Floats, Floats, Floats] | None = None
        self._last = self._tried = self.totals
        self._tries = not task.members.single
        self._moved = np.inf if task.slopes is None else 0.0
        self._damping = _FIRST_DAMPING

    @property
    def can_go(self) -> bool:
        """Whether there is something to cure, and something to move."""
        return bool(self.watch.limits) and len(self.totals) > 0

    @property
    def cure(self) -> Cure:
        """What has been found."""
        self._align()
        limits = len(self.watch.limits)
        return Cure(
            totals=self.totals,
            watched=tuple(self.watch.limits),
            excess=self.watch.excess,
            effects=self.watch.effects,
            slopes=_of_length(self._slopes, limits),
            material=self._material,
            prices=_of_length(self._prices, limits),
            gap=self._gap,
        )

    def states(self) -> tuple[Floats, Floats]:
        """The states to be solved: the consumers' active and reactive powers in them."""
        splits = self.watch.splits(self.totals, opposite=self._tries)
        if self._tries:
            self._tried, self._tries = self.totals, False
        return self.task.members.moved(self.task.p_kw, self.task.q_kvar, splits)

    def stale(self, near: float) -> Places:
        """Rows of limits whose derivatives are to be calculated."""
        watch = self.watch
        stale = np.zeros(len(watch.limits), np.bool_)
        stale[watch.fresh] = True
        if self.rounds == 1 and self.task.slopes is None:
            stale[:] = True
        if self._moved > _LITTLE:
            stale |= watch.excess > -near
            self._moved = 0.0
        return np.flatnonzero(stale)

    def learn(self, rows: Places, per_kw: Floats, per_kvar: Floats) -> None:
        """Take over the derivatives of some watched limits' excess by the consumers' power."""
        effects = self.task.members.effects(per_kw, per_kvar)
        self.watch.see(rows, effects)
        self._align()
        self._derivatives[rows] = effects
        if self.task.only_material:  # each group is one change
            strongest = np.abs(per_kw).max(axis=1, keepdims=True, initial=0.0)
            self._material[rows] = np.abs(effects) > MATERIAL * strongest

    def _align(self) -> None:
        """New limits begin with their effects at first sight, all of them material."""
        known, groups = len(self._derivatives), len(self.totals)
        more = self.watch.effects[known:]
        self._derivatives = np.vstack([self._derivatives, more])
        self._material = np.vstack([self._material, np.ones((len(more), groups), np.bool_)])

    def verify(self, excess: Floats, state: int) -> None:
        """It is not done while another split might break what no state has broken.

        Args:
            excess: Excess over all limits in the first of the states.
            state: That state's place in the flow.
        """
        if self.watch.verify(excess, state):
            self.done = False

    def outlook(self) -> Outlook:
        """What the next step is made from."""
        self._align()
        watch, margins = self.watch, self.task.members.group_margins
        effects = self._derivatives
        if not self.task.members.single:
            far = watch.excess > 0
            effects = self.task.members.next_effects(effects, watch.orders, self.totals, far)
        self._slopes = effects * margins
        limits, tolerated = len(watch.limits), self.task.tolerated
        return Outlook(
            now=self.totals / margins,
            cost=self.task.cost * margins,
            margins=margins,
            excess=watch.excess,
            slopes=self._slopes,
            material=self._material,
            tolerated=np.zeros(limits) if tolerated is None else tolerated[watch.limits],
            damping=self._damping if self.rounds > _FREE_ROUNDS else 0.0,
            prices=_of_length(self._prices, limits),
        )

    def begin(self, step: Step) -> None:
        """Take a step before any state is solved."""
        self._prices = step.prices
        self._go(step)

    def take(self, step: Step) -> None:
        """Take a step, or none where it is done."""
        watch, margins = self.watch, self.task.members.group_margins
        self._prices = step.prices
        self._remember()
        promised = _of_length(self._promised, len(watch.limits))
        kept = not watch.fresh and bool((watch.excess <= promised + TOLERANCE).all())
        moved = float(np.abs(step.totals - self.totals / margins).max(initial=0.0))
        if kept and self._is_good(step, moved):
            since = np.abs(self.totals - self._tried) > _TRIED_WITHIN * margins
            self._tries = not self.task.members.single and bool(since.any())
            self.done = not self._tries
            return
        if self.rounds > _FREE_ROUNDS:
            self._damping *= _LESS_DAMPING if kept else _MORE_DAMPING
        self._go(step)

    def _go(self, step: Step) -> None:
        margins = self.task.members.group_margins
        self._moved += float(np.abs(step.totals - self.totals / margins).max(initial=0.0))
        self._last = self.totals
        self.totals, self._promised = step.totals * margins, step.promised

    def _remember(self) -> None:
        """The totals that break the limits least, and of such the cheapest."""
        watch = self.watch
        if watch.fresh:
            return
        beyond = float(np.maximum(watch.excess, 0.0).sum())
        cost = float(self.task.cost @ self.totals)
        rank = len(watch.limits), -max(beyond, TOLERANCE), -cost
        if self._best is None or rank > self._best[0]:
            self._best = rank, self.totals, watch.excess, self._slopes

    def settle(self) -> None:
        """End with the best totals that were found."""
        limits = len(self.watch.limits)
        if self._best is not None and len(self._best[2]) == limits:
            _, self.totals, self.watch.excess, self._slopes = self._best
        else:
            self.totals = self._last
            if not self.task.members.single:  # single PoDs do better than what nobody has seen
                self.watch.excess = np.full(limits, np.inf)
        self._gap = None
        self.done = True

    def _is_good(self, step: Step, moved: float) -> bool:
        if self.rounds >= _PATIENCE:
            return True
        damping = self._damping if self.rounds > _FREE_ROUNDS else 0.0
        moved *= max(damping / _FIRST_DAMPING, 1.0)  # a held back step is no sign of the end
        if step.floor is None:
            return moved <= _STILL_IF_SOFT
        cost = float(self.task.cost @ self.totals)
        self._gap = max(cost - step.floor, 0.0) / cost if cost > 0 else 0.0
        proven = PROVEN if self.task.members.single else _PROVEN_OF_GROUPS
        return self._gap <= proven or moved <= _STILL


def _of_length(values: Floats, rows: int) -> Floats:
    """Values of rows, with nothing for rows that came later."""
    more = np.zeros((rows - len(values), *values.shape[1:]), values.dtype)
    return np.concatenate([values, more])
