"""Equations of 2 x 2 blocks over a network, for many states at once.

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
    """What elimination left of a stage: inverse pivots, and the blocks of its pairs by them."""

    inverse: Floats
    below: Floats
    beside: Floats


class BlockSolver:
    """A matrix, eliminated.

    Args:
        plan: The elimination of its pattern.
        entries: Its blocks by the plan's entries, shape (entries, 4, states); they are used up.
    """

    def __init__(self, plan: Elimination, entries: Floats) -> None:
        self._plan = plan
        self._stages = [_reduce(stage, entries) for stage in plan.stages]

    def solve(self, right: Floats, states: Places) -> Floats:
        """Solve for many right-hand sides.

        Args:
            right: Shape (nodes, 2, right-hand sides); it becomes the solution.
            states: Whose state's matrix each of them goes with.
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
    inverse = _inverse(entries[stage.pivots])
    of_pair = inverse[stage.row_of]
    below = _product(entries[stage.below], of_pair)
    beside = entries[stage.beside]
    updates = _product(below[stage.left], beside[stage.right])
    entries[stage.updated] -= _summed(stage.updates, updates)
    return _Reduced(inverse, below, _product(of_pair, beside))


def _inverse(block: Floats) -> Floats:
    a, b, c, d = (block[:, place] for place in range(4))
    return np.stack([d, -b, -c, a], axis=1) / (a * d - b * c)[:, None]


def _product(one: Floats, other: Floats) -> Floats:
    a, b, c, d = (one[:, place] for place in range(4))
    e, f, g, h = (other[:, place] for place in range(4))
    return np.stack([a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h], axis=1)


def _times(block: Floats, vector: Floats) -> Floats:
    x, y = vector[:, 0], vector[:, 1]
    return np.stack([block[:, 0] * x + block[:, 1] * y, block[:, 2] * x + block[:, 3] * y], axis=1)


def _summed(matrix: csr_array, values: Floats) -> Floats:
    each = values.shape[1:]
    flat = matrix @ values.reshape(len(values), math.prod(each))
    return np.asarray(flat.reshape(-1, *each))
