"""The next totals of quarter-hours that are being cured: one convex program for each.

Around the present totals every critical limit's excess is taken as linear. Sought are the totals,
between 0 and their margins, with

1. the least excess beyond what is tolerated, and then the least excess at all;
2. the least cost, plus a millionth of half the highest cost for each total's square over its
   margin. So equal groups move pro rata to their margins, and there is one answer.

A group is moved for a limit only where its effect on it is material. Where that is not enough for
a limit that must be kept, every effect on it counts; and all effects together make no tolerated
excess greater: many small ones are not small. From the second round on the move from the present
totals costs too (:class:`platone.grid.flexibility.iteration_state.Damping`). So the rounds end
where linear programs alternate between consumers that help about equally; where nothing moves, that
costs nothing.

First steps are sought that leave no excess. Where there is none, or something is tolerated,
:mod:`platone.grid.flexibility.least_excess_step` leaves as little as possible.
"""

from collections.abc import Sequence

import numpy as np

from platone.grid.array import Floats
from platone.grid.flexibility.boxed_programs import BoxedPrograms, empty_programs, priced, times
from platone.grid.flexibility.least_excess_step import least_excess_steps
from platone.grid.flexibility.linearised_limits import (
    Case,
    LinearisedLimits,
    Step,
    largest_shape,
    last_prices,
)
from platone.grid.flexibility.quadratic_program import solve_quadratic
from platone.grid.flow.limit import TOLERANCE

_SQUARE_COST = 1e-6
"""Cost of a total's square over its margin, as a part of the highest cost: it makes equals move pro
rata, and the answer unique; the answer costs at most half of this part above the least."""
_BETWEEN = 1e-9
"""Distance from a bound, as a part of the margin, from which on a total is between its bounds."""
_REGULAR = 1e-10
"""Part of a matrix's trace that is added to its diagonal, so that it can be inverted."""
_TINY = 1e-300
"""Trace of a matrix that stands for 0: smaller than any number that occurs."""


def next_steps(limits: Sequence[LinearisedLimits]) -> list[Step]:
    """Return the next step of each quarter-hour."""
    cases = [Case(each, each.material_slopes) for each in limits]
    found: list[Step | None] = [None] * len(cases)
    exact = [place for place, each in enumerate(limits) if not each.tolerated.any()]
    for place, step in zip(exact, _exact_steps([cases[i] for i in exact]), strict=True):
        found[place] = step
    left = [place for place, step in enumerate(found) if step is None]
    wider: list[int] = []
    for place, (step, beyond) in zip(
        left, least_excess_steps([cases[i] for i in left]), strict=True
    ):
        found[place] = step
        own = limits[place]
        is_short = (beyond > TOLERANCE) & (own.tolerated == 0)
        if is_short.any() and not own.material.all():
            counts = own.material | is_short[:, None]
            cases[place] = Case(own, np.where(counts, own.slopes, 0.0))
            wider.append(place)
    for place, (step, _) in zip(wider, least_excess_steps([cases[i] for i in wider]), strict=True):
        found[place] = step
    return [step for step in found if step is not None]


def _exact_steps(cases: Sequence[Case]) -> list[Step | None]:
    """Return for each case the step that leaves no excess, or none where there is no such step."""
    if not cases:
        return []
    _, columns = largest_shape(cases)
    rows = max(case.limits.rows for case in cases)
    programs = empty_programs(len(cases), rows, columns)
    for place, case in enumerate(cases):
        case.limits.enter(programs, place, case.slopes, _SQUARE_COST)
        case.limits.enter_earlier(programs, place)
    solved = solve_quadratic(programs, _mended_prices(cases, programs))
    found: list[Step | None] = []
    for place, case in enumerate(cases):
        if solved.impossible[place] or not solved.certain[place]:
            found.append(None)
            continue
        rows, columns = case.slopes.shape
        floor = _floor(case, solved.prices[place])
        prices = solved.prices[place, :rows]
        found.append(Step(solved.x[place, :columns], np.zeros(rows), floor, prices))
    return found


def _floor(case: Case, prices: Floats) -> float:
    """Return a cost below which no totals keep the linear limits, and no squares or damping count.

    It is the dual function of that linear program at some prices of its rows, shape (rows,).
    """
    limits, own = case.limits, len(case.slopes)
    at_no_move = limits.excess - case.slopes @ limits.now
    if limits.at_no_move is not None:
        at_no_move = limits.at_no_move
    floor = prices[:own] @ at_no_move
    worth = prices[:own] @ case.slopes
    if limits.earlier is not None:
        floor += prices[own : limits.rows] @ limits.earlier.offset
        worth += prices[own : limits.rows] @ limits.earlier.slopes
    return float(floor + np.minimum(limits.cost + worth, 0.0).sum())


def _mended_prices(cases: Sequence[Case], programs: BoxedPrograms) -> Floats:
    """Return the last prices, changed so that totals between their bounds stay where they are.

    Derivatives have changed since the last step; so little that the same totals will be between
    their bounds, but enough for the last prices to send each to one of them, from where they would
    come back one by one. The change is the least-squares solution of the optimality conditions of
    those totals. Earlier tangents begin at a price of 0.
    """
    limits, _ = largest_shape(cases)
    prices, coefficients = last_prices(cases, limits), programs.matrix[:, :limits]
    now = np.zeros(programs.cost.shape)
    for place, case in enumerate(cases):
        now[place, : len(case.limits.now)] = case.limits.now
    between = (now > _BETWEEN) & (now < 1 - _BETWEEN)
    scale = np.abs(coefficients).sum(axis=2, keepdims=True)
    scale[scale == 0] = 1.0
    matrix = coefficients / scale * between[:, None, :] * (prices > 0)[:, :, None]
    wanted = programs.cost + programs.weight * now
    missing = np.where(between, wanted - priced(prices, coefficients), 0.0)
    square = matrix @ matrix.transpose(0, 2, 1)
    size = np.maximum(square.trace(axis1=1, axis2=2), _TINY)[:, None, None]
    square += _REGULAR * size * np.eye(len(prices[0]))
    change = np.linalg.solve(square, times(matrix, missing)[:, :, None])[:, :, 0]
    found = np.zeros(programs.bound.shape)
    found[:, :limits] = np.maximum(prices + change / scale[:, :, 0], 0.0)
    return found
