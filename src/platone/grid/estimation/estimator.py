"""The same sensors, instant after instant: state and tests of bad data, prepared once.

The shares of the measurements' variances that are left in their residuals hardly change with the
state. They are calculated in one; what they let pass by a margin is passed, and anything near the
limit is for :mod:`platone.grid.estimation.identification`, which calculates them in its own
state.
"""

from dataclasses import dataclass
from threading import Lock

import numpy as np

from platone.grid.array import Complexes, Flags, Floats, Places
from platone.grid.estimation.bad_data import (
    CRITICAL,
    ChiSquare,
    chi_square,
    largest_by_chance,
)
from platone.grid.estimation.covariance import Covariance
from platone.grid.estimation.gain import Setting
from platone.grid.estimation.solver import Solver

_MARGIN, _DRAWN_MARGIN = 0.9, 0.8
"""Normalised residuals of another state's shares up to this share of the limit are surely below:
within a year of SimBench's network shares of 1e-5 and more differ by 2 %, on a street of 10,000
nodes between half and one and a half of its load by 4 %; and 500 draws leave a normalised residual
open by 3.2 %."""
_WEAK, _WEAK_MARGIN = 1e-4, 0.5
"""Shares below the first rest on little, such as on losses; the smallest of them differ twofold."""


@dataclass(frozen=True, eq=False)
class State:
    """The state of one instant.

    Attributes:
        voltage: Of each fed node, pu.
        scaled: Residual of each measured row by the measurement's standard deviation.
        test: The chi-square test.
        largest: The largest normalised residual.
        doubtful: Measured rows whose normalised residual may pass the limit.
        covariance: That of the state, where it was calculated.
    """

    voltage: Complexes
    scaled: Floats
    test: ChiSquare
    largest: float
    doubtful: Places
    covariance: Covariance | None

    @property
    def is_clean(self) -> bool:
        """Whether both tests surely find nothing."""
        return self.test.is_passed and not len(self.doubtful)


class _Tests:
    """What both tests need, calculated in one state."""

    def __init__(self, setting: Setting, confidence: float, covariance: Covariance) -> None:
        left = covariance.left
        is_critical = left < CRITICAL
        self.degrees = round(float(left.sum())) if setting.loose.any() else _redundant(setting)
        self.limit = largest_by_chance(int((~is_critical).sum()), confidence)
        self.residual_std = np.where(is_critical, np.inf, np.sqrt(np.abs(left)))
        margin = _MARGIN if covariance.is_exact else _DRAWN_MARGIN
        weak = np.where(left < _WEAK, _WEAK_MARGIN, 1.0)
        self.surely = self.limit * margin * weak * self.residual_std


def _redundant(setting: Setting) -> int:
    """By how much there are more numbers and exact equations than unknowns."""
    return int(setting.measured.sum()) + int(setting.exact.shape[0]) - 2 * setting.rows.nodes


class Estimator:
    """Estimates states from values of the same sensors; for any number of threads.

    Args:
        setting: What is measured where and how exactly.
        confidence: Of both tests of bad data.
        near: A state to prepare all in; none: the first one that is estimated.
    """

    def __init__(
        self, setting: Setting, confidence: float = 0.99, near: Complexes | None = None
    ) -> None:
        self.setting, self.confidence = setting, confidence
        self._solver = Solver(setting, near)
        self._measured = np.flatnonzero(setting.measured)
        self._scale = 1 / setting.std[self._measured]
        self._found: _Tests | None = None
        self._first = Lock()

    @property
    def degrees(self) -> int:
        """Degrees of freedom: redundant numbers; known once a state was estimated."""
        return self._tests.degrees

    @property
    def limit(self) -> float:
        """What the largest normalised residual seldom passes by chance; known as the former."""
        return self._tests.limit

    @property
    def _tests(self) -> _Tests:
        if self._found is None:
            raise RuntimeError("no state has been estimated yet")
        return self._found

    def _prepared(self, value: Floats) -> tuple[Complexes, Covariance] | None:
        """State and covariance, where all is prepared in this state; else nothing."""
        with self._first:
            if self._found is not None:
                return None
            voltage = self._solver.prepare(value)
            covariance = Covariance(self._solver.gain)
            self._found = _Tests(self.setting, self.confidence, covariance)
            return None if voltage is None else (voltage, covariance)

    def state(self, value: Floats) -> State:
        """The state of one instant.

        Args:
            value: Of each row, in the model's units.

        Raises:
            EstimationDiverged: There is none.
        """
        voltage, covariance = self._prepared(value) or (self._solver.solve(value), None)
        residual = self.setting.rows.at(voltage).residual(value)
        scaled = residual[self._measured] * self._scale
        size, tests = np.abs(scaled), self._tests
        test = chi_square(float(scaled @ scaled), tests.degrees, self.confidence)
        return State(
            voltage=voltage,
            scaled=scaled,
            test=test,
            largest=float(np.max(size / tests.residual_std, initial=0.0)),
            doubtful=np.flatnonzero(size > tests.surely),
            covariance=covariance,
        )

    def states(self, value: Floats) -> "States":
        """The states of many instants.

        Args:
            value: Of each row in each instant, shape (rows, instants).
        """
        self._prepared(value.mean(axis=1))
        voltage, found = self._solver.solve_all(value)
        residual = self.setting.rows.at(voltage).residual(value)[self._measured]
        size, tests = np.abs(residual * self._scale[:, None]), self._tests
        objective = np.einsum("ij,ij->j", size, size)
        test = chi_square(0.0, tests.degrees, self.confidence)
        is_low = (size <= tests.surely[:, None]).all(axis=0)
        return States(
            voltage=voltage,
            found=found,
            objective=objective,
            largest=np.max(size / tests.residual_std[:, None], axis=0, initial=0.0),
            is_clean=found & (objective <= test.limit) & is_low,
        )


@dataclass(frozen=True, eq=False)
class States:
    """The states of many instants.

    Attributes:
        voltage: Shape (fed nodes, instants).
        found: In which instants there is one.
        objective: J of each.
        largest: Its largest normalised residual.
        is_clean: Whether both tests surely find nothing.
    """

    voltage: Complexes
    found: Flags
    objective: Floats
    largest: Floats
    is_clean: Flags
