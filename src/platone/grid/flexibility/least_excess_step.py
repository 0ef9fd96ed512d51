"""Steps for quarter-hours in which some excess must remain, or is tolerated.

Each limit has two more variables: the excess that is tolerated, and the excess beyond that. Their
prices are so high that no group's cost outweighs them, so that one convex program finds the least
excess and then the least cost. What it does not find for certain is found by linear programs, one
after the other.
"""

from collections.abc import Sequence

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.flexibility.boxed_programs import empty_programs
from platone.grid.flexibility.linear_program import Program, minimise
from platone.grid.flexibility.linearised_limits import Case, Step, largest_shape, last_prices
from platone.grid.flexibility.quadratic_program import solve_quadratic

_SQUARE_COST = 1e-4
"""Cost of the totals' squares, as a part of the highest cost: greater than where no excess remains,
since beside the prices of excess a smaller one would be lost in rounding."""
_HOLDS = 1e-7
"""Relative excess by which a row may be short: prices of so different sizes cost some digits."""
_OUTWEIGHS = 10.0
"""Price of excess, by the cost of reducing it with the weakest group that counts."""
_BEYOND = 1000.0
"""Price of excess beyond what is tolerated, by the price of what is tolerated."""
_WEAKEST = 1e-3
"""Effect from which on a group counts for that price, as a part of the strongest on the limit:
weaker ones would make the price so high that the cost is lost in rounding."""
_LITTLE = 0.05
"""Part of a move's cost that a limit's sum must pay for, to be named as a reason of the move."""
_MOST_EXCESS = 1e3
"""Bound of the relative excess: a thousand times the limit, where no power flow has a solution."""
_RADIUS = 30.0
"""Linear programs know no cost of moving away, so they have a box: its half width as a part of the
margin is 1 / (1 + 30 damping), which is nearly 1 at the first damping of 0.001."""


def least_excess_steps(cases: Sequence[Case]) -> list[tuple[Step, Floats]]:
    """Return steps that leave as little excess as possible, and the excess beyond the tolerated.

    Behind the totals stand two more columns for each limit: tolerated and further excess. Behind
    the limits stand their sums: of each with tolerated excess the same again with all effects, and
    with the further excess. So immaterial effects together make it no worse; but nobody is moved
    by them to make it better.
    """
    if not cases:
        return []
    rows, groups = largest_shape(cases)
    sums = max(len(case.summed) for case in cases)
    programs = empty_programs(len(cases), rows + sums, groups + 2 * rows)
    within, beyond = slice(groups, groups + rows), slice(groups + rows, None)
    programs.matrix[:, :rows, within] = programs.matrix[:, :rows, beyond] = np.eye(rows)
    for place, case in enumerate(cases):
        limits, own = case.limits, len(case.slopes)
        limits.enter(programs, place, case.slopes, _SQUARE_COST)
        price = _price_of_excess(case, case.slopes)
        programs.cost[place, within] = price
        programs.cost[place, beyond] = max(
            price * (_BEYOND if limits.tolerated.any() else 1.0),
            _price_of_excess(case, case.summed_slopes),
        )
        programs.upper[place, within][:own] = np.minimum(case.tolerated, _MOST_EXCESS)
        programs.upper[place, beyond][:own] = _MOST_EXCESS
        last = slice(rows, rows + len(case.summed))
        programs.matrix[place, last, : len(limits.now)] = -case.summed_slopes
        programs.matrix[place, last, beyond] = np.eye(rows)[case.summed]
        programs.matrix[place, case.summed, groups + rows + case.summed] = 0.0
        programs.bound[place, last] = case.excess_of_sums - case.summed_slopes @ limits.now
    programs.weight[:, groups:] = _SQUARE_COST * programs.cost[:, groups:]
    solved = solve_quadratic(programs, last_prices(cases, rows + sums), holds=_HOLDS)
    found = []
    for place, case in enumerate(cases):
        m, n = case.slopes.shape
        x = solved.x[place]
        parts = x[:n], x[within][:m], x[beyond][:m]
        if not solved.certain[place]:
            parts = _by_linear_programs(case)
        prices = solved.prices[place]
        step = Step(
            totals=parts[0],
            promised=case.promised(parts[0], parts[1] + parts[2]),
            floor=None,
            prices=prices[:m],
            pays=_pays(case, prices[rows : rows + len(case.summed)]),
        )
        found.append((step, parts[2]))
    return found


def _price_of_excess(case: Case, slopes: Floats) -> float:
    """Return a price of a unit of excess above the cost of any group that reduces it by slopes."""
    helping = -slopes / case.limits.margins
    strongest = helping.max(axis=1, keepdims=True, initial=0.0)
    useful = helping > _WEAKEST * np.where(strongest > 0, strongest, np.inf)
    if not useful.any():
        return case.limits.highest_cost
    return _OUTWEIGHS * case.limits.highest_cost / float(helping[useful].min())


def _pays(case: Case, prices: Floats) -> Flags:
    """Return which moves the sums of some limits pay for, at least a little: (limits, groups)."""
    found = np.zeros(case.slopes.shape, np.bool_)
    worth = -prices[:, None] * case.summed_slopes
    found[case.summed] = worth > _LITTLE * case.limits.cost
    return found


def _by_linear_programs(case: Case) -> tuple[Floats, Floats, Floats]:
    """Return totals, tolerated and further excess, by linear programs one after the other.

    This is slower, but needs no price of excess.
    """
    limits, slopes = case.limits, case.slopes
    m, n = slopes.shape
    radius = 1.0 / (1.0 + _RADIUS * limits.damping)
    identity, is_alone = np.eye(m), np.ones(m)
    is_alone[case.summed] = 0.0
    program = Program(
        matrix=np.vstack(
            [
                np.hstack([slopes, -identity, -identity * is_alone]),
                np.hstack([case.summed_slopes, 0 * identity[case.summed], -identity[case.summed]]),
            ]
        ),
        bound=np.concatenate(
            [
                slopes @ limits.now - limits.excess,
                case.summed_slopes @ limits.now - case.excess_of_sums,
            ]
        ),
        lower=np.concatenate([np.maximum(limits.now - radius, 0.0), np.zeros(2 * m)]),
        upper=np.concatenate(
            [np.minimum(limits.now + radius, 1.0), case.tolerated, np.full(m, np.inf)]
        ),
        tight=np.zeros(m + len(case.summed), np.bool_),
    )
    none, zero, one = np.zeros(n), np.zeros(m), np.ones(m)
    objectives = (
        np.concatenate([none, zero, one]),
        np.concatenate([none, one if limits.tolerated.any() else zero, one]),
        np.concatenate([limits.cost, zero, zero]),
    )
    weights = np.concatenate([limits.margins / limits.margins.max(initial=1e-300), one, one])
    totals, within, beyond = np.split(minimise(program, objectives, weights), [n, n + m])
    return totals, within, beyond
