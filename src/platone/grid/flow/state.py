"""The input and the result of a balanced power flow, as arrays over scenarios."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from platone.grid.array import Complexes, Floats, Places
from platone.grid.flow.machine_power import add_machine_power
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network
from platone.grid.network.two_port import BASE_MVA
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.shown import Shown

_BASE_KVA = BASE_MVA * 1e3
"""Base power, kVA."""


@dataclass(frozen=True, slots=True, repr=False)
class ConsumerPower(Shown):
    """The power that the consumers withdraw, load convention.

    Attributes:
        p_kw: Active power, shape (scenarios, consumers), in the network's order of consumers.
        q_kvar: Reactive power, the same shape.
    """

    p_kw: Floats
    q_kvar: Floats


@dataclass(frozen=True, eq=False)
class Flow:
    """A run of solved balanced states; the first axis is the scenario, the second bus or branch.

    A bus that no source feeds has a voltage of 0, a branch without voltage a current of 0. What
    is not asked for is not calculated.

    Attributes:
        network: The network.
        node_pu: Voltage magnitude at each node of its circuit, per unit of nominal, shape
            (scenarios, nodes).
        node_rad: Voltage angle at each node, shape (scenarios, nodes).
        power: Power that the consumers withdraw.
    """

    network: Network
    node_pu: Floats
    node_rad: Floats
    power: ConsumerPower

    @property
    def scenarios(self) -> int:
        """Return the number of scenarios."""
        return len(self.power.p_kw)

    def at(self, scenarios: Places) -> "Flow":
        """Return the states of some scenarios, by their places."""
        power = ConsumerPower(self.power.p_kw[scenarios], self.power.q_kvar[scenarios])
        return Flow(self.network, self.node_pu[scenarios], self.node_rad[scenarios], power)

    @cached_property
    def circuit(self) -> Circuit:
        """Return the network's circuit."""
        return circuit_of(self.network)

    @cached_property
    def voltage(self) -> Complexes:
        """Return the complex voltage at each node, pu, shape (scenarios, nodes)."""
        found = np.empty(self.node_pu.shape, np.complex128)
        np.multiply(self.node_pu, np.cos(self.node_rad), out=found.real)
        np.multiply(self.node_pu, np.sin(self.node_rad), out=found.imag)
        return found

    @cached_property
    def voltage_pu(self) -> Floats:
        """Return the voltage magnitude at each bus, pu of nominal, shape (scenarios, buses)."""
        return np.asarray(self.node_pu[:, self.circuit.node_of_bus])

    @cached_property
    def angle_rad(self) -> Floats:
        """Return the voltage angle at each bus, rad, shape (scenarios, buses)."""
        return np.asarray(self.node_rad[:, self.circuit.node_of_bus])

    @cached_property
    def _ends(self) -> tuple[Complexes, Complexes, Complexes, Complexes]:
        """Return the voltages at the branches' first and second ends, and the currents into them.

        Complex, pu, shape (scenarios, branches).
        """
        p = self.circuit.ports
        first, second = self.voltage[:, p.from_node], self.voltage[:, p.to_node]
        return first, second, p.y_ff * first + p.y_ft * second, p.y_tf * first + p.y_tt * second

    @cached_property
    def from_a(self) -> Floats:
        """Return the current at each branch's first end, A, shape (scenarios, branches)."""
        return np.asarray(np.abs(self._ends[2]) * self.circuit.ports.from_base_a)

    @cached_property
    def to_a(self) -> Floats:
        """Return the current at each branch's second end, A, shape (scenarios, branches)."""
        return np.asarray(np.abs(self._ends[3]) * self.circuit.ports.to_base_a)

    @cached_property
    def from_kva(self) -> Complexes:
        """Return the power into each branch's first end, kW + j kvar.

        Complex, shape (scenarios, branches).
        """
        return np.asarray(self._ends[0] * np.conj(self._ends[2]) * _BASE_KVA)

    @cached_property
    def to_kva(self) -> Complexes:
        """Return the power into each branch's second end, kW + j kvar.

        Complex, shape (scenarios, branches).
        """
        return np.asarray(self._ends[1] * np.conj(self._ends[3]) * _BASE_KVA)

    @cached_property
    def loss_kva(self) -> Complexes:
        """Return the power lost in each branch, kW + j kvar, shape (scenarios, branches)."""
        return np.asarray(self.from_kva + self.to_kva)

    @property
    def loss_kw(self) -> Floats:
        """Return the active power lost in each branch, kW, shape (scenarios, branches)."""
        return np.asarray(self.loss_kva.real)

    @property
    def loss_kvar(self) -> Floats:
        """Return the reactive power lost in each branch, kvar, shape (scenarios, branches).

        It is negative where the branch generates.
        """
        return np.asarray(self.loss_kva.imag)

    @cached_property
    def bus_kva(self) -> Complexes:
        """Return the power that each bus withdraws from the grid, kW + j kvar.

        Complex, shape (scenarios, buses). Of buses that closed switches join, each withdraws what
        its own elements do; the sources there share equally what balances them all or, where
        there is none, the generators the reactive power.
        """
        circuit, place = self.circuit, self.network.bus_position
        node = -self.voltage * np.conj((circuit.admittance @ self.voltage.T).T) * _BASE_KVA
        node += np.abs(self.voltage) ** 2 * np.conj(circuit.shunt) * _BASE_KVA
        shape = (len(self.voltage), len(place))
        bus = np.zeros(shape, np.complex128)
        consumed = self.power.p_kw + 1j * self.power.q_kvar
        at = [place[each.bus] for each in self.network.consumers]
        np.add.at(bus.T, at, (consumed * circuit.fed[circuit.consumer_node]).T)
        for each in self.network.shunts:
            if each.closed:
                magnitude = self.voltage_pu[:, place[each.bus]]
                bus[:, place[each.bus]] += magnitude**2 * complex(each.p_kw, each.q_kvar)
        add_machine_power(self.network, bus.T, node.T)
        return bus

    @property
    def bus_kw(self) -> Floats:
        """Return the active power that each bus withdraws, kW, shape (scenarios, buses)."""
        return np.asarray(self.bus_kva.real)

    @property
    def bus_kvar(self) -> Floats:
        """Return the reactive power that each bus withdraws, kvar, shape (scenarios, buses)."""
        return np.asarray(self.bus_kva.imag)

    def loading(self) -> Floats:
        """Return the loading of each branch's more loaded end, as a part of its limit.

        Shape (scenarios, branches).
        """
        from_limit, to_limit = self.circuit.limits_a
        return np.maximum(self.from_a / from_limit, self.to_a / to_limit)


class PowerFlow(Protocol):
    """An engine that solves the balanced AC power flow of many scenarios at once."""

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        """Return the solved states.

        Raises:
            PowerFlowDiverged: A scenario has no solution.
        """
        ...

    def solve_variants(
        self, base: Network, variants: Iterable[Network], power: ConsumerPower
    ) -> Iterator[Flow | PowerFlowDiverged]:
        """Yield the states of each variant of a network, or the places of those that it has not.

        Args:
            base: A network that has a solution.
            variants: The network with other branches switched off.
            power: What the consumers withdraw.
        """
        ...


def snapshot(network: Network) -> ConsumerPower:
    """Return the consumers' power as it stands in the network: one scenario, of PoDs none."""
    loads = [(each.p_kw, each.q_kvar) if each.closed else (0.0, 0.0) for each in network.loads]
    none = [(0.0, 0.0)] * len(network.connection_points)
    both = np.array(loads + none, np.float64).reshape(-1, 2)
    return ConsumerPower(both[None, :, 0], both[None, :, 1])
