"""The prices of rows: the dual functions of many programs are climbed together."""

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.boxed_programs import Programs, priced, times
from platone.grid.flexibility.line_search import best_step

_FLAT = 1e-9
_NOISE = 1e-11


class PriceClimb:
    """The programs that are not solved yet, with the rows that their prices are sought for.

    Of ``rows`` (programs, slots) those that hold no row are -1, with a row of zeros.

    Args:
        programs: Programs whose rows have coefficients of sizes that sum up to 1.
        prices: The prices to begin with.
        holds: By how much a row may be short.
    """

    def __init__(self, programs: Programs, prices: Floats, holds: float) -> None:
        self.holds = holds
        self.p = programs
        count, _, columns = programs.matrix.shape
        slots = max(int((prices > 0).sum(axis=1).max()), 1)
        order = np.argsort(-prices, axis=1, kind="stable")[:, :slots]
        self.prices = np.take_along_axis(prices, order, axis=1)
        self.rows = np.where(self.prices > 0, order, -1)
        self.bound = np.take_along_axis(programs.bound, order, axis=1)
        self.matrix = np.take_along_axis(programs.matrix, order[:, :, None], axis=1)
        self.bound[self.rows < 0] = 0.0
        self.matrix[self.rows < 0] = 0.0
        self.x = np.zeros((count, columns))
        self.impossible = np.zeros(count, np.bool_)

    def keep(self, kept: Flags) -> None:
        """Go on with some of the programs."""
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
        pull = priced(self.prices, self.matrix) - self.p.cost
        free_x = pull / self.p.weight
        self.x = np.clip(free_x, self.p.lower, self.p.upper)
        short = self.bound - times(self.matrix, self.x)
        wanted = (short > self.holds) | ((short < -self.holds) & (self.prices > 0))
        still = ~wanted.any(axis=1)
        done = self.impossible.copy()
        if still.any():
            done[still] |= self._join(np.flatnonzero(still), short)
            short = self.bound - times(self.matrix, self.x)
        going = ~still & ~done
        if going.any():
            inside = (free_x > self.p.lower) & (free_x < self.p.upper)
            free = ((self.prices > 0) | (short > self.holds)) & going[:, None]
            self._move(free, short, inside, pull)
        return done

    def _join(self, programs: Places, short: Floats) -> Flags:
        """The most broken row of each program joins; true where none is broken."""
        every = self.p.bound[programs] - times(self.p.matrix[programs], self.x[programs])
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
        return np.asarray(holds)

    def _widen(self) -> int:
        count, slots = self.rows.shape
        self.rows = np.hstack([self.rows, np.full((count, 1), -1, np.int64)])
        self.matrix = np.concatenate([self.matrix, np.zeros_like(self.matrix[:, :1])], axis=1)
        self.bound = np.hstack([self.bound, np.zeros((count, 1))])
        self.prices = np.hstack([self.prices, np.zeros((count, 1))])
        return int(slots)

    def _move(self, free: Flags, short: Floats, inside: Flags, pull: Floats) -> None:
        softness = inside / self.p.weight
        curvature = (self.matrix * softness[:, None, :]) @ self.matrix.transpose(0, 2, 1)
        floor = _FLAT * (self.matrix**2 / self.p.weight[:, None, :]).max(axis=(1, 2))
        floor[floor == 0] = 1.0
        curvature += floor[:, None, None] * np.eye(len(self.prices[0]))
        direction = _direction(curvature, short, free, self.prices)
        length = np.abs(direction).max(axis=1, keepdims=True)
        direction /= np.where(length > 0, length, 1.0)
        pulled = priced(direction, self.matrix)
        pulled[np.abs(pulled) < _NOISE * priced(np.abs(direction), np.abs(self.matrix))] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(direction < 0, -self.prices / direction, np.inf)
        first = reach.argmin(axis=1)
        most = np.take_along_axis(reach, first[:, None], axis=1)[:, 0]
        gain = (direction * self.bound).sum(axis=1)
        best = best_step(self.p, pull, pulled, gain, most)
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
