"""The parts of a network that cannot feel each other, as networks of their own.

A source holds its bus at its voltage whatever is drawn there. So parts that meet in buses of
sources only are independent: each can be calculated alone, on another machine, with the same
result. Feeders that share a transformer are one part.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from platone.dso.domain.array import Flags, Places
from platone.dso.domain.network.branch import Line, Transformer
from platone.dso.domain.network.circuit import circuit_of
from platone.dso.domain.network.model import Branch, Network


def independent_parts(network: Network) -> tuple[Network, ...]:
    """The parts with consumers or limits, in the order of their first buses; itself if it is one.

    A part has all buses of the sources that it touches, and the elements at its own buses. What no
    source feeds is in no part.
    """
    circuit = circuit_of(network)
    label = _labels(network)[circuit.node_of_bus]
    labels = list(dict.fromkeys(label[label >= 0].tolist()))
    if len(labels) <= 1:
        return (network,)
    held = np.isin(circuit.node_of_bus, circuit.source_node)
    return tuple(_part(network, label == each, held) for each in labels)


def _labels(network: Network) -> Places:
    """The part of each node; -1 for those that a source holds or nothing feeds."""
    circuit = circuit_of(network)
    held = np.zeros(circuit.nodes, np.bool_)
    held[circuit.source_node] = True
    ports = circuit.ports
    inside = ports.closed.all(axis=1) & ~held[ports.from_node] & ~held[ports.to_node]
    ends = ports.from_node[inside], ports.to_node[inside]
    shape = (circuit.nodes, circuit.nodes)
    graph = coo_array((np.ones(len(ends[0])), ends), shape=shape)
    _, label = connected_components(graph.tocsr(), directed=False)
    return np.where(circuit.fed & ~held, label, -1).astype(np.int64)


def _part(network: Network, own: Flags, held: Flags) -> Network:
    place = network.bus_position

    def is_own(bus: str) -> bool:
        return bool(own[place[bus]])

    def is_inside(branch: Branch) -> bool:
        if isinstance(branch, Line | Transformer):
            ends = place[branch.from_bus], place[branch.to_bus]
            return bool((own[[*ends]] | held[[*ends]]).all() and own[[*ends]].any())
        return is_own(branch.from_bus)

    lines = tuple(each for each in network.lines if is_inside(each))
    transformers = tuple(each for each in network.transformers if is_inside(each))
    three = tuple(
        each
        for each in network.three_winding_transformers
        if any(is_own(winding.bus) for winding in each.windings)
    )
    touched = own.copy()
    for branch in (*lines, *transformers):
        touched[[place[branch.from_bus], place[branch.to_bus]]] = True
    for unit in three:
        touched[[place[winding.bus] for winding in unit.windings]] = True
    node = circuit_of(network).node_of_bus
    touched |= np.isin(node, node[touched])
    kept = {bus.id for bus, is_there in zip(network.buses, touched, strict=True) if is_there}
    branches = {each.id for each in (*lines, *transformers)}
    branches |= {winding.id for unit in three for winding in unit.windings}
    return replace(
        network,
        buses=tuple(each for each in network.buses if each.id in kept),
        sources=tuple(each for each in network.sources if each.bus in kept),
        lines=lines,
        transformers=transformers,
        three_winding_transformers=three,
        switches=tuple(
            each
            for each in network.switches
            if each.bus in kept and (each.other in kept or each.other in branches)
        ),
        shunts=tuple(each for each in network.shunts if is_own(each.bus)),
        generators=tuple(each for each in network.generators if is_own(each.bus)),
        loads=tuple(each for each in network.loads if is_own(each.bus)),
        connection_points=tuple(each for each in network.connection_points if is_own(each.bus)),
    )
