"""Alarms: the broken limits of a run of power flows, in order of severity."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.chunk import Solved, day_by_day
from platone.grid.flow.limit import TOLERANCE, LimitState

State_contra = TypeVar("State_contra", contravariant=True)


class AnyLimits(Protocol[State_contra]):
    """A list of all limits of a network, for balanced or for unbalanced states."""

    def excess(self, flow: State_contra, /) -> Floats:
        """Return the relative excess over every limit, shape (scenarios, limits), no unit."""
        ...

    def same_element(self, limit: int, /) -> tuple[int, ...]:
        """Return a key that is equal for the limits of which one alarm is enough."""
        ...

    def state(self, limit: int, excess: float, /) -> LimitState:
        """Return a limit in its own unit, with the value that has the given relative excess."""
        ...


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that is broken in one scenario.

    Attributes:
        scenario: The quarter-hour's place in the run.
        excess: Relative excess (no unit), as :mod:`platone.grid.flow.limit` defines it.
        state: The limit in its own units.
    """

    scenario: int
    excess: float
    state: LimitState


def violations(limits: AnyLimits[Solved], flow: Solved) -> list[Violation]:
    """Return the broken limits of solved states in order of severity.

    Of a branch's two ends (per phase) only the worse stands. Severity is the relative excess; equal
    ones come by time, then by the network's order.
    """
    found = [
        each
        for first, part in day_by_day(flow)
        for each in found_violations(limits, limits.excess(part), first)
    ]
    return sorted(found, key=lambda each: -each.excess)


def found_violations(
    limits: AnyLimits[State_contra], excess: Floats, first: int = 0
) -> list[Violation]:
    """Return the broken limits in order of severity, from the excess over every limit.

    Args:
        limits: The limits.
        excess: Relative excess over them, shape (scenarios, limits).
        first: Place of the first of these scenarios in the run.
    """
    worst: dict[tuple[int, ...], tuple[float, int]] = {}
    for scenario, limit in np.argwhere(excess > TOLERANCE):
        key = (int(scenario), *limits.same_element(int(limit)))
        found = float(excess[scenario, limit]), int(limit)
        if key not in worst or found[0] > worst[key][0]:
            worst[key] = found
    order = sorted(worst.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        Violation(key[0] + first, over, limits.state(limit, over)) for key, (over, limit) in order
    ]
