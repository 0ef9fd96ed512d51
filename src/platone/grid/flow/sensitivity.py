"""The derivatives of every limit's excess by every consumer's power, from our own Jacobian.

At a solved state the mismatch F(x) = S(x) - S_injected is zero, so dx = J^-1 dS and, for any
measure g(x), dg = (J^-T dg/dx) . dS: one transposed solve gives the effect of every bus on one
limit (the adjoint). Polar Jacobian, by angles and logarithms of magnitudes: R. D. Zimmerman,
MATPOWER Technical Note 2, 2010. Where a generator holds a voltage, that replaces the equation of
the node's reactive power.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from platone.grid.array import Complexes, Flags, Floats, Places
from platone.grid.flow.block_solver import BlockSolver
from platone.grid.flow.elimination import Elimination, eliminate
from platone.grid.flow.limit import (
    FIRST_END,
    LOWER_VOLTAGE,
    SECOND_END,
    UPPER_VOLTAGE,
    Limits,
)
from platone.grid.flow.state import Flow
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.two_port import BASE_MVA

_VALUES_AT_ONCE = 2**21
"""Nodes times limits that are solved for at once: 16 MiB for each array of 8-byte numbers."""
_plans: WeakKeyDictionary[Circuit, Elimination] = WeakKeyDictionary()
"""The elimination of each circuit that is in use."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The change of limits' relative excess by one more kW or kvar withdrawn.

    Attributes:
        per_kw: Change by active power, per kW, shape (limits asked for, consumers).
        per_kvar: Change by reactive power, per kvar, the same shape.
    """

    per_kw: Floats
    per_kvar: Floats


class Sensitivity:
    """The derivatives of a network's limits by its consumers' powers.

    Args:
        limits: The limits of a checked network.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        circuit = self._circuit = circuit_of(limits.network)
        free = self._free = circuit.free
        self._place = np.full(circuit.nodes, len(free), np.int64)  # one behind the last: no matter
        self._place[free] = np.arange(len(free))
        self._own = circuit.admittance.diagonal()[free]
        between = circuit.admittance.tocoo()
        row, column = self._place[between.coords[0]], self._place[between.coords[1]]
        used = (row != column) & (np.maximum(row, column) < len(free)) & (between.data != 0)
        self._row, self._column, self._between = row[used], column[used], between.data[used]
        self._plan = _plan_of(circuit, self._row, self._column)
        self._entry = self._plan.entries(self._column, self._row)  # of the transposed matrix
        held = np.zeros(circuit.nodes + 1, np.bool_)
        held[circuit.generator_node] = True
        self._held: Flags = held[free]
        self._of_consumer = self._place[circuit.consumer_node]
        self._without_q = held[circuit.consumer_node]

    def at(self, flow: Flow, scenario: int, which: Sequence[int]) -> Effect:
        """Return the effects on some limits in the state of one scenario."""
        limits = np.array(which, np.int64)
        return self.of(flow.voltage[[scenario]], np.zeros(len(limits), np.int64), limits)

    def of(self, voltage: Complexes, states: Places, which: Places) -> Effect:
        """Return the effects on limits in many states.

        Args:
            voltage: Voltages of the states at all nodes, pu, shape (states, nodes).
            states: The state that each limit is asked for in, in rising order.
            which: The limits.
        """
        shape = len(which), len(self._of_consumer)
        found = Effect(np.empty(shape), np.empty(shape))
        most = max(_VALUES_AT_ONCE // (len(self._free) + 1), 1)
        for start in range(0, len(which), most):
            part = slice(start, start + most)
            own, place = np.unique(states[part], return_inverse=True)
            by_node = self._by_node(voltage[own], place, which[part])
            # consumers withdraw, the equations count what is injected; the base is in MW
            per_unit = -by_node[self._of_consumer] / (BASE_MVA * 1e3)
            found.per_kw[part] = per_unit[:, 0].T
            found.per_kvar[part] = np.where(self._without_q, 0.0, per_unit[:, 1].T)
        return found

    def _by_node(self, voltage: Complexes, states: Places, which: Places) -> Floats:
        """Return the effects of 1 pu of power injected at each free node, and a row of 0.

        Shape (free nodes and one, 2: active and reactive, limits).
        """
        across = np.ascontiguousarray(voltage.T)
        found = self._gradient(across, states, which)
        solver = BlockSolver(self._plan, self._transposed(across))
        solver.solve(found[:-1], states)
        found[-1] = 0.0
        return found

    def _transposed(self, voltage: Complexes) -> Floats:
        """Return the transposed Jacobian's blocks, shape (entries, 4, states).

        Rows are (angle, logarithm of magnitude), columns (P, Q).
        """
        free = voltage[self._free]
        current = (self._circuit.admittance @ voltage)[self._free]
        power, own = free * np.conj(current), np.abs(free) ** 2 * np.conj(self._own)[:, None]
        by_angle, by_magnitude = 1j * (power - own), power + own
        conjugate = np.conj(self._between[:, None] * free[self._column])
        between = free[self._row] * conjugate
        blocks = np.zeros((len(self._plan.rows), 4, voltage.shape[1]))
        values = (by_angle.real, by_angle.imag, by_magnitude.real, by_magnitude.imag)
        for place, value in enumerate(values):
            blocks[: len(free), place] = value
        for place, value in enumerate((between.imag, -between.real, between.real, between.imag)):
            blocks[self._entry, place] = value
        if self._held.any():
            blocks[self._entry[self._held[self._row]], 1::2] = 0.0
            own_block = blocks[: len(free)]
            own_block[self._held, 1] = 0.0
            own_block[self._held, 3] = 1.0
        return blocks

    def _gradient(self, voltage: Complexes, states: Places, which: Places) -> Floats:
        """Return d(excess) / d(angle, logarithm of magnitude) at each free node.

        Shape (free nodes and one for all others, 2, limits).
        """
        kind, place = self._limits.located(which)
        found = np.zeros((len(self._free) + 1, 2, len(which)))
        at = np.flatnonzero(np.isin(kind, (UPPER_VOLTAGE, LOWER_VOLTAGE)))
        node = self._circuit.node_of_bus[place[at]]
        sign = np.where(kind[at] == UPPER_VOLTAGE, 1.0, -1.0)
        magnitude = np.abs(voltage[node, states[at]])
        found[self._place[node], 1, at] = sign * magnitude / self._limits.band_pu[place[at]]
        for end in (FIRST_END, SECOND_END):
            at = np.flatnonzero(kind == end)
            for node, change in self._current(voltage, states[at], end, place[at]):
                found[self._place[node], 0, at] += -change.imag
                found[self._place[node], 1, at] += change.real
        return found

    def _current(
        self, voltage: Complexes, states: Places, end: int, branch: Places
    ) -> list[tuple[Places, Complexes]]:
        """Return the nodes at both ends of branches, and d(excess) / d(logarithm of V) there.

        Complex: by the logarithm of the magnitude, and by -j times the angle.
        """
        ports = self._circuit.ports
        own = (ports.y_ff, ports.y_tf)[end][branch], (ports.y_ft, ports.y_tt)[end][branch]
        nodes = ports.from_node[branch], ports.to_node[branch]
        parts = [y * voltage[node, states] for y, node in zip(own, nodes, strict=True)]
        current = parts[0] + parts[1]
        size = np.abs(current)
        base_a = (ports.from_base_a, ports.to_base_a)[end][branch]
        scale = base_a / (self._limits.from_a, self._limits.to_a)[end][branch]
        direction = np.conj(current) * np.divide(
            scale, size, out=np.zeros_like(size), where=size > 0
        )
        return [(node, direction * part) for node, part in zip(nodes, parts, strict=True)]


def _plan_of(circuit: Circuit, rows: Places, columns: Places) -> Elimination:
    """Return the elimination of a circuit's equations, which is planned once for each circuit."""
    known = _plans.get(circuit)
    if known is None:
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        known = _plans[circuit] = eliminate(len(circuit.free), pairs)
    return known
