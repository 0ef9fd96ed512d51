"""Identification of bad data: the worst number is removed and the state estimated again."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from platone.grid.estimation.bad_data import ChiSquare, suspects
from platone.grid.estimation.covariance import Covariance
from platone.grid.estimation.estimation import BadDatum, Options
from platone.grid.estimation.estimator import Estimator, State
from platone.grid.estimation.gain import Gain
from platone.grid.estimation.placement import Placed
from platone.grid.problem.estimation import EstimationDiverged


class Identification:
    """Estimates until both tests pass, nobody is suspect, or enough was removed.

    Args:
        placed: The measurements.
        estimator: Of their sensors.
        options: How to estimate.

    Attributes:
        estimator: That of the numbers that are left.
        state: The state that they give.
        covariance: That of the state, where it was needed.
        first_test: The chi-square test of all numbers.
        bad: What looked wrong, in the order in which it was found.
        is_worn: Whether the first estimator was prepared in a state with bad data.
    """

    def __init__(self, placed: Placed, estimator: Estimator, options: Options) -> None:
        self._placed, self._most_removed = placed, options.most_removed
        self._untold = np.zeros(placed.setting.rows.count, np.bool_)
        self.bad: list[BadDatum] = []
        self._take(estimator)
        self.first_test: ChiSquare = self.state.test
        is_first = self.covariance is not None
        while not self.state.is_clean:
            worst = self._worst()
            if worst is None:
                break
            self._remove(worst, options.confidence)
        self.is_worn = is_first and bool(self.bad)

    def _remove(self, row: int, confidence: float) -> None:
        """Estimate without a row; where nothing is found without it, it stays."""
        setting, near = self.estimator.setting, self.state.voltage
        std = setting.std.copy()
        std[row] = np.inf
        try:
            self._take(Estimator(replace(setting, std=std), confidence, near))
        except EstimationDiverged:
            self.bad[-1] = replace(self.bad[-1], is_removed=False)
            self._untold[row] = True

    def _take(self, estimator: Estimator) -> None:
        self.state: State = estimator.state(self._placed.value)
        self.estimator = estimator
        self.covariance = self.state.covariance

    def _worst(self) -> int | None:
        """The row that is to be removed."""
        setting = self.estimator.setting
        rows, scaled = np.flatnonzero(setting.measured), self.state.scaled
        doubtful = self.state.doubtful
        doubtful = doubtful[~self._untold[rows[doubtful]]]
        if not len(doubtful):
            return None
        if self.covariance is None:
            self.covariance = Covariance(Gain(setting, self.state.voltage))
        while True:
            worst = suspects(scaled, doubtful, self.covariance, self.estimator.limit)
            if not worst.rows:
                return None
            found = [int(rows[row]) for row in worst.rows]
            removed = sum(each.is_removed for each in self.bad)
            is_removed = len(found) == 1 and removed < self._most_removed
            self._tell(found, float(scaled[worst.rows[0]]), worst.normalised, is_removed=is_removed)
            if is_removed:
                return found[0]
            if removed >= self._most_removed:
                return None
            self._untold[found] = True
            doubtful = doubtful[~np.isin(doubtful, worst.rows)]

    def _tell(
        self, rows: Sequence[int], scaled: float, normalised: float, *, is_removed: bool
    ) -> None:
        readings = tuple(each for row in rows for each in self._placed.readings[row])
        left = (scaled / normalised) ** 2
        size = math.copysign(normalised, scaled)
        self.bad.append(BadDatum(readings, size, scaled / left, is_removed))
