"""The limits of a network as one list, and by how much a state exceeds each of them.

There are, in this order, the current at every branch's first end and at its second end, and the
upper and the lower voltage of every bus. Excess is relative, so that all kinds compare: of a
current (I - limit) / limit; of a voltage its distance beyond the limit, relative to half the
width of the bus's band. Above 0 the limit is broken.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network

_OPEN_BAND_PU = 0.1
TOLERANCE = 1e-6
"""An excess up to this is numerical noise of the power flow."""


@dataclass(frozen=True, slots=True)
class LimitState:
    """One limit and what stands against it.

    Attributes:
        element: The branch or bus.
        kind: What is limited.
        value: What it is.
        limit: What it may be.
        unit: Of both.
        phase: The phase in which; none in a balanced state, and of what belongs to all three.
    """

    element: str
    kind: Literal["current", "voltage", "unbalance"]
    value: float
    limit: float
    unit: Literal["A", "pu", "%"]
    phase: Literal["A", "B", "C"] | None = None


class Stressed(Protocol):
    """What stands against the limits: a balanced state, or one phase of an unbalanced one."""

    @property
    def voltage_pu(self) -> Floats:
        """Magnitude at each bus, shape (scenarios, buses)."""
        ...

    @property
    def from_a(self) -> Floats:
        """Current at each branch's first end, shape (scenarios, branches)."""
        ...

    @property
    def to_a(self) -> Floats:
        """Current at its second end."""
        ...


class Limits:
    """All limits of a network.

    Args:
        network: A checked network.
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
        """Half the width of each bus's voltage band; 0.1 pu where it is open (EN 50160) or none."""
        half = (self.max_pu - self.min_pu) / 2
        return np.where(np.isfinite(half) & (half > 0), half, _OPEN_BAND_PU)

    def excess(self, flow: Stressed) -> Floats:
        """Relative excess over every limit, shape (scenarios, limits)."""
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
        """The same, but both ends of a branch with the greater excess of the two."""
        ends = excess[..., : 2 * self.branches].reshape(*excess.shape[:-1], 2, self.branches)
        worse = np.broadcast_to(ends.max(axis=-2, keepdims=True), ends.shape)
        flat = worse.reshape(*excess.shape[:-1], 2 * self.branches)
        return np.concatenate([flat, excess[..., 2 * self.branches :]], axis=-1)

    def locate(self, limit: int) -> tuple[int, int]:
        """Kind (0 first end, 1 second end, 2 upper, 3 lower voltage) and element's place."""
        if limit < 2 * self.branches:
            return divmod(limit, self.branches)
        kind, place = divmod(limit - 2 * self.branches, self.buses)
        return kind + 2, place

    @cached_property
    def element_of(self) -> Places:
        """A number for each limit that both ends of a branch share, and the limits of a bus."""
        branches, buses = (
            np.arange(self.branches),
            np.arange(self.branches, self.branches + self.buses),
        )
        return np.concatenate([branches, branches, buses, buses])

    def located(self, limits: Places) -> tuple[Places, Places]:
        """The same of many limits."""
        split = 2 * self.branches
        current = np.divmod(limits, max(self.branches, 1))
        voltage = np.divmod(limits - split, self.buses)
        kind = np.where(limits < split, current[0], voltage[0] + 2)
        return kind, np.where(limits < split, current[1], voltage[1])

    def same_element(self, limit: int) -> tuple[int, int]:
        """A key that both ends of a branch share, and both voltage limits of a bus."""
        kind, place = self.locate(limit)
        return kind // 2, place

    def state(self, limit: int, excess: float) -> LimitState:
        """A limit in its own units, with the value that has an excess over it."""
        kind, place = self.locate(limit)
        if kind < 2:  # noqa: PLR2004 - kinds 0 and 1 are the branch's ends
            limit_a = float((self.from_a, self.to_a)[kind][place])
            branch = self.network.branches[place].id
            return LimitState(branch, "current", limit_a * (1 + excess), limit_a, "A")
        limit_pu = float((self.max_pu, self.min_pu)[kind - 2][place])
        beyond_pu = excess * float(self.band_pu[place]) * (1 if kind == 2 else -1)  # noqa: PLR2004
        return LimitState(
            self.network.buses[place].id, "voltage", limit_pu + beyond_pu, limit_pu, "pu"
        )
