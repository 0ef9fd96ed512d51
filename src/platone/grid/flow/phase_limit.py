"""The limits of an unbalanced state: of currents and voltages by phase, and of unbalance."""

from dataclasses import replace

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.limit import Limits, LimitState
from platone.grid.flow.phase_state import PHASES, PhaseFlow

MOST_UNBALANCE = 0.02
"""Negative over positive sequence of a voltage, no unit: EN 50160, 4.2.4 (2 % in 95 % of a week's
means over ten minutes)."""


class PhaseLimits:
    """A list of all limits in phase A, then B, then C, then of every bus's unbalance.

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
        """Return the relative excess over every limit, shape (scenarios, limits), no unit."""
        phases = [self._of_phase.excess(flow.of_phase(row)) for row in range(len(PHASES))]
        return np.concatenate([*phases, flow.unbalance / self.most_unbalance - 1], axis=1)

    def same_element(self, limit: int) -> tuple[int, ...]:
        """Return a key that a branch's two ends share in a phase, and a bus's voltage limits."""
        phase, own = divmod(limit, len(self._of_phase))
        key = (2, own) if phase == len(PHASES) else self._of_phase.same_element(own)
        return *key, phase

    def state(self, limit: int, excess: float) -> LimitState:
        """Return a limit in its own unit, with the value that has the given relative excess."""
        phase, own = divmod(limit, len(self._of_phase))
        if phase < len(PHASES):
            return replace(self._of_phase.state(own, excess), phase=PHASES[phase])
        percent = 100 * self.most_unbalance
        bus, reached = self.network.buses[own], percent * (1 + excess)
        return LimitState(bus.id, "unbalance", reached, percent, "%", name=bus.name)
