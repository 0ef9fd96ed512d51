"""Many small strictly convex quadratic programs at once: few rows, many boxed columns.

Each program is: minimise the sum of cost x + weight x^2 / 2, subject to matrix x >= bound and
lower <= x <= upper. As every weight is above 0 there is one solution, and it does not depend on
how it is found. Given prices on the rows (the dual variables), every column follows by itself,

    x = clip((prices . column of matrix - cost) / weight, lower, upper),

so what is left is to find the prices: a concave, piecewise quadratic function of as many variables
as rows are needed. It is climbed by Newton's method with an exact line search over the points at
which columns reach a bound (for weights near 0 these are the pivots of a dual simplex method with
long steps: M. Kočvara; I. Maros, "A generalized dual phase-2 simplex algorithm", 2003); rows join
one by one, the most broken first. All programs climb together, as arrays.

What was found is checked: every row holds, and the dual function's value is the cost, which proves
that no x costs less.
"""

from dataclasses import dataclass

import numpy as np

from platone.dso.domain.array import Flags, Floats, Places

_MOST_STEPS = 1000
HOLDS = 1e-9
_RISES = 1e-10
_FLAT = 1e-9
_NOISE = 1e-11
_FAR = 1e100
_GAP = 1e-7


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs of equal shape; the first axis is the program.

    Attributes:
        matrix: Shape (programs, rows, columns); rows of zeros with bounds below 0 do nothing.
        bound: Shape (programs, rows).
        cost: Shape (programs, columns).
        weight: The same shape, above 0.
        lower: The same shape.
        upper: The same shape; columns with equal bounds do nothing.
    """

    matrix: Floats
    bound: Floats
    cost: Floats
    weight: Floats
    lower: Floats
    upper: Floats

    def pick(self, programs: Places) -> "Programs":
        """Some of them."""
        return Programs(
            self.matrix[programs],
            self.bound[programs],
            self.cost[programs],
            self.weight[programs],
            self.lower[programs],
            self.upper[programs],
        )


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


def solve_quadratic(programs: Programs, holds: float = HOLDS) -> Solutions:
    """The solutions of all programs.

    Args:
        programs: The programs.
        holds: By how much a row may be short, as a part of the sum of its coefficients' sizes.
    """
    count, rows, columns = programs.matrix.shape
    found = Solutions(
        np.array(programs.lower),
        np.zeros((count, rows)),
        np.zeros(count, np.bool_),
        np.zeros(count, np.bool_),
    )
    if not count:
        return found
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
    _climb(scaled, found, holds)
    _certify(scaled, found, holds)
    found.prices[:] *= cost_scale[:, None] / row_scale
    return found


def _climb(programs: Programs, found: Solutions, holds: float) -> None:
    left = np.arange(len(programs.cost))
    climb = _Climb(programs, left, holds)
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


class _Climb:
    """The programs that are not solved yet, with the rows that their prices are sought for.

    Of ``rows`` (programs, slots) those that hold no row are -1, with a row of zeros.
    """

    def __init__(self, programs: Programs, left: Places, holds: float) -> None:
        self.holds = holds
        self.p = programs.pick(left)
        count, _, columns = self.p.matrix.shape
        self.rows = np.full((count, 1), -1, np.int64)
        self.matrix = np.zeros((count, 1, columns))
        self.bound = np.zeros((count, 1))
        self.prices = np.zeros((count, 1))
        self.x = np.zeros((count, columns))
        self.impossible = np.zeros(count, np.bool_)

    def keep(self, kept: Flags) -> None:
        self.p = self.p.pick(np.flatnonzero(kept))
        for name in ("rows", "matrix", "bound", "prices", "x", "impossible"):
            setattr(self, name, getattr(self, name)[kept])

    def all_prices(self) -> Floats:
        """The prices of all rows."""
        found = np.zeros((len(self.p.bound), self.p.bound.shape[1] + 1))
        np.put_along_axis(found, self.rows, self.prices, axis=1)
        return found[:, :-1]

    def step(self) -> Flags:
        """One step uphill; which programs are done."""
        pull = _dot(self.prices, self.matrix) - self.p.cost
        free_x = pull / self.p.weight
        self.x = np.clip(free_x, self.p.lower, self.p.upper)
        short = self.bound - _apply(self.matrix, self.x)
        wanted = (short > self.holds) | ((short < -self.holds) & (self.prices > 0))
        still = ~wanted.any(axis=1)
        done = self.impossible.copy()
        if still.any():
            done[still] |= self._join(np.flatnonzero(still), short)
            short = self.bound - _apply(self.matrix, self.x)
        going = ~still & ~done
        if going.any():
            inside = (free_x > self.p.lower) & (free_x < self.p.upper)
            free = ((self.prices > 0) | (short > self.holds)) & going[:, None]
            self._move(free, short, inside, pull)
        return done

    def _join(self, programs: Places, short: Floats) -> Flags:
        """The most broken row of each program joins; true where none is broken."""
        every = self.p.bound[programs] - _apply(self.p.matrix[programs], self.x[programs])
        worst = every.argmax(axis=1)
        holds = every[np.arange(len(programs)), worst] <= self.holds
        joining, row = programs[~holds], worst[~holds]
        idle = (self.prices[joining] == 0) & (short[joining] <= self.holds)
        slot = idle.argmax(axis=1)
        full = ~idle.any(axis=1)
        if full.any():
            slot[full] = self._widen()
        self.rows[joining, slot] = row
        self.matrix[joining, slot] = self.p.matrix[joining, row]
        self.bound[joining, slot] = self.p.bound[joining, row]
        self.prices[joining, slot] = 0.0
        return holds

    def _widen(self) -> int:
        count, slots = self.rows.shape
        self.rows = np.hstack([self.rows, np.full((count, 1), -1, np.int64)])
        self.matrix = np.concatenate([self.matrix, np.zeros_like(self.matrix[:, :1])], axis=1)
        self.bound = np.hstack([self.bound, np.zeros((count, 1))])
        self.prices = np.hstack([self.prices, np.zeros((count, 1))])
        return slots

    def _move(self, free: Flags, short: Floats, inside: Flags, pull: Floats) -> None:
        softness = inside / self.p.weight
        curvature = (self.matrix * softness[:, None, :]) @ self.matrix.transpose(0, 2, 1)
        floor = _FLAT * (self.matrix**2 / self.p.weight[:, None, :]).max(axis=(1, 2))
        curvature += floor[:, None, None] * np.eye(len(self.prices[0]))
        direction = _direction(curvature, short, free, self.prices)
        length = np.abs(direction).max(axis=1, keepdims=True)
        direction /= np.where(length > 0, length, 1.0)
        pulled = _dot(direction, self.matrix)
        pulled[np.abs(pulled) < _NOISE * _dot(np.abs(direction), np.abs(self.matrix))] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(direction < 0, -self.prices / direction, np.inf)
        first = reach.argmin(axis=1)
        most = np.take_along_axis(reach, first[:, None], axis=1)[:, 0]
        gain = (direction * self.bound).sum(axis=1)
        best = _best_step(self.p, pull, pulled, gain, most)
        self.impossible |= np.isinf(best)
        best[np.isinf(best)] = 0.0
        blocked = (best >= most) & (most < np.inf)
        self.prices += best[:, None] * direction
        np.maximum(self.prices, 0.0, out=self.prices)
        self.prices[np.flatnonzero(blocked), first[blocked]] = 0.0


def _direction(curvature: Floats, short: Floats, free: Flags, prices: Floats) -> Floats:
    """Newton's direction in the free prices; one at 0 that would fall is not free."""
    while True:
        both = free[:, :, None] & free[:, None, :]
        matrix = np.where(both, curvature, np.eye(free.shape[1]))
        found = np.linalg.solve(matrix, np.where(free, short, 0.0)[:, :, None])[:, :, 0]
        falling = (prices <= 0) & (found < 0) & free
        if not falling.any():
            return found
        free = free & ~falling


def _best_step(
    p: Programs, pull: Floats, pulled: Floats, gain: Floats, most: Floats
) -> Floats:
    """How far the dual function rises along a direction, at most ``most``; infinite: for ever.

    Its slope falls, by piecewise linear parts between the points where columns reach a bound.
    """
    moving = (pulled != 0) & (p.lower < p.upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [np.where(moving, (p.weight * b - pull) / pulled, np.inf) for b in (p.lower, p.upper)]
    enter = np.maximum(np.minimum(*ends), 0.0)
    leave = np.maximum(np.maximum(*ends), 0.0)
    bend = np.where(moving, pulled**2 / p.weight, 0.0)
    points = np.concatenate([np.zeros((len(pull), 1)), enter, leave], axis=1)
    points = np.minimum(points, most[:, None])
    change = np.concatenate([np.zeros((len(pull), 1)), bend, -bend], axis=1)
    order = np.argsort(points, axis=1)
    points = np.take_along_axis(points, order, axis=1)
    bends = np.take_along_axis(change, order, axis=1).cumsum(axis=1)
    bending = np.take_along_axis(np.sign(change).astype(np.int64), order, axis=1).cumsum(axis=1)
    bends[(bending == 0) | (bends < 0)] = 0.0  # what rounding left would count over long widths
    points = np.minimum(points, _FAR)
    widths = np.diff(points, axis=1)
    fall = np.concatenate([np.zeros((len(pull), 1)), (bends[:, :-1] * widths).cumsum(axis=1)], 1)

    def slope(at: Floats) -> Floats:
        x = np.clip((pull + at[:, None] * pulled) / p.weight, p.lower, p.upper)
        return gain - (pulled * x).sum(axis=1)

    start = slope(np.zeros(len(pull)))
    rises = (fall < start[:, None]) & (points < _FAR)
    last = rises.shape[1] - 1 - rises[:, ::-1].argmax(axis=1)
    last = np.where(rises.any(axis=1), last, 0)
    rows = np.arange(len(pull))
    low = points[rows, last]
    high = points[rows, np.minimum(last + 1, points.shape[1] - 1)]
    endless = (high >= _FAR) | (high <= low)
    high = np.where(endless, low, high)
    at_low, at_high = slope(low), slope(high)
    part = np.divide(at_low, at_low - at_high, out=np.zeros_like(low), where=at_low > at_high)
    best = low + np.clip(part, 0.0, 1.0) * (high - low)
    best = np.where(endless & (at_low > _RISES), most, best)
    return np.where(start > 0, best, 0.0)


def _certify(programs: Programs, found: Solutions, slack: float) -> None:
    """Certain is what holds all rows at the dual function's value."""
    x, prices = found.x, found.prices
    short = programs.bound - _apply(programs.matrix, x)
    holds = (short <= 2 * slack).all(axis=1)
    cost = (programs.cost * x + programs.weight * x**2 / 2).sum(axis=1)
    gap = np.abs((prices * short).sum(axis=1))  # x follows from the prices: no more is needed
    found.certain[:] = holds & (gap <= _GAP * np.maximum(np.abs(cost), 1e-6)) & ~found.impossible


def _dot(prices: Floats, matrix: Floats) -> Floats:
    return np.asarray((prices[:, None, :] @ matrix)[:, 0])


def _apply(matrix: Floats, x: Floats) -> Floats:
    return np.asarray((matrix @ x[:, :, None])[:, :, 0])
