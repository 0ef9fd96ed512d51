"""Groups of points of delivery that move together, and how a market may split a group's total.

A market buys a group's total by price, not by place. What it may do to one limit is therefore
worst when it takes the members that help that limit least, each up to its margin: the *least
effective split*. Whatever it takes instead helps at least as much (to first order).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.dso.domain.flow import Floats

Places = NDArray[np.int64]


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

    def effects(self, per_kw: Floats, per_kvar: Floats) -> Floats:
        """Change of a limit's excess by 1 kW of each member in the group's direction."""
        effect = per_kw[self.members] + per_kvar[self.members] * self.kvar_per_kw
        return self.direction * effect


def fill(order: Places, margins_kw: Floats, total_kw: float) -> Floats:
    """A total taken from the members in an order, each up to its margin, kW."""
    ordered = margins_kw[order]
    before = np.concatenate([[0.0], np.cumsum(ordered)[:-1]])
    taken = np.empty(len(order), np.float64)
    taken[order] = np.clip(total_kw - before, 0.0, ordered)
    return taken


def marginal(order: Places, margins_kw: Floats, total_kw: float) -> int:
    """The member that the next kW of a total would be taken from."""
    reached = np.searchsorted(np.cumsum(margins_kw[order]), total_kw, side="right")
    return int(order[min(int(reached), len(order) - 1)])
