"""Solve many small strictly convex quadratic programs at once: few rows, many boxed columns.

Each program is: minimise the sum of cost x + weight x^2 / 2, subject to matrix x >= bound and
lower <= x <= upper. As every weight is above 0 there is one solution, and it does not depend on
how it is found. Given prices on the rows (the dual variables), every column follows by itself, so
that what is left is to find the prices: a concave, piecewise quadratic function of as many
variables as rows are needed. It is climbed by Newton's method with an exact line search over the
points at which columns reach a bound (for weights near 0 these are the pivots of a dual simplex
method with long steps: I. Maros, "A generalized dual phase-2 simplex algorithm", European Journal
of Operational Research 149, 2003). Rows join one by one, the most broken first. All programs climb
together, as arrays (:mod:`platone.grid.flexibility.dual_ascent`). For weights below some bound the
solution is that of the linear program with the least sum of weight x^2 among all that cost least
(O. L. Mangasarian, "Normal solutions of linear programs", Mathematical Programming Study 22, 1984).

Every solution is checked: all rows hold, and the dual function at the prices has the value of the
cost, which proves that no x costs less.
"""

from dataclasses import dataclass, replace

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.boxed_programs import BoxedPrograms, priced
from platone.grid.flexibility.dual_ascent import DualAscent

_MOST_STEPS = 1000
"""Steps uphill, at most; a program that has not ended by then is not certain."""
_HOLDS = 1e-9
"""By how much a row may be short, as a part of the sum of its coefficients' sizes: where all that
is flexible changes a limit's excess tenfold, that is a hundredth of the excess that counts."""
_GAP = 1e-7
"""Part of the cost by which it may differ from the dual function's value."""


@dataclass(frozen=True, slots=True)
class Solutions:
    """The solutions of many programs, and how certain they are.

    Attributes:
        x: Values of the columns, shape (programs, columns).
        prices: Prices of the rows, shape (programs, rows).
        certain: Programs whose solution is proven, shape (programs,).
        impossible: Programs that are proven to have no solution, shape (programs,).
    """

    x: Floats
    prices: Floats
    certain: Flags
    impossible: Flags


def solve_quadratic(
    programs: BoxedPrograms, guess: Floats | None = None, holds: float = _HOLDS
) -> Solutions:
    """Return the solutions of all programs.

    Args:
        programs: The programs.
        guess: Prices to begin with, shape (programs, rows); none: 0.
        holds: By how much a row may be short, as a part of the sum of its coefficients' sizes.
    """
    useful = _useful_columns(programs)
    kept = programs.only(useful)
    found = Solutions(
        x=np.array(kept.lower),
        prices=np.zeros(programs.bound.shape) if guess is None else guess.copy(),
        certain=np.zeros(len(programs.cost), np.bool_),
        impossible=np.zeros(len(programs.cost), np.bool_),
    )
    if len(programs.cost):
        _solve_scaled(kept, found, holds)
    x = np.array(programs.lower)
    np.put_along_axis(x, useful, found.x, axis=1)
    return replace(found, x=x)


def _useful_columns(programs: BoxedPrograms) -> Places:
    """Return the columns that some price could move, as many for every program.

    The others would cost something and help no row.
    """
    helps = (programs.matrix > 0).any(axis=1) | (programs.cost < 0)
    helps &= programs.lower < programs.upper
    most = max(int(helps.sum(axis=1).max(initial=0)), 1)
    return np.asarray(np.argsort(~helps, axis=1, kind="stable")[:, :most])


def _solve_scaled(programs: BoxedPrograms, found: Solutions, holds: float) -> None:
    """Solve the programs, scaled to coefficients that sum up to 1 and to costs of at most 1."""
    row_scale = np.abs(programs.matrix).sum(axis=2)
    row_scale[row_scale == 0] = 1.0
    cost_scale = np.abs(programs.cost).max(axis=1, initial=0.0)
    cost_scale[cost_scale == 0] = 1.0
    scaled = BoxedPrograms(
        matrix=programs.matrix / row_scale[:, :, None],
        bound=programs.bound / row_scale,
        cost=programs.cost / cost_scale[:, None],
        weight=programs.weight / cost_scale[:, None],
        lower=programs.lower,
        upper=programs.upper,
    )
    found.prices[:] *= row_scale / cost_scale[:, None]
    _climb(scaled, found, holds)
    _certify(scaled, found, holds)
    found.prices[:] *= cost_scale[:, None] / row_scale


def _climb(programs: BoxedPrograms, found: Solutions, holds: float) -> None:
    """Climb until every program has ended, and write down what each has found."""
    left = np.arange(len(programs.cost))
    ascent = DualAscent(programs, found.prices, holds)
    for _ in range(_MOST_STEPS):
        done = ascent.step()
        if done.any():
            ended = left[done]
            found.x[ended] = ascent.x[done]
            found.prices[ended] = ascent.prices[done]
            found.impossible[ended] = ascent.impossible[done]
            left = left[~done]
            if not len(left):
                return
            ascent.keep(~done)


def _certify(programs: BoxedPrograms, found: Solutions, slack: float) -> None:
    """Note the solutions that hold all rows at the dual function's value."""
    p, x = programs, found.x
    holds = (p.shortage(x) <= 2 * slack).all(axis=1)
    worth = priced(found.prices, p.matrix) - p.cost
    best = np.clip(worth / p.weight, p.lower, p.upper)
    of_rows = (found.prices * p.bound).sum(axis=1)
    dual = of_rows + (p.weight * best**2 / 2 - worth * best).sum(axis=1)
    cost = (p.cost * x + p.weight * x**2 / 2).sum(axis=1)
    size = np.maximum(np.abs(cost), np.abs(found.prices * p.bound).sum(axis=1))
    found.certain[:] = holds & (np.abs(cost - dual) <= _GAP * size) & ~found.impossible
