"""Programs with all-or-nothing variables, solved by HiGHS: first which, then how much.

The first solution decides the whole numbers, within a stated gap of the least cost. With those
fixed what is left is a linear program, whose least corner and duals follow as in
:mod:`.linear_program`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.linear_program import cost_scale
from platone.market.domain.order_book import Kilowatts
from platone.market.domain.problem.outcome import ClearingFailed

GAP = 1e-4
"""By how much the cost may lie above the least, as a share of it: a hundredth of a per cent."""
_TOLERANCE = 1e-9
"""By how much a row or a reduced cost may be off, in its own unit: HiGHS allows no less."""
_SECONDS = 60.0
"""Time for a market day: ten times what 350 offers of 24 quarter-hours on a feeder take."""
_WHOLE = 0.5
"""A whole number is 0 below it, and 1 above."""
_INFINITE = float("inf")


@dataclass(slots=True)
class MixedProgram:
    """A program under construction: the least cost of variables, some of which are 0 or 1.

    Attributes:
        cost: Cost of each variable.
        upper: Upper bound of each; the lower one is 0.
        whole: Numbers of the variables that are 0 or 1.
        least: Lower bound of each row.
        most: Upper bound of each row.
        starts: Where each row begins in ``columns``.
        columns: The variables of the rows.
        values: Their coefficients.
    """

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    @property
    def ends(self) -> list[int]:
        """Where each row ends in ``columns``."""
        return [*self.starts[1:], len(self.columns)]

    def variable(self, cost: float, upper: float) -> int:
        """Add a variable, and return its number."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def choice(self) -> int:
        """Add a variable that is 0 or 1, and return its number."""
        self.whole.append(self.variable(0.0, 1.0))
        return self.whole[-1]

    def row(self, terms: list[tuple[int, float]], least: float, most: float) -> None:
        """Add a row: the sum of variables times coefficients lies between two bounds."""
        self.starts.append(len(self.columns))
        self.least.append(least)
        self.most.append(most)
        self.columns += [column for column, _ in terms]
        self.values += [value for _, value in terms]


def solve_mixed(program: MixedProgram) -> tuple[Kilowatts, Kilowatts]:
    """Return the solution, and the dual of each row where the whole numbers are fixed.

    Raises:
        ClearingFailed: There is none, or it was not found in time.
    """
    import highspy  # noqa: PLC0415 - 50 ms that a clearing by merit order does without

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("time_limit", _SECONDS),
        ("user_objective_scale", cost_scale(program.cost)),
        ("mip_rel_gap", GAP),
        ("mip_abs_gap", 0.0),
        ("mip_feasibility_tolerance", _TOLERANCE),
        ("primal_feasibility_tolerance", _TOLERANCE),
        ("dual_feasibility_tolerance", _TOLERANCE),
    ):
        solver.setOptionValue(option, value)
    upper = np.array(program.upper)
    solver.passModel(_model(highspy, program, upper))
    if program.whole:
        chosen = _run(highspy, solver)[program.whole] > _WHOLE
        fixed = chosen.astype(np.float64)
        lower = np.zeros_like(upper)
        lower[program.whole] = upper[program.whole] = fixed
        numbers = np.arange(len(upper), dtype=np.int32)
        kinds = np.full(len(upper), highspy.HighsVarType.kContinuous)
        solver.changeColsIntegrality(len(numbers), numbers, kinds)
        solver.changeColsBounds(len(numbers), numbers, lower, upper)
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("presolve", "off")
    found = _run(highspy, solver)
    return np.clip(found, 0, upper), np.array(solver.getSolution().row_dual)


def _model(highspy: Any, program: MixedProgram, upper: NDArray[np.float64]) -> Any:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = len(program.least), len(upper)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, np.zeros_like(upper), upper
    lp.row_lower_, lp.row_upper_ = program.least, program.most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = [*program.starts, len(program.columns)]
    lp.a_matrix_.index_ = program.columns
    lp.a_matrix_.value_ = program.values
    if program.whole:
        kinds = [highspy.HighsVarType.kContinuous] * len(upper)
        for number in program.whole:
            kinds[number] = highspy.HighsVarType.kInteger
        lp.integrality_ = kinds
    return lp


def _run(highspy: Any, solver: Any) -> NDArray[np.float64]:
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise ClearingFailed(f"The optimiser ended with {status.name}.", status=status.name)
    return np.array(solver.getSolution().col_value)
