"""Identification of bad data: the worst number is removed and the state estimated again.

One round: estimate ─► both tests pass? done ─► the largest normalised residual, calculated in this
state ─► below the limit? done ─► one number, and few enough removed? remove it, next round ─►
several that cannot be told apart? name them, and look at the next largest.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from platone.grid.estimation.bad_data import find_suspects
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.estimator import Estimator, TestedState
from platone.grid.estimation.gain import GainMatrix
from platone.grid.estimation.placement import PlacedMeasurements
from platone.grid.estimation.result import BadDatum, EstimationOptions
from platone.grid.estimation.solver import Solver
from platone.grid.problem.estimation import EstimationDiverged


class Identification:
    """A search for bad data that ends when tests pass, nothing is suspect, or enough was removed.

    Args:
        placed: The measurements.
        estimator: The estimator of their sensors.
        options: The options of the estimation.
        covariance: The covariance of the measurements' state, where it is known.

    Attributes:
        estimator: The estimator of the numbers that are left.
        state: The state that they give.
        covariance: The covariance of that state, where it was needed.
        first_test: The chi-square test of all numbers.
        bad: The numbers that looked wrong, in the order in which they were found.
    """

    def __init__(
        self,
        placed: PlacedMeasurements,
        estimator: Estimator,
        options: EstimationOptions,
        covariance: StateCovariance | None = None,
    ) -> None:
        self._placed, self._most_removed = placed, options.most_removed
        self._is_passed_over = np.zeros(placed.sensors.rows.count, np.bool_)
        self.bad: list[BadDatum] = []
        self._estimate(estimator, covariance)
        self.first_test = self.state.test
        while not self.state.is_clean:
            worst = self._next_to_remove()
            if worst is None:
                break
            self._estimate_without(worst)

    def _estimate(self, estimator: Estimator, covariance: StateCovariance | None = None) -> None:
        self.state: TestedState = estimator.state(self._placed.value)
        self.estimator, self.covariance = estimator, covariance

    def _estimate_without(self, row: int) -> None:
        """Estimate without a row; where nothing is found without it, it stays."""
        estimator, near = self.estimator, self.state.voltage
        std = estimator.sensors.std.copy()
        std[row] = np.inf
        try:
            solver = Solver(replace(estimator.sensors, std=std), self._placed.value, near)
            covariance = StateCovariance(solver.gain)
            self._estimate(Estimator(solver, covariance, estimator.confidence))
        except EstimationDiverged:
            self.bad[-1] = replace(self.bad[-1], is_removed=False)
            self._is_passed_over[row] = True

    def _next_to_remove(self) -> int | None:
        """Return the row that is to be removed, and record what looks wrong on the way."""
        sensors, weighted = self.estimator.sensors, self.state.weighted
        rows, candidates = np.flatnonzero(sensors.is_measured), self.state.doubtful
        candidates = candidates[~self._is_passed_over[rows[candidates]]]
        if not len(candidates):
            return None
        if self.covariance is None:
            self.covariance = StateCovariance(GainMatrix(sensors, self.state.voltage))
        while True:
            worst = find_suspects(weighted, candidates, self.covariance, self.estimator.limit)
            if not worst.rows:
                return None
            found = [int(rows[row]) for row in worst.rows]
            removed = sum(each.is_removed for each in self.bad)
            is_removed = len(found) == 1 and removed < self._most_removed
            self._record(
                found, float(weighted[worst.rows[0]]), worst.normalised, is_removed=is_removed
            )
            if is_removed:
                return found[0]
            if removed >= self._most_removed:
                return None
            self._is_passed_over[found] = True
            candidates = candidates[~np.isin(candidates, worst.rows)]

    def _record(
        self, rows: Sequence[int], weighted: float, normalised: float, *, is_removed: bool
    ) -> None:
        readings = tuple(each for row in rows for each in self._placed.readings[row])
        share = (weighted / normalised) ** 2
        size = math.copysign(normalised, weighted)
        self.bad.append(BadDatum(readings, size, weighted / share, is_removed))
