"""Generators in the unbalanced power flow: the currents by which they hold their voltages.

The consumers' currents alone would leave some voltage V0 of the positive sequence at the
generators' nodes. With Z the impedance among these nodes, the generators' currents I raise it to
V = V0 + Z I, whose magnitudes they hold. Sought are V's angles at which the generators feed in
their active powers, Re(V conj(I)): one equation for each, by Newton's method.
"""

import numpy as np

from platone.grid.array import Complexes, Flags, Floats, Places
from platone.grid.network.circuit import Circuit
from platone.grid.network.two_port import BASE_MVA

_BASE_KW = BASE_MVA * 1e3
"""Base power, kW."""
_MAX_STEPS = 10
"""Steps of Newton's method, at most: it starts near, and the iteration around it calls again."""
_TOLERANCE_PU = 1e-11
"""Active power that may be missing, per unit of the greatest one (at least of the base): a tenth of
the voltages' tolerance in the iteration around it."""


class HeldVoltages:
    """The generators' nodes, at which the magnitude of the positive sequence is held.

    Args:
        circuit: The circuit.
        rows: Places of the generators' nodes among those at which currents are injected.
        impedance: Voltages at these nodes by 1 pu injected at each generator's, complex, pu, shape
            (nodes, generators).
    """

    def __init__(self, circuit: Circuit, rows: Places, impedance: Complexes) -> None:
        self.rows = rows
        self._impedance = impedance
        self._admittance = np.linalg.inv(impedance[rows])
        self._pu = circuit.generator_pu[:, None]
        self._power = -circuit.generator_kw[:, None] / _BASE_KW

    def held(self, voltage: Complexes, start: Floats) -> tuple[Complexes, Complexes, Flags]:
        """Find the currents that hold the voltages in every scenario.

        Args:
            voltage: Positive sequence without the generators, pu, shape (nodes, scenarios).
            start: Angles at the generators' nodes to begin with, rad, (generators, scenarios).

        Returns:
            The positive sequence with the generators, pu, shape (nodes, scenarios); the currents
            that they inject, pu, shape (generators, scenarios); and flags of shape (scenarios,)
            where their active powers have been found.
        """
        without = voltage[self.rows]
        angle = start
        for _ in range(_MAX_STEPS):
            own = self._pu * np.exp(1j * angle)
            current = self._admittance @ (own - without)
            missing = self._power - (own * current.conj()).real
            found = np.abs(missing).max(axis=0) < _TOLERANCE_PU * (1 + np.abs(self._power).max())
            if found.all():
                break
            angle = angle + self._step(own, current, missing)
        return voltage + self._impedance @ current, current, found

    def _step(self, own: Complexes, current: Complexes, missing: Floats) -> Floats:
        """Return Newton's change of the angles, rad, shape (generators, scenarios)."""
        # scenarios come first: numpy solves one system after the other
        turned = self._admittance[None] * 1j * own.T[:, None, :]
        slope = (own.T[:, :, None] * np.conj(turned)).real
        place = np.arange(len(self.rows))
        slope[:, place, place] += (1j * own * current.conj()).real.T
        solvable = np.isfinite(slope).all(axis=(1, 2))
        slope[~solvable] = np.eye(len(place))
        return np.asarray(np.linalg.solve(slope, missing.T[:, :, None])[..., 0].T)
