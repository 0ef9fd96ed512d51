"""The three networks of symmetrical components: zero, positive and negative sequence.

All elements are the same in their three phases, so that the sequences do not meet but in the
loads (C. L. Fortescue, Trans. AIEE 37, 1918): three networks of the size of the balanced one take
the place of one that is three times as large. The network of the negative sequence is that of the
positive one with transformers turning the other way.
"""

import math
import weakref
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from platone.grid.array import Complexes, Flags, Places
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.element import Generator, Source
from platone.grid.network.model import Network
from platone.grid.network.two_port import BASE_MVA, TwoPorts, two_ports
from platone.grid.network.zero_sequence import uncounted_rad, zero_pis
from platone.grid.problem.network import Fault, FaultKind, UnbalancedDataInvalid

ZERO, POSITIVE, NEGATIVE = range(3)
_ACROSS = 0.5j * math.sqrt(3)


def to_phases(sequences: Complexes) -> Complexes:
    """Return phases A, B and C by zero, positive and negative sequence, along the first axis."""
    zero, positive, negative = sequences
    found = np.empty_like(sequences)
    along, across = positive + negative, positive - negative
    across *= _ACROSS
    np.add(zero, along, out=found[0])
    along *= -0.5
    along += zero
    np.subtract(along, across, out=found[1])
    np.add(along, across, out=found[2])
    return found


def to_sequences(phases: Complexes) -> Complexes:
    """Return zero, positive and negative sequence by phases A, B and C, along the first axis."""
    a, b, c = phases
    found = np.empty_like(phases)
    both, across = b + c, b - c
    across *= _ACROSS
    np.add(a, both, out=found[0])
    both *= -0.5
    both += a
    np.add(both, across, out=found[1])
    np.subtract(both, across, out=found[2])
    found /= 3
    return found


@dataclass(frozen=True, eq=False)
class SequenceNetwork:
    """The network of one sequence.

    Attributes:
        ports: Its branches' two-ports.
        shunt: Admittance to earth at each node besides them, pu on 1 MVA.
        free: The nodes whose voltage is to be found; those of all others are given.
    """

    ports: TwoPorts
    shunt: Complexes
    free: Places

    @cached_property
    def admittance(self) -> csr_array:
        """Admittance matrix over the nodes, pu on 1 MVA."""
        p, nodes = self.ports, len(self.shunt)
        own = np.arange(nodes)
        rows = np.concatenate([p.from_node, p.from_node, p.to_node, p.to_node, own])
        columns = np.concatenate([p.from_node, p.to_node, p.from_node, p.to_node, own])
        values = np.concatenate([p.y_ff, p.y_ft, p.y_tf, p.y_tt, self.shunt])
        return coo_array((values, (rows, columns)), shape=(nodes, nodes)).tocsr()


_known: weakref.WeakKeyDictionary[Network, tuple[SequenceNetwork, ...]] = (
    weakref.WeakKeyDictionary()
)


def sequences_of(network: Network) -> tuple[SequenceNetwork, ...]:
    """Return the networks of zero, positive and negative sequence; made once for each network.

    Raises:
        UnbalancedDataInvalid: Data are missing, or what the network holds cannot be calculated.
    """
    found = _known.get(network)
    if found is None:
        found = _known[network] = _sequences(network)
    return found


def _sequences(network: Network) -> tuple[SequenceNetwork, ...]:
    circuit = circuit_of(network)
    ports = circuit.ports
    ends = np.stack([ports.from_node, ports.to_node], axis=1)
    live = np.asarray((ports.closed & circuit.fed[ends]).any(axis=1))
    pis = zero_pis(network, live)
    zero = two_ports(pis, ports.from_node, ports.to_node, ports.closed, circuit.node_kv)
    spin = np.exp(-2j * uncounted_rad(network, live))
    turned = replace(
        ports,
        ratio=ports.ratio.conj() * spin,
        y_ft=ports.y_tf * spin,
        y_tf=ports.y_ft * spin.conj(),
    )
    positive_held = np.zeros(circuit.nodes, np.bool_)
    positive_held[circuit.source_node] = True
    negative_shunt, negative_held = _behind_machines(network, circuit, "negative")
    zero_shunt, zero_held = _behind_machines(network, circuit, "zero")
    calm = _without_way(network, circuit, zero, zero_shunt != 0, zero_held)
    return (
        SequenceNetwork(zero, zero_shunt, np.flatnonzero(circuit.fed & ~zero_held & ~calm)),
        SequenceNetwork(ports, circuit.shunt, np.flatnonzero(circuit.fed & ~positive_held)),
        SequenceNetwork(turned, negative_shunt, np.flatnonzero(circuit.fed & ~negative_held)),
    )


def _behind_machines(network: Network, circuit: Circuit, sequence: str) -> tuple[Complexes, Flags]:
    """Return each node's admittance to earth, with machines', and flags of the nodes held at 0."""
    shunt, held = circuit.shunt.copy(), np.zeros(circuit.nodes, np.bool_)
    machines: tuple[Source | Generator, ...] = (*network.sources, *network.generators)
    for each in machines:
        if not each.closed:
            continue
        node = circuit.node_of_bus[network.bus_position[each.bus]]
        ohm = _impedance_ohm(each, sequence)
        if ohm:
            shunt[node] += circuit.node_kv[node] ** 2 / BASE_MVA / ohm
        elif isinstance(each, Source):
            held[node] = True
    return shunt, held


def _impedance_ohm(machine: Source | Generator, sequence: str) -> complex:
    both = (
        (machine.zero_resistance_ohm, machine.zero_reactance_ohm)
        if sequence == "zero"
        else (machine.negative_resistance_ohm, machine.negative_reactance_ohm)
    )
    return complex(both[0] or 0.0, both[1] or 0.0)


def _without_way(
    network: Network, circuit: Circuit, zero: TwoPorts, shunted: Flags, held: Flags
) -> Flags:
    """Return the nodes from which the zero sequence has no way to earth: nothing may load them."""
    earthed = shunted | held
    for side, node, shunt in (
        (0, zero.from_node, zero.from_shunt),
        (1, zero.to_node, zero.to_shunt),
    ):
        earthed[node[zero.closed[:, side] & (shunt != 0)]] = True
    joined = zero.closed.all(axis=1) & (zero.series != 0)
    ends = zero.from_node[joined], zero.to_node[joined]
    graph = coo_array((np.ones(int(joined.sum())), ends), shape=(circuit.nodes, circuit.nodes))
    _, island = connected_components(graph.tocsr(), directed=False)
    without = circuit.fed & ~np.isin(island, island[earthed])
    loaded = np.zeros(circuit.nodes, np.bool_)
    loaded[circuit.consumer_node] = True
    stuck = without & np.isin(island, island[without & loaded])
    if stuck.any():
        raise UnbalancedDataInvalid(_stuck(network, zero, stuck))
    return without


def _stuck(network: Network, zero: TwoPorts, stuck: Flags) -> list[Fault]:
    """Yield transformers at islands whose loads have no way back for their neutral's current."""
    reason = "no star point is earthed where it feeds loads between phase and neutral"
    ends = (stuck[zero.from_node] | stuck[zero.to_node]) & zero.closed.all(axis=1)
    faults = []
    for unit, is_stuck in zip(network.branches, ends.tolist(), strict=True):
        if is_stuck and not isinstance(unit, Line):
            own = unit.vector_group if isinstance(unit, Transformer) else unit.connection
            faults.append(Fault(unit.id, FaultKind.UNSUPPORTED, f"{reason} (it is {own})"))
    return faults or [Fault(network.id, FaultKind.UNSUPPORTED, reason)]
