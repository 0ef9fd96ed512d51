"""The unbalanced power flow by injected currents, in symmetrical components.

Each step turns the voltages at the consumers into the currents that their powers take, and these
into voltages by the networks' answer, which is factorised once. Near the state that grids are run
in, each step divides the error by the ratio of no-load to full voltage drop: about ten steps.
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
_TOLERANCE_PU = 1e-10
_MAX_STEPS = 500  # enough at 99 % of the power that no voltage could carry
_DENSE_ENTRIES = 65_536  # up to here a dense answer is cheaper than substitution in the factors
_ONE_THREAD = 65_536  # multiplications up to which the library starts no threads
_WIDE = 16  # columns that are multiplied at once

_Answer = Callable[[Complexes], Complexes]


class CurrentInjectionFlow:
    """The engine; factorisations are kept as long as their networks live, and are safe to share."""

    def __init__(self) -> None:
        self._grids: WeakKeyDictionary[Network, _Grid] = WeakKeyDictionary()

    def solve(self, network: Network, power: PhasePower) -> PhaseFlow:
        """The states of all scenarios, voltages to 1e-9 pu.

        Raises:
            UnbalancedDataInvalid: The network lacks data.
            PowerFlowDiverged: With the places of the scenarios for which no state was found.
        """
        grid = self._grids.get(network)
        if grid is None:
            grid = self._grids[network] = _grid(network)
        injected = _injected(grid, grid.withdrawn(power))
        return PhaseFlow(network, grid.voltages(injected), power)


def _grid(network: Network) -> "_Grid":
    try:
        return _Grid(circuit_of(network), sequences_of(network))
    except (RuntimeError, np.linalg.LinAlgError) as error:  # the matrix is singular
        raise PowerFlowDiverged(
            "The network's impedances cancel each other: it has no single state.", quarterHours=[]
        ) from error


class _Grid:
    """A network made ready.

    Attributes:
        loaded: The nodes with consumers or generators.
        idle: Voltages of the sequences without load, (3, nodes, 1).
        held: What generators hold; none where there is no generator.
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
        self._answers = [self._answer(sequence, self.loaded) for sequence in sequences]
        self.idle = np.zeros((3, circuit.nodes, 1), np.complex128)
        self.idle[POSITIVE] = _idle(circuit, sequences[POSITIVE])
        self.held: HeldVoltages | None = None
        if len(machines):
            rows = np.searchsorted(self.loaded, machines)
            each = np.eye(len(self.loaded), dtype=np.complex128)[:, rows]
            self.held = HeldVoltages(circuit, rows, self._answers[POSITIVE][0](each))

    def _answer(self, sequence: SequenceNetwork, loaded: Places) -> tuple[_Answer, _Answer]:
        """Voltages by the currents injected at loaded nodes: at these alone, and at all nodes."""
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
        """What is withdrawn at the loaded nodes, pu of a phase; shape (3, nodes, scenarios)."""
        kva = power.p_kw + 1j * power.q_kvar
        of_phases = [self._gather @ kva[..., phase].T for phase in range(3)]
        return np.asarray(np.stack(of_phases) / _PHASE_KVA, np.complex128)

    def at_loads(self, injected: Complexes) -> Complexes:
        """Voltages of the sequences at the loaded nodes by the currents injected there."""
        found = [near(injected[row]) for row, (near, _) in enumerate(self._answers)]
        return np.stack(found) + self.idle[:, self.loaded]

    def answer(self, injected: Complexes, before: Complexes) -> tuple[Complexes, Flags | bool]:
        """Voltages at the loaded nodes by the consumers' currents, and whether these are all.

        What generators inject to hold their voltages is added to ``injected``; their angles are
        sought from those of the voltages before.
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
        """Voltages of the sequences at all nodes."""
        found = np.empty((3, self._nodes, injected.shape[2]), np.complex128)
        for row, (_, everywhere) in enumerate(self._answers):
            np.add(everywhere(injected[row]), self.idle[row], out=found[row])
        return found


def _idle(circuit: Circuit, sequence: SequenceNetwork) -> Complexes:
    """The network without load: what sources and the transformers' shifts make of it."""
    free, held = sequence.free, circuit.source_node
    voltage = np.zeros((circuit.nodes, 1), np.complex128)
    voltage[held, 0] = circuit.source_voltage
    if len(free):
        rows = sequence.admittance[free]
        voltage[free] = splu(rows[:, free].tocsc()).solve(-(rows[:, held] @ voltage[held]))
    return voltage


def _injected(grid: _Grid, withdrawn: Complexes) -> Complexes:
    """Currents of the sequences that are injected, (3, loaded nodes, scenarios)."""
    scenarios = withdrawn.shape[2]
    found = np.zeros(withdrawn.shape, np.complex128)
    if not withdrawn.size:
        return found
    left = np.arange(scenarios)
    voltage = np.repeat(grid.idle[:, grid.loaded], scenarios, axis=2)
    with np.errstate(all="ignore"):  # a state that runs away is told below
        for _ in range(_MAX_STEPS):
            injected = to_sequences(np.conj(-withdrawn / to_phases(voltage)))
            after, calm = grid.answer(injected, voltage)
            settled = calm & (_largest(after - voltage) < _TOLERANCE_PU)
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
    """The product in parts so small that no threads start: they cost more than they bring here."""
    found = np.empty((len(matrix), columns.shape[1]), np.complex128)
    high = max(1, _ONE_THREAD // (_WIDE * max(1, matrix.shape[1])))
    for top in range(0, len(matrix), high):
        rows = slice(top, top + high)
        for left in range(0, columns.shape[1], _WIDE):
            part = slice(left, left + _WIDE)
            np.matmul(matrix[rows], columns[:, part], out=found[rows, part])
    return found


def _largest(values: Complexes) -> Floats:
    return np.asarray(np.abs(values).max(axis=(0, 1)))
