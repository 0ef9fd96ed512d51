"""Groups of points of delivery that move together, and how a market may split a group's total.

A market buys a group's total by price, not by place. What it may do to one limit is therefore
worst when it takes the members that help that limit least, each up to its margin: the *least
effective split*. Any other split helps at least as much, to first order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from platone.grid.array import Flags, Floats, Places


@dataclass(frozen=True, eq=False)
class FlexibleGroups:
    """A quarter-hour's flexibility, in groups: all members of the first group, then of the next.

    A move of 1 changes a member's active power by 1 kW up or down, and its reactive power with it;
    or, where reactive power is offered by itself, that by 1 kvar.

    Attributes:
        places: Each member's place among the network's consumers, shape (members,); a consumer
            stands once for each way in which it can move.
        kw: Change of each member's active power by a move of 1, kW, shape (members,).
        kvar: Change of each member's reactive power by a move of 1, kvar, shape (members,).
        margins: The farthest move of each member, above 0, kW or kvar, shape (members,).
        sizes: Number of members of each group, above 0, shape (groups,).
    """

    places: Places
    kw: Floats
    kvar: Floats
    margins: Floats
    sizes: Places

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.sizes)

    @cached_property
    def are_single(self) -> bool:
        """Return whether every group has one member."""
        return len(self.sizes) == len(self.places)

    @cached_property
    def directions(self) -> Floats:
        """Return 1 for members that withdraw more by a move, and -1 for others, (members,)."""
        return np.sign(np.where(self.kw != 0, self.kw, self.kvar))

    @cached_property
    def starts(self) -> Places:
        """Return the place of each group's first member, shape (groups,)."""
        return np.asarray(np.cumsum(self.sizes) - self.sizes, np.int64)

    @cached_property
    def group_of(self) -> Places:
        """Return the group of each member, shape (members,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def group_margins(self) -> Floats:
        """Return the farthest move of each whole group, kW or kvar, shape (groups,)."""
        return self.margins if self.are_single else np.add.reduceat(self.margins, self.starts)

    @cached_property
    def _margins_of_earlier_groups(self) -> Floats:
        """Return for each member the margins of all groups before its own, shape (members,)."""
        return np.repeat(np.cumsum(self.group_margins) - self.group_margins, self.sizes)

    def regrouped(self, groups: Sequence[Sequence[int]]) -> "FlexibleGroups":
        """Return other groups of these members, given by the members' places here."""
        rows = np.array([row for group in groups for row in group], np.int64)
        sizes = np.array([len(group) for group in groups], np.int64)
        return FlexibleGroups(
            places=self.places[rows],
            kw=self.kw[rows],
            kvar=self.kvar[rows],
            margins=self.margins[rows],
            sizes=sizes,
        )

    def effects_of_moves(self, per_kw: Floats, per_kvar: Floats) -> Floats:
        """Return the change of limits' excess by a move of 1, shape (limits, members).

        Args:
            per_kw: Change of the excess by each consumer's kW, shape (limits, consumers).
            per_kvar: Change of the excess by each consumer's kvar, shape (limits, consumers).
        """
        return np.asarray(per_kw[:, self.places] * self.kw + per_kvar[:, self.places] * self.kvar)

    def powers_after(self, p_kw: Floats, q_kvar: Floats, moves: Floats) -> tuple[Floats, Floats]:
        """Return the consumers' active and reactive powers after moves, (states, consumers).

        Args:
            p_kw: Active power of the consumers before, kW, shape (consumers,).
            q_kvar: Reactive power of the consumers before, kvar, shape (consumers,).
            moves: Each member's move in each state, shape (states, members).
        """
        if not len(self.places):
            return p_kw[None], q_kvar[None]
        places, order, starts = self._by_place
        both = []
        for power, each in ((p_kw, self.kw), (q_kvar, self.kvar)):
            after = np.repeat(power[None], len(moves), axis=0)
            after[:, places] += np.add.reduceat((moves * each)[:, order], starts, axis=1)
            both.append(after)
        return both[0], both[1]

    @cached_property
    def _by_place(self) -> tuple[Places, Places, Places]:
        """Return the places, each once; the members by place; and where each place begins there."""
        order = np.argsort(self.places, kind="stable")
        places, starts = np.unique(self.places[order], return_index=True)
        return places, order, starts

    def least_effective_first(self, effects: Floats) -> Places:
        """Return for each limit the members in order, within each group the least helpful first.

        Args:
            effects: Change of the excess by a move of 1 of each member, shape (limits, members).
        """
        group = np.broadcast_to(self.group_of, effects.shape)
        return np.asarray(np.lexsort((-effects, group), axis=-1))

    def split(self, orders: Places, totals: Floats) -> Floats:
        """Take each group's total from its members in an order, each up to its margin.

        Args:
            orders: Orders of the members, shape (limits, members).
            totals: Each group's total, kW or kvar, shape (groups,).

        Returns:
            Each member's move, kW or kvar, shape (limits, members).
        """
        before, margins = self._before(orders)
        moves = np.empty(orders.shape)
        rows = np.arange(len(orders))[:, None]
        moves[rows, orders] = np.minimum(np.maximum(totals[self.group_of] - before, 0.0), margins)
        return moves

    def shiftable_kva(self, totals: Floats) -> float:
        """Return how much power other splits of the totals could move elsewhere, at most, kVA."""
        shifted = np.minimum(totals, self.group_margins - totals) * (self.sizes > 1)
        largest = np.hypot(self.kw, self.kvar)
        return float(shifted @ np.maximum.reduceat(largest, self.starts)) if len(totals) else 0.0

    def marginal_effects(
        self, effects: Floats, orders: Places, totals: Floats, far: Flags
    ) -> Floats:
        """Return the effects of moving each group a little further, shape (limits, groups).

        Args:
            effects: Change of the excess by a move of 1 of each member, shape (limits, members).
            orders: Orders in which the members move, shape (limits, members).
            totals: Each group's total so far, shape (groups,).
            far: Limits that are far from being kept, shape (limits,): for them the mean of all
                that is left to move counts, if the next member has less than half of that effect.
        """
        before, margins = self._before(orders)
        is_used = before + margins <= totals[self.group_of]
        used = np.add.reduceat(is_used, self.starts, axis=-1, dtype=np.int64)
        following = self.starts + np.minimum(used, self.sizes - 1)
        at = np.take_along_axis(orders, following, axis=-1)
        found = np.take_along_axis(effects, at, axis=-1)
        room = self.margins - self.split(orders, totals)
        left = np.add.reduceat(room, self.starts, axis=-1)
        mean = np.add.reduceat(effects * room, self.starts, axis=-1)
        mean = np.divide(mean, left, out=found.copy(), where=left > 0)
        return np.where(far[:, None] & (np.abs(found) < np.abs(mean) / 2), mean, found)

    def _before(self, orders: Places) -> tuple[Floats, Floats]:
        """Return the margins before each member of its group in an order, and the member's own."""
        margins = self.margins[orders]
        return np.cumsum(margins, axis=-1) - margins - self._margins_of_earlier_groups, margins


def loss_by_worst_split(groups: FlexibleGroups, effects: Floats, moves: Floats) -> Floats:
    """Return how much each limit's excess grows if the totals come from its worst split instead.

    Args:
        groups: The groups.
        effects: Change of each limit's excess by a move of 1 of each member, (limits, members).
        moves: Each member's move, kW or kvar, shape (members,).
    """
    totals = np.add.reduceat(moves, groups.starts)
    worst = groups.split(groups.least_effective_first(effects), totals)
    return np.asarray((effects * (worst - moves)).sum(axis=1))
