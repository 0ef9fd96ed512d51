"""The limits that a cure watches, each in the split of the groups' totals that is worst for it."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.group import loss_by_split
from platone.grid.flexibility.task import Task
from platone.grid.flow.limit import TOLERANCE

_UNSURE = 0.1
"""What a limit loses by another split is known to this part."""
_FURTHER = 1e-4
_MOST_ORDERS = 3


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


class Watch:
    """The watched limits; one stands again for each further order in which it might be broken.

    Args:
        task: What is to be cured.

    Attributes:
        limits: The limits.
        excess: Their excess, each in the state that is worst for it.
        effects: Its change by each member's move of 1, at first sight, shape (limits, members).
        orders: For each of them the members, those that help it least first.
        state_of: The place of its state in the flow.
        fresh: Rows whose derivatives are not known, or not where they are wanted.
        around: What is not watched, but might have to be.
    """

    def __init__(self, task: Task) -> None:
        self._members = task.members
        members = len(task.members.places)
        self.limits: list[int] = []
        self.excess = np.zeros(0)
        self.effects = np.zeros((0, members))
        self.orders = np.zeros((0, members), np.int64)
        self.state_of = np.zeros(0, np.int64)
        self.fresh: list[int] = []
        self.around = Around(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros((0, members)))
        self._is_seen = np.zeros(0, np.bool_)
        self._apart = np.zeros(0, np.bool_)
        self._foreign = np.zeros(0, np.bool_)
        self._turned: list[int] = []
        self._totals = np.zeros(len(task.members.sizes))
        self._splits = np.zeros((1, members))
        self._split_of = np.zeros(0, np.int64)
        self._own_orders = self.orders
        self._add(list(task.watched), np.zeros(len(task.watched)))
        if task.effects is not None:
            self.see(np.arange(len(task.watched)), task.effects)
        if task.apart is not None:
            self._apart = task.apart
        if task.foreseen is not None:
            self.excess = task.foreseen

    def splits(self, totals: Floats, *, opposite: bool) -> Floats:
        """The splits to be solved: that of the totals, or those worst for each near limit.

        Args:
            totals: How far the groups are moved.
            opposite: Whether those that are best for the limits are solved too.

        Returns:
            How far each member is moved, shape (states, members).
        """
        members, self._totals = self._members, totals
        if members.single:
            self._splits = totals[None]
        elif self.limits:
            self._splits = members.fill(self._distinct_orders(), totals)
            if opposite:
                more = members.fill(self._opposite_orders(), totals)
                self._splits = np.concatenate([self._splits, more])
        return self._splits

    def _distinct_orders(self) -> Places:
        """The orders of limits that are solved apart, each once; which is whose is remembered."""
        if not self._apart.any():
            return self.orders[:1]
        if len(self._split_of) != self._apart.sum():
            orders = self.orders[self._apart]
            place: dict[bytes, int] = {}
            self._split_of = np.array([place.setdefault(o.tobytes(), len(place)) for o in orders])
            _, first = np.unique(self._split_of, return_index=True)
            self._own_orders = orders[first]
        return self._own_orders

    def _opposite_orders(self) -> Places:
        """The orders the other way round, in which limits might break that nobody thinks of."""
        rows = self._apart if self._apart.any() else slice(1)
        opposite = self._members.orders(-self.effects[rows])
        return np.array(list({order.tobytes(): order for order in opposite}.values()))

    def look(self, excess: Floats, first: int, element: Places) -> None:
        """See what the solved states break.

        Args:
            excess: Excess over all limits in each of the splits.
            first: The first one's place in the flow.
            element: What each limit belongs to.
        """
        own = np.zeros(len(self.limits), np.int64)
        if self._apart.any() and not self._members.single:
            own[self._apart] = self._split_of
        self.excess = excess[own, self.limits] if self.limits else np.zeros(0)
        self.fresh = []
        is_new = excess > TOLERANCE
        is_new[:, self.limits] = False
        for row in np.flatnonzero(is_new.any(axis=1)).tolist():
            broken = self._broken(excess[row], element)
            own = np.concatenate([own, np.full(len(broken), row)])
            self._add_foreign(broken, excess[row, broken])
        if not self._members.single and self.limits:
            own = self._look_again(excess, own)
        self.state_of = own + first
        self._set_apart(own)

    def _look_again(self, excess: Floats, own: Places) -> Places:
        """Watch limits once more that another state breaks further than the one held for worst.

        A small current falls to nothing and rises again the other way round, for example.
        """
        limits, inverse = np.unique(self.limits, return_inverse=True)
        known = np.full(len(limits), -np.inf)
        np.maximum.at(known, inverse, self.excess)
        worst = excess[:, limits].max(axis=0)
        again = (worst > np.maximum(known, 0.0) + _FURTHER) & (np.bincount(inverse) < _MOST_ORDERS)
        if not again.any():
            return own
        states = excess[:, limits[again]].argmax(axis=0)
        self._add_foreign(limits[again].tolist(), worst[again])
        return np.concatenate([own, states])

    def _broken(self, excess: Floats, element: Places) -> list[int]:
        """What a state breaks and nobody watches; of a branch's two ends only the worse."""
        is_new = excess > TOLERANCE
        is_new[self.limits] = False
        new = np.flatnonzero(is_new)
        if not len(new):
            return []
        seen = np.zeros(element.max() + 1)
        np.maximum.at(seen, element[self.limits], excess[self.limits])
        new = new[excess[new] > seen[element[new]] + TOLERANCE]
        new = new[np.argsort(-excess[new], kind="stable")]
        _, first = np.unique(element[new], return_index=True)
        return [int(limit) for limit in new[np.sort(first)]]

    def _set_apart(self, own: Places) -> None:
        """Limits that their own worst split might break are solved for it from now on."""
        rest = np.flatnonzero(self._is_seen & ~self._apart)
        if self._members.single or not len(rest):
            return
        worst = self._members.fill(self.orders[rest], self._totals)
        loss = (self.effects[rest] * (worst - self._splits[own[rest]])).sum(axis=1)
        self.excess[rest] += loss
        near = rest[might_break(self.excess[rest], loss)]
        self._apart[near] = True
        self.fresh += near.tolist()

    def verify(self, excess: Floats, state: int) -> bool:
        """Watch limits that no state has broken, but another split might; whether there are such.

        Args:
            excess: Excess over all limits in the first of the states.
            state: That state's place in the flow.
        """
        limits, turned, effects = self.around.limits, self.around.turned, self.around.effects
        loss = loss_by_split(self._members, effects, self._splits[0])
        worst = np.where(turned, turned_excess(excess[limits]), excess[limits]) + loss
        known = np.where(turned, np.isin(limits, self._turned), np.isin(limits, self.limits))
        more = np.flatnonzero(might_break(worst, loss) & ~known)
        if not len(more):
            return False
        self._turned += limits[more[turned[more]]].tolist()
        rows = self._add(limits[more].tolist(), worst[more])
        self._foreign[rows] = turned[more]
        self.see(rows, effects[more])
        self.state_of = np.concatenate([self.state_of, np.full(len(more), state)])
        return True

    def derived_in(self, rows: Places) -> Places:
        """The states in which derivatives of some limits are taken.

        States differ by splits alone, so the first does for all but those that another broke.
        """
        if not len(rows):
            return rows
        return np.where(self._foreign[rows], self.state_of[rows], self.state_of.min())

    def see(self, rows: Places, effects: Floats) -> None:
        """Remember effects on limits that are seen for the first time, and the orders they give."""
        new = ~self._is_seen[rows]
        if not new.any():
            return
        first = rows[new]
        self.effects[first] = effects[new]
        self._is_seen[first] = True
        if not self._members.single:
            self.orders[first] = self._members.orders(effects[new])

    def _add_foreign(self, limits: list[int], excess: Floats) -> None:
        """Watch limits that a state has broken; their derivatives are those in that state."""
        rows = self._add(limits, excess)
        self._foreign[rows] = True
        self.fresh += rows.tolist()

    def _add(self, limits: list[int], excess: Floats) -> Places:
        """Watch more limits; their rows."""
        more, known = len(limits), len(self.limits)
        members = len(self._members.places)
        self.limits += limits
        self.excess = np.concatenate([self.excess, excess])
        self.effects = np.vstack([self.effects, np.zeros((more, members))])
        self.orders = np.vstack([self.orders, np.zeros((more, members), np.int64)])
        self._is_seen = np.concatenate([self._is_seen, np.zeros(more, np.bool_)])
        self._apart = np.concatenate([self._apart, np.ones(more, np.bool_)])
        self._foreign = np.concatenate([self._foreign, np.zeros(more, np.bool_)])
        return np.arange(known, known + more)


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
