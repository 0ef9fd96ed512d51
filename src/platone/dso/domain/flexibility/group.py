"""Groups of points of delivery that move together, and how a market may split a group's total.

A market buys a group's total by price, not by place. What it may do to one limit is therefore
worst when it takes the members that help that limit least, each up to its margin: the *least
effective split*. Whatever it takes instead helps at least as much (to first order).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.array import Floats, Places


@dataclass(frozen=True, slots=True)
class Group:
    """Consumers that move in one direction.

    Attributes:
        direction: +1.0 to withdraw more, -1.0 to withdraw less.
        members: Places of the consumers; a place may stand twice (two trades of one PoD).
        margins_kw: How far each member can move, kW, above 0.
        kvar_per_kw: Reactive power that follows each member's active power.
    """

    direction: float
    members: Places
    margins_kw: Floats
    kvar_per_kw: Floats

    @property
    def margin_kw(self) -> float:
        """How far the whole group can move."""
        return float(self.margins_kw.sum())


class Members:
    """The members of several groups in one row of arrays: all of the first, then the next.

    Args:
        groups: The groups, none of them empty.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        nothing = np.zeros(0)
        sizes = [len(group.members) for group in groups]
        self.sizes = np.array(sizes, np.int64)
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)[: len(sizes)]
        self.group = np.repeat(np.arange(len(groups)), self.sizes)
        self.places = np.concatenate([nothing, *(each.members for each in groups)]).astype(np.int64)
        self.margins_kw = np.concatenate([nothing, *(each.margins_kw for each in groups)])
        self.kvar_per_kw = np.concatenate([nothing, *(each.kvar_per_kw for each in groups)])
        self.direction = np.repeat([each.direction for each in groups], self.sizes)

    def effects(self, per_kw: Floats, per_kvar: Floats) -> Floats:
        """Change of limits' excess by 1 kW of each member in its group's direction.

        Args:
            per_kw: Effects of the consumers' kW, the last axis over consumers.
            per_kvar: Effects of their kvar.
        """
        effect = per_kw[..., self.places] + per_kvar[..., self.places] * self.kvar_per_kw
        return np.asarray(self.direction * effect)

    def order(self, effects: Floats) -> Places:
        """The members by group, those that help a limit least first."""
        return np.lexsort((-effects, self.group))

    def fill(self, order: Places, totals_kw: Floats) -> Floats:
        """Each group's total, taken from its members in an order, each up to its margin, kW."""
        before, margins = self._before(order)
        taken = np.empty(len(order), np.float64)
        taken[order] = np.clip(totals_kw[self.group] - before, 0.0, margins)
        return taken

    def marginal(self, order: Places, totals_kw: Floats) -> Places:
        """The member of each group that the next kW of its total would be taken from."""
        if not len(order):
            return order
        before, margins = self._before(order)
        is_used = before + margins <= totals_kw[self.group]
        used = np.add.reduceat(is_used, self.starts, dtype=np.int64)
        return np.asarray(order[self.starts + np.minimum(used, self.sizes - 1)])

    def _before(self, order: Places) -> tuple[Floats, Floats]:
        """In an order: what is taken from a group before a member, and the member's margin."""
        margins = self.margins_kw[order]
        before = np.cumsum(margins) - margins
        return before - before[self.starts][self.group], margins
