"""Nodes, which closed switches join of buses, and islands, which closed branches join of nodes."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from platone.grid.array import Places
from platone.grid.file.importer.elements import Elements
from platone.grid.network.branch import Line, Switch, ThreeWindingTransformer, Transformer
from platone.grid.network.element import Bus

Pairs = Iterable[tuple[str, str]]


def nodes_and_islands(elements: Elements) -> tuple[dict[str, int], dict[str, int]]:
    """Return the node and the island of each bus as the network is switched, as numbers."""
    place = {bus.id: number for number, bus in enumerate(elements.of(Bus))}
    ties = [(each.bus, each.other) for each in elements.of(Switch) if each.closed]
    wired = [
        (each.from_bus, each.to_bus)
        for each in (*elements.of(Line), *elements.of(Transformer))
        if each.from_closed and each.to_closed
    ]
    for unit in elements.of(ThreeWindingTransformer):
        closed = [winding.bus for winding in unit.windings if winding.closed]
        wired += [(closed[0], each) for each in closed[1:]]
    return _labels(place, ties), _labels(place, [*ties, *wired])


def _labels(place: dict[str, int], pairs: Pairs) -> dict[str, int]:
    ends = [(place[one], place[other]) for one, other in pairs]
    return dict(zip(place, _components(len(place), ends).tolist(), strict=True))


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the numbers from 0 in groups: those that pairs join are in one."""
    found: dict[int, list[int]] = defaultdict(list)
    for number, label in enumerate(_components(count, pairs).tolist()):
        found[label].append(number)
    return list(found.values())


def _components(count: int, pairs: Iterable[tuple[int, int]]) -> Places:
    ends = np.array(list(pairs), np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, label = connected_components(graph.tocsr(), directed=False)
    return np.asarray(label, np.int64)
