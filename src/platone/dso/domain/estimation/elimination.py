"""Those parts of a symmetric sparse matrix's inverse that lie where the matrix does.

Block elimination along a tree, each block a node's, and back up the tree (K. Takahashi, J. Fagan,
M.-S. Chen, PICA 1973; A. M. Erisman, W. F. Tinney, Comm. ACM 18(3), 1975).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from platone.dso.domain.array import Floats, Places
from platone.dso.domain.estimation.dissection import elimination_order

BLOCK = 4
"""Unknowns a node."""
_OWN = slice(0, BLOCK)
_LATER = slice(BLOCK, None)


@dataclass(slots=True)
class _Front:
    """A node while it is eliminated, with the later nodes that it touches.

    Attributes:
        later: Their steps, in rising order.
        inverse: Of its own block, when all earlier nodes are gone.
        lower: What it passes on to the later ones, times that.
        found: The inverse over itself and the later ones.
    """

    later: Places
    inverse: Floats
    lower: Floats
    found: Floats


def selected_inverse(matrix: csr_array, touching: csr_array, first: Places) -> csr_array:
    """The inverse of a symmetric matrix between nodes that touch each other, and some more.

    Args:
        matrix: Shape (BLOCK nodes, BLOCK nodes).
        touching: Which nodes touch; at least those between which the matrix is not zero.
        first: Nodes that go before all others; without them the matrix is positive definite.
    """
    order = elimination_order(touching, first)
    nodes = len(order)
    step_of_node = np.empty(nodes, np.int64)
    step_of_node[order] = np.arange(nodes)
    step = np.repeat(step_of_node * BLOCK, BLOCK) + np.tile(np.arange(BLOCK), nodes)
    given = matrix.tocoo()
    ordered = coo_array((given.data, (step[given.row], step[given.col])), shape=matrix.shape)
    fronts = _eliminated(ordered.tocsr(), _structure(touching, step_of_node))
    return _collected(fronts, step)


def _structure(touching: csr_array, step_of_node: Places) -> list[Places]:
    """The later steps that each step touches, once all earlier ones are gone."""
    pairs = touching.tocoo()
    row, column = step_of_node[pairs.row], step_of_node[pairs.col]
    is_later = row > column
    later: list[set[int]] = [set() for _ in step_of_node]
    for of, touched in zip(column[is_later].tolist(), row[is_later].tolist(), strict=True):
        later[of].add(touched)
    for each in later:
        if each:
            parent = min(each)
            later[parent] |= each - {parent}
    return [np.array(sorted(each), np.int64) for each in later]


def _unknowns(steps: Places) -> Places:
    return (steps[:, None] * BLOCK + np.arange(BLOCK)).ravel()


def _eliminated(matrix: csr_array, later: list[Places]) -> list[_Front]:
    fronts: list[_Front] = []
    waiting: list[list[tuple[Places, Floats]]] = [[] for _ in later]
    indptr, indices, data = matrix.indptr, matrix.indices, matrix.data
    for step, steps in enumerate(later):
        involved = _unknowns(np.concatenate([[step], steps]))
        full = np.zeros((len(involved), len(involved)))
        for row in range(BLOCK):
            span = slice(indptr[step * BLOCK + row], indptr[step * BLOCK + row + 1])
            is_later = indices[span] >= step * BLOCK
            at = np.searchsorted(involved, indices[span][is_later])
            full[row, at] = full[at, row] = data[span][is_later]
        for of, passed in waiting[step]:
            at = np.searchsorted(involved, of)
            full[at[:, None], at] += passed
        waiting[step] = []
        inverse = np.linalg.inv(full[_OWN, _OWN])
        lower = full[_LATER, _OWN] @ inverse
        if len(steps):
            rest = full[_LATER, _LATER] - lower @ full[_OWN, _LATER]
            waiting[steps[0]].append((involved[BLOCK:], rest))
        fronts.append(_Front(steps, inverse, lower, full))
    return fronts


def _collected(fronts: list[_Front], step: Places) -> csr_array:
    rows, columns, values = [], [], []
    unknown = np.empty(len(step), np.int64)
    unknown[step] = np.arange(len(step))
    for own in range(len(fronts) - 1, -1, -1):
        front = fronts[own]
        involved = _unknowns(np.concatenate([[own], front.later]))
        found = np.empty((len(involved), len(involved)))
        found[_OWN, _OWN] = front.inverse
        if len(front.later):
            parent = fronts[front.later[0]]
            near = _unknowns(np.concatenate([front.later[:1], parent.later]))
            at = np.searchsorted(near, involved[BLOCK:])
            among = parent.found[at[:, None], at]
            across = -among @ front.lower
            found[_LATER, _LATER], found[_LATER, _OWN] = among, across
            found[_OWN, _LATER] = across.T
            found[_OWN, _OWN] -= front.lower.T @ across
        front.found = found
        names = unknown[involved]
        rows += [np.repeat(names[:BLOCK], len(names)), np.repeat(names[BLOCK:], BLOCK)]
        columns += [np.tile(names, BLOCK), np.tile(names[:BLOCK], len(names) - BLOCK)]
        values += [found[:BLOCK].ravel(), found[BLOCK:, :BLOCK].ravel()]
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return coo_array(entries, shape=(len(step), len(step))).tocsr()
