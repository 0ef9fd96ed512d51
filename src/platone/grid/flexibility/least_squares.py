"""Find the point of a polyhedron with the least weighted sum of squares, to rounding.

Equations are eliminated by a basis of their null space; what is left, least distance under
inequalities, is a non-negative least-squares problem (C. L. Lawson, R. J. Hanson, Solving Least
Squares Problems, 1974, chapter 23), which an active set solves in finitely many steps.
"""

import numpy as np
from scipy.linalg import null_space, qr, solve_triangular
from scipy.optimize import nnls

from platone.grid.array import Floats

_RANK = 1e-9
"""A singular value below this part of the largest is 0."""
_NO_DISTANCE = 1e-9
"""Residual below which rounding leaves no point that fulfils the inequalities."""


def least_squares(
    inequalities: tuple[Floats, Floats], equations: Floats, start: Floats, weights: Floats
) -> Floats:
    """Minimise the sum of weights x^2 over matrix x <= bound and equations x = equations start.

    Args:
        inequalities: Matrix, shape (rows, variables), and bound, shape (rows,).
        equations: Rows of the equations, shape (equations, variables).
        start: A point that fulfils inequalities and equations, shape (variables,).
        weights: Weights of the squares, above 0, shape (variables,).
    """
    basis = null_space(equations, rcond=_RANK) if len(equations) else np.eye(len(start))
    if basis.shape[1] == 0:
        return start
    scale = np.sqrt(weights)
    q, r = qr(scale[:, None] * basis, mode="economic")
    offset = q.T @ (scale * start)
    matrix, bound = inequalities
    moved = solve_triangular(r, (matrix @ basis).T, trans="T").T  # by the scaled coordinates
    room = np.maximum(bound - matrix @ start, 0.0) + moved @ offset
    nearest = _least_distance(-moved, -room)
    if nearest is None:
        return start
    return np.asarray(start + basis @ solve_triangular(r, nearest - offset))


def _least_distance(matrix: Floats, bound: Floats) -> Floats | None:
    """Return the shortest s with matrix s >= bound, or none where rounding leaves no such point."""
    count = matrix.shape[1]
    stacked = np.vstack([matrix.T, bound])
    target = np.zeros(count + 1)
    target[count] = 1.0
    solution, distance = nnls(stacked, target, maxiter=50 * stacked.shape[1])
    residual = stacked @ solution - target
    if distance < _NO_DISTANCE or residual[count] == 0:
        return None
    return np.asarray(-residual[:count] / residual[count])
