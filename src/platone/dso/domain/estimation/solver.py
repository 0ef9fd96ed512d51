"""Weighted least squares by Gauss and Newton, prepared once for the same sensors.

The gain matrix changes little from instant to instant; a step needs only that its pull, the
gradient, is exact. So the equations are factored in one state and used as long as steps shrink
fast; where they do not, they are made again in each state.
"""

import numpy as np

from platone.dso.domain.array import Complexes, Flags, Floats
from platone.dso.domain.estimation.gain import Gain, Setting
from platone.dso.domain.estimation.problem import EstimationDiverged

_TOLERANCE_PU = 1e-8
_CLOSE_PU = 1e-6
_MAX_STEPS, _MAX_CAREFUL_STEPS, _MAX_HALVINGS = 12, 60, 6
_SHRINKS = 0.5
_EARLY_STEPS, _EARLY_STD_PU = 2, 0.1


class Solver:
    """Finds states for values of the same sensors.

    Args:
        setting: What is measured.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._gain: Gain | None = None
        self._from = setting.start

    def solve(self, value: Floats) -> Complexes:
        """The state that fits best, shape (nodes,).

        Args:
            value: What was measured, shape (rows,).

        Raises:
            EstimationDiverged: None is found.
        """
        if self._gain is not None:
            voltage, is_found = self._quick(self._gain, value)
            if is_found:
                return voltage
        voltage = self._careful(value)
        if self._gain is None:
            self._gain, self._from = Gain(self.setting, voltage), voltage
        return voltage

    def solve_all(self, value: Floats) -> tuple[Complexes, Flags]:
        """The states of many instants side by side.

        Args:
            value: What was measured, shape (rows, instants).

        Returns:
            The states, shape (nodes, instants), and in which instants there is one.
        """
        first = value.mean(axis=1)
        if self._gain is None:
            self.solve(first)
        voltage, is_found = self._quick_all(value)
        for instant in np.flatnonzero(~is_found):
            try:
                voltage[:, instant] = self._careful(value[:, instant])
                is_found[instant] = True
            except EstimationDiverged:
                voltage[:, instant] = 0.0
        return voltage, is_found

    def _pull(self, gain: Gain, value: Floats, voltage: Complexes, weight: Floats) -> Complexes:
        linear = self.setting.rows.at(voltage)
        pull = linear.pulled(weight * linear.residual(value))
        return pull + gain.held(voltage) if gain.has_held else pull

    def _quick(self, gain: Gain, value: Floats) -> tuple[Complexes, bool]:
        """With the equations as they are."""
        voltage, weight, before = self._from, self.setting.weight, np.inf
        for _ in range(_MAX_STEPS):
            step = gain.step(self._pull(gain, value, voltage, weight), voltage)
            voltage = voltage + step
            size = float(np.abs(step).max())
            if size < _TOLERANCE_PU:
                return voltage, True
            if not size < _SHRINKS * before and size > _TOLERANCE_PU * 10:
                return voltage, False
            before = size
        return voltage, False

    def _quick_all(self, value: Floats) -> tuple[Complexes, Flags]:
        gain, weight = self._gain, self.setting.weight[:, None]
        assert gain is not None  # noqa: S101 - solve has made it
        instants = value.shape[1]
        voltage = np.repeat(self._from[:, None], instants, axis=1)
        busy, is_found = np.arange(instants), np.zeros(instants, np.bool_)
        before = np.full(instants, np.inf)
        for _ in range(_MAX_STEPS):
            at = voltage[:, busy]
            step = gain.step(self._pull(gain, value[:, busy], at, weight), at)
            voltage[:, busy] = at + step
            size = np.abs(step).max(axis=0)
            is_done = size < _TOLERANCE_PU
            is_found[busy[is_done]] = True
            goes_on = ~is_done & (size < _SHRINKS * before[busy])
            before[busy] = size
            busy = busy[goes_on]
            if not len(busy):
                break
        return voltage, is_found

    def _careful(self, value: Floats) -> Complexes:
        """With the equations of each state, shorter steps where a full one leads astray."""
        setting = self.setting
        voltage, weight = setting.start, setting.weight
        early_std = setting.std.copy()
        # currents' directions are known only near the state: magnitudes wait for it
        early_std[setting.rows.blocks[4]] = np.inf
        for _ in range(_EARLY_STEPS):
            gain = Gain(setting, voltage, early_std, _EARLY_STD_PU)
            voltage = voltage + gain.step(self._pull(gain, value, voltage, early_std**-2), voltage)
        with np.errstate(all="ignore"):
            for _ in range(_MAX_CAREFUL_STEPS):
                gain = Gain(setting, voltage)
                step = gain.step(self._pull(gain, value, voltage, weight), voltage)
                if not np.isfinite(step).all():
                    break
                voltage, is_close = self._shortened(value, voltage, step), np.abs(step).max()
                if is_close < _TOLERANCE_PU * 10:
                    return voltage
        raise EstimationDiverged(f"No state was found in {_MAX_CAREFUL_STEPS} steps.")

    def _shortened(self, value: Floats, voltage: Complexes, step: Complexes) -> Complexes:
        """As much of a step as makes the sum of squares smaller."""
        if np.abs(step).max() < _CLOSE_PU:
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
