"""The power that consumers withdraw from each phase, and the solved states of the phases.

Phases are A, B and C, in this order along the last axis. Voltages are between phase and neutral,
per unit of nominal voltage / sqrt(3); the neutral is the earth of the zero sequence, whose
impedance holds both (four wires as three: W. H. Kersting, Distribution System Modeling and
Analysis, 2018, chapter 4).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from platone.grid.array import Complexes, Floats, Places
from platone.grid.flow.machine_power import add_machine_power
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network
from platone.grid.network.sequence import NEGATIVE, POSITIVE, ZERO, sequences_of, to_phases
from platone.grid.network.two_port import BASE_MVA
from platone.grid.shown import Shown

Phase = Literal["A", "B", "C"]
PHASES: tuple[Phase, Phase, Phase] = ("A", "B", "C")
_BASE_KVA = BASE_MVA * 1e3
"""Base power, kVA."""


@dataclass(frozen=True, slots=True, repr=False)
class PhasePower(Shown):
    """The power that the consumers withdraw from each phase, load convention.

    Attributes:
        p_kw: Active power, shape (scenarios, consumers, 3), in the network's order of consumers.
        q_kvar: Reactive power, the same shape.
    """

    p_kw: Floats
    q_kvar: Floats

    @property
    def total(self) -> ConsumerPower:
        """Return the sum of the phases, shapes (scenarios, consumers)."""
        return ConsumerPower(self.p_kw.sum(axis=2), self.q_kvar.sum(axis=2))


@dataclass(frozen=True, slots=True)
class OnePhase:
    """The magnitudes of voltages and currents in one phase, which limits are compared with.

    Attributes:
        voltage_pu: Voltage at each bus, shape (scenarios, buses).
        from_a: Current at each branch's first end, shape (scenarios, branches).
        to_a: Current at each branch's second end, shape (scenarios, branches).
    """

    voltage_pu: Floats
    from_a: Floats
    to_a: Floats


@dataclass(frozen=True, eq=False)
class PhaseFlow:
    """A run of solved unbalanced states; the first axis is the scenario, the second bus or branch.

    A bus that no source feeds has a voltage of 0, a branch without voltage a current of 0. What is
    not asked for is not calculated.

    Attributes:
        network: The network.
        sequence_pu: Complex voltage of zero, positive and negative sequence at each node of its
            circuit, per unit of nominal; shape (3, nodes, scenarios).
        power: Power that the consumers withdraw.
    """

    network: Network
    sequence_pu: Complexes
    power: PhasePower

    @property
    def scenarios(self) -> int:
        """Return the number of scenarios."""
        return len(self.power.p_kw)

    def at(self, scenarios: Places) -> "PhaseFlow":
        """Return the states of some scenarios, by their places."""
        power = PhasePower(self.power.p_kw[scenarios], self.power.q_kvar[scenarios])
        return PhaseFlow(self.network, self.sequence_pu[:, :, scenarios], power)

    @cached_property
    def circuit(self) -> Circuit:
        """Return the network's circuit."""
        return circuit_of(self.network)

    @cached_property
    def _voltage(self) -> Complexes:
        """Return the complex voltage of each phase and node, pu, shape (3, nodes, scenarios)."""
        return to_phases(self.sequence_pu)

    @cached_property
    def voltage(self) -> Complexes:
        """Return the complex voltage of each bus and phase, pu, shape (scenarios, buses, 3)."""
        return np.asarray(self._voltage[:, self.circuit.node_of_bus].T)

    @cached_property
    def voltage_pu(self) -> Floats:
        """Return the voltage magnitude of each bus and phase, pu, shape (scenarios, buses, 3)."""
        return np.asarray(np.abs(self._voltage)[:, self.circuit.node_of_bus].T)

    @property
    def angle_rad(self) -> Floats:
        """Return the voltage angle of each bus and phase, rad, shape (scenarios, buses, 3)."""
        return np.asarray(np.angle(self.voltage))

    @cached_property
    def positive(self) -> Complexes:
        """Return the complex positive-sequence voltage, pu, shape (scenarios, buses)."""
        return np.asarray(self.sequence_pu[POSITIVE, self.circuit.node_of_bus].T)

    @cached_property
    def unbalance(self) -> Floats:
        """Return negative over positive sequence of each bus's voltage, shape (scenarios, buses).

        No unit; IEC 61000-4-27, EN 50160.
        """
        positive, negative = np.abs(self.sequence_pu[[POSITIVE, NEGATIVE]])
        found = np.divide(negative, positive, out=np.zeros_like(positive), where=positive > 0)
        return np.asarray(found[self.circuit.node_of_bus].T)

    @cached_property
    def _ends(self) -> tuple[Complexes, Complexes]:
        """Return the sequences' currents into the branches at their first and second ends.

        Complex, pu, shape (3, branches, scenarios).
        """
        shape = (3, len(self.network.branches), self.sequence_pu.shape[2])
        first, second = np.empty(shape, np.complex128), np.empty(shape, np.complex128)
        for row, sequence in enumerate(sequences_of(self.network)):
            p = sequence.ports
            u, v = self.sequence_pu[row, p.from_node], self.sequence_pu[row, p.to_node]
            first[row] = p.y_ff[:, None] * u + p.y_ft[:, None] * v
            second[row] = p.y_tf[:, None] * u + p.y_tt[:, None] * v
        return first, second

    @cached_property
    def from_a(self) -> Floats:
        """Return the current at each branch's first end, A, shape (scenarios, branches, 3)."""
        return _magnitudes(self._ends[0], self.circuit.ports.from_base_a)

    @cached_property
    def to_a(self) -> Floats:
        """Return the current at each branch's second end, A, shape (scenarios, branches, 3)."""
        return _magnitudes(self._ends[1], self.circuit.ports.to_base_a)

    @property
    def from_neutral_a(self) -> Floats:
        """Return the current of neutral and earth at each branch's first end, A.

        It is the sum of the phases' currents, shape (scenarios, branches).
        """
        return np.asarray(3 * np.abs(self._ends[0][ZERO]).T * self.circuit.ports.from_base_a)

    @property
    def to_neutral_a(self) -> Floats:
        """Return the current of neutral and earth at each branch's second end, A.

        Shape (scenarios, branches).
        """
        return np.asarray(3 * np.abs(self._ends[1][ZERO]).T * self.circuit.ports.to_base_a)

    @cached_property
    def from_kva(self) -> Complexes:
        """Return the power of all phases into each branch's first end, kW + j kvar.

        Complex, shape (scenarios, branches).
        """
        at = self.sequence_pu[:, self.circuit.ports.from_node]
        return np.asarray((at * self._ends[0].conj()).sum(axis=0).T * _BASE_KVA)

    @cached_property
    def to_kva(self) -> Complexes:
        """Return the power of all phases into each branch's second end, kW + j kvar.

        Complex, shape (scenarios, branches).
        """
        at = self.sequence_pu[:, self.circuit.ports.to_node]
        return np.asarray((at * self._ends[1].conj()).sum(axis=0).T * _BASE_KVA)

    @cached_property
    def phase_kva(self) -> tuple[Complexes, Complexes]:
        """Return the power by phase into each branch's first and second end, kW + j kvar.

        Complex, shape (scenarios, branches, 3); it is withdrawn from the end's bus.
        """
        ports = self.circuit.ports
        nodes = ports.from_node, ports.to_node
        first, second = (
            np.asarray((self._voltage[:, at] * to_phases(current).conj()).T * (_BASE_KVA / 3))
            for at, current in zip(nodes, self._ends, strict=True)
        )
        return first, second

    @property
    def loss_kw(self) -> Floats:
        """Return the active power lost in each branch, kW, shape (scenarios, branches)."""
        return np.asarray((self.from_kva + self.to_kva).real)

    @property
    def loss_kvar(self) -> Floats:
        """Return the reactive power lost in each branch, kvar, shape (scenarios, branches).

        It is negative where the branch generates.
        """
        return np.asarray((self.from_kva + self.to_kva).imag)

    def loading(self) -> Floats:
        """Return the loading of each branch's most loaded end and phase, as a part of its limit.

        Shape (scenarios, branches).
        """
        from_limit, to_limit = self.circuit.limits_a
        first, second = self.from_a.max(axis=2) / from_limit, self.to_a.max(axis=2) / to_limit
        return np.asarray(np.maximum(first, second))

    @cached_property
    def bus_kva(self) -> Complexes:
        """Return the power of all phases that each bus withdraws from the grid, kW + j kvar.

        Complex, shape (scenarios, buses). Of buses that closed switches join, each withdraws what
        its own elements do; the sources there share equally what balances them all or, where
        there is none, the generators what their active powers leave.
        """
        circuit, place = self.circuit, self.network.bus_position
        bus = np.zeros((len(place), self.sequence_pu.shape[2]), np.complex128)
        consumed = (self.power.p_kw + 1j * self.power.q_kvar).sum(axis=2)
        at = [place[each.bus] for each in self.network.consumers]
        np.add.at(bus, at, (consumed * circuit.fed[circuit.consumer_node]).T)
        squared = (np.abs(self.sequence_pu) ** 2).sum(axis=0)
        for each in self.network.shunts:
            if each.closed:
                row = place[each.bus]
                bus[row] += squared[circuit.node_of_bus[row]] * complex(each.p_kw, each.q_kvar)
        ports = circuit.ports
        node = np.zeros((circuit.nodes, bus.shape[1]), np.complex128)
        np.add.at(node, ports.from_node, self.from_kva.T)
        np.add.at(node, ports.to_node, self.to_kva.T)
        add_machine_power(self.network, bus, -node)
        return np.asarray(bus.T)

    def of_phase(self, phase: int) -> OnePhase:
        """Return the magnitudes of one phase (0, 1, 2: A, B, C)."""
        return OnePhase(self.voltage_pu[..., phase], self.from_a[..., phase], self.to_a[..., phase])


def _magnitudes(sequences: Complexes, base_a: Floats) -> Floats:
    """Return phase currents, A, shape (scenarios, branches, 3), of sequences' currents in pu."""
    found = np.abs(to_phases(sequences))
    found *= base_a[:, None]
    return np.asarray(found.T)
