"""Plan the order in which the nodes of a network are eliminated from equations over it.

Gaussian elimination of a node joins its neighbours to each other. Nodes that are not neighbours
can be eliminated at once; so this makes *stages* of them: in each an independent set of nodes with
about the fewest neighbours that there are (multiple minimum degree, J. W. H. Liu, 1985). On a
radial network these are ends and links of feeders alike, so that the number of stages grows as the
logarithm of the nodes, and hardly a new neighbourhood arises (parallel tree contraction,
G. L. Miller, J. H. Reif, 1985).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Floats, Places

_SLACK = 1.5
"""Neighbours that a node of a stage may have, by the fewest that there are: more nodes to a stage
make fewer stages, but also new neighbours, which cost work."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A set of nodes that are eliminated at once, since no two of them are neighbours.

    "Entries" are the places of blocks in the list of all blocks of the sparse matrix.

    Attributes:
        nodes: The nodes.
        pivots: Entries of their diagonal blocks.
        row_of: For each pair of an eliminated node and a neighbour of it, the node's place here.
        neighbours: The pair's neighbour.
        below: Entry of the block in the neighbour's row and the node's column.
        beside: Entry of the block in the node's row and the neighbour's column.
        left: For each update of a block by elimination, its pair in ``below``.
        right: Its pair in ``beside``.
        updates: Matrix that sums the updates by the entries they touch.
        updated: The entries that they touch.
        gather: Matrix that sums pairs by neighbours.
        gathered: Those neighbours.
        spread: Matrix that sums pairs by eliminated nodes.
    """

    nodes: Places
    pivots: Places
    row_of: Places
    neighbours: Places
    below: Places
    beside: Places
    left: Places
    right: Places
    updates: csr_array
    updated: Places
    gather: csr_array
    gathered: Places
    spread: csr_array


@dataclass(frozen=True, eq=False)
class Elimination:
    """A plan: the stages, and the entries that a matrix of this pattern has after elimination.

    Attributes:
        size: Number of nodes.
        rows: Each entry's row.
        columns: Each entry's column; the first ``size`` entries are the diagonal.
        stages: In their order.
    """

    size: int
    rows: Places
    columns: Places
    stages: tuple[Stage, ...]

    def entries(self, rows: Places, columns: Places) -> Places:
        """Return the entries at given rows and columns, all of which must be there."""
        keys = self.rows * self.size + self.columns
        order = np.argsort(keys)
        found = np.searchsorted(keys, rows * self.size + columns, sorter=order)
        return np.asarray(order[found], np.int64)


def eliminate(size: int, pairs: Iterable[tuple[int, int]]) -> Elimination:
    """Plan the elimination of nodes.

    Args:
        size: Number of nodes.
        pairs: Nodes that are neighbours, by number; once or in both orders.
    """
    near: list[set[int]] = [set() for _ in range(size)]
    for one, other in pairs:
        if one != other:
            near[one].add(other)
            near[other].add(one)
    entry = {(node, node): node for node in range(size)}
    for node, others in enumerate(near):
        for other in others:
            entry[node, other] = len(entry)
    stages = [_stage(nodes, near, entry) for nodes in _independent(near, entry)]
    keys = np.array(list(entry), np.int64).reshape(-1, 2)
    return Elimination(size, keys[:, 0], keys[:, 1], tuple(stages))


def _independent(near: list[set[int]], entry: dict[tuple[int, int], int]) -> Iterator[list[int]]:
    """Yield sets of nodes of which no two are neighbours, until all nodes are taken.

    Args:
        near: The neighbours of each node; kept up to date as nodes are eliminated.
        entry: The number of the block at each row and column; blocks that arise are added.
    """
    left = set(range(len(near)))
    while left:
        by_degree = sorted(left, key=lambda node: (len(near[node]), node))
        most = max(2.0, _SLACK * len(near[by_degree[0]]))
        taken: list[int] = []
        blocked: set[int] = set()
        for node in by_degree:
            if len(near[node]) > most:
                break
            if node not in blocked:
                taken.append(node)
                blocked |= near[node]
        for node in taken:
            for one in near[node]:
                for other in near[node]:
                    if (one, other) not in entry:
                        entry[one, other] = len(entry)
        yield taken
        left.difference_update(taken)
        for node in taken:
            _take_out(node, near)


def _take_out(node: int, near: list[set[int]]) -> None:
    """Eliminate a node from the graph: its neighbours become neighbours of each other."""
    others = near[node]
    for one in others:
        near[one] |= others
        near[one] -= {node, one}


def _stage(nodes: list[int], near: list[set[int]], entry: dict[tuple[int, int], int]) -> Stage:
    """Return the stage of some nodes, from the neighbours that they have at its time."""
    pairs = [(row, other) for row, node in enumerate(nodes) for other in sorted(near[node])]
    first = np.cumsum([0, *(len(near[node]) for node in nodes)])
    updates = [
        (left, right)
        for row in range(len(nodes))
        for left in range(first[row], first[row + 1])
        for right in range(first[row], first[row + 1])
    ]
    target = np.array([entry[pairs[one][1], pairs[other][1]] for one, other in updates], np.int64)
    row_of = np.array([row for row, _ in pairs], np.int64)
    neighbours = np.array([other for _, other in pairs], np.int64)
    both = np.array(updates, np.int64).reshape(-1, 2)
    summed, updated = _summing(target)
    gather, gathered = _summing(neighbours)
    return Stage(
        nodes=np.array(nodes, np.int64),
        pivots=np.array([entry[node, node] for node in nodes], np.int64),
        row_of=row_of,
        neighbours=neighbours,
        below=np.array([entry[other, nodes[row]] for row, other in pairs], np.int64),
        beside=np.array([entry[nodes[row], other] for row, other in pairs], np.int64),
        left=both[:, 0],
        right=both[:, 1],
        updates=summed,
        updated=updated,
        gather=gather,
        gathered=gathered,
        spread=_matrix(row_of, len(nodes)),
    )


def _summing(target: Places) -> tuple[csr_array, Places]:
    """Return the matrix that sums values by their targets, and the targets, each once."""
    unique, place = np.unique(target, return_inverse=True)
    return _matrix(place, len(unique)), unique


def _matrix(row: Places, rows: int) -> csr_array:
    """Return the matrix of ones that sums values by the row that each belongs to."""
    ones: Floats = np.ones(len(row))
    return csr_array((ones, (row, np.arange(len(row)))), shape=(rows, len(row)))
