"""What a power flow takes and gives, as arrays over scenarios; the engine stands behind it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from platone.dso.domain.network.model import Line, Network
from platone.kernel.errors import PlatoneError

Floats = NDArray[np.float64]


class PowerFlowDiverged(PlatoneError):
    """The power flow has no solution: the network cannot carry this load at any voltage.

    `quarterHours` names the instants (or places of the run) where it failed. Look for loads
    in the wrong unit (W for kW), impedances that are too large, or a missing feeder.
    """

    slug = "power-flow-diverged"
    title = "The power flow has no solution"


@dataclass(frozen=True, slots=True)
class ConsumerPower:
    """What the consumers withdraw, load convention.

    Attributes:
        p_kw: Active power, shape (scenarios, consumers), in the network's order of consumers.
        q_kvar: Reactive power, the same shape.
    """

    p_kw: Floats
    q_kvar: Floats


@dataclass(frozen=True, slots=True)
class Flow:
    """Solved states; the first axis is the scenario, the second the bus or branch.

    Attributes:
        voltage_pu: Magnitude at each bus, per unit of nominal.
        angle_rad: Angle at each bus.
        from_a: Current at each branch's first end, A.
        to_a: Current at its second end, A.
        loss_kw: Active power lost in it.
        loss_kvar: Reactive power lost in it; negative where it generates.
        bus_kw: Active power that each bus withdraws from the grid.
        bus_kvar: Reactive power that each bus withdraws.
    """

    voltage_pu: Floats
    angle_rad: Floats
    from_a: Floats
    to_a: Floats
    loss_kw: Floats
    loss_kvar: Floats
    bus_kw: Floats
    bus_kvar: Floats


class PowerFlow(Protocol):
    """Solves the AC power flow of a network for many scenarios at once."""

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        """The states.

        Raises:
            PowerFlowDiverged: A scenario has no solution.
        """
        ...


def branch_limits_a(network: Network) -> tuple[Floats, Floats]:
    """Greatest currents at the branches' first and second ends, A."""
    pairs = [
        (branch.limit_a, branch.limit_a)
        if isinstance(branch, Line)
        else (branch.from_limit_a, branch.to_limit_a)
        for branch in network.branches
    ]
    array = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def loading(network: Network, flow: Flow) -> Floats:
    """Loading of each branch by its more loaded end, as a fraction of its limit."""
    from_limit, to_limit = branch_limits_a(network)
    return np.maximum(flow.from_a / from_limit, flow.to_a / to_limit)
