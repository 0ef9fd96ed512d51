"""The critical limits of a quarter-hour, linearised around the present totals.

Totals stand here as parts of the groups' margins, x between 0 and 1. With e the excess at the
present totals x0 and D the slopes, the linearised limits are e + D (x - x0) <= 0. Tangents of
earlier rounds may stand behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.boxed_programs import BoxedPrograms
from platone.grid.flow.limit import TOLERANCE


@dataclass(frozen=True, slots=True)
class Tangents:
    """Linear functions of the totals below which no limit's excess lies, as far as it is convex.

    Attributes:
        slopes: Change by each group's whole margin, shape (tangents, groups).
        offset: Values at no move, shape (tangents,).
    """

    slopes: Floats
    offset: Floats


@dataclass(frozen=True, slots=True)
class LinearisedLimits:
    """A quarter-hour's critical limits as linear functions of its groups' totals.

    Attributes:
        now: Present totals as parts of the margins, shape (groups,).
        cost: Cost of moving each group by its whole margin, shape (groups,).
        margins: The margins, kW or kvar, shape (groups,).
        excess: Relative excess over each limit, shape (limits,).
        slopes: Change of the excess by each group's whole margin, shape (limits, groups).
        material: Slopes that are material, shape (limits, groups).
        tolerated: Relative excess over each limit that may remain, at least 0, shape (limits,).
        damping: Cost of moving away from the present totals, as a part of the highest cost.
        prices: Cost that one unit of each limit's excess was worth in the last step, shape
            (limits,); 0 where it is not known.
        at_no_move: Value at no move of the tangents that the slopes belong to, shape (limits,);
            none where no tangents are kept.
        earlier: Tangents of earlier rounds that the step must keep, too; none: only the limits.
    """

    now: Floats
    cost: Floats
    margins: Floats
    excess: Floats
    slopes: Floats
    material: Flags
    tolerated: Floats
    damping: float
    prices: Floats
    at_no_move: Floats | None = None
    earlier: Tangents | None = None

    @property
    def rows(self) -> int:
        """Return the number of rows that a program needs for limits and earlier tangents."""
        return len(self.excess) + (0 if self.earlier is None else len(self.earlier.offset))

    @property
    def material_slopes(self) -> Floats:
        """Return the slopes where they are material, else 0, shape (limits, groups)."""
        return np.where(self.material, self.slopes, 0.0)

    @property
    def highest_cost(self) -> float:
        """Return the highest cost of a move of 1 of any group; 1 where nothing costs anything."""
        return float((self.cost / self.margins).max(initial=0.0)) or 1.0

    def enter(
        self, programs: BoxedPrograms, place: int, slopes: Floats, square_cost: float
    ) -> None:
        """Write the limits into one of many programs, whose further rows and columns stay empty.

        Args:
            programs: The programs.
            place: The place among them.
            slopes: The slopes that count, shape (limits, groups).
            square_cost: Cost of a total's square over its margin, as a part of the highest cost.
        """
        limits, groups = slopes.shape
        unit = self.highest_cost * self.margins
        programs.matrix[place, :limits, :groups] = -slopes
        programs.bound[place, :limits] = self.excess - slopes @ self.now
        programs.cost[place, :groups] = self.cost - self.damping * unit * self.now
        programs.weight[place, :groups] = (square_cost + self.damping) * unit
        programs.upper[place, :groups] = 1.0

    def enter_earlier(self, programs: BoxedPrograms, place: int) -> None:
        """Write the earlier tangents into one of many programs, behind the limits."""
        if self.earlier is None:
            return
        own, groups = self.slopes.shape
        rows = slice(own, self.rows)
        programs.matrix[place, rows, :groups] = -self.earlier.slopes
        programs.bound[place, rows] = self.earlier.offset


@dataclass(frozen=True, slots=True)
class Step:
    """The optimum of a quarter-hour's linearised limits, to which the totals are moved.

    Attributes:
        totals: New totals as parts of the margins, shape (groups,).
        promised: Relative excess over each limit that they promise, shape (limits,).
        floor: Cost below which no totals keep these linear limits; none where excess must remain.
        prices: Cost that one unit of each limit's excess is worth, shape (limits,).
        pays: Moves for which the sum of immaterial effects on a limit pays, shape (limits, groups);
            none: no such sum counts.
    """

    totals: Floats
    promised: Floats
    floor: float | None
    prices: Floats
    pays: Flags | None = None


@dataclass(frozen=True)
class Case:
    """One quarter-hour's linearised limits, and the slopes that count for its step.

    Attributes:
        limits: The linearised limits.
        slopes: The slopes that count, 0 elsewhere, shape (limits, groups).
    """

    limits: LinearisedLimits
    slopes: Floats

    @cached_property
    def summed(self) -> Places:
        """Return the limits whose immaterial effects count in sum: those with tolerated excess."""
        is_less = (self.slopes != self.limits.slopes).any(axis=1)
        return np.flatnonzero((self.limits.tolerated > 0) & is_less)

    @cached_property
    def summed_slopes(self) -> Floats:
        """Return all slopes of those limits, shape (summed, groups)."""
        return self.limits.slopes[self.summed]

    @property
    def tolerated(self) -> Floats:
        """Return the excess of the material effects' rows that costs little, shape (limits,).

        Where a sum keeps a limit from getting worse, that is any excess.
        """
        found = self.limits.tolerated.copy()
        found[self.summed] = np.inf
        return found

    def promised(self, totals: Floats, excess: Floats) -> Floats:
        """Return the excess that new totals promise, shape (limits,).

        Args:
            totals: The totals as parts of the margins, shape (groups,).
            excess: Excess that the slopes that count promise, shape (limits,).
        """
        found = excess.copy()
        moved = self.summed_slopes @ (totals - self.limits.now)
        found[self.summed] = np.maximum(self.limits.excess[self.summed] + moved, 0.0)
        return found

    @property
    def excess_of_sums(self) -> Floats:
        """Return the excess of those limits beyond what is tolerated, but for noise."""
        return self.limits.excess[self.summed] - self.limits.tolerated[self.summed] - TOLERANCE


def largest_shape(cases: Sequence[Case]) -> tuple[int, int]:
    """Return the greatest number of limits and of groups in any of some cases."""
    shapes = [case.slopes.shape for case in cases]
    return max(shape[0] for shape in shapes), max(shape[1] for shape in shapes)


def last_prices(cases: Sequence[Case], rows: int) -> Floats:
    """Return the prices of the last steps, shape (cases, rows), 0 where there is no limit."""
    found = np.zeros((len(cases), rows))
    for place, case in enumerate(cases):
        found[place, : len(case.limits.prices)] = case.limits.prices
    return found
