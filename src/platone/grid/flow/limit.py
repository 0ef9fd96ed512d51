"""The limits of a network as one list, and by how much a state exceeds each of them.

====  =======================================  ====================================
kind  limits, in this order                    relative excess (above 0: broken)
====  =======================================  ====================================
0     current at every branch's first end      (I - limit) / limit
1     current at every branch's second end     (I - limit) / limit
2     upper voltage of every bus               (U - limit) / half the band's width
3     lower voltage of every bus               (limit - U) / half the band's width
====  =======================================  ====================================

Excess has no unit, so that all kinds compare.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network

FIRST_END, SECOND_END, UPPER_VOLTAGE, LOWER_VOLTAGE = range(4)
"""The kinds of limits, by number."""
_OPEN_BAND_PU = 0.1
"""Half the width of a band that has no limit on one side, pu: EN 50160 allows 10 % both ways."""
TOLERANCE = 1e-6
"""Relative excess that does not count: numerical noise of the power flow (1e-8 pu) with reserve."""


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit of a branch or bus beside the value that stands against it.

    Attributes:
        element: The branch or bus, by identifier.
        kind: The quantity that is limited; "unsupplied" is the power of consumers that nothing
            feeds, of which there should be none; "dataMissing" is what somebody sold of whose power
            nothing is known.
        value: The quantity's value.
        limit: The greatest or least value that is allowed.
        unit: Unit of value and limit.
        phase: The phase; none in a balanced state, and of quantities of all three phases.
        name: What people call the branch or bus; empty where its network tells no name.
    """

    element: str
    kind: Literal["current", "voltage", "unbalance", "unsupplied", "dataMissing"]
    value: float
    limit: float
    unit: Literal["A", "pu", "%", "kW"]
    phase: Literal["A", "B", "C"] | None = None
    name: str = ""


class Stressed(Protocol):
    """The voltages and currents of a balanced state, or of one phase of an unbalanced one."""

    @property
    def voltage_pu(self) -> Floats:
        """Return the voltage magnitude at each bus, pu, shape (scenarios, buses)."""
        ...

    @property
    def from_a(self) -> Floats:
        """Return the current at each branch's first end, A, shape (scenarios, branches)."""
        ...

    @property
    def to_a(self) -> Floats:
        """Return the current at each branch's second end, A, shape (scenarios, branches)."""
        ...


class Limits:
    """A list of all limits of a network.

    Args:
        network: A checked network.

    Attributes:
        branches: Number of branches.
        buses: Number of buses.
        from_a: Limit of the current at each branch's first end, A, shape (branches,).
        to_a: Limit of the current at each branch's second end, A, shape (branches,).
        max_pu: Upper voltage of each bus, pu, shape (buses,); infinite where there is none.
        min_pu: Lower voltage of each bus, pu, shape (buses,); minus infinite where there is none.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.branches = len(network.branches)
        self.buses = len(network.buses)
        circuit = circuit_of(network)
        self.from_a, self.to_a = circuit.limits_a
        most = [np.inf if bus.max_pu is None else bus.max_pu for bus in network.buses]
        least = [-np.inf if bus.min_pu is None else bus.min_pu for bus in network.buses]
        # a bus without voltage breaks no limit: that nothing feeds it is said elsewhere
        self.max_pu = np.where(circuit.bus_fed, most, np.inf)
        self.min_pu = np.where(circuit.bus_fed, least, -np.inf)

    def __len__(self) -> int:
        return 2 * (self.branches + self.buses)

    @cached_property
    def band_pu(self) -> Floats:
        """Return half the width of each bus's voltage band, pu, shape (buses,)."""
        half = (self.max_pu - self.min_pu) / 2
        return np.where(np.isfinite(half) & (half > 0), half, _OPEN_BAND_PU)

    def excess(self, flow: Stressed) -> Floats:
        """Return the relative excess over every limit, shape (scenarios, limits)."""
        return np.concatenate(
            [
                flow.from_a / self.from_a - 1,
                flow.to_a / self.to_a - 1,
                (flow.voltage_pu - self.max_pu) / self.band_pu,
                (self.min_pu - flow.voltage_pu) / self.band_pu,
            ],
            axis=1,
        )

    def of_elements(self, excess: Floats) -> Floats:
        """Return an excess in which a branch's two ends both have the greater of theirs.

        Args:
            excess: Relative excess, shape (..., limits).
        """
        ends = excess[..., : 2 * self.branches].reshape(*excess.shape[:-1], 2, self.branches)
        worse = np.broadcast_to(ends.max(axis=-2, keepdims=True), ends.shape)
        flat = worse.reshape(*excess.shape[:-1], 2 * self.branches)
        return np.concatenate([flat, excess[..., 2 * self.branches :]], axis=-1)

    def locate(self, limit: int) -> tuple[int, int]:
        """Return a limit's kind, and the place of its branch or bus in the network."""
        if limit < 2 * self.branches:
            return divmod(limit, self.branches)
        kind, place = divmod(limit - 2 * self.branches, self.buses)
        return kind + UPPER_VOLTAGE, place

    @cached_property
    def element_of(self) -> Places:
        """Return each limit's element: a number that a branch's ends share, and a bus's voltages.

        Shape (limits,).
        """
        branches, buses = (
            np.arange(self.branches),
            np.arange(self.branches, self.branches + self.buses),
        )
        return np.concatenate([branches, branches, buses, buses])

    def located(self, limits: Places) -> tuple[Places, Places]:
        """Return the kinds of many limits, and the places of their branches or buses."""
        split = 2 * self.branches
        current = np.divmod(limits, max(self.branches, 1))
        voltage = np.divmod(limits - split, self.buses)
        kind = np.where(limits < split, current[0], voltage[0] + UPPER_VOLTAGE)
        return kind, np.where(limits < split, current[1], voltage[1])

    def same_element(self, limit: int) -> tuple[int, int]:
        """Return a key that a branch's two ends share, and a bus's two voltage limits."""
        kind, place = self.locate(limit)
        return kind // 2, place

    def state(self, limit: int, excess: float) -> LimitState:
        """Return a limit in its own unit, with the value that has the given relative excess."""
        kind, place = self.locate(limit)
        if kind in {FIRST_END, SECOND_END}:
            limit_a = float((self.from_a, self.to_a)[kind][place])
            branch, reached_a = self.network.branches[place], limit_a * (1 + excess)
            return LimitState(branch.id, "current", reached_a, limit_a, "A", name=branch.name)
        is_upper = kind == UPPER_VOLTAGE
        limit_pu = float((self.max_pu if is_upper else self.min_pu)[place])
        beyond_pu = excess * float(self.band_pu[place]) * (1 if is_upper else -1)
        bus, reached_pu = self.network.buses[place], limit_pu + beyond_pu
        return LimitState(bus.id, "voltage", reached_pu, limit_pu, "pu", name=bus.name)
