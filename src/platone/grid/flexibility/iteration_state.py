"""The state of a cure between rounds, split by purpose: iterate, derivatives, damping, end."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from platone.grid.array import Flags, Floats

_Scalar = TypeVar("_Scalar", bound=np.generic)
_PROVEN = 2e-5
"""Gap at which single points of delivery end: a part of the cost that nobody would pay to save."""
_PROVEN_OF_GROUPS = 1e-6
"""Proven gap of groups, whose gap is of their linear limits only and may hide more."""
_STILL = 1e-6
"""Move, as a part of any margin, that is none: a watt of a megawatt, which no meter shows."""
_STILL_IF_EXCESS = 1e-5
"""Move that is none where excess must remain: prices of excess leave fewer digits to the totals."""
PATIENCE = 40
"""Round after which a cure goes back to the best totals so far, and ends with what keeps them."""
_TRIED_WITHIN = 0.01
"""Move, as a part of any margin, up to which opposite splits need no new trial."""
_FREE_ROUNDS = 1
"""Rounds without damping: the first step goes most of the way."""
_FIRST_DAMPING = 1e-3
"""First cost of moving, as a part of the highest cost: a thousandth orders consumers of nearly
equal effect, and hardly holds back a step that pays."""
_MORE_DAMPING = 2.0
"""Factor after a step that did not keep its promise: a thousandfold in ten rounds."""
_LESS_DAMPING = 0.5
"""Factor after a step that kept its promise: one such step makes good one that did not."""


@dataclass
class Iterate:
    """The present point of a cure.

    Attributes:
        totals: Each group's total, which the next round solves, kW or kvar, shape (groups,).
        solved: The totals that the last round has solved, shape (groups,).
        slopes: Change of each row's excess by each group's whole margin, shape (rows, groups).
        promised: Relative excess that the last step promised for each row, shape (rows,).
        prices: Cost that one unit of each row's excess is worth, shape (rows,).
        pays: Moves for which the sum of immaterial effects on a row pays, shape (rows, groups);
            none: no such sum counts.
    """

    totals: Floats
    solved: Floats
    slopes: Floats
    promised: Floats
    prices: Floats
    pays: Flags | None = None


@dataclass
class Derivatives:
    """The effects of moves on the critical limits, and how far they may have gone stale.

    Attributes:
        effects: Change of each row's excess by a move of 1 of each member, shape (rows, members).
        material: Effects that are material, shape (rows, groups).
        moved: Sum of the steps since they were calculated, each by its largest part of a margin.
    """

    effects: Floats
    material: Flags
    moved: float


@dataclass
class OppositeTrial:
    """A trial of the splits that are best for the critical limits: they may break other limits.

    Attributes:
        is_due: Whether the next round solves those splits as well.
        totals: The totals at which they were tried last, shape (groups,).
    """

    is_due: bool
    totals: Floats

    def begin(self, totals: Floats) -> bool:
        """Return whether the splits are tried now, at these totals."""
        if not self.is_due:
            return False
        self.is_due, self.totals = False, totals
        return True

    def demand(self, totals: Floats, margins: Floats) -> bool:
        """Return whether a new trial is needed, since the totals have moved, and make it due."""
        self.is_due = bool((np.abs(totals - self.totals) > _TRIED_WITHIN * margins).any())
        return self.is_due


@dataclass
class Damping:
    """The cost of moving away from the present totals, as a part of the highest cost.

    Rounds of plain linear programs alternate between consumers of nearly equal effect. A cost of
    moving ends that: it grows where the linear limits promise too much, and falls where they hold
    (a proximal term; in effect, a trust region).

    Attributes:
        cost: The cost from the second round on.
    """

    cost: float = _FIRST_DAMPING

    def in_round(self, number: int) -> float:
        """Return the cost in a round, counted from 1."""
        return self.cost if number > _FREE_ROUNDS else 0.0

    def reset(self) -> None:
        """Go back to the first cost, where tangents of many rounds end the alternation."""
        self.cost = _FIRST_DAMPING

    def adapt(self, number: int, *, is_kept: bool) -> None:
        """Change the cost by whether the last step has kept its promise."""
        if number > _FREE_ROUNDS:
            self.cost *= _LESS_DAMPING if is_kept else _MORE_DAMPING

    def undamped(self, moved: float, number: int) -> float:
        """Return how far a step would about have gone without damping: held back is not the end."""
        return moved * max(self.in_round(number) / _FIRST_DAMPING, 1.0)


@dataclass
class StoppingRule:
    """The rule that ends a cure: nothing can be gained, or nothing would move.

    Attributes:
        enough: Gap at which it ends.
        is_proof: Whether linear limits of any round are a proof for the AC problem.
        floor: Cost below which no totals are; none where it is not known.
    """

    enough: float
    is_proof: bool
    floor: float | None = None

    def gap(self, cost: float) -> float | None:
        """Return the part of a cost by which other totals may cost less, at most."""
        if self.floor is None:
            return None
        return max(cost - self.floor, 0.0) / cost if cost > 0 else 0.0

    def is_end(self, cost: float, moved: float, number: int) -> bool:
        """Return whether totals that kept the last promise are taken.

        Args:
            cost: Cost of the totals.
            moved: Largest move of the next step, as a part of a margin, as if it were not damped.
            number: The round, counted from 1.
        """
        if number > PATIENCE:
            return True
        gap = self.gap(cost)
        if gap is None:
            return moved <= _STILL_IF_EXCESS
        return gap <= self.enough or moved <= _STILL

    def learn(self, floor: float | None) -> None:
        """Take over the floor of the next step; of floors that are proven the highest counts."""
        if floor is None or self.floor is None or not self.is_proof:
            self.floor = floor
        else:
            self.floor = max(self.floor, floor)


def stopping_rule(*, are_single: bool, is_proof: bool) -> StoppingRule:
    """Return the rule for single points of delivery, or for groups."""
    return StoppingRule(_PROVEN if are_single else _PROVEN_OF_GROUPS, is_proof)


@dataclass(frozen=True)
class Best:
    """The best totals of all rounds so far.

    Attributes:
        rank: The number of rows that were judged, and below 0 the excess beyond what is tolerated,
            the excess at all and the cost; the greatest is the best.
        totals: The totals, shape (groups,).
        excess: Relative excess of the rows there, shape (rows,).
        slopes: Change of it by each group's whole margin, shape (rows, groups).
    """

    rank: tuple[int, float, float, float]
    totals: Floats
    excess: Floats
    slopes: Floats


def with_rows(values: NDArray[_Scalar], rows: int) -> NDArray[_Scalar]:
    """Return values of rows, 0 for rows that came later."""
    more = np.zeros((rows - len(values), *values.shape[1:]), values.dtype)
    return np.concatenate([values, more])
