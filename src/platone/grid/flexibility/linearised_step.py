"""The next totals of quarter-hours that are being cured: one convex program for each.

Around the present totals every watched limit's excess is taken as linear. Sought are the totals,
between 0 and their margins, with

1. the least excess beyond what is tolerated, and then the least excess at all;
2. the least cost, plus a millionth of half the highest cost for each total's square over its
   margin. So equal groups move pro rata to their margins, and there is one answer.

A group is moved for a limit only where its effect on it is material; where that is not enough,
for limits that are not broken before, every effect counts. From the second round on the move from
the present totals costs too: twice as much each time the AC power flow does not hold what the
linear limits promised, half as much each time it does. So the rounds end where linear programs
alternate between consumers that help about equally; where nothing moves, that costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.flexibility.boxed_programs import Programs, priced, times
from platone.grid.flexibility.linear_program import Program, minimise
from platone.grid.flexibility.quadratic_program import solve_quadratic
from platone.grid.flow.limit import TOLERANCE

EQUAL = 1e-6
"""Costs count as equal within half of this part of the highest cost."""
_EQUAL_IF_SOFT = 1e-4
_SOFT_HOLDS = 1e-7
_OUTWEIGHS = 10.0
_BEYOND = 1000.0
_WEAKEST = 1e-3
_MOST_EXCESS = 1e3
_RADIUS = 30.0
_BETWEEN = 1e-9
_FLAT = 1e-10
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Outlook:
    """A quarter-hour's limits around its present totals.

    Attributes:
        now: Present totals as parts of the margins.
        cost: Cost of moving each group by its whole margin.
        margins: The margins.
        excess: Each watched limit's excess.
        slopes: Its change by each group's whole margin, shape (limits, groups).
        material: Where that is material.
        tolerated: Excess that is tolerated over each watched limit, at least 0.
        damping: Cost of moving from the present totals, as a part of the highest cost.
        prices: What a unit of each limit was worth in the last step; 0 where it is not known.
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


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done.

    Attributes:
        totals: New totals as parts of the margins.
        promised: The excess over each watched limit that they promise.
        floor: A cost that no totals within these linear limits go below; it is not known where
            some excess must be left.
        prices: What a unit of each limit would be worth.
    """

    totals: Floats
    promised: Floats
    floor: float | None
    prices: Floats


def steps(outlooks: Sequence[Outlook]) -> list[Step]:
    """The next step of each quarter-hour."""
    cases = [(each, np.where(each.material, each.slopes, 0.0)) for each in outlooks]
    found: list[Step | None] = [None] * len(cases)
    hard = [place for place, each in enumerate(outlooks) if not each.tolerated.any()]
    for place, step in zip(hard, _hard([cases[i] for i in hard]), strict=True):
        found[place] = step
    soft = [place for place, step in enumerate(found) if step is None]
    wider: list[int] = []
    for place, (step, beyond) in zip(soft, _soft([cases[i] for i in soft]), strict=True):
        found[place] = step
        outlook = outlooks[place]
        newly = outlook.tolerated == 0
        if (beyond[newly] > TOLERANCE).any() and not outlook.material.all():
            wide = outlook.material | newly[:, None]
            cases[place] = outlook, np.where(wide, outlook.slopes, 0.0)
            wider.append(place)
    for place, (step, _) in zip(wider, _soft([cases[i] for i in wider]), strict=True):
        found[place] = step
    return [step for step in found if step is not None]


def _hard(cases: Sequence[tuple[Outlook, Floats]]) -> list[Step | None]:
    """Steps that leave no excess; none where there is no such step."""
    if not cases:
        return []
    rows = max(len(outlook.excess) for outlook, _ in cases)
    columns = max(len(outlook.now) for outlook, _ in cases)
    programs = _empty(len(cases), rows, columns)
    for place, (outlook, matrix) in enumerate(cases):
        _enter(programs, place, outlook, matrix, EQUAL)
    solved = solve_quadratic(programs, _keeping(cases, programs))
    found: list[Step | None] = []
    for place, (outlook, matrix) in enumerate(cases):
        if solved.impossible[place] or not solved.certain[place]:
            found.append(None)
            continue
        m, n = matrix.shape
        prices = solved.prices[place, :m]
        least = prices @ programs.bound[place, :m]
        least += np.minimum(outlook.cost + prices @ matrix, 0.0).sum()
        found.append(Step(solved.x[place, :n], np.zeros(m), float(least), prices))
    return found


def _last_prices(cases: Sequence[tuple[Outlook, Floats]], rows: int) -> Floats:
    found = np.zeros((len(cases), rows))
    for place, (outlook, _) in enumerate(cases):
        found[place, : len(outlook.prices)] = outlook.prices
    return found


def _keeping(cases: Sequence[tuple[Outlook, Floats]], programs: Programs) -> Floats:
    """Prices at which totals that are between their bounds stay there: the last ones, mended.

    Derivatives have changed since; so little that the same totals will be between their bounds,
    but enough for the last prices to send each to one of them, from where they come back one by
    one.
    """
    prices = _last_prices(cases, programs.bound.shape[1])
    now = np.zeros(programs.cost.shape)
    for place, (outlook, _) in enumerate(cases):
        now[place, : len(outlook.now)] = outlook.now
    between = (now > _BETWEEN) & (now < 1 - _BETWEEN)
    scale = np.abs(programs.matrix).sum(axis=2, keepdims=True)
    scale[scale == 0] = 1.0
    matrix = programs.matrix / scale * between[:, None, :] * (prices > 0)[:, :, None]
    wanted = programs.cost + programs.weight * now
    missing = np.where(between, wanted - priced(prices, programs.matrix), 0.0)
    square = matrix @ matrix.transpose(0, 2, 1)
    size = np.maximum(square.trace(axis1=1, axis2=2), _TINY)[:, None, None]
    square += _FLAT * size * np.eye(len(prices[0]))
    change = np.linalg.solve(square, times(matrix, missing)[:, :, None])[:, :, 0]
    return np.asarray(np.maximum(prices + change / scale[:, :, 0], 0.0))


def _empty(count: int, rows: int, columns: int) -> Programs:
    """Programs in which nothing can move and nothing is asked for."""
    return Programs(
        matrix=np.zeros((count, rows, columns)),
        bound=np.full((count, rows), -1.0),
        cost=np.zeros((count, columns)),
        weight=np.ones((count, columns)),
        lower=np.zeros((count, columns)),
        upper=np.zeros((count, columns)),
    )


def _enter(programs: Programs, place: int, outlook: Outlook, matrix: Floats, equal: float) -> None:
    """Write an outlook into a program, whose further rows and columns stay empty."""
    m, n = matrix.shape
    unit = _highest(outlook) * outlook.margins
    programs.matrix[place, :m, :n] = -matrix
    programs.bound[place, :m] = outlook.excess - matrix @ outlook.now
    programs.cost[place, :n] = outlook.cost - outlook.damping * unit * outlook.now
    programs.weight[place, :n] = (equal + outlook.damping) * unit
    programs.upper[place, :n] = 1.0


def _highest(outlook: Outlook) -> float:
    """The highest cost of a unit of any total; 1 where nothing costs anything."""
    return float((outlook.cost / outlook.margins).max(initial=0.0)) or 1.0


def _soft(cases: Sequence[tuple[Outlook, Floats]]) -> list[tuple[Step, Floats]]:
    """Steps that leave as little excess as possible, and the excess beyond what is tolerated.

    Behind the totals stand two more columns for each limit: tolerated and further excess.
    """
    if not cases:
        return []
    rows = max(len(outlook.excess) for outlook, _ in cases)
    groups = max(len(outlook.now) for outlook, _ in cases)
    programs = _empty(len(cases), rows, groups + 2 * rows)
    within, beyond = slice(groups, groups + rows), slice(groups + rows, None)
    programs.matrix[:, :, within] = programs.matrix[:, :, beyond] = np.eye(rows)
    for place, (outlook, matrix) in enumerate(cases):
        _enter(programs, place, outlook, matrix, _EQUAL_IF_SOFT)
        price, m = _outweighing(outlook, matrix), len(matrix)
        programs.cost[place, within] = price
        programs.cost[place, beyond] = price * (_BEYOND if outlook.tolerated.any() else 1.0)
        programs.upper[place, within][:m] = outlook.tolerated
        programs.upper[place, beyond][:m] = _MOST_EXCESS
    programs.weight[:, groups:] = _EQUAL_IF_SOFT * programs.cost[:, groups:]
    solved = solve_quadratic(programs, _last_prices(cases, rows), holds=_SOFT_HOLDS)
    found = []
    for place, (outlook, matrix) in enumerate(cases):
        m, n = matrix.shape
        x = solved.x[place]
        parts = x[:n], x[within][:m], x[beyond][:m]
        if not solved.certain[place]:
            parts = _by_simplex(outlook, matrix)
        step = Step(parts[0], parts[1] + parts[2], None, solved.prices[place, :m])
        found.append((step, parts[2]))
    return found


def _outweighing(outlook: Outlook, matrix: Floats) -> float:
    """A price of excess that is above what any group costs that reduces it."""
    helping = -matrix / outlook.margins
    strongest = helping.max(axis=1, keepdims=True, initial=0.0)
    useful = helping > _WEAKEST * np.where(strongest > 0, strongest, np.inf)
    if not useful.any():
        return _highest(outlook)
    return _OUTWEIGHS * _highest(outlook) / float(helping[useful].min())


def _by_simplex(outlook: Outlook, matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Totals, tolerated and further excess, by linear programs one after the other.

    This is slower, but needs no price of excess.
    """
    m, n = matrix.shape
    radius = 1.0 / (1.0 + _RADIUS * outlook.damping)
    identity = np.eye(m)
    program = Program(
        matrix=np.hstack([matrix, -identity, -identity]),
        bound=matrix @ outlook.now - outlook.excess,
        lower=np.concatenate([np.maximum(outlook.now - radius, 0.0), np.zeros(2 * m)]),
        upper=np.concatenate(
            [np.minimum(outlook.now + radius, 1.0), outlook.tolerated, np.full(m, np.inf)]
        ),
        tight=np.zeros(m, np.bool_),
    )
    none, zero, one = np.zeros(n), np.zeros(m), np.ones(m)
    objectives = (
        np.concatenate([none, zero, one]),
        np.concatenate([none, one if outlook.tolerated.any() else zero, one]),
        np.concatenate([outlook.cost, zero, zero]),
    )
    weights = np.concatenate([outlook.margins / outlook.margins.max(initial=1e-300), one, one])
    totals, within, beyond = np.split(minimise(program, objectives, weights), [n, n + m])
    return totals, within, beyond
