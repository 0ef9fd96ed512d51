"""The network as a circuit of nodes: what the calculations work on.

Buses that closed switches join are one node; each transformer with three windings adds a node, its
star point, behind those of the buses. Arrays over branches follow ``Network.branches``.
"""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from platone.grid.array import Complexes, Flags, Floats, Places
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.model import Network
from platone.grid.network.two_port import (
    BASE_MVA,
    Pi,
    TwoPorts,
    pi_of_line,
    pi_of_transformer,
    pi_of_winding,
    two_ports,
)


@dataclass(frozen=True, eq=False)
class Circuit:
    """The circuit of a network.

    Attributes:
        node_of_bus: Node of each bus.
        node_kv: Nominal voltage of each node, kV.
        ports: The branches' two-ports.
        shunt: Admittance to earth of shunts at each node, pu on 1 MVA.
        source_node: Node of each source that is switched on.
        source_voltage: Its complex voltage, pu.
        generator_node: The nodes whose voltage generators hold, in rising order.
        generator_kw: What all generators of such a node withdraw, kW.
        generator_pu: The voltage that they hold.
        consumer_node: Node of each consumer.
        limits_a: Greatest currents at the branches' first and second ends, A; infinite where
            none is given.
    """

    node_of_bus: Places
    node_kv: Floats
    ports: TwoPorts
    shunt: Complexes
    source_node: Places
    source_voltage: Complexes
    generator_node: Places
    generator_kw: Floats
    generator_pu: Floats
    consumer_node: Places
    limits_a: tuple[Floats, Floats]

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self.node_kv)

    @cached_property
    def island(self) -> Places:
        """Number of the part of the circuit that closed branches hold together, for each node."""
        return islands(self.ports, self.nodes)

    @cached_property
    def fed(self) -> Flags:
        """Return flags of nodes that a closed path joins to a source."""
        return np.isin(self.island, self.island[self.source_node])

    @cached_property
    def free(self) -> Places:
        """The nodes that are fed and that no source holds."""
        held = np.zeros(self.nodes, np.bool_)
        held[self.source_node] = True
        return np.flatnonzero(self.fed & ~held)

    @cached_property
    def bus_fed(self) -> Flags:
        """Flags of the buses, shape (buses,): true where a closed path leads to a source."""
        return self.fed[self.node_of_bus]

    @cached_property
    def admittance(self) -> csr_array:
        """Admittance matrix over the nodes, pu on 1 MVA, shunts included."""
        p = self.ports
        own = np.arange(self.nodes)
        rows = np.concatenate([p.from_node, p.from_node, p.to_node, p.to_node, own])
        columns = np.concatenate([p.from_node, p.to_node, p.from_node, p.to_node, own])
        values = np.concatenate([p.y_ff, p.y_ft, p.y_tf, p.y_tt, self.shunt])
        return coo_array((values, (rows, columns)), shape=(self.nodes, self.nodes)).tocsr()


def _limits_a(network: Network) -> tuple[Floats, Floats]:
    lines = np.array([np.inf if line.limit_a is None else line.limit_a for line in network.lines])
    ends = [_rated_limits_a(unit) for unit in network.transformers]
    ends += [(_limit_a(w.rated_kva, w.rated_kv, w.limit_percent), np.inf) for w in network.windings]
    rated = np.array(ends, np.float64).reshape(-1, 2)
    return np.concatenate([lines, rated[:, 0]]), np.concatenate([lines, rated[:, 1]])


def _rated_limits_a(unit: Transformer) -> tuple[float, float]:
    return (
        _limit_a(unit.rated_kva, unit.from_kv, unit.limit_percent),
        _limit_a(unit.rated_kva, unit.to_kv, unit.limit_percent),
    )


def _limit_a(rated_kva: float, rated_kv: float, percent: float | None) -> float:
    return np.inf if percent is None else rated_kva / (3**0.5 * rated_kv) * percent / 100


_circuits: weakref.WeakKeyDictionary[Network, Circuit] = weakref.WeakKeyDictionary()


def circuit_of(network: Network) -> Circuit:
    """Return the circuit of a checked network; made once, as a network never changes."""
    known = _circuits.get(network)
    if known is None:
        known = _circuits[network] = _circuit(network)
    return known


def keep_circuit(network: Network, circuit: Circuit) -> None:
    """Keep the circuit of a network where it is known without making it from the elements."""
    _circuits[network] = circuit


def _circuit(network: Network) -> Circuit:
    node_of_bus, node_kv = _nodes(network)
    place = network.bus_position

    def node(bus: str) -> int:
        return int(node_of_bus[place[bus]])

    ports = _ports(network, node_of_bus, node_kv)
    sources = [source for source in network.sources if source.closed]
    source_node = np.array([node(source.bus) for source in sources], np.int64)
    island = islands(ports, len(node_kv))
    fed = np.isin(island, island[source_node])
    held: dict[int, tuple[float, float]] = {}
    for machine in network.generators:
        at = node(machine.bus)
        if machine.closed and fed[at] and at not in source_node:
            kw, pu = held.get(at, (0.0, machine.voltage_pu))
            held[at] = kw + machine.p_kw, pu
    generator_node = np.array(sorted(held), np.int64)
    generated = np.array([held[at] for at in generator_node.tolist()], float).reshape(-1, 2)
    shunt = np.zeros(len(node_kv), complex)
    for each in network.shunts:
        if each.closed:
            shunt[node(each.bus)] += complex(each.p_kw, -each.q_kvar) / (BASE_MVA * 1e3)
    return Circuit(
        node_of_bus=node_of_bus,
        node_kv=node_kv,
        ports=ports,
        shunt=shunt,
        source_node=source_node,
        source_voltage=np.array(
            [s.voltage_pu * np.exp(1j * np.deg2rad(s.angle_deg)) for s in sources], complex
        ),
        generator_node=generator_node,
        generator_kw=generated[:, 0],
        generator_pu=generated[:, 1],
        consumer_node=np.array([node(each.bus) for each in network.consumers], np.int64),
        limits_a=_limits_a(network),
    )


def _nodes(network: Network) -> tuple[Places, Floats]:
    """Return the node of each bus, and the nodes' nominal voltages, star points last."""
    count, place = len(network.buses), network.bus_position
    ties = np.array(
        [
            (place[switch.bus], place[switch.other])
            for switch in network.switches
            if switch.closed and switch.other in place
        ],
        np.int64,
    ).reshape(-1, 2)
    graph = coo_array((np.ones(len(ties)), (ties[:, 0], ties[:, 1])), shape=(count, count))
    _, label = connected_components(graph.tocsr(), directed=False)
    _, first, node_of_bus = np.unique(label, return_index=True, return_inverse=True)
    kv = np.array([bus.nominal_kv for bus in network.buses])[first]
    star_kv = [unit.windings[0].rated_kv for unit in network.three_winding_transformers]
    return node_of_bus.astype(np.int64), np.concatenate([kv, star_kv])


def _ports(network: Network, node_of_bus: Places, node_kv: Floats) -> TwoPorts:
    place, omega = network.bus_position, 2 * np.pi * network.frequency_hz
    pis: list[Pi] = [pi_of_line(line, omega) for line in network.lines]
    pis += [pi_of_transformer(unit) for unit in network.transformers]
    for unit in network.three_winding_transformers:
        pis += [pi_of_winding(each, unit.windings[0].rated_kv) for each in unit.windings]
    first_star = len(node_kv) - len(network.three_winding_transformers)
    stars = first_star + np.arange(len(network.windings)) // 3
    two_ended: tuple[Line | Transformer, ...] = (*network.lines, *network.transformers)
    from_node = node_of_bus[
        np.array([place[branch.from_bus] for branch in network.branches], np.int64)
    ]
    to_node = node_of_bus[np.array([place[branch.to_bus] for branch in two_ended], np.int64)]
    to_node = np.concatenate([to_node, stars])
    closed = closed_ends(network)
    # closed switches join its ends: its charging stays, and nothing flows through a mere impedance
    mere = np.array([pi.from_shunt == pi.to_shunt == 0 and pi.ratio == 1 for pi in pis], np.bool_)
    closed[(from_node == to_node) & mere] = False
    return two_ports(pis, from_node, to_node, closed, node_kv)


def closed_ends(network: Network) -> Flags:
    """Return flags of the branches' closed ends, first and second, shape (branches, 2)."""
    opened = _opened(network)
    ends = [
        (branch.from_closed, branch.to_closed)
        if isinstance(branch, Line | Transformer)
        else (branch.closed, True)
        for branch in network.branches
    ]
    closed = np.array(ends, np.bool_).reshape(-1, 2)
    for branch, buses in opened.items():
        row = network.branch_position[branch]
        found = network.branches[row]
        closed[row, 0] &= found.from_bus not in buses
        if isinstance(found, Line | Transformer):
            closed[row, 1] &= found.to_bus not in buses
    return closed


def _opened(network: Network) -> Mapping[str, set[str]]:
    """Return the buses at which open switches part a branch, by branch."""
    opened: dict[str, set[str]] = {}
    for switch in network.switches:
        if not switch.closed and switch.other in network.branch_position:
            opened.setdefault(switch.other, set()).add(switch.bus)
    return opened


def islands(ports: TwoPorts, nodes: int) -> Places:
    """Number the parts of a circuit that closed branches hold together, for each node."""
    both = ports.closed.all(axis=1)
    ends = ports.from_node[both], ports.to_node[both]
    graph = coo_array((np.ones(int(both.sum())), ends), shape=(nodes, nodes))
    _, island = connected_components(graph.tocsr(), directed=False)
    return np.asarray(island, np.int64)
