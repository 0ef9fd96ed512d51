"""The critical limits of a cure, each judged in the split of the groups' totals worst for it.

A limit is *critical* from when some solved state breaks it. Of groups, a round solves one state for
each different order in which members are used::

    row  limit   order of members        state that judges it
    0    line 7  A: 3 1 2          ──►   totals taken in the order A
    1    bus 4   B: 2 3 1          ──►   totals taken in the order B
    2    line 9  A: 3 1 2          ──►   that of order A again
    3    line 7  C: 1 2 3          ──►   order C: another state broke line 7 further than A did

Single points of delivery have one state, which judges all rows.
"""

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.limit_rows import LimitRows
from platone.grid.flexibility.nearby_limits import NearbyLimits, might_break
from platone.grid.flexibility.task import Task
from platone.grid.flow.limit import TOLERANCE

_FURTHER = 1e-4
"""Relative excess by which another state must break a limit further to make a new row of it."""
_MOST_ROWS = 3
"""Rows of one limit, at most: more orders cost states, and hardly find anything worse."""


class CriticalLimits:
    """The critical limits of one quarter-hour, and the states that judge them.

    Args:
        task: The quarter-hour that is to be cured.

    Attributes:
        rows: The table of critical limits.
        fresh: Rows whose derivatives are not known, or not where they are wanted.
        nearby: Limits that other splits might break; none while nobody has looked for them.
    """

    def __init__(self, task: Task) -> None:
        self._groups = task.groups
        self.rows = LimitRows(task.groups)
        self.fresh: list[int] = []
        self.nearby: NearbyLimits | None = None
        self._turned: list[int] = []
        self._state_of = np.zeros(0, np.int64)
        self._totals = np.zeros(len(task.groups))
        self._moves = np.zeros((1, len(task.groups.places)))
        self._orders = self.rows.orders
        self._order_of_row = np.zeros(0, np.int64)
        if task.warm_start is not None:
            warm = task.warm_start
            rows = self.rows.add(list(warm.limits), warm.excess)
            self.rows.derive(rows, warm.effects)
            self.rows.apart = warm.apart.copy()

    def moves(self, totals: Floats, *, opposite: bool) -> Floats:
        """Return the members' moves in the states that this round solves, (states, members).

        Args:
            totals: Each group's total, shape (groups,).
            opposite: Whether the splits that are best for the limits are solved as well.
        """
        groups, self._totals = self._groups, totals
        if groups.are_single:
            self._moves = totals[None]
        elif self.rows.limits:
            self._moves = groups.split(self._distinct_orders(), totals)
            if opposite:
                more = groups.split(self._opposite_orders(), totals)
                self._moves = np.concatenate([self._moves, more])
        return self._moves

    def _distinct_orders(self) -> Places:
        """Return the orders of the rows that are judged apart, each once."""
        apart, orders = self.rows.apart, self.rows.orders
        if not apart.any():
            return orders[:1]
        if len(self._order_of_row) != apart.sum():
            own = orders[apart]
            place: dict[bytes, int] = {}
            found = [place.setdefault(order.tobytes(), len(place)) for order in own]
            self._order_of_row = np.array(found)
            _, first = np.unique(self._order_of_row, return_index=True)
            self._orders = own[first]
        return self._orders

    def _opposite_orders(self) -> Places:
        """Return the opposite orders, which break limits that nobody thinks of, each once."""
        rows = self.rows.apart if self.rows.apart.any() else slice(1)
        opposite = self._groups.least_effective_first(-self.rows.effects[rows])
        return np.array(list({order.tobytes(): order for order in opposite}.values()))

    def judge(self, excess: Floats, first: int, element: Places) -> None:
        """Read each row's excess from its state, and add rows for all that the states break.

        Args:
            excess: Relative excess over all limits in each of the states, shape (states, limits).
            first: Place of the first of the states in the power flow's result.
            element: Number of each limit's branch or bus, shape (limits,).
        """
        rows = self.rows
        state = np.zeros(len(rows), np.int64)
        if rows.apart.any() and not self._groups.are_single:
            state[rows.apart] = self._order_of_row
        rows.excess = excess[state, rows.limits] if rows.limits else np.zeros(0)
        self.fresh = []
        is_new = excess > TOLERANCE
        is_new[:, rows.limits] = False
        for place in np.flatnonzero(is_new.any(axis=1)).tolist():
            broken = self._newly_broken(excess[place], element)
            state = np.concatenate([state, np.full(len(broken), place)])
            self._add_broken(broken, excess[place, broken])
        if not self._groups.are_single and rows.limits:
            state = self._add_further_broken(excess, state)
        self._state_of = state + first
        self._set_apart(state)

    def _newly_broken(self, excess: Floats, element: Places) -> list[int]:
        """Return limits that a state breaks and no row has; of a branch's two ends the worse."""
        rows = self.rows
        is_new = excess > TOLERANCE
        is_new[rows.limits] = False
        new = np.flatnonzero(is_new)
        if not len(new):
            return []
        known = np.zeros(element.max() + 1)
        np.maximum.at(known, element[rows.limits], excess[rows.limits])
        new = new[excess[new] > known[element[new]] + TOLERANCE]
        new = new[np.argsort(-excess[new], kind="stable")]
        _, first = np.unique(element[new], return_index=True)
        return [int(limit) for limit in new[np.sort(first)]]

    def _add_further_broken(self, excess: Floats, state: Places) -> Places:
        """Add rows for limits that another state breaks further than the one held for worst.

        A small current falls to nothing and rises again the other way, for example. Returns each
        row's state.
        """
        rows = self.rows
        limits, inverse = np.unique(rows.limits, return_inverse=True)
        known = np.full(len(limits), -np.inf)
        np.maximum.at(known, inverse, rows.excess)
        worst = excess[:, limits].max(axis=0)
        again = worst > np.maximum(known, 0.0) + _FURTHER
        again &= np.bincount(inverse) < _MOST_ROWS
        if not again.any():
            return state
        worst_state = excess[:, limits[again]].argmax(axis=0)
        self._add_broken(limits[again].tolist(), worst[again])
        return np.concatenate([state, worst_state])

    def _add_broken(self, limits: list[int], excess: Floats) -> None:
        """Add rows that a state has broken, in which their derivatives are to be taken."""
        self.fresh += self.rows.add(limits, excess, foreign=True).tolist()

    def _set_apart(self, state: Places) -> None:
        """Judge the rows without a state of their own by their effects; give one to those near."""
        rows = self.rows
        rest = np.flatnonzero(rows.derived & ~rows.apart)
        if self._groups.are_single or not len(rest):
            return
        worst = self._groups.split(rows.orders[rest], self._totals)
        loss = (rows.effects[rest] * (worst - self._moves[state[rest]])).sum(axis=1)
        rows.excess[rest] += loss
        near = rest[might_break(rows.excess[rest], loss)]
        rows.apart[near] = True
        self.fresh += near.tolist()

    def add_nearby(self, excess: Floats, state: int) -> bool:
        """Add rows for nearby limits that another split might break; return whether there are any.

        Args:
            excess: Relative excess over all limits in the first of the states, shape (limits,).
            state: That state's place in the power flow's result.
        """
        nearby, rows = self.nearby, self.rows
        if nearby is None:
            return False
        worst, loss = nearby.worst(self._groups, excess, self._moves[0])
        turned = nearby.turned
        known = np.where(
            turned, np.isin(nearby.limits, self._turned), np.isin(nearby.limits, rows.limits)
        )
        more = np.flatnonzero(might_break(worst, loss) & ~known)
        if not len(more):
            return False
        self._turned += nearby.limits[more[turned[more]]].tolist()
        added = rows.add(nearby.limits[more].tolist(), worst[more])
        rows.foreign[added] = turned[more]
        rows.derive(added, nearby.effects[more])
        self._state_of = np.concatenate([self._state_of, np.full(len(more), state)])
        return True

    def states_to_derive(self, rows: Places) -> Places:
        """Return the places of the states in which some rows' derivatives are taken.

        States differ by splits alone, so the first does for all but those that another broke.
        """
        if not len(rows):
            return rows
        return np.where(self.rows.foreign[rows], self._state_of[rows], self._state_of.min())
