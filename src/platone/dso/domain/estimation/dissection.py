"""In which order to eliminate the nodes of a network, so that little fills in and errors stay small.

Nested dissection (A. George, SIAM J. Numer. Anal. 10(2), 1973): a layer of nodes that parts the
rest goes last, and so on in each part. Along a feeder every node is then told by nodes at both its
sides; in an order from the feeder's end each would be extrapolated from the ones before, and
rounding would grow by a factor a node.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_array

from platone.dso.domain.array import Places

_FEW = 6


def elimination_order(touching: csr_array, first: Places) -> Places:
    """The nodes in the order in which to eliminate them.

    Args:
        touching: Which nodes touch, symmetric.
        first: Nodes that go before all others, those that touch the fewest at first.
    """
    pairs = np.split(touching.indices, touching.indptr[1:-1])
    near = [set(each.tolist()) - {node} for node, each in enumerate(pairs)]
    order = sorted(first.tolist(), key=lambda node: len(near[node]))
    for node in order:
        left = near[node]
        for other in left:
            near[other] |= left
            near[other] -= {other, node}
    gone = set(order)
    rest = [node for node in range(len(near)) if node not in gone]
    return np.array(order + _dissected(near, rest), np.int64)


def _dissected(near: Sequence[set[int]], nodes: Iterable[int]) -> list[int]:
    """The order backwards: what parts the rest, then the parts."""
    backwards: list[int] = []
    waiting = [list(nodes)]
    while waiting:
        part = waiting.pop()
        if len(part) <= _FEW:
            backwards += part
            continue
        within = set(part)
        layers = _layers(near, within, part[0])
        if sum(map(len, layers)) == len(part):
            layers = _layers(near, within, layers[-1][0])
            middle = _middle(layers)
            backwards += layers[middle]
            waiting += [_flat(layers[:middle]), _flat(layers[middle + 1 :])]
        else:
            found = set(_flat(layers))
            waiting += [list(found), [node for node in part if node not in found]]
    return backwards[::-1]


def _layers(near: Sequence[set[int]], within: set[int], start: int) -> list[list[int]]:
    """The nodes that can be reached, by their distance."""
    seen, layers = {start}, [[start]]
    while layers[-1]:
        ring = {other for node in layers[-1] for other in near[node] & within} - seen
        seen |= ring
        layers.append(sorted(ring))
    return layers[:-1]


def _middle(layers: Sequence[Sequence[int]]) -> int:
    ends = np.cumsum([len(layer) for layer in layers])
    return int(np.searchsorted(ends, ends[-1] / 2))


def _flat(layers: Sequence[Sequence[int]]) -> list[int]:
    return [node for layer in layers for node in layer]
