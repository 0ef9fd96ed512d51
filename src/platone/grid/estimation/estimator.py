"""The state and the tests of bad data for any values of the same sensors, prepared once.

The shares of the measurements' variances that residuals keep hardly change with the state. They
are calculated in one; what they let pass by a margin is passed, and anything near the limit is for
:mod:`platone.grid.estimation.identification`, which calculates them in its own state.
"""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Complexes, Floats, Places
from platone.grid.estimation.bad_data import (
    CRITICAL_SHARE,
    ChiSquareResult,
    chi_square_test,
    residual_limit,
)
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.solver import Solver

_MARGIN = 0.9
"""Share of the limit up to which a residual surely passes by another state's shares: within a year
of SimBench's network shares of 1e-5 and more differ by 2 %, on a street of 10,000 nodes between
half and one and a half of its load by 4 %."""
_DRAWN_MARGIN = 0.8
"""Margin where shares are drawn: 500 draws leave a normalised residual open by 3.2 %."""
_WEAK_SHARE, _WEAK_MARGIN = 1e-4, 0.5
"""Shares below the first rest on little, such as on losses; the smallest of them differ twofold,
so that the margin is the second."""


@dataclass(frozen=True, eq=False)
class TestedState:
    """The state of one instant, and what the tests of bad data say of it.

    Attributes:
        voltage: Complex voltage of each state, per unit.
        weighted: Residual of each measured row by the measurement's standard deviation.
        test: The chi-square test.
        largest: The largest normalised residual, by the prepared shares.
        doubtful: Measured rows whose normalised residual may pass the limit.
    """

    voltage: Complexes
    weighted: Floats
    test: ChiSquareResult
    largest: float
    doubtful: Places

    @property
    def is_clean(self) -> bool:
        """Return whether both tests surely find nothing."""
        return self.test.is_passed and not len(self.doubtful)


class Estimator:
    """An estimator for any values of the same sensors; any number of threads can use it.

    Args:
        solver: The solver of the sensors' states.
        covariance: The covariance of the state in which it was prepared.
        confidence: The confidence of both tests of bad data.

    Attributes:
        sensors: The sensors.
        confidence: The confidence of both tests.
        degrees: Degrees of freedom of the chi-square test.
        limit: The limit of normalised residuals.
    """

    def __init__(self, solver: Solver, covariance: StateCovariance, confidence: float) -> None:
        self.sensors, self.confidence = solver.sensors, confidence
        self._solver, sensors = solver, solver.sensors
        self._measured = np.flatnonzero(sensors.is_measured)
        share = covariance.residual_share
        is_critical = share < CRITICAL_SHARE
        is_determined = not sensors.is_undetermined.any()
        self.degrees = sensors.degrees_of_freedom if is_determined else round(float(share.sum()))
        self.limit = residual_limit(int((~is_critical).sum()), confidence)
        self._residual_std = np.where(is_critical, np.inf, np.sqrt(np.abs(share)))
        margin = _MARGIN if covariance.is_exact else _DRAWN_MARGIN
        weak = np.where(share < _WEAK_SHARE, _WEAK_MARGIN, 1.0)
        self._passing = self.limit * margin * weak * self._residual_std

    def state(self, value: Floats) -> TestedState:
        """Return the tested state of one instant.

        Args:
            value: Measured value of each row in the model's units, shape (rows,).

        Raises:
            EstimationDiverged: There is none.
        """
        voltage = self._solver.solve(value)
        residual = self.sensors.rows.at(voltage).residual(value)[self._measured]
        weighted = residual / self.sensors.std[self._measured]
        size = np.abs(weighted)
        return TestedState(
            voltage=voltage,
            weighted=weighted,
            test=chi_square_test(float(weighted @ weighted), self.degrees, self.confidence),
            largest=float(np.max(size / self._residual_std, initial=0.0)),
            doubtful=np.flatnonzero(size > self._passing),
        )
