"""Limits that are broken for some time of a run: one entry a limit, not one a quarter-hour."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flow.alarm import Violation
from platone.grid.flow.limit import TOLERANCE, Limits


@dataclass(frozen=True, slots=True)
class LastingViolation:
    """A limit that is broken in some quarter-hours of a run.

    Attributes:
        worst: Where it is broken most.
        quarter_hours: In how many it is broken.
        added: By how much the worst excess is above that of the intact network, or above 0 where
            that keeps the limit.
        intact: The greatest (of a lower voltage limit: least) value without the outage, in the
            limit's unit; none where it cannot be told.
    """

    worst: Violation
    quarter_hours: int
    added: float
    intact: float | None


class Excesses:
    """The greatest excess over each limit of a network, gathered from parts of a run.

    The two ends of a branch are one: they share its alarm.

    Args:
        branches: How many branches there are.
        buses: How many buses.
    """

    def __init__(self, branches: int, buses: int) -> None:
        self._branches = branches
        count = branches + 2 * buses
        self.greatest: Floats = np.full(count, -np.inf)
        self._at: Places = np.zeros(count, np.int64)
        self._end: Places = np.zeros(count, np.int64)
        self._broken: Places = np.zeros(count, np.int64)

    def add(self, excess: Floats, at: Places) -> None:
        """Take the excess over all limits into account, in scenarios whose places are ``at``."""
        if not len(excess):
            return
        branches = self._branches
        first, second = excess[:, :branches], excess[:, branches : 2 * branches]
        merged = np.concatenate([np.maximum(first, second), excess[:, 2 * branches :]], axis=1)
        row, column = merged.argmax(axis=0), np.arange(merged.shape[1])
        found = merged[row, column]
        is_more = found > self.greatest
        self.greatest = np.where(is_more, found, self.greatest)
        self._at = np.where(is_more, at[row], self._at)
        by_end = (second > first)[row[:branches], column[:branches]]
        self._end[:branches] = np.where(is_more[:branches], by_end, self._end[:branches])
        self._broken += (merged > TOLERANCE).sum(axis=0)

    def violations(self, limits: Limits, intact: "Excesses") -> tuple[LastingViolation, ...]:
        """Return the broken limits, those first that the outage has made worst.

        Args:
            limits: The network's limits.
            intact: What stands against them without the outage.
        """
        broken = np.flatnonzero(self.greatest > TOLERANCE)
        added = self.greatest[broken] - np.maximum(intact.greatest[broken], 0)
        order = np.lexsort((broken, -self.greatest[broken], -added))
        return tuple(
            self._violation(int(broken[each]), float(added[each]), limits, intact) for each in order
        )

    def _violation(
        self, place: int, added: float, limits: Limits, intact: "Excesses"
    ) -> LastingViolation:
        limit = place + self._branches
        if place < self._branches:
            limit = place + self._branches * int(self._end[place])
        excess, before = float(self.greatest[place]), float(intact.greatest[place])
        worst = Violation(int(self._at[place]), excess, limits.state(limit, excess))
        known = limits.state(limit, before).value if np.isfinite(before) else None
        return LastingViolation(worst, int(self._broken[place]), added, known)
