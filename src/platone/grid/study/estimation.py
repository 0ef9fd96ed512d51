"""State estimation of a study: measurements, and what is expected where they are silent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import numpy as np

from platone.grid.estimation.estimate import estimator_of
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.pseudo import ExpectedConsumption, expected_within
from platone.grid.estimation.result import Estimation, EstimationOptions
from platone.grid.file.measurement_file import MeasurementSet
from platone.grid.network.model import Network
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.problem.study import InstantsMissing
from platone.grid.result.estimate import to_estimate
from platone.grid.shown import Shown
from platone.grid.study.argument import checked_each, require_flags
from platone.grid.study.checked import require_valid
from platone.grid.study.flow_result import parts
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.grid.study.power import Power, series_of
from platone.messages.estimation import GridEstimate

_SHARE = 0.5
"""Standard deviation of what is expected, by the apparent power: a guess is known to a half."""


@dataclass(frozen=True, eq=False, repr=False)
class EstimationResult(Shown, Estimation):
    """An estimated state; an Estimation of ``grid.estimation`` that knows its instant.

    Attributes:
        at: When the measurements were taken; none: not known.
    """

    at: datetime | None = None

    @property
    def network(self) -> Network:
        """Return the network that was estimated."""
        return self.model.network

    def message(self) -> GridEstimate:
        """Return the estimate as it goes on the wire.

        Raises:
            InstantsMissing: The instant is not known.
        """
        if self.at is None:
            raise InstantsMissing("The measurements had no instant: estimate with at=….")
        return to_estimate(self, self.at)


def estimate(
    network: Network,
    measurements: MeasurementSet | Sequence[Measurement],
    power: Power | ExpectedConsumption | None = None,
    *,
    at: datetime | None = None,
    only_measured: bool = False,
    options: EstimationOptions | None = None,
    voltage_band: VoltageBand | None = None,
) -> EstimationResult:
    """Return the most likely state behind measurements, its uncertainty, and what is wrong there.

    What is prepared for the sensors is kept, of the networks used last: other values of the same
    sensors take little of the time of the first ones.

    Args:
        network: The network.
        measurements: What was measured in one instant.
        power: What consumers are expected to withdraw where nothing is measured; of a series the
            instant of the measurements counts. None: what the loads of the network file do.
        at: When it was measured, where the measurements do not say it.
        only_measured: Whether nothing is filled in with what is expected.
        options: How to estimate.
        voltage_band: Least and greatest voltage of all buses; none: the network's own limits.

    Raises:
        ArgumentInvalid: No network is given, or what is no measurement.
        VoltageBandInvalid: It is no band.
        PowerInvalid: The powers do not fit the network.
        SeriesFileInvalid: The powers do not hold the instant of the measurements.
        MeasurementsInvalid: Measurements do not fit the network.
        NothingObservable: They determine no voltage at all.
        EstimationDiverged: No state comes near them.
    """
    require_flags(only_measured=only_measured)
    if isinstance(measurements, MeasurementSet):
        at, measurements = measurements.at, measurements.measurements
    require_valid(network)
    network = with_voltage_band(network, voltage_band)
    measurements = checked_each(
        "measurements", measurements, get_args(Measurement), "read them with read_measurements"
    )
    filled = None if only_measured else _expected_at(network, power, at)
    found = estimator_of(network)(measurements, filled, options)
    return EstimationResult(**parts(found), at=at)


def expected(
    network: Network, power: Power | None = None, instant: int = 0, share: float = _SHARE
) -> ExpectedConsumption:
    """Return the power that consumers are expected to withdraw, for where nothing is measured.

    Args:
        network: The network.
        power: Expected powers; none: those of the loads in the network file, and none of PoDs.
        instant: Which of their instants, by its number.
        share: Their standard deviation by the apparent power.

    Raises:
        PowerInvalid: The powers do not fit the network.
    """
    found = series_of(network, power, is_known=False).power
    p_kw, q_kvar = found.p_kw[instant].copy(), found.q_kvar[instant].copy()
    if power is None:
        p_kw[len(network.loads) :] = q_kvar[len(network.loads) :] = math.nan
    return expected_within(p_kw, q_kvar, share)


def _expected_at(
    network: Network, power: Power | ExpectedConsumption | None, at: datetime | None
) -> ExpectedConsumption:
    if isinstance(power, ExpectedConsumption):
        return power
    instants = () if power is None else series_of(network, power, is_known=False).instants
    if not instants:
        return expected(network, power)
    places = np.flatnonzero([each == at for each in instants])
    if not len(places):
        when = "no instant" if at is None else at.isoformat()
        raise SeriesFileInvalid(f"The expected powers have no row of {when}.")
    return expected(network, power, int(places[0]))
