"""A table of the critical limits of a quarter-hour, one row for each way in which one is broken.

The ways differ by the order in which a market takes the groups' totals from their members: the
state that is worst for one limit may be harmless for another. Single points of delivery know no
orders: there each limit has one row.
"""

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.flexible_groups import FlexibleGroups


class LimitRows:
    """A table of critical limits, to which rows are added.

    Args:
        groups: The flexibility of the quarter-hour.

    Attributes:
        limits: Number of each row's limit.
        excess: Relative excess in the state that is worst for the row, shape (rows,).
        effects: Its change by a move of 1 of each member, where the row was first derived, shape
            (rows, members).
        orders: Order of the members, within each group the least helpful first, (rows, members).
        derived: Rows whose effects and orders are known, shape (rows,).
        apart: Rows that are judged in a state of their own order; the others are judged in the
            first state and by their effects, shape (rows,).
        foreign: Rows that another state than the first has broken: their derivatives are taken in
            that state, shape (rows,).
    """

    def __init__(self, groups: FlexibleGroups) -> None:
        members = len(groups.places)
        self._groups = groups
        self.limits: list[int] = []
        self.excess = np.zeros(0)
        self.effects = np.zeros((0, members))
        self.orders = np.zeros((0, members), np.int64)
        self.derived = np.zeros(0, np.bool_)
        self.apart = np.zeros(0, np.bool_)
        self.foreign = np.zeros(0, np.bool_)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.limits)

    def add(self, limits: list[int], excess: Floats, *, foreign: bool = False) -> Places:
        """Add rows with the excess that they have now, and return their numbers."""
        more, before = len(limits), len(self.limits)
        members = self.effects.shape[1]
        self.limits += limits
        self.excess = np.concatenate([self.excess, excess])
        self.effects = np.vstack([self.effects, np.zeros((more, members))])
        self.orders = np.vstack([self.orders, np.zeros((more, members), np.int64)])
        self.derived = np.concatenate([self.derived, np.zeros(more, np.bool_)])
        self.apart = np.concatenate([self.apart, np.ones(more, np.bool_)])
        self.foreign = np.concatenate([self.foreign, np.full(more, foreign)])
        return np.arange(before, before + more)

    def derive(self, rows: Places, effects: Floats) -> None:
        """Keep the effects on rows that have none yet, and the orders that follow from them.

        Args:
            rows: Some rows.
            effects: Change of their excess by a move of 1 of each member, shape (rows, members).
        """
        new = ~self.derived[rows]
        if not new.any():
            return
        first = rows[new]
        self.effects[first] = effects[new]
        self.derived[first] = True
        if not self._groups.are_single:
            self.orders[first] = self._groups.least_effective_first(effects[new])
