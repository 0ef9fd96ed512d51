"""The same sensors, instant after instant: state and tests of bad data, prepared once.

The shares of the measurements' variances that are left in their residuals hardly change with the
state. They are calculated once; what they let pass by a margin is passed, and anything near the
limit is for :mod:`platone.dso.domain.estimation.estimate`, which calculates them in its own state.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from platone.dso.domain.array import Complexes, Flags, Floats
from platone.dso.domain.estimation.bad_data import (
    CRITICAL,
    ChiSquare,
    chi_square,
    largest_by_chance,
)
from platone.dso.domain.estimation.covariance import Covariance
from platone.dso.domain.estimation.gain import Gain, Setting
from platone.dso.domain.estimation.solver import Solver

MARGIN = 0.85
"""Normalised residuals of another state's shares up to this share of the limit are surely below."""


@dataclass(frozen=True, eq=False)
class State:
    """The state of one instant.

    Attributes:
        voltage: Of each fed node, pu.
        scaled: Residual of each measured row by the measurement's standard deviation.
        test: The chi-square test.
        largest: The largest normalised residual.
        is_clean: Whether both tests find nothing.
    """

    voltage: Complexes
    scaled: Floats
    test: ChiSquare
    largest: float
    is_clean: bool


class Estimator:
    """Estimates states from values of the same sensors.

    Args:
        setting: What is measured where and how exactly.
        confidence: Of both tests of bad data.
    """

    def __init__(self, setting: Setting, confidence: float = 0.99) -> None:
        self.setting, self.confidence = setting, confidence
        self._solver = Solver(setting)
        self._measured = np.flatnonzero(setting.measured)
        self._scale = 1 / setting.std[self._measured]
        self._covariance: Covariance | None = None

    @cached_property
    def degrees(self) -> int:
        """Degrees of freedom: redundant numbers."""
        setting = self.setting
        if setting.loose.any():
            return round(float(self.covariance.left.sum()))
        states = 2 * setting.rows.nodes
        return len(self._measured) + int(setting.exact.shape[0]) - states

    @cached_property
    def limit(self) -> float:
        """What the largest normalised residual seldom passes by chance."""
        many = int((self.covariance.left >= CRITICAL).sum())
        return largest_by_chance(many, self.confidence)

    @property
    def covariance(self) -> Covariance:
        """That of the first state that was estimated."""
        if self._covariance is None:
            raise RuntimeError("no state has been estimated yet")
        return self._covariance

    def _own(self, voltage: Complexes) -> Floats:
        """Standard deviations of the residuals, by those of the measurements."""
        if self._covariance is None:
            self._covariance = Covariance(Gain(self.setting, voltage))
            left = self._covariance.left
            self._residual_std = np.where(left < CRITICAL, np.inf, np.sqrt(np.abs(left)))
        return self._residual_std

    def state(self, value: Floats) -> State:
        """The state of one instant.

        Args:
            value: Of each row, in the model's units.

        Raises:
            EstimationDiverged: There is none.
        """
        voltage = self._solver.solve(value)
        own = self._own(voltage)
        scaled = self.setting.rows.at(voltage).residual(value)[self._measured] * self._scale
        largest = float(np.max(np.abs(scaled) / own, initial=0.0))
        test = chi_square(float(scaled @ scaled), self.degrees, self.confidence)
        is_clean = test.is_passed and largest <= self.limit * MARGIN
        return State(voltage, scaled, test, largest, is_clean)

    def states(self, value: Floats) -> "States":
        """The states of many instants.

        Args:
            value: Of each row in each instant, shape (rows, instants).
        """
        voltage, found = self._solver.solve_all(value)
        own = self._own(voltage[:, int(np.argmax(found))])
        residual = self.setting.rows.at(voltage).residual(value)[self._measured]
        scaled = residual * self._scale[:, None]
        largest = np.max(np.abs(scaled) / own[:, None], axis=0, initial=0.0)
        objective = (scaled**2).sum(axis=0)
        test = chi_square(0.0, self.degrees, self.confidence)
        is_clean = found & (objective <= test.limit) & (largest <= self.limit * MARGIN)
        return States(voltage, found, objective, largest, is_clean)


@dataclass(frozen=True, eq=False)
class States:
    """The states of many instants.

    Attributes:
        voltage: Shape (fed nodes, instants).
        found: In which instants there is one.
        objective: J of each.
        largest: Its largest normalised residual.
        is_clean: Whether both tests find nothing.
    """

    voltage: Complexes
    found: Flags
    objective: Floats
    largest: Floats
    is_clean: Flags
