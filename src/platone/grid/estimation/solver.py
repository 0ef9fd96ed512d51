"""Weighted least squares by Gauss and Newton, with equations that are factored once.

first guess     start ─► gain matrix there ─► a state near
once            that state refined ─► gain matrix, kept for other values of the same sensors
each instant    approach: steps with the kept matrix's own derivatives (errors shrink a
hundredfold a step) ─► refine: steps with the true gradient, so that what is
found is the minimum itself
where steps     solve carefully: a new gain matrix in each state, and shorter steps where a
do not shrink   full one leads astray
"""

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.gain import GainMatrix
from platone.grid.estimation.sensor_model import SensorModel
from platone.grid.problem.estimation import EstimationDiverged

_TOLERANCE_PU = 1e-7
"""Largest step, per unit, after which a state counts as found: far below all errors."""
_NEAR_PU = 1e-6
"""Largest step of the approach, per unit, after which only the true gradient tells more."""
_MAX_STEPS = 8
"""Steps with a kept gain matrix: it takes two or three, or does not suit the state."""
_MAX_CAREFUL_STEPS = 60
"""Steps with new equations: ten are many; what needs more has no state near it."""
_MAX_HALVINGS = 6
"""Halvings of a step that makes the sum of squares larger; a 64th moves little."""
_GUESS_STEPS = 2
"""Steps of the first guess where current magnitudes, which need a direction, are measured."""
_GUESS_STD_PU = 0.1
"""Standard deviation, per unit, by which the first guess is held where it is; as wide as
voltages lie."""


class Solver:
    """The solver of the states that measurements of the same sensors make most likely.

    Args:
        sensors: The sensors.
        value: Measured values to prepare the equations with, shape (rows,).
        near: A state to prepare them in; none: the state of these values.

    Attributes:
        gain: The equations that are prepared.

    Raises:
        EstimationDiverged: No state comes near the values.
    """

    def __init__(self, sensors: SensorModel, value: Floats, near: Complexes | None = None) -> None:
        self.sensors = sensors
        self.gain = GainMatrix(sensors, self._first(value) if near is None else near)

    def _first(self, value: Floats) -> Complexes:
        guess = self._guess(value)
        found = self._refine(GainMatrix(self.sensors, guess), value, guess)
        return self._solve_carefully(value, guess) if found is None else found

    def solve(self, value: Floats) -> Complexes:
        """Return the state that fits measured values best, shape (states,), per unit.

        Args:
            value: Measured values in the model's units, shape (rows,).

        Raises:
            EstimationDiverged: None is found.
        """
        near = self._approach(value)
        if near is None:
            return self._solve_carefully(value, self._guess(value))
        found = self._refine(self.gain, value, near)
        return self._solve_carefully(value, near) if found is None else found

    def _approach(self, value: Floats) -> Complexes | None:
        """Return a state near the minimum, by the prepared state's derivatives."""
        gain, voltage = self.gain, self.gain.voltage
        with np.errstate(all="ignore"):  # what goes astray is found by its size
            for _ in range(_MAX_STEPS):
                residual = self.sensors.rows.at(voltage).residual(value)
                step = gain.step(gain.approximate_gradient(residual, voltage), voltage)
                voltage = voltage + step
                if np.abs(step).max() < _NEAR_PU:
                    return voltage
        return None

    def _refine(self, gain: GainMatrix, value: Floats, voltage: Complexes) -> Complexes | None:
        """Return the minimum itself, by the true gradient."""
        with np.errstate(all="ignore"):
            for _ in range(_MAX_STEPS):
                step = gain.step(gain.gradient(value, voltage, self.sensors.weight), voltage)
                voltage = voltage + step
                if np.abs(step).max() < _TOLERANCE_PU:
                    return voltage
        return None

    def _guess(self, value: Floats) -> Complexes:
        """Return a state somewhere near, from nothing but the start.

        The direction of currents is known only there: their magnitudes do not count yet.
        """
        rows, voltage, std = self.sensors.rows, self.sensors.start, self.sensors.std.copy()
        std[rows.blocks[4]] = np.inf
        for _ in range(_GUESS_STEPS if rows.amperes else 1):
            gain = GainMatrix(self.sensors, voltage, std, _GUESS_STD_PU)
            voltage = voltage + gain.step(gain.gradient(value, voltage, std**-2), voltage)
        return voltage

    def _solve_carefully(self, value: Floats, voltage: Complexes) -> Complexes:
        """Return the minimum by new equations in each state, and steps as long as they help."""
        with np.errstate(all="ignore"):
            for _ in range(_MAX_CAREFUL_STEPS):
                gain = GainMatrix(self.sensors, voltage)
                step = gain.step(gain.gradient(value, voltage, self.sensors.weight), voltage)
                size = float(np.abs(step).max())
                if not np.isfinite(size):
                    break
                voltage = self._shortened(value, voltage, step)
                if size < _TOLERANCE_PU:
                    return voltage
        raise EstimationDiverged(f"No state was found in {_MAX_CAREFUL_STEPS} steps.")

    def _shortened(self, value: Floats, voltage: Complexes, step: Complexes) -> Complexes:
        """Return the state after as much of a step as makes the sum of squares smaller."""
        if np.abs(step).max() < _NEAR_PU:
            return voltage + step
        now, share = self._objective(value, voltage), 1.0
        for _ in range(_MAX_HALVINGS):
            if self._objective(value, voltage + share * step) <= now:
                break
            share /= 2
        return voltage + share * step

    def _objective(self, value: Floats, voltage: Complexes) -> float:
        """Return the weighted sum of squares that is to be least."""
        sensors = self.sensors
        residual = sensors.rows.at(voltage).residual(value)
        moved = np.abs(voltage - sensors.start)
        return float(sensors.weight @ residual**2 + sensors.holding_weight @ moved**2)
