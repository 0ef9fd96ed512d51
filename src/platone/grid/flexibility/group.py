"""Groups of points of delivery that move together, and how a market may split a group's total.

A market buys a group's total by price, not by place. What it may do to one limit is therefore
worst when it takes the members that help that limit least, each up to its margin: the *least
effective split*. Whatever it takes instead helps at least as much (to first order).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from platone.grid.array import Flags, Floats, Places


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

    @cached_property
    def _of_earlier_groups(self) -> Floats:
        """For each member the margins of all groups before its own; orders do not change them."""
        return np.repeat(np.cumsum(self.group_margins) - self.group_margins, self.sizes)

    def joined(self, groups: Sequence[Sequence[int]]) -> "Members":
        """Other groups, of these members' places."""
        rows = np.array([row for group in groups for row in group], np.int64)
        sizes = np.array([len(group) for group in groups], np.int64)
        return Members(self.places[rows], self.kw[rows], self.kvar[rows], self.margins[rows], sizes)

    def effects(self, per_kw: Floats, per_kvar: Floats) -> Floats:
        """Change of limits' excess by a move of 1 of each member.

        Args:
            per_kw: Effects of the consumers' kW, the last axis over consumers.
            per_kvar: Effects of their kvar.
        """
        return np.asarray(per_kw[:, self.places] * self.kw + per_kvar[:, self.places] * self.kvar)

    def moved(self, p_kw: Floats, q_kvar: Floats, splits: Floats) -> tuple[Floats, Floats]:
        """The consumers' powers after moves of the members.

        Args:
            p_kw: What the consumers withdraw before.
            q_kvar: The same, reactive.
            splits: How far each member is moved in each state, shape (states, members).
        """
        if not len(self.places):
            return p_kw[None], q_kvar[None]
        places, order, starts = self._by_place
        both = []
        for power, each in ((p_kw, self.kw), (q_kvar, self.kvar)):
            after = np.repeat(power[None], len(splits), axis=0)
            after[:, places] += np.add.reduceat((splits * each)[:, order], starts, axis=1)
            both.append(after)
        return both[0], both[1]

    @cached_property
    def _by_place(self) -> tuple[Places, Places, Places]:
        """The places, each once; the members by places, and each place's first in that order."""
        order = np.argsort(self.places, kind="stable")
        places, starts = np.unique(self.places[order], return_index=True)
        return places, order, starts

    def orders(self, effects: Floats) -> Places:
        """For each limit the members by group, those that help it least first.

        Args:
            effects: Shape (limits, members).
        """
        group = np.broadcast_to(self.group, effects.shape)
        return np.asarray(np.lexsort((-effects, group), axis=-1))

    def fill(self, orders: Places, totals: Floats) -> Floats:
        """Each group's total, taken from its members in an order, each up to its margin.

        Args:
            orders: Orders of the members, shape (limits, members).
            totals: How far the groups are moved.
        """
        before, margins = self._before(orders)
        taken = np.empty(orders.shape)
        rows = np.arange(len(orders))[:, None]
        taken[rows, orders] = np.minimum(np.maximum(totals[self.group] - before, 0.0), margins)
        return taken

    def shift_kva(self, totals: Floats) -> float:
        """How much power other splits of the groups' totals could move elsewhere, at most."""
        shifted = np.minimum(totals, self.group_margins - totals) * (self.sizes > 1)
        largest = np.hypot(self.kw, self.kvar)
        return float(shifted @ np.maximum.reduceat(largest, self.starts)) if len(totals) else 0.0

    def next_effects(self, effects: Floats, orders: Places, totals: Floats, far: Flags) -> Floats:
        """Effects of moving each group on, its members in an order, shape (limits, groups).

        Args:
            effects: Effects of the members, shape (limits, members).
            orders: The orders, of the same shape.
            totals: How far the groups are moved.
            far: For each limit whether the mean of all that is left to move counts where the next
                member has less than half of that effect.
        """
        before, margins = self._before(orders)
        is_used = before + margins <= totals[self.group]
        used = np.add.reduceat(is_used, self.starts, axis=-1, dtype=np.int64)
        following = self.starts + np.minimum(used, self.sizes - 1)
        at = np.take_along_axis(orders, following, axis=-1)
        found = np.take_along_axis(effects, at, axis=-1)
        room = self.margins - self.fill(orders, totals)
        left = np.add.reduceat(room, self.starts, axis=-1)
        mean = np.add.reduceat(effects * room, self.starts, axis=-1)
        mean = np.divide(mean, left, out=found.copy(), where=left > 0)
        return np.where(far[:, None] & (np.abs(found) < np.abs(mean) / 2), mean, found)

    def _before(self, orders: Places) -> tuple[Floats, Floats]:
        """In an order: what is taken from a group before a member, and the member's margin."""
        margins = self.margins[orders]
        return np.cumsum(margins, axis=-1) - margins - self._of_earlier_groups, margins


def loss_by_split(members: Members, effects: Floats, taken: Floats) -> Floats:
    """What each limit loses if the groups' totals are not taken so, but by its worst split.

    Args:
        members: The groups' members.
        effects: Change of each limit's excess by a move of 1 of each member.
        taken: How far each member is moved.
    """
    totals = np.add.reduceat(taken, members.starts)
    worst = members.fill(members.orders(effects), totals)
    return np.asarray((effects * (worst - taken)).sum(axis=1))
