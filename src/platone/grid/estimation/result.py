"""The result of a state estimation: the state, its uncertainty, and what is wrong with the data."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from platone.grid.array import Complexes, Flags, Floats
from platone.grid.estimation.bad_data import ChiSquareResult, Residuals
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.gain import GainMatrix
from platone.grid.estimation.measurement import Measurement, Reading
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.placement import PlacedMeasurements
from platone.grid.estimation.sensor_model import SensorModel
from platone.grid.estimation.uncertainty import Uncertainty, propagate_errors


@dataclass(frozen=True, slots=True)
class EstimationOptions:
    """The options of a state estimation.

    Attributes:
        pseudo: Whether expected values fill what the measurements leave unobservable.
        confidence: The confidence of both tests of bad data.
        most_removed: The most numbers that may be removed as bad.
    """

    pseudo: Literal["whereNeeded", "never"] = "whereNeeded"
    confidence: float = 0.99
    most_removed: int = 20


@dataclass(frozen=True, slots=True)
class BadDatum:
    """A measured number that looks wrong.

    Attributes:
        readings: The number; several where they cannot be told from each other.
        normalised: Its normalised residual when it was found.
        error_std: The error that it is estimated to have, in its standard deviations.
        is_removed: Whether it was removed; what cannot be told apart stays.
    """

    readings: tuple[Reading, ...]
    normalised: float
    error_std: float
    is_removed: bool


@dataclass(frozen=True, eq=False)
class Estimation:
    """The estimated state of a network, its uncertainty, and what looks wrong in its data.

    Attributes:
        model: The network; its states are the voltages of the fed nodes.
        voltage: Complex voltage of each state, per unit.
        weighted: Residual of each row that counts, by the measurement's standard deviation.
        is_undetermined: States that nothing determines.
        is_magnitude_undetermined: States of which not even the magnitude is determined.
        placed: The measurements that were used, pseudo-measurements among them.
        sensors: Their sensors without what was removed.
        first_test: The chi-square test before anything was removed.
        test: The chi-square test in the end.
        limit: The limit of normalised residuals.
        bad: The numbers that looked wrong, in the order in which they were found.
        is_unobservable: States that the measurements alone do not determine.
        pseudo: The pseudo-measurements that were put in for them.
        conflicts: Groups of readings of the same quantity that contradict each other.
    """

    model: NetworkModel
    voltage: Complexes
    weighted: Floats
    is_undetermined: Flags
    is_magnitude_undetermined: Flags
    placed: PlacedMeasurements
    sensors: SensorModel
    first_test: ChiSquareResult
    test: ChiSquareResult
    limit: float
    bad: tuple[BadDatum, ...]
    is_unobservable: Flags
    pseudo: tuple[Measurement, ...]
    conflicts: tuple[tuple[Reading, ...], ...]
    _covariance: StateCovariance | None

    @property
    def is_used(self) -> Flags:
        """Return which rows count; removed ones do not."""
        return self.sensors.is_measured

    @cached_property
    def covariance(self) -> StateCovariance:
        """Return the covariance of the state, calculated when it is first asked for."""
        return self._covariance or StateCovariance(GainMatrix(self.sensors, self.voltage))

    @property
    def residuals(self) -> Residuals:
        """Return the residuals of the rows that count."""
        return Residuals(self.weighted, self.covariance.residual_share)

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """Return the standard deviations of voltages and currents."""
        return propagate_errors(self.model, self.covariance, self.voltage)

    @property
    def critical(self) -> tuple[Reading, ...]:
        """Return readings without which a state would be unobservable: no test can judge them."""
        rows = np.flatnonzero(self.is_used)[self.residuals.is_critical]
        return tuple(each for row in rows.tolist() for each in self.placed.readings[row])
