"""A quarter-hour that is being cured, from one round to the next."""

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.convexity import Convexity
from platone.grid.flexibility.critical_limits import CriticalLimits
from platone.grid.flexibility.iteration_state import (
    PATIENCE,
    Best,
    Damping,
    Derivatives,
    Iterate,
    OppositeTrial,
    stopping_rule,
    with_rows,
)
from platone.grid.flexibility.linearised_limits import LinearisedLimits, Step
from platone.grid.flexibility.outer_approximation import OuterApproximation
from platone.grid.flexibility.task import LEFT, Cure, Task
from platone.grid.flow.limit import TOLERANCE

MATERIAL = 0.05
"""Effect that is material, as a part of the strongest on the same limit: a twentieth would need
twenty times the power."""
_STALE = 2e-4
"""Move, as a part of any margin, beyond which derivatives are calculated again: the
error of a lesser one is about its square, below the tolerance of limits."""
_FEW_ROUNDS = 4
"""Rounds without the tangents of earlier ones: most quarter-hours need no more, and end sooner."""


class CureIteration:
    """A quarter-hour that is being cured.

    Args:
        task: The quarter-hour.
        place: The quarter-hour's place in the run.
        convexity: The judge of where limits are convex.

    Attributes:
        limits: The critical limits.
        rounds: Number of rounds so far.
        done: Whether the cure has been found.
    """

    def __init__(self, task: Task, place: int, convexity: Convexity) -> None:
        self.task = task
        self.place = place
        self.limits = CriticalLimits(task)
        self.rounds = 0
        self.done = False
        groups, members = len(task.groups), len(task.groups.places)
        warm = task.warm_start
        totals = np.zeros(groups) if warm is None else warm.totals.copy()
        rows = 0 if warm is None else len(warm.limits)
        self._iterate = Iterate(
            totals=totals,
            solved=totals,
            slopes=np.zeros((0, groups)),
            promised=np.zeros(0),
            prices=np.zeros(0) if warm is None else warm.prices,
        )
        self._derivatives = Derivatives(
            effects=np.zeros((0, members)) if warm is None else warm.slopes,
            material=np.ones((rows, groups), np.bool_),
            moved=np.inf if warm is None else 0.0,
        )
        self._damping = Damping()
        # groups lose help in their worst split, and immaterial effects do not count: not convex
        is_whole = task.groups.are_single and not task.only_material and warm is None
        self._stopping = stopping_rule(
            are_single=task.groups.are_single, is_proof=is_whole and convexity.is_radial
        )
        self._trial = OppositeTrial(is_due=not task.groups.are_single, totals=totals)
        self._best: Best | None = None
        self._tangents = OuterApproximation(task.groups, convexity)

    @property
    def totals(self) -> Floats:
        """Return each group's present total, kW or kvar, shape (groups,)."""
        return self._iterate.totals

    @property
    def can_move(self) -> bool:
        """Return whether there is something to cure, and something to move."""
        return len(self.limits.rows) > 0 and len(self.totals) > 0

    @property
    def cure(self) -> Cure:
        """Return the moves found, and all that is known of them."""
        self._add_rows()
        rows, material = self.limits.rows, self._derivatives.material
        if self._iterate.pays is not None:
            material = material | with_rows(self._iterate.pays, len(rows))
        return Cure(
            totals=self.totals,
            limits=tuple(rows.limits),
            excess=rows.excess,
            effects=rows.effects,
            slopes=with_rows(self._iterate.slopes, len(rows)),
            material=material,
            prices=with_rows(self._iterate.prices, len(rows)),
            gap=self._gap,
        )

    @property
    def _gap(self) -> float | None:
        """Return the proven gap of the present totals, or none."""
        is_cured = bool((self.limits.rows.excess <= LEFT).all())
        if not is_cured or not self._stopping.is_proof:
            return None
        return self._stopping.gap(float(self.task.cost @ self.totals))

    def states(self) -> tuple[Floats, Floats]:
        """Return the consumers' active and reactive powers in the states that this round solves."""
        moves = self.limits.moves(self.totals, opposite=self._trial.begin(self.totals))
        return self.task.groups.powers_after(self.task.p_kw, self.task.q_kvar, moves)

    def judge(self, excess: Floats, first: int, element: Places) -> None:
        """Take over the excess in the states of this round.

        Args:
            excess: Relative excess over all limits in each of the states, shape (states, limits).
            first: Place of the first of the states in the power flow's result.
            element: Number of each limit's branch or bus, shape (limits,).
        """
        self.limits.judge(excess, first, element)
        if self._stopping.is_proof:
            self._tangents.compare(self.limits.rows, self._now)
            self._stopping.is_proof = self._tangents.is_proof

    @property
    def _uses_tangents(self) -> bool:
        """Return whether the next step must keep the tangents of earlier rounds, too."""
        is_exact = self._stopping.floor is not None
        return self.rounds > _FEW_ROUNDS and self._stopping.is_proof and is_exact

    @property
    def _tolerated(self) -> Floats:
        """Return the relative excess that may remain, shape (rows,)."""
        rows, tolerated = self.limits.rows, self.task.tolerated
        return np.zeros(len(rows)) if tolerated is None else tolerated[rows.limits]

    @property
    def _now(self) -> Floats:
        """Return the present totals as parts of the margins, shape (groups,)."""
        return self.totals / self.task.groups.group_margins

    def stale_rows(self, near: float) -> Places:
        """Return the rows whose derivatives are to be calculated.

        Args:
            near: Distance from being broken, as relative excess, within which rows are refreshed.
        """
        limits = self.limits
        stale = np.zeros(len(limits.rows), np.bool_)
        stale[limits.fresh] = True
        if self.rounds == 1 and self.task.warm_start is None:
            stale[:] = True
        if self._derivatives.moved > _STALE:
            stale |= limits.rows.excess > -near
            self._derivatives.moved = 0.0
        return np.flatnonzero(stale)

    def derive(self, rows: Places, per_kw: Floats, per_kvar: Floats) -> None:
        """Take over derivatives of some rows.

        Args:
            rows: The rows.
            per_kw: Change of their excess by each consumer's kW, shape (rows, consumers).
            per_kvar: Change of their excess by each consumer's kvar, shape (rows, consumers).
        """
        effects = self.task.groups.effects_of_moves(per_kw, per_kvar)
        self.limits.rows.derive(rows, effects)
        self._add_rows()
        self._derivatives.effects[rows] = effects
        if self._stopping.is_proof:
            self._tangents.add(rows, self.limits.rows, effects, self._now)
            self._stopping.is_proof = self._tangents.is_proof
        if self.task.only_material:  # each group is one change
            strongest = np.abs(per_kw).max(axis=1, keepdims=True, initial=0.0)
            self._derivatives.material[rows] = np.abs(effects) > MATERIAL * strongest

    def _add_rows(self) -> None:
        """Give new rows the effects with which they were found, all of them material."""
        known = self._derivatives
        more = self.limits.rows.effects[len(known.effects) :]
        known.effects = np.vstack([known.effects, more])
        material = np.ones((len(more), len(self.totals)), np.bool_)
        known.material = np.vstack([known.material, material])

    def check_nearby(self, excess: Floats, state: int) -> None:
        """Go on while another split might break a limit that no state has broken.

        Args:
            excess: Relative excess over all limits in the first of the states, shape (limits,).
            state: That state's place in the power flow's result.
        """
        if self.limits.add_nearby(excess, state):
            self.done = False

    def linearise(self) -> LinearisedLimits:
        """Return the critical limits, linearised around the present totals."""
        self._add_rows()
        rows, groups, task = self.limits.rows, self.task.groups, self.task
        effects = self._derivatives.effects
        if not groups.are_single:
            far = rows.excess > 0
            effects = groups.marginal_effects(effects, rows.orders, self.totals, far)
        self._iterate.slopes = effects * groups.group_margins
        if self._uses_tangents:
            self._damping.reset()
        tangents, is_proof = self._tangents, self._stopping.is_proof
        return LinearisedLimits(
            now=self._now,
            cost=task.cost * groups.group_margins,
            margins=groups.group_margins,
            excess=rows.excess,
            slopes=self._iterate.slopes,
            material=self._derivatives.material,
            tolerated=self._tolerated,
            damping=self._damping.in_round(self.rounds),
            prices=with_rows(self._iterate.prices, len(rows)),
            at_no_move=tangents.at_no_move(len(rows)) if is_proof else None,
            earlier=tangents.earlier(len(rows)) if self._uses_tangents else None,
        )

    def begin(self, step: Step) -> None:
        """Take a step before any state is solved."""
        self._iterate.prices = step.prices
        self._go(step)

    def take(self, step: Step) -> None:
        """Take the next step, or end with the present totals."""
        excess, iterate = self.limits.rows.excess, self._iterate
        iterate.prices = step.prices
        self._stopping.learn(step.floor)
        iterate.pays = step.pays
        self._remember()
        promised = with_rows(iterate.promised, len(excess))
        is_kept = not self.limits.fresh and bool((excess <= promised + TOLERANCE).all())
        if is_kept and self._is_end(step):
            groups = self.task.groups
            self.done = groups.are_single or not self._trial.demand(
                self.totals, groups.group_margins
            )
        elif self.rounds == PATIENCE and self._best is not None:
            self._go_back(self._best)
        else:
            self._damping.adapt(self.rounds, is_kept=is_kept)
            self._go(step)

    def _is_end(self, step: Step) -> bool:
        """Return whether the present totals are taken, instead of a step."""
        cost = float(self.task.cost @ self.totals)
        moved = self._damping.undamped(self._length(step), self.rounds)
        return self._stopping.is_end(cost, moved, self.rounds)

    def _length(self, step: Step) -> float:
        """Return the largest move of a step, as a part of a margin."""
        return float(np.abs(step.totals - self._now).max(initial=0.0))

    def _go(self, step: Step) -> None:
        """Move the totals to those of a step."""
        self._derivatives.moved += self._length(step)
        iterate = self._iterate
        iterate.solved, iterate.promised = self.totals, step.promised
        iterate.totals = step.totals * self.task.groups.group_margins

    def _remember(self) -> None:
        """Keep the present totals if they break the limits less than all before, or cost less."""
        if self.limits.fresh:
            return
        rows, tolerated = self.limits.rows, self._tolerated
        excess = np.where(rows.excess > TOLERANCE, rows.excess, 0.0)
        beyond = np.maximum(excess - tolerated, 0.0)
        cost = float(self.task.cost @ self.totals)
        rank = len(rows), -float(beyond.sum()), -float(excess.sum()), -cost
        if self._best is None or rank > self._best.rank:
            self._best = Best(rank, self.totals, rows.excess, self._iterate.slopes)

    def _go_back(self, best: Best) -> None:
        """Move the totals back to the best ones so far."""
        iterate = self._iterate
        self._derivatives.moved = np.inf
        iterate.solved, iterate.promised = self.totals, best.excess
        iterate.totals, iterate.slopes = best.totals, best.slopes

    def settle(self) -> None:
        """End with the best totals that were found."""
        rows, best = self.limits.rows, self._best
        if best is not None and len(best.excess) == len(rows):
            self._go_back(best)
            rows.excess = best.excess
        else:
            self._iterate.totals = self._iterate.solved
            if not self.task.groups.are_single:  # single PoDs do better than what nobody has seen
                rows.excess = np.full(len(rows), np.inf)
        self.done = True
