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

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.linearised_limits import Tangents

_ROUNDING = 1e-7
"""Excess by which a tangent may lie above its limit: ten times the power flow's tolerance."""


class OuterApproximation:
    """The tangents of one quarter-hour's critical limits, by the groups' parts of their margins.

    Each is scaled to the slopes of the limit itself: measure / scale >= offset + slopes x, where
    the scale is the measure's derivative by the excess.

    Args:
        groups: Number of groups.

    Attributes:
        row: Row of each tangent's limit, shape (tangents,).
        slopes: Change by each group's whole margin, shape (tangents, groups).
        offset: Values at no move, shape (tangents,).
        is_contradicted: Whether some state lay below a tangent, so that a limit is not convex.
    """

    def __init__(self, groups: int) -> None:
        self.row = np.zeros(0, np.int64)
        self.slopes = np.zeros((0, groups))
        self.offset = np.zeros(0)
        self.is_contradicted = False
        self._scale = np.zeros(0)

    def add(
        self, rows: Places, measure: tuple[Floats, Floats], slopes: Floats, now: Floats
    ) -> None:
        """Add tangents at the present totals.

        Args:
            rows: The limits' rows.
            measure: Convex measure of their excess, and its derivative by the excess.
            slopes: Change of the excess by each group's whole margin, shape (rows, groups).
            now: Present totals as parts of the margins, shape (groups,).
        """
        value, scale = measure
        self.row = np.concatenate([self.row, rows])
        self.slopes = np.vstack([self.slopes, slopes])
        self.offset = np.concatenate([self.offset, value / scale - slopes @ now])
        self._scale = np.concatenate([self._scale, scale])

    def compare(self, value: Floats, now: Floats) -> None:
        """Drop the tangents that lie above their limits in the present state.

        Args:
            value: Convex measure of each row's excess, shape (rows,).
            now: Present totals as parts of the margins, shape (groups,).
        """
        above = self.offset + self.slopes @ now > value[self.row] / self._scale + _ROUNDING
        if above.any():
            self.is_contradicted = True
            self._keep(~above)

    def at_no_move(self, rows: int) -> Floats:
        """Return the value at no move of each row's latest tangent, shape (rows,)."""
        return self.offset[self._latest(rows)]

    def earlier(self, rows: int) -> Tangents:
        """Return all tangents but the latest of each row."""
        is_earlier = np.ones(len(self.row), np.bool_)
        is_earlier[self._latest(rows)] = False
        return Tangents(self.slopes[is_earlier], self.offset[is_earlier])

    def _latest(self, rows: int) -> Places:
        """Return the place of each row's latest tangent, shape (rows,)."""
        place = np.zeros(rows, np.int64)
        place[self.row] = np.arange(len(self.row))
        return place

    def _keep(self, kept: Flags) -> None:
        """Keep some of the tangents."""
        self.row, self.slopes = self.row[kept], self.slopes[kept]
        self.offset, self._scale = self.offset[kept], self._scale[kept]
