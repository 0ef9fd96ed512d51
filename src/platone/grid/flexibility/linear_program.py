"""Solve small linear programs with a lexicographic objective, by HiGHS (MIT).

Minimise the first objective; among its minimisers the second; and so on; last, among all that
are left, take the one with the least weighted sum of squares. That last step makes the answer
unique: equals are treated equally, and nothing depends on the solver's path.

The minimisers of a linear program are a face of its feasible set, and by complementary slackness
a dual solution says which: variables with a reduced cost keep their bound, rows with a dual are
tight. So each step narrows the set to rounding, without a tolerance on the objective's value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from platone.grid.array import Floats
from platone.grid.flexibility.least_squares import least_squares
from platone.grid.problem.calculation import OptimisationFailed

_FEASIBILITY = 1e-9
"""By how much a row or bound may be broken: a thousandth of the relative excess that counts."""
_DUAL = 1e-8
"""A dual below this part of the greatest cost is none: ten times the solver's tolerance."""
_RANK = 1e-9
"""A singular value below this is 0, where coefficients are about 1."""


@dataclass(frozen=True, slots=True)
class Program:
    """A feasible set: matrix x <= bound, on tight rows =, and lower <= x <= upper.

    Attributes:
        matrix: Coefficients, shape (rows, variables).
        bound: Right-hand sides, shape (rows,).
        lower: Least values of the variables, shape (variables,).
        upper: Greatest values of the variables, shape (variables,).
        tight: The rows that hold with equality, shape (rows,).
    """

    matrix: Floats
    bound: Floats
    lower: Floats
    upper: Floats
    tight: NDArray[np.bool_]


def minimise(program: Program, objectives: Sequence[Floats], weights: Floats) -> Floats:
    """Return the lexicographic minimiser, shape (variables,).

    Args:
        program: The feasible set; it must not be empty.
        objectives: Cost vectors, the most important first; at least one.
        weights: Weights of the squares that break what ties are left, above 0.

    Raises:
        OptimisationFailed: The solver found no optimum.
    """
    best = np.zeros(len(program.lower))
    for cost in objectives:
        scale = float(np.abs(cost).max(initial=0.0))
        if scale > 0:
            best, program = _face(program, cost / scale)
    free = program.lower < program.upper
    if _unique(program.matrix[program.tight][:, free]):
        return best
    return _tie_broken(program, free, best, weights)


def _face(program: Program, cost: Floats) -> tuple[Floats, Program]:
    """Return a minimiser of one cost, and the set of all its minimisers."""
    solution, reduced, dual = _solve(program, cost)
    kept = (np.abs(reduced) > _DUAL) & (program.lower < program.upper)
    tight = program.tight | (np.abs(dual) > _DUAL)
    reached = program.matrix @ solution
    return solution, replace(
        program,
        # rounding must not empty the set
        bound=np.where(tight, reached, np.maximum(program.bound, reached + _FEASIBILITY)),
        lower=np.where(kept, solution, program.lower),
        upper=np.where(kept, solution, program.upper),
        tight=tight,
    )


def _unique(matrix: Floats) -> bool:
    """Return whether equations leave no freedom to their variables."""
    rows, columns = matrix.shape
    if columns == 0:
        return True
    if rows < columns:
        return False
    return int(np.linalg.matrix_rank(matrix, tol=_RANK)) == int(columns)


def _tie_broken(program: Program, free: NDArray[np.bool_], best: Floats, weights: Floats) -> Floats:
    """Return the point of a set with the least weighted sum of squares.

    Args:
        program: The set.
        free: Variables that are not fixed, shape (variables,).
        best: A point of the set.
        weights: Weights of the squares, above 0.
    """
    matrix = program.matrix[:, free]
    bound = program.bound - program.matrix[:, ~free] @ program.lower[~free]
    identity = np.eye(int(free.sum()))
    finite = np.isfinite(program.upper[free])
    inequalities = (
        np.vstack([matrix[~program.tight], identity[finite], -identity]),
        np.concatenate([bound[~program.tight], program.upper[free][finite], -program.lower[free]]),
    )
    found = least_squares(inequalities, matrix[program.tight], best[free], weights[free])
    solution = program.lower.copy()
    solution[free] = np.clip(found, program.lower[free], program.upper[free])
    return solution


def _solve(program: Program, cost: Floats) -> tuple[Floats, Floats, Floats]:
    """Return a solution, the reduced costs of its variables and the duals of its rows."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - the library's signature
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("presolve", "off")  # it calls sets that are almost a point empty
    solver.setOptionValue("primal_feasibility_tolerance", _FEASIBILITY)
    solver.setOptionValue("dual_feasibility_tolerance", _FEASIBILITY)
    solver.passModel(_model(program, cost))
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise OptimisationFailed(f"The optimiser ended with {status.name}.", status=status.name)
    found = solver.getSolution()
    solution = np.clip(np.array(found.col_value), program.lower, program.upper)
    return solution, np.array(found.col_dual), np.array(found.row_dual)


def _model(program: Program, cost: Floats) -> highspy.HighsLp:
    """Return the program as the solver's own model."""
    rows = csr_array(program.matrix)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = program.matrix.shape
    lp.col_cost_ = cost
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_ = np.where(program.tight, program.bound, -highspy.kHighsInf)
    lp.row_upper_ = program.bound
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = rows.indptr
    lp.a_matrix_.index_ = rows.indices
    lp.a_matrix_.value_ = rows.data
    return lp
