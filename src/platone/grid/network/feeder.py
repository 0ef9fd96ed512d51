"""The parts of a network that cannot feel each other, as networks of their own.

A source holds its bus at its voltage whatever is drawn there. So parts that meet in buses of
sources only are independent: each can be calculated alone, on another machine, with the same
result. Feeders that share a transformer are one part.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from platone.grid.array import Flags, Places
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network


def independent_parts(network: Network) -> tuple[Network, ...]:
    """Return the parts with consumers or limits, by their first buses; itself if it is one.

    A part has all buses of the sources that it touches, and the elements at its own buses. What no
    source feeds is in no part.
    """
    circuit = circuit_of(network)
    label = _labels(network)[circuit.node_of_bus]
    labels = list(dict.fromkeys(label[label >= 0].tolist()))
    if len(labels) <= 1:
        return (network,)
    between = np.isin(circuit.node_of_bus, circuit.source_node)
    return tuple(
        _part(network, label == each, between if place == 0 else np.zeros_like(between))
        for place, each in enumerate(labels)
    )


def _labels(network: Network) -> Places:
    """Return the part of each node; -1 for those that a source holds or nothing feeds."""
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


def _part(network: Network, own: Flags, between: Flags) -> Network:
    """Return the part with its own buses, and the branches between some buses that sources hold."""
    place, closed = network.bus_position, circuit_of(network).ports.closed

    def is_own(bus: str) -> bool:
        return bool(own[place[bus]])

    def is_inside(branch: Line | Transformer) -> bool:
        ends = [place[branch.from_bus], place[branch.to_bus]]
        attached = own[ends] & closed[network.branch_position[branch.id]]
        return bool(attached.any() or between[ends].all())

    lines = tuple(each for each in network.lines if is_inside(each))
    transformers = tuple(each for each in network.transformers if is_inside(each))
    three = tuple(
        each
        for each in network.three_winding_transformers
        if any(is_own(winding.bus) for winding in each.windings)
    )
    two_ended: tuple[Line | Transformer, ...] = (*lines, *transformers)
    branches = {each.id: [each.from_bus, each.to_bus] for each in two_ended}
    branches |= {winding.id: [winding.bus] for unit in three for winding in unit.windings}
    kept = _kept(network, own, [bus for buses in branches.values() for bus in buses])
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


def _kept(network: Network, own: Flags, touched: Sequence[str]) -> set[str]:
    """Return a part's buses: its own, those at its branches, and those joined by switches."""
    kept = own.copy()
    kept[[network.bus_position[bus] for bus in touched]] = True
    node = circuit_of(network).node_of_bus
    kept |= np.isin(node, node[kept])
    return {bus.id for bus, is_there in zip(network.buses, kept, strict=True) if is_there}
