"""The part of an estimation that depends on the network alone, made once for all measurements."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, vstack
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Places
from platone.grid.estimation.measurement_row import real_rows
from platone.grid.estimation.node_power import NodeConnections
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network


@dataclass(frozen=True, eq=False)
class BranchAdmittances:
    """The admittances of all branches between their ends, per unit, named as in TwoPorts."""

    y_ff: Complexes
    y_ft: Complexes
    y_tf: Complexes
    y_tt: Complexes

    def end_currents(self, model: "NetworkModel", ends: Places) -> csr_array:
        """Return coefficients over the states that give the currents into branch ends, per unit.

        Args:
            model: The network.
            ends: Numbers of ends: 2 branch, or 2 branch + 1 for the second end.

        Returns:
            A complex matrix, shape (ends, states).
        """
        row, is_to = ends // 2, (ends % 2).astype(np.bool_)
        own = np.where(is_to, self.y_tt[row], self.y_ff[row])
        other = np.where(is_to, self.y_tf[row], self.y_ft[row])
        near, far = model.end_states(ends), model.end_states(ends ^ 1)
        position, joined = np.arange(len(ends)), far >= 0
        rows = np.concatenate([position, position[joined]])
        columns = np.concatenate([near, far[joined]])
        values = np.concatenate([own, other[joined]])
        shape = len(ends), len(model.fed)
        return csr_array((values, (rows, columns)), shape=shape, dtype=complex)


@dataclass(frozen=True, eq=False)
class Admittances:
    """The admittances of a network, with or without the branches that lead to earth.

    Attributes:
        branches: The admittances of its branches.
        admittance: The nodal admittance matrix over the fed nodes, per unit.
        balance: The rows over (re, im) of the fed nodes that are exactly 0 because idle nodes
            withdraw nothing: real parts of their currents, then imaginary ones, each row scaled
            to a largest number of one.
    """

    branches: BranchAdmittances
    admittance: csr_array
    balance: csr_array


class NetworkModel:
    """A network ready for measurements: its states are the voltages of the fed nodes.

    Args:
        network: A checked network.

    Attributes:
        network: The network.
        circuit: Its circuit.
        connections: The buses and consumers at its nodes.
        fed: The circuit's node of each state.
        state_of_node: The state of each of the circuit's nodes; -1 for nodes that are not fed.
        island: The number of the part of the network, joined by closed branches, of each state.
        full: The admittances of the network as it is.
        series: The admittances without charging, shunts and losses in iron.
        unloaded_voltage: The complex voltage of each state if nothing were drawn, per unit.
        is_idle: Which states withdraw and feed nothing.
    """

    def __init__(self, network: Network) -> None:
        self.network, self.circuit = network, circuit_of(network)
        self.connections = NodeConnections(network)
        self.fed = np.flatnonzero(self.circuit.fed)
        self.state_of_node = np.full(self.circuit.nodes, -1)
        self.state_of_node[self.fed] = np.arange(len(self.fed))
        self.island = _islands(self.circuit)[self.fed]
        self.is_idle = self.connections.is_idle[self.fed]
        self.full, self.series = self._full(), self._series()
        self.unloaded_voltage = self._unloaded()

    def end_states(self, ends: Places) -> Places:
        """Return the state at each numbered end of a branch; -1 where it is not fed."""
        ports = self.circuit.ports
        node = np.where(ends % 2, ports.to_node[ends // 2], ports.from_node[ends // 2])
        return np.asarray(self.state_of_node[node])

    def _full(self) -> Admittances:
        ports, fed = self.circuit.ports, self.fed
        admittance = self.circuit.admittance[fed][:, fed].tocsr()
        branches = BranchAdmittances(ports.y_ff, ports.y_ft, ports.y_tf, ports.y_tt)
        return Admittances(branches, admittance, _balance(admittance[self.is_idle]))

    def _series(self) -> Admittances:
        p, nodes = self.circuit.ports, self.circuit.nodes
        y = np.where(p.closed.all(axis=1), p.series, 0)
        ends = y / np.abs(p.ratio) ** 2, -y / np.conj(p.ratio), -y / p.ratio, y
        values = [np.asarray(each, complex) for each in ends]
        rows = np.concatenate([p.from_node, p.from_node, p.to_node, p.to_node])
        columns = np.concatenate([p.from_node, p.to_node, p.from_node, p.to_node])
        whole = coo_array((np.concatenate(values), (rows, columns)), shape=(nodes, nodes)).tocsr()
        admittance = whole[self.fed][:, self.fed].tocsr()
        return Admittances(
            BranchAdmittances(*values), admittance, _balance(admittance[self.is_idle])
        )

    def _unloaded(self) -> Complexes:
        """Return the voltages that sources and transformers' ratios make without any load."""
        held = self.state_of_node[self.circuit.source_node]
        free = np.setdiff1d(np.arange(len(self.fed)), held)
        voltage = np.zeros(len(self.fed), complex)
        voltage[held] = self.circuit.source_voltage
        if len(free):
            rows = self.series.admittance[free]
            driven = -(rows[:, held] @ voltage[held])
            voltage[free] = splu(rows[:, free].tocsc()).solve(driven)
        return voltage

    def node_voltages(self, state: Complexes) -> Complexes:
        """Return the voltages of all the circuit's nodes, per unit; 0 where nothing feeds them."""
        voltage = np.zeros(self.circuit.nodes, complex)
        voltage[self.fed] = state
        return voltage


def _balance(currents: csr_array) -> csr_array:
    rows = vstack([real_rows(currents.copy()), real_rows(-1j * currents)], format="csr")
    return csr_array(diags_array(1 / abs(rows).max(axis=1).toarray().ravel()) @ rows)


def _islands(circuit: Circuit) -> Places:
    p = circuit.ports
    both = p.closed.all(axis=1)
    ends = p.from_node[both], p.to_node[both]
    graph = coo_array((np.ones(int(both.sum())), ends), shape=(circuit.nodes, circuit.nodes))
    return np.asarray(connected_components(graph.tocsr(), directed=False)[1], np.int64)
