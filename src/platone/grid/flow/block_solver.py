"""Solve linear equations of 2 x 2 blocks over a network, for many states at once.

The equations are block-sparse LU factors (T. A. Davis, Direct Methods for Sparse Linear Systems,
2006) in the order that :mod:`platone.grid.flow.elimination` plans.

A block is an array of its four values by rows, (…, 4, states): the last axis runs over states, so
that each step of the elimination is one array operation for all nodes of a stage and all states.
Pivots are whole blocks on the diagonal, which power-flow equations allow away from the collapse of
the voltage.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Floats, Places
from platone.grid.flow.elimination import Elimination, Stage


@dataclass(frozen=True, slots=True)
class _Reduced:
    """The factors of one stage of the elimination, as blocks of shape (…, 4, states).

    Attributes:
        inverse: Inverses of the eliminated nodes' diagonal blocks.
        below: For each pair of an eliminated node and a neighbour, the block below the pivot,
            times the inverse.
        beside: The inverse times the block beside the pivot.
    """

    inverse: Floats
    below: Floats
    beside: Floats


class BlockSolver:
    """A factorised matrix of 2 x 2 blocks, with other values in each state.

    Args:
        plan: The elimination of its pattern.
        entries: Its blocks by the plan's entries, shape (entries, 4, states); overwritten.
    """

    def __init__(self, plan: Elimination, entries: Floats) -> None:
        self._plan = plan
        self._stages = [_reduce(stage, entries) for stage in plan.stages]

    def solve(self, right: Floats, states: Places) -> Floats:
        """Solve for many right-hand sides, each with the matrix of one state.

        Args:
            right: Shape (nodes, 2, right-hand sides); overwritten by the solution.
            states: The state of each right-hand side, shape (right-hand sides,).
        """
        steps = list(zip(self._plan.stages, self._stages, strict=True))
        for stage, reduced in steps:
            moved = _times(reduced.below[..., states], right[stage.nodes[stage.row_of]])
            right[stage.gathered] -= _summed(stage.gather, moved)
        for stage, reduced in reversed(steps):
            known = _times(reduced.beside[..., states], right[stage.neighbours])
            own = _times(reduced.inverse[..., states], right[stage.nodes])
            right[stage.nodes] = own - _summed(stage.spread, known)
        return right


def _reduce(stage: Stage, entries: Floats) -> _Reduced:
    """Eliminate a stage's nodes from the entries, and return the factors."""
    inverse = _inverse(entries[stage.pivots])
    of_pair = inverse[stage.row_of]
    below = _product(entries[stage.below], of_pair)
    beside = entries[stage.beside]
    updates = _product(below[stage.left], beside[stage.right])
    entries[stage.updated] -= _summed(stage.updates, updates)
    return _Reduced(inverse, below, _product(of_pair, beside))


def _inverse(block: Floats) -> Floats:
    """Return the inverses of 2 x 2 blocks, shape (…, 4, states)."""
    a, b, c, d = (block[:, place] for place in range(4))
    return np.stack([d, -b, -c, a], axis=1) / (a * d - b * c)[:, None]


def _product(one: Floats, other: Floats) -> Floats:
    """Return the products of 2 x 2 blocks, shape (…, 4, states)."""
    a, b, c, d = (one[:, place] for place in range(4))
    e, f, g, h = (other[:, place] for place in range(4))
    return np.stack([a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h], axis=1)


def _times(block: Floats, vector: Floats) -> Floats:
    """Return blocks of shape (…, 4, states) times vectors of shape (…, 2, states)."""
    x, y = vector[:, 0], vector[:, 1]
    return np.stack([block[:, 0] * x + block[:, 1] * y, block[:, 2] * x + block[:, 3] * y], axis=1)


def _summed(matrix: csr_array, values: Floats) -> Floats:
    """Return the sums of values along their first axis that a matrix of ones defines."""
    each = values.shape[1:]
    flat = matrix @ values.reshape(len(values), math.prod(each))
    return np.asarray(flat.reshape(-1, *each))
