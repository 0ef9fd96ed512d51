"""What of a network does not depend on measurements, made once and used for every set of them."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, vstack
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Places
from platone.grid.estimation.injection import Members
from platone.grid.estimation.model import real_rows
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network


@dataclass(frozen=True, eq=False)
class Branches:
    """Admittances of all branches between the fed nodes; see TwoPorts."""

    y_ff: Complexes
    y_ft: Complexes
    y_tf: Complexes
    y_tt: Complexes

    def end_currents(self, ground: "Ground", ends: Places) -> csr_array:
        """Coefficients over the fed nodes of currents into branches at their ends.

        Args:
            ground: The network.
            ends: Numbers of ends: 2 branch, or 2 branch + 1 for the second end.
        """
        row, is_to = ends // 2, (ends % 2).astype(np.bool_)
        own = np.where(is_to, self.y_tt[row], self.y_ff[row])
        other = np.where(is_to, self.y_tf[row], self.y_ft[row])
        near, far = ground.end_states(ends), ground.end_states(ends ^ 1)
        place, joined = np.arange(len(ends)), far >= 0
        rows = np.concatenate([place, place[joined]])
        columns = np.concatenate([near, far[joined]])
        values = np.concatenate([own, other[joined]])
        shape = len(ends), len(ground.fed)
        return csr_array((values, (rows, columns)), shape=shape, dtype=complex)


@dataclass(frozen=True, eq=False)
class Electrics:
    """A way to see the network: with or without all that leads to earth.

    Attributes:
        branches: Its branches.
        admittance: Its admittance matrix over the fed nodes, pu.
        balance: What is 0 of (re, im) of the fed nodes because idle ones withdraw nothing: real
            parts of their currents, then imaginary ones, each scaled to one.
    """

    branches: Branches
    admittance: csr_array
    balance: csr_array


class Ground:
    """A network, ready for measurements.

    Args:
        network: A checked network.

    Attributes:
        network: The network.
        circuit: Its circuit.
        members: Who withdraws and feeds at its nodes.
        fed: Place of each fed node among the circuit's; the states are in this order.
        state_of_node: The other way round; -1 for nodes that are not fed.
        island: Which of the parts that no closed branch joins each state is in.
        whole: The network as it is.
        series: The network without charging, shunts and losses in iron.
        start: The voltage of each state if nothing were drawn.
        idle: States at which nothing is withdrawn or fed.
    """

    def __init__(self, network: Network) -> None:
        self.network, self.circuit = network, circuit_of(network)
        self.members = Members(network)
        self.fed = np.flatnonzero(self.circuit.fed)
        self.state_of_node = np.full(self.circuit.nodes, -1)
        self.state_of_node[self.fed] = np.arange(len(self.fed))
        self.island = _islands(self.circuit)[self.fed]
        self.idle = self.members.idle[self.fed]
        self.whole, self.series = self._whole(), self._series()
        self.start = self._unloaded()

    def end_states(self, ends: Places) -> Places:
        """The state at each numbered end of a branch."""
        ports = self.circuit.ports
        node = np.where(ends % 2, ports.to_node[ends // 2], ports.from_node[ends // 2])
        return np.asarray(self.state_of_node[node])

    def _whole(self) -> Electrics:
        ports, fed = self.circuit.ports, self.fed
        admittance = self.circuit.admittance[fed][:, fed].tocsr()
        branches = Branches(ports.y_ff, ports.y_ft, ports.y_tf, ports.y_tt)
        return Electrics(branches, admittance, _balance(admittance[self.idle]))

    def _series(self) -> Electrics:
        p, nodes = self.circuit.ports, self.circuit.nodes
        y = np.where(p.closed.all(axis=1), p.series, 0)
        ends = y / np.abs(p.ratio) ** 2, -y / np.conj(p.ratio), -y / p.ratio, y
        values = [np.asarray(each, complex) for each in ends]
        rows = np.concatenate([p.from_node, p.from_node, p.to_node, p.to_node])
        columns = np.concatenate([p.from_node, p.to_node, p.from_node, p.to_node])
        whole = coo_array((np.concatenate(values), (rows, columns)), shape=(nodes, nodes)).tocsr()
        admittance = whole[self.fed][:, self.fed].tocsr()
        return Electrics(Branches(*values), admittance, _balance(admittance[self.idle]))

    def _unloaded(self) -> Complexes:
        """What the sources and the transformers' ratios make of a network that draws nothing."""
        held = self.state_of_node[self.circuit.source_node]
        free = np.setdiff1d(np.arange(len(self.fed)), held)
        voltage = np.zeros(len(self.fed), complex)
        voltage[held] = self.circuit.source_voltage
        if len(free):
            rows = self.series.admittance[free]
            driven = -(rows[:, held] @ voltage[held])
            voltage[free] = splu(rows[:, free].tocsc()).solve(driven)
        return voltage

    def real_voltage(self, state: Complexes) -> Complexes:
        """Voltages of all nodes of the circuit, 0 where nothing feeds them."""
        voltage = np.zeros((self.circuit.nodes, *state.shape[1:]), complex)
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
