"""A spanning forest of the graph: from each bus the electrically shortest way to a source."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from platone.grid.picture.graph import Graph


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees over all nodes of a graph.

    Attributes:
        roots: The trees' roots; those of one connected part stand together, fed parts first.
        parent: For each node the node before it on the way to its root; -1 at roots.
        edge: For each node the edge to its parent; -1 at roots.
        children: For each node those behind it, in the order of nodes.
    """

    roots: tuple[int, ...]
    parent: tuple[int, ...]
    edge: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]


def forest_of(graph: Graph) -> Forest:
    """Return the trees of least impedance from the sources, by Dijkstra's algorithm.

    Each source is a root; a part that none feeds has the bus of its highest voltage as root.
    """
    shortest: dict[tuple[int, int], tuple[float, int]] = {}
    for number, edge in enumerate(graph.edges):
        if edge.is_closed and edge.ends[0] != edge.ends[1]:
            pair = min(edge.ends), max(edge.ends)
            found = max(edge.length_pu, 1e-12), number
            shortest[pair] = min(found, shortest.get(pair, found))
    pairs = np.array(list(shortest), np.int64).reshape(-1, 2)
    lengths = np.array([length for length, _ in shortest.values()], np.float64)
    shape = (graph.nodes, graph.nodes)
    matrix = coo_array((lengths, (pairs[:, 0], pairs[:, 1])), shape=shape).tocsr()
    _, part = connected_components(matrix, directed=False)
    roots = _roots(graph, part.tolist())
    _, before, _ = dijkstra(
        matrix, directed=False, indices=roots, min_only=True, return_predecessors=True
    )
    parent = [node if node >= 0 else -1 for node in before.tolist()]
    children: list[list[int]] = [[] for _ in parent]
    edge_of = [-1] * graph.nodes
    for node, above in enumerate(parent):
        if above >= 0:
            children[above].append(node)
            edge_of[node] = shortest[min(node, above), max(node, above)][1]
    return Forest(tuple(roots), tuple(parent), tuple(edge_of), tuple(map(tuple, children)))


def _roots(graph: Graph, part: list[int]) -> list[int]:
    fed: dict[int, list[int]] = {}
    for root in graph.roots:
        fed.setdefault(part[root], []).append(root)
    unfed: dict[int, int] = {}
    for node, label in enumerate(part):
        if label not in fed:
            best = unfed.setdefault(label, node)
            if graph.node_kv(node) > graph.node_kv(best):
                unfed[label] = node
    return [root for roots in fed.values() for root in roots] + list(unfed.values())
