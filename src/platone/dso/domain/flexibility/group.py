"""Groups of points of delivery that move together, and how a market may split a group's total.

A market buys a group's total by price, not by place. What it may do to one limit is therefore
worst when it takes the members that help that limit least, each up to its margin: the *least
effective split*. Whatever it takes instead helps at least as much (to first order).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from platone.dso.domain.array import Floats, Places


@dataclass(frozen=True, eq=False)
class Members:
    """What can be moved, in groups: the members of the first group, then those of the next.

    A move of 1 changes a member's active power by 1 kW up or down, and its reactive power with it;
    or, where reactive power is offered by itself, that by 1 kvar.

    Attributes:
        places: Places of the consumers; a place may stand more than once.
        kw: Change of each member's active power by a move of 1.
        kvar: Change of its reactive power.
        margins: How far each member can move, above 0.
        sizes: Number of members of each group, above 0.
    """

    places: Places
    kw: Floats
    kvar: Floats
    margins: Floats
    sizes: Places

    @cached_property
    def single(self) -> bool:
        """Whether every group has one member."""
        return len(self.sizes) == len(self.places)

    @cached_property
    def starts(self) -> Places:
        """Each group's first member."""
        return np.asarray(np.cumsum(self.sizes) - self.sizes, np.int64)

    @cached_property
    def group(self) -> Places:
        """Each member's group."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def group_margins(self) -> Floats:
        """How far each whole group can move."""
        return self.margins if self.single else np.add.reduceat(self.margins, self.starts)

    def joined(self, groups: Sequence[Sequence[int]]) -> "Members":
        """Other groups, of these members' places."""
        rows = np.array([row for group in groups for row in group], np.int64)
        sizes = np.array([len(group) for group in groups], np.int64)
        return Members(
            self.places[rows], self.kw[rows], self.kvar[rows], self.margins[rows], sizes
        )

    def effects(self, per_kw: Floats, per_kvar: Floats) -> Floats:
        """Change of limits' excess by a move of 1 of each member.

        Args:
            per_kw: Effects of the consumers' kW, the last axis over consumers.
            per_kvar: Effects of their kvar.
        """
        return np.asarray(per_kw[:, self.places] * self.kw + per_kvar[:, self.places] * self.kvar)

    def order(self, effects: Floats) -> Places:
        """The members by group, those that help a limit least first."""
        return np.lexsort((-effects, self.group))

    def fill(self, order: Places, totals: Floats) -> Floats:
        """Each group's total, taken from its members in an order, each up to its margin."""
        before, margins = self._before(order)
        taken = np.empty(len(order), np.float64)
        taken[order] = np.clip(totals[self.group] - before, 0.0, margins)
        return taken

    def marginal(self, order: Places, totals: Floats) -> Places:
        """The member of each group that the next of its total would be taken from."""
        before, margins = self._before(order)
        is_used = before + margins <= totals[self.group]
        used = np.add.reduceat(is_used, self.starts, dtype=np.int64)
        return np.asarray(order[self.starts + np.minimum(used, self.sizes - 1)])

    def _before(self, order: Places) -> tuple[Floats, Floats]:
        """In an order: what is taken from a group before a member, and the member's margin."""
        margins = self.margins[order]
        before = np.cumsum(margins) - margins
        return before - before[self.starts][self.group], margins
