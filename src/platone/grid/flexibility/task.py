"""A quarter-hour that is to be cured, and the cure that the optimiser finds for it."""

from dataclasses import dataclass

from platone.grid.array import Flags, Floats
from platone.grid.flexibility.flexible_groups import FlexibleGroups

LEFT = 1e-5
"""Relative excess up to which a limit counts as kept: ten times the power flow's noise."""


@dataclass(frozen=True, eq=False)
class WarmStart:
    """The knowledge from another cure of the same quarter-hour, with which a cure begins.

    Attributes:
        totals: Each group's total, kW or kvar, shape (groups,).
        limits: The critical limits, by number.
        excess: Relative excess of each of them in its own worst split, to first order.
        effects: Its change by a move of 1 of each member, at no move, shape (limits, members).
        slopes: The same at the totals.
        apart: Limits that their own worst split might break.
        prices: Cost that one unit of each limit's excess is worth, shape (limits,).
    """

    totals: Floats
    limits: tuple[int, ...]
    excess: Floats
    effects: Floats
    slopes: Floats
    apart: Flags
    prices: Floats


@dataclass(frozen=True, eq=False)
class Task:
    """A quarter-hour that is to be cured.

    Attributes:
        p_kw: Active power that the consumers withdraw before any move, shape (consumers,).
        q_kvar: Reactive power that they withdraw before any move, shape (consumers,).
        groups: The flexibility.
        cost: Cost of a move of 1 of each group, at least 0, shape (groups,).
        tolerated: Relative excess over each limit that may remain, at least 0, shape (limits,);
            none: nothing may remain.
        only_material: Whether groups are moved only for limits on which their effect is material.
        member_cost: Cost of a move of 1 of each member, shape (members,); none: as of its group.
        warm_start: Knowledge to begin with; none: the cure begins at no move.
    """

    p_kw: Floats
    q_kvar: Floats
    groups: FlexibleGroups
    cost: Floats
    tolerated: Floats | None = None
    only_material: bool = False
    member_cost: Floats | None = None
    warm_start: WarmStart | None = None


@dataclass(frozen=True, eq=False)
class Cure:
    """The moves that cure a quarter-hour, or come nearest to it.

    Attributes:
        totals: Each group's total, kW or kvar, shape (groups,).
        limits: The critical limits, by number: those that some state has broken on the way.
        excess: Relative excess of each critical limit in the state that is worst for it.
        effects: Its change by a move of 1 of each member, at no move, shape (limits, members).
        slopes: Its change by each group's whole margin, at the totals, shape (limits, groups).
        material: Slopes that count: the material ones, and others that do in sum, (limits, groups).
        prices: Cost that one unit of each critical limit's excess is worth, shape (limits,).
        gap: The part by which other totals may cost less, at most; none where excess is left, or
            where nothing is proven (:mod:`platone.grid.flexibility.convexity`).
    """

    totals: Floats
    limits: tuple[int, ...]
    excess: Floats
    effects: Floats
    slopes: Floats
    material: Flags
    prices: Floats
    gap: float | None

    @property
    def is_complete(self) -> bool:
        """Return whether all critical limits are kept."""
        return bool((self.excess <= LEFT).all())
