"""A quarter-hour that is being cured, from one round to the next."""

from dataclasses import dataclass

import numpy as np

from platone.dso.domain.array import Flags, Floats, Places
from platone.dso.domain.flexibility.group import loss_by_split
from platone.dso.domain.flexibility.step import Outlook, Step
from platone.dso.domain.flexibility.task import Cure, Task
from platone.dso.domain.flow.limit import TOLERANCE

MATERIAL = 0.05
"""An effect below this part of the strongest effect on the same limit is immaterial."""
PROVEN = 2e-5
"""Totals are taken if none can cost less by more than this part."""
_PROVEN_OF_GROUPS = 1e-6
_STILL = 1e-6
_STILL_IF_SOFT = 1e-5
_UNSURE = 0.1
"""What a limit loses by another split is known to this part."""
_LITTLE = 2e-4
"""Derivatives hold while no group has moved by more than this part of its margin."""
_FURTHER = 1e-4
_MOST_ORDERS = 3
_TRIED_WITHIN = 0.01
_FREE_ROUNDS = 1
_FIRST_DAMPING = 1e-3
_MORE_DAMPING = 2.0
_LESS_DAMPING = 0.5
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Around:
    """Limits that are not broken, but might be by other splits of the groups' totals.

    Attributes:
        limits: The limits.
        turned: Of currents: whether they may fall to nothing and rise again the other way round.
        effects: Change of their excess by a move of 1 of each member, so turned.
    """

    limits: Places
    turned: Flags
    effects: Floats


class Work:
    """A task on its way.

    Args:
        task: The task.
        place: Its place in the run.
    """

    def __init__(self, task: Task, place: int) -> None:
        self.task = task
        self.place = place
        self.done = False
        self.state_of = np.zeros(0, np.int64)
        groups, members = len(task.members.sizes), len(task.members.places)
        self.cure = Cure(np.zeros(groups) if task.start is None else task.start.copy())
        self.cure.effects = np.zeros((0, members))
        self.cure.slopes = np.zeros((0, groups))
        self._effects = np.zeros((0, members))
        self.cure.material = np.zeros((0, groups), np.bool_)
        self._splits: list[Floats | None] = [None]
        self._orders = np.zeros((0, members), np.int64)
        self._apart = np.zeros(0, np.bool_)
        self._foreign = np.zeros(0, np.bool_)
        self._split_of = np.zeros(0, np.int64)
        self._own_orders = self._orders
        self._best: tuple[tuple[int, float, float], Floats, Floats, Floats] | None = None
        self._last = self._tried = self.cure.totals
        self._tries = not task.members.single
        self._moved = np.inf if task.slopes is None else 0.0
        self._damping = _FIRST_DAMPING
        self._fresh: list[int] = []
        self._grow(list(task.watched))
        if task.effects is not None:
            self._order(task.effects)
        if task.slopes is not None:
            self._effects = task.slopes
        if task.apart is not None:
            self._apart = task.apart
        if task.foreseen is not None:
            self.cure.excess = task.foreseen
        self._promised = np.zeros(len(task.watched))
        self.around = Around(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros((0, members)))
        self._turned: list[int] = []
        if task.prices is not None:
            self.cure.prices = task.prices

    def states(self) -> tuple[Floats, Floats]:
        """The states to be solved: that of the totals, or each near limit's worst split of them."""
        cure, members = self.cure, self.task.members
        if members.single or not len(self._orders):
            self._splits = [cure.totals if members.single else None]
        else:
            self._splits = list(members.fill(self._distinct_orders(), cure.totals))
            if self._tries:
                self._splits += list(members.fill(self._opposite_orders(), cure.totals))
                self._tried, self._tries = cure.totals, False
        if self._splits[0] is None:
            return self.task.p_kw[None], self.task.q_kvar[None]
        return members.moved(self.task.p_kw, self.task.q_kvar, np.array(self._splits))

    def _distinct_orders(self) -> Places:
        """The orders of limits that are solved apart, each once; which is whose is remembered."""
        if not self._apart.any():
            return self._orders[:1]
        if len(self._split_of) != self._apart.sum():
            orders = self._orders[self._apart]
            place: dict[bytes, int] = {}
            self._split_of = np.array([place.setdefault(o.tobytes(), len(place)) for o in orders])
            _, first = np.unique(self._split_of, return_index=True)
            self._own_orders = orders[first]
        return self._own_orders

    def _opposite_orders(self) -> Places:
        """The orders the other way round, in which limits might break that nobody thinks of."""
        rows = self._apart if self._apart.any() else slice(1)
        opposite = self.task.members.orders(-self.cure.effects[rows])
        return np.array(list({order.tobytes(): order for order in opposite}.values()))

    def look(self, excess: Floats, first: int, element: Places) -> None:
        """See what the solved states break; ``first`` is the first one's place in the flow."""
        cure = self.cure
        own = np.zeros(len(cure.watched), np.int64)
        if not self.task.members.single:
            own[self._apart] = self._split_of if self._apart.any() else 0
        cure.excess = excess[own, cure.watched] if cure.watched else np.zeros(0)
        self._fresh = []
        is_new = excess > TOLERANCE
        is_new[:, cure.watched] = False
        for row in np.flatnonzero(is_new.any(axis=1)).tolist():
            fresh = self._broken(excess[row], element)
            own = np.concatenate([own, np.full(len(fresh), row)])
            cure.excess = np.concatenate([cure.excess, excess[row, fresh]])
            self._add(fresh)
        if not self.task.members.single and cure.watched:
            own = self._look_again(excess, own)
        self.state_of = own + first
        self._set_apart(own)

    def _add(self, limits: list[int]) -> None:
        """Watch limits that a state has broken; their derivatives are those in that state."""
        self._fresh += range(len(self.cure.watched), len(self.cure.watched) + len(limits))
        self._grow(limits)
        self._foreign[len(self._foreign) - len(limits) :] = True

    def _look_again(self, excess: Floats, own: Places) -> Places:
        """Watch limits once more that another state breaks further than the one held for worst.

        A small current falls to nothing and rises again the other way round, for example.
        """
        cure = self.cure
        limits, inverse = np.unique(cure.watched, return_inverse=True)
        known = np.full(len(limits), -np.inf)
        np.maximum.at(known, inverse, cure.excess)
        worst = excess[:, limits].max(axis=0)
        again = (worst > np.maximum(known, 0.0) + _FURTHER) & (np.bincount(inverse) < _MOST_ORDERS)
        if not again.any():
            return own
        states = excess[:, limits[again]].argmax(axis=0)
        cure.excess = np.concatenate([cure.excess, worst[again]])
        self._add(limits[again].tolist())
        return np.concatenate([own, states])

    def _broken(self, excess: Floats, element: Places) -> list[int]:
        """What a state breaks and nobody watches; a branch's second end only if not the first."""
        is_broken = excess > TOLERANCE
        is_new = is_broken.copy()
        is_new[self.cure.watched] = False
        new = np.flatnonzero(is_new)
        if not len(new):
            return []
        seen = element[np.flatnonzero(is_broken & ~is_new)]
        new = new[~np.isin(element[new], seen)]
        new = new[np.argsort(-excess[new], kind="stable")]
        _, first = np.unique(element[new], return_index=True)
        return [int(limit) for limit in new[np.sort(first)]]

    def _set_apart(self, own: Places) -> None:
        """Limits that their own worst split might break are solved for it from now on."""
        members = self.task.members
        if members.single:
            return
        known = len(self._orders)
        rest = np.flatnonzero(~self._apart[:known])
        if not len(rest):
            return
        worst = members.fill(self._orders[rest], self.cure.totals)
        solved = np.array([self._splits[state] for state in own[rest]], np.float64)
        loss = (self.cure.effects[rest] * (worst - solved)).sum(axis=1)
        self.cure.excess[rest] += loss
        near = rest[might_break(self.cure.excess[rest], loss)]
        self._apart[near] = True
        self._fresh += near.tolist()

    def stale(self, near: float) -> Places:
        """Rows of limits whose derivatives are to be calculated."""
        fresh = np.zeros(len(self.cure.watched), np.bool_)
        fresh[self._fresh] = True
        if self.cure.rounds == 1 and self.task.slopes is None:
            fresh[:] = True
        if self._moved > _LITTLE:
            fresh |= self.cure.excess > -near
            self._moved = 0.0
        return np.flatnonzero(fresh)

    def learn(self, rows: Places, per_kw: Floats, per_kvar: Floats) -> None:
        """Take over the derivatives of some watched limits' excess by the consumers' power."""
        cure, members = self.cure, self.task.members
        effects = members.effects(per_kw, per_kvar)
        if len(self._orders) < len(cure.watched):  # what is seen for the first time stands last
            self._order(effects[len(self._orders) - len(cure.watched) :])
        self._effects[rows] = effects
        if self.task.only_material:  # each group is one change
            strongest = np.abs(per_kw).max(axis=1, keepdims=True, initial=0.0)
            cure.material[rows] = np.abs(effects) > MATERIAL * strongest

    def split(self) -> Floats:
        """How far each member is moved in the first of the states."""
        split = self._splits[0]
        return np.zeros(len(self.task.members.places)) if split is None else split

    def verify(self, excess: Floats, state: int) -> None:
        """Watch limits that no state has broken, but another split might; then it is not done.

        Args:
            excess: Excess over all limits in the first of the states.
            state: That state's place in the flow.
        """
        limits, turned, effects = self.around.limits, self.around.turned, self.around.effects
        loss = loss_by_split(self.task.members, effects, self.split())
        worst = np.where(turned, turned_excess(excess[limits]), excess[limits]) + loss
        known = np.where(turned, np.isin(limits, self._turned), np.isin(limits, self.cure.watched))
        more = might_break(worst, loss) & ~known
        count = int(more.sum())
        if not count:
            return
        self._turned += limits[more & turned].tolist()
        self._grow(limits[more].tolist())
        self._foreign[-count:] = turned[more]
        self._order(effects[more])
        self._effects[-count:] = effects[more]
        self.cure.excess = np.concatenate([self.cure.excess, worst[more]])
        self.state_of = np.concatenate([self.state_of, np.full(count, state)])
        self.done = False

    def derived_in(self, rows: Places) -> Places:
        """The states in which derivatives of some watched limits are taken.

        States differ by splits alone, so the first does for all but those that another broke.
        """
        if not len(rows):
            return rows
        return np.where(self._foreign[rows], self.state_of[rows], self.state_of.min())

    def outlook(self) -> Outlook:
        """What the next step is made from."""
        cure, margins = self.cure, self.task.members.group_margins
        if self.task.members.single:
            cure.slopes = self._effects * margins
        else:
            orders, far = self._orders, cure.excess > 0
            effects = self.task.members.next_effects(self._effects, orders, cure.totals, far)
            cure.slopes = effects * margins
        tolerated = self.task.tolerated
        return Outlook(
            now=cure.totals / margins,
            cost=self.task.cost * margins,
            margins=margins,
            excess=cure.excess,
            slopes=cure.slopes,
            material=cure.material,
            tolerated=np.zeros(len(cure.watched)) if tolerated is None else tolerated[cure.watched],
            damping=self._damping if cure.rounds > _FREE_ROUNDS else 0.0,
            prices=np.concatenate([cure.prices, np.zeros(len(cure.watched) - len(cure.prices))]),
        )

    def take(self, step: Step) -> None:
        """Take a step, or none where it is done."""
        cure, margins = self.cure, self.task.members.group_margins
        cure.prices = step.prices
        self._remember()
        promised = np.concatenate(
            [self._promised, np.zeros(len(cure.watched) - len(self._promised))]
        )
        kept = not self._fresh and bool((cure.excess <= promised + TOLERANCE).all())
        moved = float(np.abs(step.totals - cure.totals / margins).max(initial=0.0))
        if kept and self._is_good(step, moved):
            since = np.abs(cure.totals - self._tried) > _TRIED_WITHIN * margins
            self._tries = not self.task.members.single and bool(since.any())
            self.done = not self._tries
            return
        if cure.rounds > _FREE_ROUNDS:
            self._damping *= _LESS_DAMPING if kept else _MORE_DAMPING
        self._go(step)

    def begin(self, step: Step) -> None:
        """Take a step before any state is solved."""
        self.cure.prices = step.prices
        self._go(step)

    def _go(self, step: Step) -> None:
        cure, margins = self.cure, self.task.members.group_margins
        self._moved += float(np.abs(step.totals - cure.totals / margins).max(initial=0.0))
        self._last = cure.totals
        cure.totals, self._promised = step.totals * margins, step.promised

    def _remember(self) -> None:
        """The totals that break the limits least, and of such the cheapest."""
        cure = self.cure
        if self._fresh:
            return
        beyond = np.maximum(cure.excess, 0.0).sum()
        rank = (
            len(cure.watched),
            -max(float(beyond), TOLERANCE),
            -float(self.task.cost @ cure.totals),
        )
        if self._best is None or rank > self._best[0]:
            self._best = rank, cure.totals, cure.excess, cure.slopes

    def settle(self) -> None:
        """End with the best totals that were found."""
        if self._best is not None and len(self._best[2]) == len(self.cure.watched):
            _, self.cure.totals, self.cure.excess, self.cure.slopes = self._best
        else:
            self.cure.totals = self._last
            if not self.task.members.single:  # single PoDs do better than what nobody has seen
                self.cure.excess = np.full(len(self.cure.watched), np.inf)
        self.cure.gap = None
        self.done = True

    def _is_good(self, step: Step, moved: float) -> bool:
        if self.cure.rounds >= _PATIENCE:
            return True
        if step.floor is None:
            return moved <= _STILL_IF_SOFT
        cost = float(self.task.cost @ self.cure.totals)
        self.cure.gap = max(cost - step.floor, 0.0) / cost if cost > 0 else 0.0
        proven = PROVEN if self.task.members.single else _PROVEN_OF_GROUPS
        return self.cure.gap <= proven or moved <= _STILL

    def _grow(self, limits: list[int]) -> None:
        cure, more = self.cure, len(limits)
        groups, members = len(cure.totals), len(self.task.members.places)
        cure.watched += limits
        if not groups:
            cure.slopes = np.zeros((len(cure.watched), 0))
        self._effects = np.vstack([self._effects, np.zeros((more, members))])
        cure.material = np.vstack([cure.material, np.ones((more, groups), np.bool_)])
        cure.effects = np.vstack([cure.effects, np.zeros((more, members))])
        self._apart = np.concatenate([self._apart, np.ones(more, np.bool_)])
        self._foreign = np.concatenate([self._foreign, np.zeros(more, np.bool_)])

    def _order(self, effects: Floats) -> None:
        """Remember effects at first sight, and the order of members that they give."""
        first = len(self._orders)
        self.cure.effects[first : first + len(effects)] = effects
        if self.task.members.single:
            own = np.zeros((len(effects), len(self.task.members.places)), np.int64)
        else:
            own = self.task.members.orders(effects)
        self._orders = np.concatenate([self._orders, own])


def turned_excess(excess: Floats) -> Floats:
    """A current's excess, to first order, where it has the same size the other way round."""
    return -2.0 - excess


def might_break(worst: Floats, loss: Floats) -> Flags:
    """Whether limits might be broken by their worst split.

    Args:
        worst: Their excess in it, to first order.
        loss: What of that is to first order only.
    """
    return np.asarray(worst > TOLERANCE - _UNSURE * np.abs(loss))
