"""The unbalanced power flow by injected currents, in symmetrical components.

Each step turns the voltages at the loaded nodes into the currents that the powers take there, and
these into voltages by the impedances of the three sequence networks, which are factorised once::

    voltages -> phases -> I = conj(S / V) -> sequences -> V = V_idle + Z I -> voltages

Near the state that grids are run in, each step divides the error by about the ratio of the
voltage to the voltage drop: about ten steps.
Source: D. Shirmohammadi et al., IEEE Trans. Power Systems 3 (1988) 753; T.-H. Chen et al.,
IEEE Trans. Power Delivery 6 (1991) 1146.
"""

from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Flags, Floats, Places
from platone.grid.flow.phase_generator import HeldVoltages
from platone.grid.flow.phase_state import PhaseFlow, PhasePower
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network
from platone.grid.network.sequence import (
    POSITIVE,
    SequenceNetwork,
    sequences_of,
    to_phases,
    to_sequences,
)
from platone.grid.network.two_port import BASE_MVA
from platone.grid.problem.calculation import PowerFlowDiverged

_PHASE_KVA = BASE_MVA * 1e3 / 3
"""Base power of one phase, kVA."""
_TOLERANCE_PU = 1e-10
"""Change of any voltage in the last step, pu: leaves about 1e-11 where a step divides by ten."""
_MAX_STEPS = 500
"""Steps, at most: enough at 99 % of the greatest power that the network can carry."""
_DENSE_ENTRIES = 65_536
"""Entries up to which a dense impedance matrix is cheaper than substitution in sparse factors."""
_ONE_THREAD = 65_536
"""Multiplications up to which the linear algebra library starts no threads."""
_WIDE = 16
"""Columns that are multiplied at once, so that a part has some thousand rows at most."""

_VoltagesOf = Callable[[Complexes], Complexes]
"""Voltages of one sequence, pu, by injected currents, pu, shape (loaded nodes, scenarios)."""


class CurrentInjectionFlow:
    """An engine that solves unbalanced power flows; safe to share between threads.

    Factorisations are kept as long as their networks live.
    """

    def __init__(self) -> None:
        self._grids: WeakKeyDictionary[Network, _SequenceImpedances] = WeakKeyDictionary()

    def solve(self, network: Network, power: PhasePower) -> PhaseFlow:
        """Return the states of all scenarios, with voltages to 1e-9 pu.

        Raises:
            UnbalancedDataInvalid: The network lacks data.
            PowerFlowDiverged: With the places of the scenarios for which no state was found.
        """
        grid = self._grids.get(network)
        if grid is None:
            grid = self._grids[network] = _factorised(network)
        injected = _iterated(grid, grid.withdrawn(power))
        return PhaseFlow(network, grid.voltages(injected), power)


def _factorised(network: Network) -> "_SequenceImpedances":
    """Return a network's impedances by sequence, factorised.

    Raises:
        PowerFlowDiverged: The network's equations are singular.
    """
    try:
        return _SequenceImpedances(circuit_of(network), sequences_of(network))
    except (RuntimeError, np.linalg.LinAlgError) as error:  # the matrix is singular
        raise PowerFlowDiverged(
            "The network's impedances cancel each other: it has no single state.", quarterHours=[]
        ) from error


class _SequenceImpedances:
    """The impedances of a network's three sequences, seen from its loaded nodes.

    Args:
        circuit: The network's circuit.
        sequences: Its zero, positive and negative sequence networks.

    Attributes:
        loaded: The nodes with consumers or generators, shape (loaded nodes,).
        idle: Voltages of the sequences without load, pu, shape (3, nodes, 1).
        held: The voltages that generators hold; none where there is no generator.
    """

    def __init__(self, circuit: Circuit, sequences: tuple[SequenceNetwork, ...]) -> None:
        self._nodes = circuit.nodes
        fed = circuit.fed[circuit.consumer_node]
        consumers, machines = circuit.consumer_node[fed], circuit.generator_node
        self.loaded = np.union1d(consumers, machines)
        row = np.searchsorted(self.loaded, consumers)
        places = np.flatnonzero(fed), row
        self._gather = csr_array(
            coo_array((np.ones(len(row)), places[::-1]), shape=(len(self.loaded), len(fed)))
        )
        self._voltages_of = [self._solver(sequence, self.loaded) for sequence in sequences]
        self.idle = np.zeros((3, circuit.nodes, 1), np.complex128)
        self.idle[POSITIVE] = _idle(circuit, sequences[POSITIVE])
        self.held: HeldVoltages | None = None
        if len(machines):
            rows = np.searchsorted(self.loaded, machines)
            each = np.eye(len(self.loaded), dtype=np.complex128)[:, rows]
            self.held = HeldVoltages(circuit, rows, self._voltages_of[POSITIVE][0](each))

    def _solver(self, sequence: SequenceNetwork, loaded: Places) -> tuple[_VoltagesOf, _VoltagesOf]:
        """Return functions for one sequence's voltages: at loaded nodes alone, and at all nodes."""
        free, nodes = sequence.free, self._nodes
        matrix = sequence.admittance[free][:, free].tocsc()
        factors = splu(matrix) if len(free) else None

        def everywhere(injected: Complexes) -> Complexes:
            found = np.zeros((nodes, injected.shape[1]), np.complex128)
            found[loaded] = injected
            if factors is not None:
                found[free] = factors.solve(found[free])
            found[~np.isin(np.arange(nodes), free)] = 0
            return found

        if len(loaded) ** 2 > _DENSE_ENTRIES:
            return (lambda injected: everywhere(injected)[loaded]), everywhere
        dense = everywhere(np.eye(len(loaded), dtype=np.complex128))
        at_loads = dense[loaded]
        if dense.size > _DENSE_ENTRIES:
            return partial(_product, at_loads), everywhere
        return partial(_product, at_loads), partial(_product, dense)

    def withdrawn(self, power: PhasePower) -> Complexes:
        """Return the power withdrawn from each phase, pu, shape (3, loaded nodes, scenarios)."""
        kva = power.p_kw + 1j * power.q_kvar
        of_phases = [self._gather @ kva[..., phase].T for phase in range(3)]
        return np.asarray(np.stack(of_phases) / _PHASE_KVA, np.complex128)

    def at_loads(self, injected: Complexes) -> Complexes:
        """Return the sequences' voltages at the loaded nodes, pu, without generators.

        Args:
            injected: Currents of the sequences, pu, shape (3, loaded nodes, scenarios).
        """
        found = [near(injected[row]) for row, (near, _) in enumerate(self._voltages_of)]
        return np.stack(found) + self.idle[:, self.loaded]

    def held_at_loads(
        self, injected: Complexes, before: Complexes
    ) -> tuple[Complexes, Flags | bool]:
        """Return the sequences' voltages at the loaded nodes, pu, with generators.

        Args:
            injected: The consumers' currents, pu, shape (3, loaded nodes, scenarios); the
                generators' currents are added to them.
            before: The voltages of the step before, whose angles the generators start from.

        Returns:
            The voltages, of the same shape, and flags by scenario where the generators' currents
            have been found.
        """
        voltage = self.at_loads(injected)
        if self.held is None:
            return voltage, True
        rows = self.held.rows
        start = np.angle(before[POSITIVE, rows])
        voltage[POSITIVE], current, found = self.held.held(voltage[POSITIVE], start)
        injected[POSITIVE, rows] += current
        return voltage, found

    def voltages(self, injected: Complexes) -> Complexes:
        """Return the sequences' voltages at all nodes, pu, shape (3, nodes, scenarios)."""
        found = np.empty((3, self._nodes, injected.shape[2]), np.complex128)
        for row, (_, everywhere) in enumerate(self._voltages_of):
            np.add(everywhere(injected[row]), self.idle[row], out=found[row])
        return found


def _idle(circuit: Circuit, sequence: SequenceNetwork) -> Complexes:
    """Return the positive sequence's voltages without load, pu, shape (nodes, 1)."""
    free, held = sequence.free, circuit.source_node
    voltage = np.zeros((circuit.nodes, 1), np.complex128)
    voltage[held, 0] = circuit.source_voltage
    if len(free):
        rows = sequence.admittance[free]
        voltage[free] = splu(rows[:, free].tocsc()).solve(-(rows[:, held] @ voltage[held]))
    return voltage


def _iterated(grid: _SequenceImpedances, withdrawn: Complexes) -> Complexes:
    """Find the injected currents of the sequences, pu, shape (3, loaded nodes, scenarios).

    Args:
        grid: The network's impedances.
        withdrawn: Power by phase, pu, of the same shape.

    Raises:
        PowerFlowDiverged: With the places of the scenarios for which no state was found.
    """
    scenarios = withdrawn.shape[2]
    found = np.zeros(withdrawn.shape, np.complex128)
    if not withdrawn.size:
        return found
    left = np.arange(scenarios)
    voltage = np.repeat(grid.idle[:, grid.loaded], scenarios, axis=2)
    with np.errstate(all="ignore"):  # a state that runs away is told below
        for _ in range(_MAX_STEPS):
            injected = to_sequences(np.conj(-withdrawn / to_phases(voltage)))
            after, is_held = grid.held_at_loads(injected, voltage)
            settled = is_held & (_largest(after - voltage) < _TOLERANCE_PU)
            found[:, :, left[settled]] = injected[:, :, settled]
            if settled.all():
                return found
            if settled.any():
                left, withdrawn = left[~settled], withdrawn[:, :, ~settled]
                after = after[:, :, ~settled]
            voltage = after
    raise PowerFlowDiverged(
        f"The unbalanced power flow has no solution in {len(left)} of {scenarios} scenarios.",
        quarterHours=left.tolist(),
    )


def _product(matrix: Complexes, columns: Complexes) -> Complexes:
    """Multiply matrices in parts so small that no threads start, which would cost more here."""
    found = np.empty((len(matrix), columns.shape[1]), np.complex128)
    high = max(1, _ONE_THREAD // (_WIDE * max(1, matrix.shape[1])))
    for top in range(0, len(matrix), high):
        rows = slice(top, top + high)
        for left in range(0, columns.shape[1], _WIDE):
            part = slice(left, left + _WIDE)
            np.matmul(matrix[rows], columns[:, part], out=found[rows, part])
    return found


def _largest(values: Complexes) -> Floats:
    """Return the largest magnitude in each scenario, the last axis."""
    return np.asarray(np.abs(values).max(axis=(0, 1)))
