"""What is to be cured, and what cures it."""

from dataclasses import dataclass

from platone.grid.array import Flags, Floats
from platone.grid.flexibility.group import Members


@dataclass(frozen=True, eq=False)
class Task:
    """One quarter-hour to be cured.

    Attributes:
        p_kw: What the consumers withdraw before any move.
        q_kvar: The same, reactive.
        members: What can be moved.
        cost: Cost of a unit of each group's move, not below 0.
        tolerated: Excess that is tolerated over each limit, at least 0; none: none.
        only_material: Whether groups are moved only for limits on which their effect is material.
        start: Totals to begin with; none: no move.
        watched: Limits to be watched from the beginning.
        foreseen: Their excess at the start, each in its own worst split, to first order.
        effects: Its change by each member's move of 1, for the order of their splits.
        slopes: The same at the start.
        apart: Whether they might be broken in their own worst split.
        prices: What a unit of them is worth, as far as it is known.
    """

    p_kw: Floats
    q_kvar: Floats
    members: Members
    cost: Floats
    tolerated: Floats | None = None
    only_material: bool = False
    start: Floats | None = None
    watched: tuple[int, ...] = ()
    foreseen: Floats | None = None
    effects: Floats | None = None
    slopes: Floats | None = None
    apart: Flags | None = None
    prices: Floats | None = None


@dataclass(frozen=True, eq=False)
class Cure:
    """What cures a quarter-hour, or comes nearest to it.

    Attributes:
        totals: Move of each group, kW (kvar where reactive power moves by itself).
        watched: The limits that were broken somewhere on the way.
        excess: The watched limits' excess in the end, each in the state that is worst for it.
        effects: Its change by each member's move of 1, shape (watched, members), at first sight.
        slopes: Its change by each group's whole margin in the end, shape (watched, groups).
        material: Where that change is material.
        prices: What a unit of each watched limit is worth.
        gap: By what part some other totals may cost less; none where some excess is left.
    """

    totals: Floats
    watched: tuple[int, ...]
    excess: Floats
    effects: Floats
    slopes: Floats
    material: Flags
    prices: Floats
    gap: float | None
