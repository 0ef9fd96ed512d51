"""Linear programs with few rows, solved by HiGHS, the same on any machine.

Costs are whole steps of price, and equal ones are told apart by a hair of their place in the
order: the least solution is then a single corner of the set, whatever way the solver goes there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.market.domain.order_book import Kilowatts
from platone.market.domain.problem.outcome import ClearingFailed

_TOLERANCE = 1e-9
"""By how much a row or a reduced cost may be off, in its own unit: HiGHS allows no less."""
_MOST_COST = 2.0**25
"""Greatest cost that the solver is shown: with greater duals it gives up, on one processor and not
on another. Costs are then counted in a larger unit, a power of two, and a tie is still one."""
_SECONDS = 20.0
"""Time for one quarter-hour: a thousand times what ten thousand offers take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A linear program: the least cost · x with least <= matrix · x <= most, 0 <= x <= upper.

    Attributes:
        cost: Cost of each variable.
        upper: Its upper bound.
        matrix: Coefficients, shape (rows, variables).
        least: Lower bounds of the rows.
        most: Their upper bounds.
    """

    cost: Kilowatts
    upper: Kilowatts
    matrix: Kilowatts
    least: Kilowatts
    most: Kilowatts


def solve(program: Program) -> tuple[Kilowatts, Kilowatts]:
    """Return the least solution, and the dual of each row.

    Raises:
        ClearingFailed: There is none, or it was not found in time.
    """
    if not len(program.cost):  # nothing can change, which HiGHS does not call optimal
        return np.empty(0), np.zeros(len(program.least))
    row_unit, column_unit = _units(program.matrix)
    given, program = program, _counted(program, row_unit, column_unit)
    import highspy  # noqa: PLC0415 - 50 ms that a clearing by merit order does without

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("solver", "simplex"),
        ("presolve", "off"),
        ("time_limit", _SECONDS),
        ("user_objective_scale", cost_scale(program.cost)),
        ("primal_feasibility_tolerance", _TOLERANCE),
        ("dual_feasibility_tolerance", _TOLERANCE),
    ):
        solver.setOptionValue(option, value)
    rows, columns = np.nonzero(program.matrix)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = program.matrix.shape
    lp.col_cost_ = program.cost
    lp.col_lower_, lp.col_upper_ = np.zeros_like(program.cost), program.upper
    lp.row_lower_, lp.row_upper_ = program.least, program.most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(rows, np.arange(len(program.least) + 1))
    lp.a_matrix_.index_ = columns
    lp.a_matrix_.value_ = program.matrix[rows, columns]
    solver.passModel(lp)
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise ClearingFailed(f"The optimiser ended with {status.name}.", status=status.name)
    found = solver.getSolution()
    values = np.array(found.col_value) * column_unit
    return np.clip(values, 0, given.upper), np.array(found.row_dual) * row_unit


def cost_scale(cost: Sequence[float] | Kilowatts) -> int:
    """Return the power of two by which the solver counts costs, as its exponent: 0 or less."""
    greatest = float(np.abs(cost).max(initial=_MOST_COST))
    return -math.ceil(math.log2(greatest / _MOST_COST))


def _units(matrix: Kilowatts) -> tuple[Kilowatts, Kilowatts]:
    """Return the factors of rows and columns that bring coefficients near 1.

    A need of an ampere or per unit is worth a thousand times a kilowatt's price or a million times,
    which the solver takes for an error. Powers of two change no digit.
    """
    size = np.abs(matrix)
    typical = [float(np.median(row[row > 0])) if row.any() else 1.0 for row in size]
    row_unit = 2.0 ** -np.rint(np.log2(typical))
    most = (size * row_unit[:, None]).max(axis=0, initial=0.0)
    return row_unit, 2.0 ** -np.rint(np.log2(np.where(most > 0, most, 1.0)))


def _counted(program: Program, row_unit: Kilowatts, column_unit: Kilowatts) -> Program:
    """Return a program whose rows and variables are counted in other units."""
    return Program(
        cost=program.cost * column_unit,
        upper=program.upper / column_unit,
        matrix=program.matrix * row_unit[:, None] * column_unit,
        least=program.least * row_unit,
        most=program.most * row_unit,
    )
