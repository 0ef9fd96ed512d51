"""What a power flow takes and gives, as arrays over scenarios; the engine stands behind it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from platone.grid.array import Complexes, Floats, Places
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network
from platone.grid.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3


@dataclass(frozen=True, slots=True)
class ConsumerPower:
    """What the consumers withdraw, load convention.

    Attributes:
        p_kw: Active power, shape (scenarios, consumers), in the network's order of consumers.
        q_kvar: Reactive power, the same shape.
    """

    p_kw: Floats
    q_kvar: Floats


@dataclass(frozen=True, eq=False)
class Flow:
    """Solved states; the first axis is the scenario, the second the bus or branch.

    A bus that no source feeds has a voltage of 0, a branch without voltage a current of 0. What
    is not asked for is not calculated.

    Attributes:
        network: The network.
        node_pu: Voltage at each node of its circuit, per unit of nominal.
        node_rad: Its angle.
        power: What the consumers withdraw.
    """

    network: Network
    node_pu: Floats
    node_rad: Floats
    power: ConsumerPower

    @property
    def scenarios(self) -> int:
        """How many there are."""
        return len(self.power.p_kw)

    def at(self, scenarios: Places) -> "Flow":
        """The states of some scenarios."""
        power = ConsumerPower(self.power.p_kw[scenarios], self.power.q_kvar[scenarios])
        return Flow(self.network, self.node_pu[scenarios], self.node_rad[scenarios], power)

    @cached_property
    def circuit(self) -> Circuit:
        """The network's circuit."""
        return circuit_of(self.network)

    @cached_property
    def voltage(self) -> Complexes:
        """Complex voltage at each node, pu."""
        found = np.empty(self.node_pu.shape, np.complex128)
        np.multiply(self.node_pu, np.cos(self.node_rad), out=found.real)
        np.multiply(self.node_pu, np.sin(self.node_rad), out=found.imag)
        return found

    @cached_property
    def voltage_pu(self) -> Floats:
        """Magnitude at each bus, per unit of nominal."""
        return np.asarray(self.node_pu[:, self.circuit.node_of_bus])

    @cached_property
    def angle_rad(self) -> Floats:
        """Angle at each bus."""
        return np.asarray(self.node_rad[:, self.circuit.node_of_bus])

    @cached_property
    def _ends(self) -> tuple[Complexes, Complexes, Complexes, Complexes]:
        """Voltages and currents into the branches, at their first and second ends, pu."""
        p = self.circuit.ports
        first, second = self.voltage[:, p.from_node], self.voltage[:, p.to_node]
        return first, second, p.y_ff * first + p.y_ft * second, p.y_tf * first + p.y_tt * second

    @cached_property
    def from_a(self) -> Floats:
        """Current at each branch's first end, A."""
        return np.asarray(np.abs(self._ends[2]) * self.circuit.ports.from_base_a)

    @cached_property
    def to_a(self) -> Floats:
        """Current at its second end, A."""
        return np.asarray(np.abs(self._ends[3]) * self.circuit.ports.to_base_a)

    @cached_property
    def from_kva(self) -> Complexes:
        """Complex power that enters each branch at its first end, kW + j kvar."""
        return np.asarray(self._ends[0] * np.conj(self._ends[2]) * _BASE_KVA)

    @cached_property
    def to_kva(self) -> Complexes:
        """Complex power that enters it at its second end."""
        return np.asarray(self._ends[1] * np.conj(self._ends[3]) * _BASE_KVA)

    @cached_property
    def loss_kva(self) -> Complexes:
        """Complex power lost in each branch, kW + j kvar."""
        return np.asarray(self.from_kva + self.to_kva)

    @property
    def loss_kw(self) -> Floats:
        """Active power lost in each branch."""
        return np.asarray(self.loss_kva.real)

    @property
    def loss_kvar(self) -> Floats:
        """Reactive power lost in it; negative where it generates."""
        return np.asarray(self.loss_kva.imag)

    @cached_property
    def bus_kva(self) -> Complexes:
        """Complex power that each bus withdraws from the grid, kW + j kvar.

        Of buses that closed switches join, the first one with a source or generator balances
        what the consumers of all of them do not explain.
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
        held = [each.bus for each in self.network.sources]
        held += [each.bus for each in self.network.generators]
        total = np.zeros_like(node)
        np.add.at(total.T, circuit.node_of_bus, bus.T)
        for row in dict.fromkeys(place[each] for each in held):
            of = circuit.node_of_bus[row]
            bus[:, row] += node[:, of] - total[:, of]
            total[:, of] = node[:, of]
        return bus

    @property
    def bus_kw(self) -> Floats:
        """Active power that each bus withdraws from the grid."""
        return np.asarray(self.bus_kva.real)

    @property
    def bus_kvar(self) -> Floats:
        """Reactive power that each bus withdraws."""
        return np.asarray(self.bus_kva.imag)

    def loading(self) -> Floats:
        """Loading of each branch by its more loaded end, as a fraction of its limit."""
        from_limit, to_limit = self.circuit.limits_a
        return np.maximum(self.from_a / from_limit, self.to_a / to_limit)


class PowerFlow(Protocol):
    """Solves the AC power flow of a network for many scenarios at once."""

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        """The states.

        Raises:
            PowerFlowDiverged: A scenario has no solution.
        """
        ...


def snapshot(network: Network) -> ConsumerPower:
    """The consumers' power as it stands in the network itself: one scenario; PoDs withdraw none."""
    loads = [(each.p_kw, each.q_kvar) if each.closed else (0.0, 0.0) for each in network.loads]
    none = [(0.0, 0.0)] * len(network.connection_points)
    both = np.array(loads + none, np.float64).reshape(-1, 2)
    return ConsumerPower(both[None, :, 0], both[None, :, 1])
