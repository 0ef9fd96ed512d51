"""States of the three phases, and the power that belongs to them.

Phases are A, B and C, in this order along the last axis. Voltages are between phase and neutral,
per unit of nominal voltage / sqrt(3); the neutral is the earth of the zero sequence, whose
impedance holds both (four wires as three: W. H. Kersting, Distribution System Modeling and
Analysis, 2018, chapter 4).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from platone.grid.array import Complexes, Floats, Places
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.element import ConnectionPoint, Load
from platone.grid.network.model import Network
from platone.grid.network.sequence import NEGATIVE, POSITIVE, ZERO, sequences_of, to_phases
from platone.grid.network.two_port import BASE_MVA
from platone.grid.problem.network import Fault, FaultKind, UnbalancedDataInvalid

Phase = Literal["A", "B", "C"]
PHASES: tuple[Phase, Phase, Phase] = ("A", "B", "C")
_BASE_KVA = BASE_MVA * 1e3
_SAME_POWER = 1e-6


@dataclass(frozen=True, slots=True)
class PhasePower:
    """What the consumers withdraw from each phase, load convention.

    Attributes:
        p_kw: Active power, shape (scenarios, consumers, 3), in the network's order of consumers.
        q_kvar: Reactive power, the same shape.
    """

    p_kw: Floats
    q_kvar: Floats

    @property
    def total(self) -> ConsumerPower:
        """The sum of the phases."""
        return ConsumerPower(self.p_kw.sum(axis=2), self.q_kvar.sum(axis=2))


def phase_power(network: Network, power: ConsumerPower) -> PhasePower:
    """Share the consumers' power out to the phases.

    A load follows its own powers by phase, in proportion; where these add up to nothing they stand
    as they are, and what is withdrawn besides them is a third in each phase. Reactive power that is
    not given by phase is shared as the active one. A point of delivery has equal parts in the
    phases that it is connected to.

    Raises:
        UnbalancedDataInvalid: Phases of a point of delivery are none of ``ABC``, or a load's powers
            by phase do not add up to its power.
    """
    faults: list[Fault] = []
    shares = np.full((2, len(network.consumers), 3), 1 / 3)
    fixed = np.zeros((2, len(network.consumers), 3))
    for place, consumer in enumerate(network.consumers):
        if isinstance(consumer, ConnectionPoint):
            shares[:, place] = _connected(consumer, faults)
        elif consumer.phase_kw is not None:
            _of_load(consumer, shares[:, place], fixed[:, place], faults)
    if faults:
        raise UnbalancedDataInvalid(faults)
    p_kw = power.p_kw[:, :, None] * shares[0] + fixed[0]
    return PhasePower(p_kw, power.q_kvar[:, :, None] * shares[1] + fixed[1])


def _connected(point: ConnectionPoint, faults: list[Fault]) -> Floats:
    chosen = np.array([phase in point.phases for phase in PHASES], np.float64)
    if not point.phases or chosen.sum() != len(point.phases):
        reason = f"its phases {point.phases!r} are none of ABC, each once"
        faults.append(Fault(point.pod_id, FaultKind.OUT_OF_RANGE, reason))
        return chosen
    return np.asarray(chosen / chosen.sum())


def _of_load(load: Load, shares: Floats, fixed: Floats, faults: list[Fault]) -> None:
    """Fill in a load's shares of active and reactive power, and what stands besides them."""
    given = (load.p_kw, load.phase_kw, "active"), (load.q_kvar, load.phase_kvar, "reactive")
    for row, (total, phases, kind) in enumerate(given):
        if phases is None:
            shares[row] = shares[0]
            continue
        found = sum(phases)
        size = max(abs(each) for each in phases)
        if abs(found - total) > _SAME_POWER * max(1.0, size):
            reason = f"its {kind} powers by phase add up to {found:g}, not to {total:g}"
            faults.append(Fault(load.id, FaultKind.OUT_OF_RANGE, reason))
        elif abs(found) > _SAME_POWER * size:
            shares[row] = np.array(phases) / found
        else:
            fixed[row] = phases if load.closed else 0.0


@dataclass(frozen=True, slots=True)
class OnePhase:
    """What stands against limits in one phase; the first axis is the scenario.

    Attributes:
        voltage_pu: Voltage at each bus.
        from_a: Current at each branch's first end.
        to_a: Current at its second end.
    """

    voltage_pu: Floats
    from_a: Floats
    to_a: Floats


@dataclass(frozen=True, eq=False)
class PhaseFlow:
    """Solved states; the first axis is the scenario, the second the bus or branch.

    A bus that no source feeds has a voltage of 0, a branch without voltage a current of 0. What is
    not asked for is not calculated.

    Attributes:
        network: The network.
        sequence_pu: Complex voltage of zero, positive and negative sequence at each node of its
            circuit, per unit of nominal; shape (3, nodes, scenarios).
        power: What the consumers withdraw.
    """

    network: Network
    sequence_pu: Complexes
    power: PhasePower

    @property
    def scenarios(self) -> int:
        """How many there are."""
        return len(self.power.p_kw)

    def at(self, scenarios: Places) -> "PhaseFlow":
        """The states of some scenarios."""
        power = PhasePower(self.power.p_kw[scenarios], self.power.q_kvar[scenarios])
        return PhaseFlow(self.network, self.sequence_pu[:, :, scenarios], power)

    @cached_property
    def circuit(self) -> Circuit:
        """The network's circuit."""
        return circuit_of(self.network)

    @cached_property
    def _voltage(self) -> Complexes:
        """Phase voltages, (3, nodes, scenarios)."""
        return to_phases(self.sequence_pu)

    @cached_property
    def voltage(self) -> Complexes:
        """Complex voltage of each bus and phase, pu; shape (scenarios, buses, 3)."""
        return np.asarray(self._voltage[:, self.circuit.node_of_bus].T)

    @cached_property
    def voltage_pu(self) -> Floats:
        """Its magnitude."""
        return np.asarray(np.abs(self._voltage)[:, self.circuit.node_of_bus].T)

    @property
    def angle_rad(self) -> Floats:
        """Its angle."""
        return np.asarray(np.angle(self.voltage))

    @cached_property
    def positive(self) -> Complexes:
        """Voltage of the positive sequence at each bus, pu; shape (scenarios, buses)."""
        return np.asarray(self.sequence_pu[POSITIVE, self.circuit.node_of_bus].T)

    @cached_property
    def unbalance(self) -> Floats:
        """Negative over positive sequence of each bus's voltage (IEC 61000-4-27, EN 50160)."""
        positive, negative = np.abs(self.sequence_pu[[POSITIVE, NEGATIVE]])
        found = np.divide(negative, positive, out=np.zeros_like(positive), where=positive > 0)
        return np.asarray(found[self.circuit.node_of_bus].T)

    @cached_property
    def _ends(self) -> tuple[Complexes, Complexes]:
        """Currents of the sequences into the branches at their ends, (3, branches, scenarios)."""
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
        """Current at each branch's first end and phase, A; shape (scenarios, branches, 3)."""
        return _magnitudes(self._ends[0], self.circuit.ports.from_base_a)

    @cached_property
    def to_a(self) -> Floats:
        """Current at its second end."""
        return _magnitudes(self._ends[1], self.circuit.ports.to_base_a)

    @property
    def from_neutral_a(self) -> Floats:
        """Current of neutral and earth at each branch's first end: the sum of the phases', A."""
        return np.asarray(3 * np.abs(self._ends[0][ZERO]).T * self.circuit.ports.from_base_a)

    @property
    def to_neutral_a(self) -> Floats:
        """Current of neutral and earth at its second end."""
        return np.asarray(3 * np.abs(self._ends[1][ZERO]).T * self.circuit.ports.to_base_a)

    @cached_property
    def from_kva(self) -> Complexes:
        """Complex power of all phases that enters each branch at its first end, kW + j kvar."""
        at = self.sequence_pu[:, self.circuit.ports.from_node]
        return np.asarray((at * self._ends[0].conj()).sum(axis=0).T * _BASE_KVA)

    @cached_property
    def to_kva(self) -> Complexes:
        """Complex power of all phases that enters it at its second end."""
        at = self.sequence_pu[:, self.circuit.ports.to_node]
        return np.asarray((at * self._ends[1].conj()).sum(axis=0).T * _BASE_KVA)

    @property
    def loss_kw(self) -> Floats:
        """Active power lost in each branch."""
        return np.asarray((self.from_kva + self.to_kva).real)

    @property
    def loss_kvar(self) -> Floats:
        """Reactive power lost in it; negative where it generates."""
        return np.asarray((self.from_kva + self.to_kva).imag)

    def loading(self) -> Floats:
        """Loading of each branch by its more loaded end and phase, as a fraction of its limit."""
        from_limit, to_limit = self.circuit.limits_a
        first, second = self.from_a.max(axis=2) / from_limit, self.to_a.max(axis=2) / to_limit
        return np.asarray(np.maximum(first, second))

    @cached_property
    def bus_kva(self) -> Complexes:
        """Complex power of all phases that each bus withdraws from the grid, kW + j kvar.

        Of buses that closed switches join, the first one with a source or generator balances
        what the consumers and shunts of all of them do not explain.
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
        np.add.at(node, circuit.node_of_bus, bus)
        held = [each.bus for each in self.network.sources if each.closed]
        held += [each.bus for each in self.network.generators if each.closed]
        for row in dict.fromkeys(place[each] for each in held):
            of = circuit.node_of_bus[row]
            bus[row] -= node[of]
            node[of] = 0
        return np.asarray(bus.T)

    def of_phase(self, phase: int) -> OnePhase:
        """What stands against limits in one phase."""
        return OnePhase(self.voltage_pu[..., phase], self.from_a[..., phase], self.to_a[..., phase])


def _magnitudes(sequences: Complexes, base_a: Floats) -> Floats:
    found = np.abs(to_phases(sequences))
    found *= base_a[:, None]
    return np.asarray(found.T)


class PhasePowerFlow(Protocol):
    """Solves the unbalanced AC power flow of a network for many scenarios at once."""

    def solve(self, network: Network, power: PhasePower) -> PhaseFlow:
        """The states.

        Raises:
            UnbalancedDataInvalid: The network lacks data.
            PowerFlowDiverged: A scenario has no solution.
        """
        ...
