"""Climb the dual functions of many boxed programs together, by Newton's method on the rows' prices.

Given prices y of the rows, every column follows by itself,

    x = clip((y . column of matrix - cost) / weight, lower, upper),

and the dual function of y is concave and piecewise quadratic. One step of all programs::

    prices y ──► columns x ──► rows short of their bounds
      ▲                              │
      │     no row with a price is   ├─► short or over ─► Newton's direction in the free prices
      │     short or over: let the   │                    ─► exact line search ─┐
      │     most broken row join,    ▼                                          │
      └──── or end where none is ◄───┴──────────────────────────────────────────┘
"""

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.boxed_programs import BoxedPrograms, priced, times
from platone.grid.flexibility.line_search import best_step

_REGULAR = 1e-9
"""Part of the largest possible curvature that is added to each price's, so that Newton's direction
exists where no column between its bounds takes part in a row."""
_ROUNDING = 1e-11
"""Change of a column's worth that is rounding, as a part of the sum of the sizes it is made of."""


class DualAscent:
    """The programs that are not solved yet, each with the rows whose prices are sought.

    A program has *slots* for the rows that have joined; an empty slot holds row -1, of zeros.

    Args:
        programs: Programs whose rows have coefficients with sizes that sum up to 1.
        prices: Prices to begin with, shape (programs, rows).
        holds: By how much a row may be short.

    Attributes:
        x: Values of the columns at the prices, shape (programs, columns).
        impossible: Programs whose dual function rises for ever, shape (programs,): no x holds all
            their rows.
    """

    def __init__(self, programs: BoxedPrograms, prices: Floats, holds: float) -> None:
        self._holds = holds
        self._programs = programs
        count, _, columns = programs.matrix.shape
        slots = max(int((prices > 0).sum(axis=1).max()), 1)
        order = np.argsort(-prices, axis=1, kind="stable")[:, :slots]
        self._prices = np.take_along_axis(prices, order, axis=1)
        self._rows = np.where(self._prices > 0, order, -1)
        self._bound = np.take_along_axis(programs.bound, order, axis=1)
        self._matrix = np.take_along_axis(programs.matrix, order[:, :, None], axis=1)
        self._bound[self._rows < 0] = 0.0
        self._matrix[self._rows < 0] = 0.0
        self.x = np.zeros((count, columns))
        self.impossible = np.zeros(count, np.bool_)

    def keep(self, kept: Flags) -> None:
        """Go on with some of the programs."""
        self._programs = self._programs.pick(np.flatnonzero(kept))
        self._rows, self._bound, self._matrix = (
            self._rows[kept],
            self._bound[kept],
            self._matrix[kept],
        )
        self._prices, self.x = self._prices[kept], self.x[kept]
        self.impossible = self.impossible[kept]

    @property
    def prices(self) -> Floats:
        """Return the prices of all rows, shape (programs, rows)."""
        count, rows = self._programs.bound.shape
        found = np.zeros((count, rows + 1))  # empty slots write into the last column
        np.put_along_axis(found, self._rows, self._prices, axis=1)
        return found[:, :-1]

    def step(self) -> Flags:
        """Take one step uphill in all programs, and return which of them have ended."""
        p = self._programs
        worth = priced(self._prices, self._matrix) - p.cost
        unbounded = worth / p.weight
        self.x = np.clip(unbounded, p.lower, p.upper)
        short = self._bound - times(self._matrix, self.x)
        is_off = (short > self._holds) | ((short < -self._holds) & (self._prices > 0))
        settled = ~is_off.any(axis=1)
        done = self.impossible.copy()
        if settled.any():
            done[settled] |= self._join(np.flatnonzero(settled), short)
            short = self._bound - times(self._matrix, self.x)
        going = ~settled & ~done
        if going.any():
            between = (unbounded > p.lower) & (unbounded < p.upper)
            free = ((self._prices > 0) | (short > self._holds)) & going[:, None]
            self._move(free, short, between, worth)
        return done

    def _join(self, programs: Places, short: Floats) -> Flags:
        """Let the most broken row of each program join; return where no row is broken."""
        p = self._programs
        every = p.bound[programs] - times(p.matrix[programs], self.x[programs])
        worst = every.argmax(axis=1)
        holds = every[np.arange(len(programs)), worst] <= self._holds
        joining, row = programs[~holds], worst[~holds]
        idle = (self._prices[joining] == 0) & (short[joining] <= self._holds)
        slot = idle.argmax(axis=1)
        full = ~idle.any(axis=1)
        if full.any():
            slot[full] = self._add_slot()
        self._rows[joining, slot] = row
        self._matrix[joining, slot] = p.matrix[joining, row]
        self._bound[joining, slot] = p.bound[joining, row]
        self._prices[joining, slot] = 0.0
        return np.asarray(holds)

    def _add_slot(self) -> int:
        """Give every program one more, empty slot, and return its number."""
        count, slots = self._rows.shape
        self._rows = np.hstack([self._rows, np.full((count, 1), -1, np.int64)])
        self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix[:, :1])], axis=1)
        self._bound = np.hstack([self._bound, np.zeros((count, 1))])
        self._prices = np.hstack([self._prices, np.zeros((count, 1))])
        return int(slots)

    def _move(self, free: Flags, short: Floats, between: Flags, worth: Floats) -> None:
        """Move the free prices in Newton's direction to the highest point of the dual function."""
        p = self._programs
        direction = _newton_direction(self._curvature(between), short, free, self._prices)
        length = np.abs(direction).max(axis=1, keepdims=True)
        direction /= np.where(length > 0, length, 1.0)
        change = priced(direction, self._matrix)
        change[np.abs(change) < _ROUNDING * priced(np.abs(direction), np.abs(self._matrix))] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            until_zero = np.where(direction < 0, -self._prices / direction, np.inf)
        first = until_zero.argmin(axis=1)
        most = np.take_along_axis(until_zero, first[:, None], axis=1)[:, 0]
        gain = (direction * self._bound).sum(axis=1)
        best = best_step(p, worth, change, gain, most)
        self.impossible |= np.isinf(best)
        best[np.isinf(best)] = 0.0
        blocked = (best >= most) & (most < np.inf)
        self._prices += best[:, None] * direction
        np.maximum(self._prices, 0.0, out=self._prices)
        self._prices[np.flatnonzero(blocked), first[blocked]] = 0.0

    def _curvature(self, between: Flags) -> Floats:
        """Return the dual functions' negative Hessians by the slots, (programs, slots, slots).

        Args:
            between: Columns between their bounds, shape (programs, columns).
        """
        matrix, weight = self._matrix, self._programs.weight
        curvature = (matrix * (between / weight)[:, None, :]) @ matrix.transpose(0, 2, 1)
        largest = (matrix**2 / weight[:, None, :]).max(axis=(1, 2))
        added = _REGULAR * largest
        added[added == 0] = 1.0
        curvature += added[:, None, None] * np.eye(matrix.shape[1])
        return np.asarray(curvature)


def _newton_direction(curvature: Floats, short: Floats, free: Flags, prices: Floats) -> Floats:
    """Return Newton's direction in the free prices; a price of 0 that would fall is not free."""
    while True:
        both = free[:, :, None] & free[:, None, :]
        matrix = np.where(both, curvature, np.eye(free.shape[1]))
        found = np.linalg.solve(matrix, np.where(free, short, 0.0)[:, :, None])[:, :, 0]
        falling = (prices <= 0) & (found < 0) & free
        if not falling.any():
            return found
        free = free & ~falling
