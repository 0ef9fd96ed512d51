"""State estimation on files, as the command line runs it."""

from datetime import datetime
from pathlib import Path

import numpy as np

from platone.bootstrap.grid import GridResult
from platone.grid import study
from platone.grid.file.series_file import read_power
from platone.grid.network.model import Network
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.result.estimate import to_estimate
from platone.messages.estimation import GridEstimate


def estimate_file(
    network: Path,
    measurements: Path,
    power: Path | None,
    at: datetime | None,
    *,
    only_measured: bool,
) -> GridResult[GridEstimate]:
    """The state behind a file of measurements.

    Args:
        network: The network.
        measurements: JSON or CSV.
        power: What consumers are expected to withdraw, by instants; none: as the network says.
        at: The instant of measurements that do not say it.
        only_measured: Whether nothing is to be filled with what is expected.
    """
    found, estimate = estimated(network, measurements, power, at, only_measured=only_measured)
    return GridResult(estimate, found.remarks)


def estimated(
    network: Path,
    measurements: Path,
    power: Path | None,
    at: datetime | None,
    *,
    only_measured: bool,
) -> tuple[Network, GridEstimate]:
    """The network of a file, and the state behind measurements; as :func:`estimate_file`."""
    found = study.read_network(network)
    measured = study.read_measurements(measurements, at)
    expected = None
    if not only_measured and power is None:
        expected = study.expected(found)
    elif not only_measured and power is not None:
        series = read_power(power, found)
        if measured.at not in series.instants:
            raise SeriesFileInvalid(f"{power.name} has no row of {measured.at.isoformat()}.")
        row = int(np.flatnonzero([each == measured.at for each in series.instants])[0])
        expected = study.expected(found, series.power, row)
    estimation = study.estimate(found, measured.measurements, expected)
    return found, to_estimate(estimation, measured.at)
