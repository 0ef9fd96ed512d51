"""Limits that no state has broken, but that another split of the groups' totals might break.

Other splits move power from some members to others. How far that can change a current is bounded by
the power itself; so few limits come into question, and their derivatives tell how much they would
lose in the split that is worst for them.
"""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.flexible_groups import FlexibleGroups, loss_by_worst_split
from platone.grid.flow.limit import TOLERANCE, Limits
from platone.grid.network.circuit import circuit_of

_UNSURE = 0.1
"""Part to which a limit's loss by another split is known, since it is taken to first order."""
_RESERVE = 1.5
"""Factor on the largest change of current that shifted power can make: it is reckoned at nominal
voltage and without losses."""
_NEAR_VOLTAGE = 0.5
"""Distance of a voltage from its limit, relative to half the band's width, from which on no split
breaks it: that would shift the voltage by a quarter of the band."""


@dataclass(frozen=True, eq=False)
class NearbyLimits:
    """Limits that are not broken, but within reach of other splits of the groups' totals.

    Attributes:
        limits: The limits, by number, shape (nearby,).
        turned: Currents that might fall to nothing and rise again the other way, shape (nearby,).
        effects: Change of their excess (turned) by a move of 1 of each member, (nearby, members).
    """

    limits: Places
    turned: Flags
    effects: Floats

    def worst(self, groups: FlexibleGroups, excess: Floats, moves: Floats) -> tuple[Floats, Floats]:
        """Return each limit's excess in its own worst split, and how much of that is loss.

        Args:
            groups: The groups.
            excess: Relative excess over all limits of the network in a state, shape (limits,).
            moves: Each member's move in that state, shape (members,).
        """
        loss = loss_by_worst_split(groups, self.effects, moves)
        own = excess[self.limits]
        return np.where(self.turned, turned_excess(own), own) + loss, loss


class Reach:
    """The reach of shifted power over a network's limits.

    Args:
        limits: The network's limits.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def within(self, kva: float, excess: Floats, known: list[int]) -> tuple[Places, Flags]:
        """Return the limits that shifted power could break, and which of them are turned currents.

        Args:
            kva: The power that may be taken somewhere else.
            excess: Relative excess over all limits, shape (limits,).
            known: Limits that are critical already.
        """
        largest_change = self._largest_change(kva)
        near = excess > -largest_change
        near[known] = False
        turned = turned_excess(excess) > -largest_change
        turned[2 * self._limits.branches :] = False
        both = self._worse_ends(near, excess), self._worse_ends(turned, -excess)
        return np.concatenate(both), np.repeat([False, True], [len(each) for each in both])

    def _worse_ends(self, chosen: Flags, excess: Floats) -> Places:
        """Return the chosen limits; of a branch's two ends the worse is enough."""
        limits = np.flatnonzero(chosen)
        worst_first = limits[np.argsort(-excess[limits], kind="stable")]
        _, kept = np.unique(self._limits.element_of[worst_first], return_index=True)
        return np.sort(worst_first[kept])

    def _largest_change(self, kva: float) -> Floats:
        """Return the largest change of each limit's excess by power that is taken elsewhere."""
        limits = self._limits
        circuit = circuit_of(limits.network)
        ports, node_kv = circuit.ports, circuit.node_kv
        ampere = _RESERVE * kva / 3**0.5
        return np.concatenate(
            [
                ampere / node_kv[ports.from_node] / limits.from_a,
                ampere / node_kv[ports.to_node] / limits.to_a,
                np.full(2 * limits.buses, _NEAR_VOLTAGE),
            ]
        )


def turned_excess(excess: Floats) -> Floats:
    """Return a current's excess, to first order, where it has turned to the same size."""
    return -2.0 - excess


def might_break(worst: Floats, loss: Floats) -> Flags:
    """Return which limits might be broken by their worst split.

    Args:
        worst: Their excess in it, to first order.
        loss: The part of it that is known to first order only.
    """
    return np.asarray(worst > TOLERANCE - _UNSURE * np.abs(loss))
