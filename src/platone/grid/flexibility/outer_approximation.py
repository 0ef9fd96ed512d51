"""Collect linear functions below the excess of the critical limits, over the rounds of a cure.

Where a limit's excess is a convex function of the totals x, its tangent at any x0 lies below it
everywhere. So the tangents of all rounds together enclose what is allowed ever more closely::

    round   state solved   tangent                    allowed, as far as is known
    1       x1             e1 + D1 (x - x1) <= 0      1
    2       x2             e2 + D2 (x - x2) <= 0      1 and 2
    3       x3             e3 + D3 (x - x3) <= 0      1, 2 and 3: x4 is the cheapest of these

Rounds that would alternate between vertices of one tangent end, and the cheapest x within all
tangents costs no more than any that is allowed (J. E. Kelley, Journal of the SIAM 8 (1960) 703).
"""

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flexibility.convexity import Convexity
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.flexibility.limit_rows import LimitRows
from platone.grid.flexibility.linearised_limits import Tangents

_ROUNDING = 1e-7
"""Excess by which a tangent may lie above its limit: ten times the power flow's tolerance."""


class OuterApproximation:
    """The tangents of one quarter-hour's critical limits, by the groups' parts of their margins.

    Each is scaled to the slopes of the limit itself: measure / scale >= offset + slopes x, where
    the scale is the measure's derivative by the excess.

    Args:
        groups: The flexibility.
        convexity: The judge of where limits are convex.

    Attributes:
        is_proof: Whether all limits are convex, as far as is known: loads break them, and no state
            lay below a tangent.
    """

    def __init__(self, groups: FlexibleGroups, convexity: Convexity) -> None:
        self._groups = groups
        self._convexity = convexity
        self._row = np.zeros(0, np.int64)
        self._slopes = np.zeros((0, len(groups)))
        self._offset = np.zeros(0)
        self._scale = np.zeros(0)
        self.is_proof = convexity.is_radial

    def add(self, rows: Places, known: LimitRows, effects: Floats, now: Floats) -> None:
        """Add tangents of some rows at the present totals.

        Args:
            rows: The rows.
            known: The table of critical limits, in the present state.
            effects: Change of their excess by a move of 1 of each member, shape (rows, members).
            now: Present totals as parts of the margins, shape (groups,).
        """
        limits = np.array(known.limits, np.int64)[rows]
        value, scale = self._convexity.measure(limits, known.excess[rows])
        slopes = effects * self._groups.margins
        self._row = np.concatenate([self._row, rows])
        self._slopes = np.vstack([self._slopes, slopes])
        self._offset = np.concatenate([self._offset, value / scale - slopes @ now])
        self._scale = np.concatenate([self._scale, scale])
        self.is_proof &= bool(self._convexity.is_driven_by_load(self._groups, effects).all())

    def compare(self, known: LimitRows, now: Floats) -> None:
        """Compare the tangents with the present state: none may lie above its limit.

        Args:
            known: The table of critical limits, in the present state.
            now: Present totals as parts of the margins, shape (groups,).
        """
        value, _ = self._convexity.measure(np.array(known.limits, np.int64), known.excess)
        above = self._offset + self._slopes @ now > value[self._row] / self._scale + _ROUNDING
        self.is_proof &= not above.any()

    def at_no_move(self, rows: int) -> Floats:
        """Return the value at no move of each row's latest tangent, shape (rows,)."""
        return self._offset[self._latest(rows)]

    def earlier(self, rows: int) -> Tangents:
        """Return all tangents but the latest of each row."""
        is_earlier = np.ones(len(self._row), np.bool_)
        is_earlier[self._latest(rows)] = False
        return Tangents(self._slopes[is_earlier], self._offset[is_earlier])

    def _latest(self, rows: int) -> Places:
        """Return the place of each row's latest tangent, shape (rows,)."""
        place = np.zeros(rows, np.int64)
        place[self._row] = np.arange(len(self._row))
        return place
