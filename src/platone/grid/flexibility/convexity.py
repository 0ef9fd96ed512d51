"""Judge where the critical limits are convex, so that linear limits prove a bound of the cost.

On a radial network whose sources hold the only voltages, the squared currents are the least
solution of l = (P^2 + Q^2) / v, where P, Q and v are linear in the loads and l. Where loads make
the flows greater, the right side is convex and rises with l: so its least solution is convex in the
loads, and the square of every voltage, which falls with loads and l, is concave (DistFlow: M. E.
Baran, F. F. Wu, IEEE Trans. Power Delivery 4 (1989) 725; M. Farivar, S. H. Low, IEEE Trans. Power
Systems 28 (2013) 2554). Limits that feeding in breaks, as upper voltages, are not convex: nothing
is proven there.
"""

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.flow.limit import Limits
from platone.grid.network.circuit import Circuit, circuit_of

_ROUNDING = 1e-9
"""Part of the strongest effect on a limit below which an effect's sign is rounding."""


class Convexity:
    """A judge of which limits of a network are convex functions of the consumers' powers.

    Args:
        limits: The network's limits.

    Attributes:
        is_radial: Whether every part of the network is a tree with one source and no generator
            that holds a voltage.
    """

    def __init__(self, limits: Limits) -> None:
        self.is_radial = _is_radial(circuit_of(limits.network))
        self._currents = 2 * limits.branches

    def measure(self, limits: Places, excess: Floats) -> tuple[Floats, Floats]:
        """Return a convex measure of each limit's excess with the same sign, and its derivative.

        Of a current it is the excess of its square, halved: e + e^2 / 2, if e is the excess.
        """
        square = np.where(limits < self._currents, 1.0, 0.0)
        return excess + square * excess**2 / 2, 1.0 + square * excess

    def is_driven_by_load(self, groups: FlexibleGroups, effects: Floats) -> Flags:
        """Return which limits are made worse by all consumers' withdrawing more, shape (limits,).

        Args:
            groups: The flexibility.
            effects: Change of each limit's excess by a move of 1 of each member, (limits, members).
        """
        by_load = effects * groups.directions
        weakest, strongest = by_load.min(axis=1, initial=0.0), by_load.max(axis=1, initial=0.0)
        return np.asarray(weakest >= -_ROUNDING * strongest)


def _is_radial(circuit: Circuit) -> bool:
    """Return whether the fed part of a circuit is trees with one source each, no voltage held."""
    ports = circuit.ports
    used = ports.closed.all(axis=1) & circuit.fed[ports.from_node]
    ends = np.stack([ports.from_node[used], ports.to_node[used]])
    ends = ends[:, ends[0] != ends[1]]
    edges = np.unique(np.sort(ends, axis=0), axis=1).shape[1]
    sources = len(np.unique(circuit.source_node))
    return not len(circuit.generator_node) and edges == int(circuit.fed.sum()) - sources
