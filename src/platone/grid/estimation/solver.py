"""Weighted least squares by Gauss and Newton, prepared once for the same sensors.

The equations are factored in one state and used for every other. At first with the derivatives of
that state too: steps then shrink by a factor of a hundred. Then with the true gradient, so that
what is found is the minimum itself. Where steps do not shrink the equations are made anew.
"""

import numpy as np

from platone.grid.array import Complexes, Flags, Floats
from platone.grid.estimation.gain import Gain, Setting
from platone.grid.problem.estimation import EstimationDiverged

_TOLERANCE_PU = 1e-7
_NEAR_PU = 1e-6
_MAX_STEPS, _MAX_CAREFUL_STEPS, _MAX_HALVINGS = 8, 60, 6
_EARLY_STEPS, _EARLY_STD_PU = 2, 0.1


class Solver:
    """Finds states for values of the same sensors.

    Args:
        setting: What is measured.
        near: A state to prepare the equations in; none: the first one that is found.
    """

    def __init__(self, setting: Setting, near: Complexes | None = None) -> None:
        self.setting = setting
        self._near = near
        self._gain: Gain | None = None

    @property
    def gain(self) -> Gain:
        """The equations that were prepared."""
        if self._gain is None:
            raise RuntimeError("the equations have not been prepared yet")
        return self._gain

    def prepare(self, value: Floats) -> Complexes | None:
        """Prepare the equations; the state that fits best, where they are prepared in it.

        Args:
            value: What was measured, shape (rows,).

        Raises:
            EstimationDiverged: None is found.
        """
        if self._near is not None:
            self._gain = Gain(self.setting, self._near)
            return None
        early = self._early(value)
        found, is_found = self._refined(Gain(self.setting, early), value, early)
        voltage = found if is_found else self._careful(value, early)
        self._gain = Gain(self.setting, voltage)
        return voltage

    def solve(self, value: Floats) -> Complexes:
        """The state that fits best, shape (nodes,), once the equations are prepared.

        Args:
            value: What was measured, shape (rows,).

        Raises:
            EstimationDiverged: None is found.
        """
        voltage, is_near = self._neared(self.gain, value)
        if not is_near:
            return self._careful(value, self._early(value))
        found, is_found = self._refined(self.gain, value, voltage)
        return found if is_found else self._careful(value, voltage)

    def solve_all(self, value: Floats) -> tuple[Complexes, Flags]:
        """The states of many instants side by side, once the equations are prepared.

        Args:
            value: What was measured, shape (rows, instants).

        Returns:
            The states, shape (nodes, instants), and in which instants there is one.
        """
        near, is_near = self._neared(self.gain, value)
        voltage, is_found = self._refined(self.gain, value, near)
        is_found &= is_near
        for instant in np.flatnonzero(~is_found).tolist():
            one = value[:, instant]
            try:
                start = near[:, instant] if is_near[instant] else self._early(one)
                voltage[:, instant] = self._careful(one, start)
                is_found[instant] = True
            except EstimationDiverged:
                voltage[:, instant] = 0.0
        return voltage, is_found

    def _neared(self, gain: Gain, value: Floats) -> tuple[Complexes, Flags]:
        """Near the minimum, with the derivatives of another state; one instant or many."""
        voltage = gain.voltage
        if value.ndim > 1:
            voltage = np.repeat(voltage[:, None], value.shape[1], axis=1)
        is_near = np.zeros(value.shape[1:], np.bool_)
        with np.errstate(all="ignore"):  # what goes astray is found by its size
            for _ in range(_MAX_STEPS):
                residual = self.setting.rows.at(voltage).residual(value)
                step = gain.step(gain.descended(residual, voltage), voltage)
                voltage = voltage + step
                is_near = np.abs(step).max(axis=0) < _NEAR_PU
                if np.all(is_near):
                    break
        return voltage, np.asarray(is_near)

    def _refined(self, gain: Gain, value: Floats, voltage: Complexes) -> tuple[Complexes, Flags]:
        """The minimum itself, by the true gradient."""
        weight = self.setting.weight.reshape((-1,) + (1,) * (value.ndim - 1))
        is_found = np.zeros(value.shape[1:], np.bool_)
        with np.errstate(all="ignore"):
            for _ in range(_MAX_STEPS):
                step = gain.step(self._pull(gain, value, voltage, weight), voltage)
                voltage = voltage + step
                is_found = np.abs(step).max(axis=0) < _TOLERANCE_PU
                if np.all(is_found):
                    break
        return voltage, np.asarray(is_found)

    def _pull(self, gain: Gain, value: Floats, voltage: Complexes, weight: Floats) -> Complexes:
        linear = self.setting.rows.at(voltage)
        pull = linear.pulled(weight * linear.residual(value))
        return pull + gain.held(voltage) if gain.has_held else pull

    def _early(self, value: Floats) -> Complexes:
        """Somewhere near the state, from nothing but the start.

        The direction of currents is known only there: their magnitudes do not count yet.
        """
        voltage, std = self.setting.start, self.setting.std.copy()
        std[self.setting.rows.blocks[4]] = np.inf
        for _ in range(_EARLY_STEPS if self.setting.rows.amperes else 1):
            gain = Gain(self.setting, voltage, std, _EARLY_STD_PU)
            voltage = voltage + gain.step(self._pull(gain, value, voltage, std**-2), voltage)
        return voltage

    def _careful(self, value: Floats, voltage: Complexes) -> Complexes:
        """With the equations of each state, shorter steps where a full one leads astray."""
        with np.errstate(all="ignore"):
            for _ in range(_MAX_CAREFUL_STEPS):
                gain = Gain(self.setting, voltage)
                step = gain.step(self._pull(gain, value, voltage, self.setting.weight), voltage)
                size = float(np.abs(step).max())
                if not np.isfinite(size):
                    break
                voltage = self._shortened(value, voltage, step)
                if size < _TOLERANCE_PU:
                    return voltage
        raise EstimationDiverged(f"No state was found in {_MAX_CAREFUL_STEPS} steps.")

    def _shortened(self, value: Floats, voltage: Complexes, step: Complexes) -> Complexes:
        """As much of a step as makes the sum of squares smaller."""
        if np.abs(step).max() < _NEAR_PU:
            return voltage + step
        now, share = self.misfit(value, voltage), 1.0
        for _ in range(_MAX_HALVINGS):
            if self.misfit(value, voltage + share * step) <= now:
                break
            share /= 2
        return voltage + share * step

    def misfit(self, value: Floats, voltage: Complexes) -> float:
        """The weighted sum of squares that is to be least."""
        setting = self.setting
        residual = setting.rows.at(voltage).residual(value)
        moved = np.abs(voltage - setting.start)
        return float(setting.weight @ residual**2 + setting.hold @ moved**2)
