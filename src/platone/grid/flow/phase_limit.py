"""The limits of an unbalanced state: those of each phase, and of the voltages' unbalance."""

from dataclasses import replace

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.limit import Limits, LimitState
from platone.grid.flow.phase_state import PHASES, PhaseFlow

MOST_UNBALANCE = 0.02
"""EN 50160, 4.2.4: negative over positive sequence, of 95 % of ten minutes' means."""


class PhaseLimits:
    """All limits in each phase, in the order A, B, C, then the unbalance of every bus.

    Of a branch the limit is that of its current, and of a bus that of its voltage, in every phase.

    Args:
        limits: The network's limits.
        most_unbalance: Greatest negative sequence of a bus's voltage, by its positive sequence.
    """

    def __init__(self, limits: Limits, most_unbalance: float = MOST_UNBALANCE) -> None:
        self.network = limits.network
        self.most_unbalance = most_unbalance
        self._of_phase = limits

    def __len__(self) -> int:
        return len(PHASES) * len(self._of_phase) + self._of_phase.buses

    def excess(self, flow: PhaseFlow) -> Floats:
        """Relative excess over every limit, shape (scenarios, limits)."""
        phases = [self._of_phase.excess(flow.of_phase(row)) for row in range(len(PHASES))]
        return np.concatenate([*phases, flow.unbalance / self.most_unbalance - 1], axis=1)

    def same_element(self, limit: int) -> tuple[int, ...]:
        """A key that both ends of a branch share in a phase, and both voltage limits of a bus."""
        phase, own = divmod(limit, len(self._of_phase))
        key = (2, own) if phase == len(PHASES) else self._of_phase.same_element(own)
        return *key, phase

    def state(self, limit: int, excess: float) -> LimitState:
        """A limit in its own units, with the value that has an excess over it."""
        phase, own = divmod(limit, len(self._of_phase))
        if phase < len(PHASES):
            return replace(self._of_phase.state(own, excess), phase=PHASES[phase])
        percent = 100 * self.most_unbalance
        bus = self.network.buses[own].id
        return LimitState(bus, "unbalance", percent * (1 + excess), percent, "%")
