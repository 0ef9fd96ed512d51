"""Generators in the unbalanced power flow: what they inject to hold the positive sequence.

What consumers draw alone would leave a voltage at the generators' nodes; through the network's
answer among these their currents make of it one of the magnitude that they hold. Its angles are
those at which they feed in their active powers: one equation for each, by Newton's method.
"""

import numpy as np

from platone.grid.array import Complexes, Flags, Floats, Places
from platone.grid.network.circuit import Circuit
from platone.grid.network.two_port import BASE_MVA

_BASE_KW = BASE_MVA * 1e3
_MAX_STEPS = 10
_TOLERANCE_PU = 1e-11


class HeldVoltages:
    """The nodes whose positive sequence generators hold.

    Args:
        circuit: The circuit.
        rows: The generators' nodes among those at which currents are injected.
        answer: Voltages at these nodes by 1 pu injected at each generator's, (nodes, generators).
    """

    def __init__(self, circuit: Circuit, rows: Places, answer: Complexes) -> None:
        self.rows = rows
        self._answer = answer
        self._own = np.linalg.inv(answer[rows])
        self._pu = circuit.generator_pu[:, None]
        self._power = -circuit.generator_kw[:, None] / _BASE_KW

    def held(self, voltage: Complexes, start: Floats) -> tuple[Complexes, Complexes, Flags]:
        """Hold the voltages.

        Args:
            voltage: Positive sequence without the generators, (nodes, scenarios).
            start: Angles at the generators' nodes to begin with, rad, (generators, scenarios).

        Returns:
            The positive sequence with them, the currents that they inject, pu, and in which
            scenarios their powers have been found.
        """
        without = voltage[self.rows]
        angle = start
        for _ in range(_MAX_STEPS):
            own = self._pu * np.exp(1j * angle)
            current = self._own @ (own - without)
            missing = self._power - (own * current.conj()).real
            found = np.abs(missing).max(axis=0) < _TOLERANCE_PU * (1 + np.abs(self._power).max())
            if found.all():
                break
            angle = angle + self._step(own, current, missing)
        return voltage + self._answer @ current, current, found

    def _step(self, own: Complexes, current: Complexes, missing: Floats) -> Floats:
        """Angles that bring the active powers nearer."""
        # scenarios come first: numpy solves one system after the other
        slope = (own.T[:, :, None] * np.conj(self._own[None] * 1j * own.T[:, None, :])).real
        place = np.arange(len(self.rows))
        slope[:, place, place] += (1j * own * current.conj()).real.T
        solvable = np.isfinite(slope).all(axis=(1, 2))
        slope[~solvable] = np.eye(len(place))
        return np.asarray(np.linalg.solve(slope, missing.T[:, :, None])[..., 0].T)
