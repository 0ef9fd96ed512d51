"""Alarms: consumers without supply and broken limits of power flows, in order of severity."""

import math
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.chunk import ActivePower, Solved, day_by_day
from platone.grid.flow.limit import TOLERANCE, LimitState
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network

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
        excess: Relative excess (no unit), as :mod:`platone.grid.flow.limit` defines it; infinite
            where consumers have no supply.
        state: The limit in its own units.
    """

    scenario: int
    excess: float
    state: LimitState


def violations(limits: AnyLimits[Solved], flow: Solved) -> list[Violation]:
    """Return the consumers without supply, then the broken limits, in order of severity.

    Of a branch's two ends (per phase) only the worse stands. Severity is the relative excess; equal
    ones come by time, then by the network's order.
    """
    broken = [
        each
        for first, part in day_by_day(flow)
        for each in found_violations(limits, limits.excess(part), first)
    ]
    return [*unsupplied(flow.network, flow.power), *sorted(broken, key=lambda each: -each.excess)]


def unsupplied(network: Network, power: ActivePower) -> list[Violation]:
    """Return the buses that nothing feeds and that have consumers, the most power first.

    Consumers that want nothing at the time count, too, unless they are switched off.

    Args:
        network: A checked network.
        power: What its consumers would withdraw or, below 0, feed in.
    """
    place, is_fed = network.bus_position, circuit_of(network).bus_fed
    bus = np.array([place[each.bus] for each in network.consumers], np.int64)
    dark = np.flatnonzero(~is_fed[bus])
    if not len(dark):
        return []
    wanted = np.abs(power.p_kw[:, dark])
    wanted = wanted.reshape(len(wanted), len(dark), -1).sum(axis=2)  # of all phases
    rows, column = np.unique(bus[dark], return_inverse=True)
    wanted_kw = np.zeros((len(wanted), len(rows)))
    np.add.at(wanted_kw.T, column, wanted.T)
    on = [getattr(network.consumers[each], "closed", True) for each in dark]
    is_on = np.isin(np.arange(len(rows)), column[on])
    found = []
    for scenario, each in np.argwhere(is_on | (wanted_kw > 0)):
        dark_bus, kw = network.buses[rows[each]], float(wanted_kw[scenario, each])
        state = LimitState(dark_bus.id, "unsupplied", kw, 0.0, "kW", name=dark_bus.name)
        found.append(Violation(int(scenario), math.inf, state))
    return sorted(found, key=lambda each: -each.state.value)


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
