"""Many small strictly convex quadratic programs at once: few rows, many boxed columns.

Each program is: minimise the sum of cost x + weight x^2 / 2, subject to matrix x >= bound and
lower <= x <= upper. As every weight is above 0 there is one solution, and it does not depend on
how it is found. Given prices on the rows (the dual variables), every column follows by itself,

    x = clip((prices . column of matrix - cost) / weight, lower, upper),

so what is left is to find the prices: a concave, piecewise quadratic function of as many variables
as rows are needed. It is climbed by Newton's method with an exact line search over the points at
which columns reach a bound (for weights near 0 these are the pivots of a dual simplex method with
long steps: I. Maros, "A generalized dual phase-2 simplex algorithm", European Journal of
Operational Research 149, 2003). Rows join one by one, the most broken first. All programs climb
together, as arrays. For weights below some bound the solution is that of the linear program with
the least sum of weight x^2 among all that cost least (O. L. Mangasarian, "Normal solutions of
linear programs", Mathematical Programming Study 22, 1984).

What was found is checked: every row holds, and the dual function at the prices has the value of the
cost, which proves that no x costs less.
"""

from dataclasses import dataclass, replace

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.boxed_programs import Programs, priced
from platone.grid.flexibility.dual_ascent import PriceClimb

_MOST_STEPS = 1000
HOLDS = 1e-9
_GAP = 1e-7


@dataclass(frozen=True, slots=True)
class Solutions:
    """What was found.

    Attributes:
        x: Shape (programs, columns).
        prices: Shape (programs, rows).
        certain: Whether it is certain that this is the solution, shape (programs,).
        impossible: Whether it is certain that there is none.
    """

    x: Floats
    prices: Floats
    certain: Flags
    impossible: Flags


def solve_quadratic(
    programs: Programs, guess: Floats | None = None, holds: float = HOLDS
) -> Solutions:
    """The solutions of all programs.

    Args:
        programs: The programs.
        guess: The prices to begin with, shape (programs, rows); none: 0.
        holds: By how much a row may be short, as a part of the sum of its coefficients' sizes.
    """
    useful = _useful(programs)
    kept = programs.only(useful)
    found = Solutions(
        np.array(kept.lower),
        np.zeros(programs.bound.shape) if guess is None else guess.copy(),
        np.zeros(len(programs.cost), np.bool_),
        np.zeros(len(programs.cost), np.bool_),
    )
    if len(programs.cost):
        _solve(kept, found, holds)
    x = np.array(programs.lower)
    np.put_along_axis(x, useful, found.x, axis=1)
    return replace(found, x=x)


def _useful(programs: Programs) -> Places:
    """Columns that some price could move from their lower bounds; as many for every program.

    Others would cost something and help no row.
    """
    helps = (programs.matrix > 0).any(axis=1) | (programs.cost < 0)
    helps &= programs.lower < programs.upper
    most = max(int(helps.sum(axis=1).max(initial=0)), 1)
    return np.asarray(np.argsort(~helps, axis=1, kind="stable")[:, :most])


def _solve(programs: Programs, found: Solutions, holds: float) -> None:
    row_scale = np.abs(programs.matrix).sum(axis=2)
    row_scale[row_scale == 0] = 1.0
    cost_scale = np.abs(programs.cost).max(axis=1, initial=0.0)
    cost_scale[cost_scale == 0] = 1.0
    scaled = Programs(
        programs.matrix / row_scale[:, :, None],
        programs.bound / row_scale,
        programs.cost / cost_scale[:, None],
        programs.weight / cost_scale[:, None],
        programs.lower,
        programs.upper,
    )
    found.prices[:] *= row_scale / cost_scale[:, None]
    _climb(scaled, found, holds)
    _certify(scaled, found, holds)
    found.prices[:] *= cost_scale[:, None] / row_scale


def _climb(programs: Programs, found: Solutions, holds: float) -> None:
    left = np.arange(len(programs.cost))
    climb = PriceClimb(programs, found.prices, holds)
    for _ in range(_MOST_STEPS):
        done = climb.step()
        if done.any():
            ended = left[done]
            found.x[ended] = climb.x[done]
            found.prices[ended] = climb.all_prices()[done]
            found.impossible[ended] = climb.impossible[done]
            left = left[~done]
            if not len(left):
                return
            climb.keep(~done)


def _certify(programs: Programs, found: Solutions, slack: float) -> None:
    """Certain is what holds all rows at the dual function's value."""
    p, x = programs, found.x
    holds = (p.short(x) <= 2 * slack).all(axis=1)
    pull = priced(found.prices, p.matrix) - p.cost
    best = np.clip(pull / p.weight, p.lower, p.upper)
    dual = (found.prices * p.bound).sum(axis=1) + (p.weight * best**2 / 2 - pull * best).sum(axis=1)
    cost = (p.cost * x + p.weight * x**2 / 2).sum(axis=1)
    size = np.maximum(np.abs(cost), np.abs(found.prices * p.bound).sum(axis=1))
    found.certain[:] = holds & (np.abs(cost - dual) <= _GAP * size) & ~found.impossible
