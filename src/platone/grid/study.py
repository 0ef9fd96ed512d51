"""Grid calculations without a server: for notebooks, scripts and the command line.

    from platone.grid import study

    network = study.read_network("village.json")      # own form, pandapower JSON, CIM folder or zip
    flow = study.power_flow(network)                   # the state that the file describes
    flow.voltage_pu, flow.from_a, flow.loss_kw         # arrays: instants x buses or branches
    study.alarms(flow)                                 # broken limits, the worst first

Power is in kW and kvar, positive when withdrawn from the grid; arrays over consumers follow
``network.consumers``, over buses ``network.buses``, over branches ``network.branches``.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from platone.grid.estimation.estimate import estimator_of
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.pseudo import ExpectedConsumption, expected_within
from platone.grid.estimation.result import Estimation, EstimationOptions
from platone.grid.file.measurement_file import MeasurementSet
from platone.grid.file.measurement_file import read_measurements as read_measurement_file
from platone.grid.file.metering_file import read_metering_csv
from platone.grid.file.network_source import read_network_path
from platone.grid.file.network_target import NetworkForm, write_network_content
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility
from platone.grid.flexibility.validation import Trade, Validation
from platone.grid.flow.alarm import Violation, violations
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhaseFlow, PhasePower
from platone.grid.flow.state import ConsumerPower, Flow, snapshot
from platone.grid.network.event import Event, Switching, TapChange, happened
from platone.grid.network.model import Network
from platone.grid.network.topology import pod_pom
from platone.grid.phasor.recording import recorded_power
from platone.grid.picture.draw import (
    Format,
    draw_estimate,
    draw_heat_map,
    draw_network,
)
from platone.grid.picture.state_series import Note
from platone.grid.problem.file import MeasurementFileInvalid
from platone.grid.profile.day_forecast import outlook
from platone.grid.profile.expectation import expected_power
from platone.grid.profile.public_holiday import national_calendar
from platone.grid.profile.typical_day import typical_days
from platone.grid.result.estimate import to_estimate
from platone.grid.run.grid_work import GridWork
from platone.grid.run.span import Progress

__all__ = [
    "ConsumerPower",
    "Estimation",
    "EstimationOptions",
    "Event",
    "ExpectedConsumption",
    "FlexibilityNeed",
    "Flow",
    "Measurement",
    "MeasurementSet",
    "Network",
    "NetworkForm",
    "Note",
    "PhaseFlow",
    "PhasePower",
    "PodFlexibility",
    "Switching",
    "TapChange",
    "Trade",
    "Validation",
    "Violation",
    "alarms",
    "draw_estimation",
    "draw_heat_map",
    "draw_network",
    "estimate",
    "expected",
    "expected_power",
    "expected_within",
    "happened",
    "national_calendar",
    "outlook",
    "pod_pom",
    "power_flow",
    "read_measurements",
    "read_metering_csv",
    "read_network",
    "recorded_power",
    "request",
    "snapshot",
    "typical_days",
    "unbalanced_power_flow",
    "validate",
    "write_network",
]


def read_network(path: str | Path) -> Network:
    """Read a network: our own JSON, pandapower JSON, or CIM (CGMES, CPSM) as folder or zip.

    Raises:
        NetworkInvalid: It cannot be calculated; ``faults`` names every element and the reason.
        OSError: It cannot be opened.
    """
    return read_network_path(Path(path))


def write_network(
    network: Network, path: str | Path, form: NetworkForm, flow: Flow | None = None
) -> None:
    """Write a network as pandapower's JSON or as CGMES (a zip; with a solved state also SV)."""
    Path(path).write_bytes(write_network_content(network, form, flow))


def power_flow(
    network: Network,
    power: ConsumerPower | None = None,
    progress: Progress | None = None,
    *,
    workers: str = "",
) -> Flow:
    """The states of all instants; without powers the state that the network file describes.

    Args:
        network: The network.
        power: Powers of the instants.
        progress: Called with the number of instants that are left.
        workers: Where it is calculated (also in the functions below): here; ``"processes:4"``; or
            a Dask cluster such as ``"tcp://10.0.0.5:8786"``.

    Raises:
        PowerFlowDiverged: An instant has no solution.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    wanted = snapshot(network) if power is None else power
    return GridWork(workers).power_flow(network, wanted, progress)


def unbalanced_power_flow(
    network: Network,
    power: ConsumerPower | PhasePower | None = None,
    progress: Progress | None = None,
    *,
    workers: str = "",
) -> PhaseFlow:
    """The states of all instants, phase by phase.

    Powers without phases are shared out as the network's loads and points of delivery say.

    Raises:
        UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        PowerFlowDiverged: An instant has no solution.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    if not isinstance(power, PhasePower):
        power = phase_power(network, snapshot(network) if power is None else power)
    return GridWork(workers).phase_flow(network, power, progress)


def alarms(flow: Flow | PhaseFlow) -> list[Violation]:
    """The broken limits of currents, voltages and unbalance, the worst first."""
    limits = Limits(flow.network)
    if isinstance(flow, PhaseFlow):
        return violations(PhaseLimits(limits), flow)
    return violations(limits, flow)


def request(
    network: Network,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Progress | None = None,
    *,
    workers: str = "",
) -> FlexibilityNeed:
    """The least change of flexible consumers' power that cures all broken limits.

    Raises:
        PowerFlowDiverged: An instant has no solution.
        PriceMissing: Some consumers have a price, some have none.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    return GridWork(workers).request(network, power, flexible, progress)


def validate(
    network: Network,
    baseline: ConsumerPower,
    trades: Sequence[Trade],
    progress: Progress | None = None,
    *,
    workers: str = "",
) -> Validation:
    """What of some trades the grid can take, cutting the least value.

    Raises:
        PowerFlowDiverged: An instant has no solution.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    return GridWork(workers).validate(network, baseline, trades, progress)


def read_measurements(path: str | Path, at: datetime | None = None) -> MeasurementSet:
    """Read a set of measurements: JSON, or CSV with a row a measurement.

    Args:
        path: The file.
        at: The instant of a CSV file; none: that of its newest row.

    Raises:
        MeasurementFileInvalid: It is not of this form.
        OSError: It cannot be opened.
    """
    file = Path(path)
    try:
        return read_measurement_file(file.read_bytes(), at)
    except MeasurementFileInvalid as error:
        raise MeasurementFileInvalid(f"{file.name}: {error.detail}", **error.fields) from error


def expected(
    network: Network, power: ConsumerPower | None = None, instant: int = 0, share: float = 0.5
) -> ExpectedConsumption:
    """What consumers are expected to withdraw, for where nothing is measured.

    Args:
        network: The network.
        power: Expected powers; none: those of the loads in the network file, and none of PoDs.
        instant: Which of their instants.
        share: Their standard deviation by the apparent power.
    """
    found = snapshot(network) if power is None else power
    p_kw, q_kvar = found.p_kw[instant].copy(), found.q_kvar[instant].copy()
    if power is None:
        p_kw[len(network.loads) :] = q_kvar[len(network.loads) :] = math.nan
    return expected_within(p_kw, q_kvar, share)


def estimate(
    network: Network,
    measurements: Sequence[Measurement],
    expected: ExpectedConsumption | None = None,
    options: EstimationOptions | None = None,
) -> Estimation:
    """The most likely state behind measurements, its uncertainty, and what is wrong with them.

    What is prepared for the sensors is kept, of the networks used last: other values of the same
    sensors take little of the time of the first ones.

    Raises:
        MeasurementsInvalid: Measurements do not fit the network.
        NothingObservable: They determine no voltage at all.
        EstimationDiverged: No state comes near them.
    """
    return estimator_of(network)(measurements, expected, options)


def draw_estimation(
    estimation: Estimation,
    at: datetime,
    *,
    zone: str = "Europe/Rome",
    format: Format = "svg",  # noqa: A002 - what people call it
) -> bytes:
    """Draw an estimated state: how sure it is, what was measured, and what of that is bad.

    Args:
        estimation: The estimated state.
        at: When the measurements were taken.
        zone: Whose clocks are shown.
        format: An SVG or PNG image, or a self-contained page.

    Raises:
        PngUnavailable: PNG is asked for, and its package is not installed.
    """
    estimate = to_estimate(estimation, at)
    return draw_estimate(estimation.model.network, estimate, zone=zone, format=format)
