"""State estimation from measurements to the state, its uncertainty, and what is wrong with them.

What is prepared for a set of sensors is kept, as they are mostly the same again: places and
observability always, equations and tests once a state without bad data was found with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from platone.grid.estimation.check import set_faults
from platone.grid.estimation.conflict import conflicting_readings
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.estimator import Estimator
from platone.grid.estimation.identification import Identification
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.observability import Undetermined, find_undetermined
from platone.grid.estimation.placement import PlacedMeasurements, place_measurements
from platone.grid.estimation.pseudo import ExpectedConsumption, expected_powers, set_voltages
from platone.grid.estimation.result import Estimation, EstimationOptions
from platone.grid.estimation.sensors import SensorSet
from platone.grid.estimation.solver import Solver
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementsInvalid, NothingObservable

_NETWORKS_KEPT = 4
"""Networks whose preparations are kept: versions before and after a switching, and one beside."""
_SETS_KEPT = 6
"""Sets of sensors of a network that are kept, 25 MB each with 10,000 nodes: an estimation takes up
to three (measured, with expected powers, with set voltages), and two feeds may alternate."""


@dataclass(eq=False)
class _Preparation:
    """Everything that is prepared for a set of sensors.

    Attributes:
        placed: Their measurements on the circuit.
        left_open: What they do not determine.
        estimator: The estimator, once a state without bad data was found with it.
    """

    placed: PlacedMeasurements
    left_open: Undetermined
    estimator: Estimator | None = None


class NetworkEstimator:
    """A state estimator of one network; any number of threads can use it.

    Args:
        model: The network.
    """

    def __init__(self, model: NetworkModel) -> None:
        self.model = model
        self._preparation = lru_cache(_SETS_KEPT)(self._prepare)

    def __call__(
        self,
        measurements: Sequence[Measurement],
        expected: ExpectedConsumption | None = None,
        options: EstimationOptions | None = None,
    ) -> Estimation:
        """Return the most likely state behind measurements; see :func:`estimate`."""
        options, measured = options or EstimationOptions(), SensorSet(measurements)
        faults = set_faults(self.model.network, measured)
        if faults:
            raise MeasurementsInvalid(faults)
        prepared = self._preparation(measured)
        is_unobservable, pseudo = prepared.left_open.is_open, list[Measurement]()
        if expected is not None and options.pseudo == "whereNeeded" and is_unobservable.any():
            pseudo = self._pseudo(measured, expected, prepared)
            measured = SensorSet([*measurements, *pseudo])
            prepared = self._preparation(measured)
        if prepared.left_open.is_magnitude_open.all():
            raise NothingObservable("The measurements determine the voltage of no bus.")
        placed = prepared.placed.with_values(measured)
        estimator, covariance = prepared.estimator, None
        if estimator is None or estimator.confidence != options.confidence:
            solver = Solver(placed.sensors, placed.value)
            covariance = StateCovariance(solver.gain)
            estimator = Estimator(solver, covariance, options.confidence)
        found = Identification(placed, estimator, options, covariance)
        if not found.bad:
            prepared.estimator = estimator
        return Estimation(
            model=self.model,
            voltage=found.state.voltage,
            weighted=found.state.weighted,
            is_undetermined=prepared.left_open.is_open,
            is_magnitude_undetermined=prepared.left_open.is_magnitude_open,
            placed=placed,
            sensors=found.estimator.sensors,
            first_test=found.first_test,
            test=found.state.test,
            limit=found.estimator.limit,
            bad=tuple(found.bad),
            is_unobservable=is_unobservable,
            pseudo=tuple(pseudo),
            conflicts=conflicting_readings(placed),
            _covariance=found.covariance,
        )

    def _prepare(self, measured: SensorSet) -> _Preparation:
        placed = place_measurements(self.model, measured)
        left_open = find_undetermined(placed.series_sensors)
        return _Preparation(_without_aimless(placed, left_open), left_open)

    def _pseudo(
        self, measured: SensorSet, expected: ExpectedConsumption, alone: _Preparation
    ) -> list[Measurement]:
        """Return pseudo-measurements where the measurements alone leave something open."""
        open_power = alone.left_open.open_currents(self.model.series.admittance)
        pseudo = expected_powers(self.model, expected, open_power, measured.measurements)
        filled = self._preparation(SensorSet([*measured.measurements, *pseudo]))
        left_open = filled.left_open.is_open
        return pseudo + set_voltages(self.model, expected, left_open) if left_open.any() else pseudo


def _without_aimless(placed: PlacedMeasurements, left: Undetermined) -> PlacedMeasurements:
    """Return measurements without magnitudes of currents that may flow either way."""
    rows, std = placed.sensors.rows, placed.sensors.std.copy()
    powers = len(rows.power)
    flows = placed.series_sensors.rows.currents[powers : powers + rows.amperes]
    places = rows.blocks[4].start + np.flatnonzero(left.open_currents(flows))
    std[places] = np.inf
    names = [each.measurement for row in places.tolist() for each in placed.readings[row]]
    reason = "nothing tells in which direction this current flows"
    return replace(
        placed,
        sensors=replace(placed.sensors, std=std, is_undetermined=left.is_open),
        unused=placed.unused | dict.fromkeys(names, reason),
    )


@lru_cache(_NETWORKS_KEPT)
def estimator_of(network: Network) -> NetworkEstimator:
    """Return the estimator of a checked network, with what it has prepared so far."""
    return NetworkEstimator(NetworkModel(network))


def estimate(
    model: NetworkModel,
    measurements: Sequence[Measurement],
    expected: ExpectedConsumption | None = None,
    options: EstimationOptions | None = None,
) -> Estimation:
    """Return the most likely state behind measurements, from nothing prepared.

    Args:
        model: The network.
        measurements: The measurements of one instant.
        expected: The power that consumers are expected to withdraw, for what is unobservable.
        options: The options of the estimation.

    Raises:
        MeasurementsInvalid: Measurements do not fit the network.
        NothingObservable: They determine no voltage at all.
        EstimationDiverged: No state comes near them.
    """
    return NetworkEstimator(model)(measurements, expected, options)
