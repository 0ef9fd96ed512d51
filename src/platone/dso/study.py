"""Grid calculations without a server: for notebooks, scripts and the command line.

    from platone.dso import study

    network = study.read_network("village.json")      # own form, pandapower JSON, CIM folder or zip
    flow = study.power_flow(network)                   # the state that the file describes
    flow.voltage_pu, flow.from_a, flow.loss_kw         # arrays: instants x buses or branches
    study.alarms(flow)                                 # broken limits, the worst first

Power is in kW and kvar, positive when withdrawn from the grid; arrays over consumers follow
``network.consumers``, over buses ``network.buses``, over branches ``network.branches``.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from platone.dso.adapters.metering_file import read_metering_csv
from platone.dso.adapters.network_source import read_network_path
from platone.dso.adapters.network_target import write_network_content
from platone.dso.adapters.picture.draw import draw_heat_map, draw_network
from platone.dso.adapters.power_flow import GridModelPowerFlow
from platone.dso.adapters.public_holiday import national_calendar
from platone.dso.domain.estimation.estimate import Estimation, Options
from platone.dso.domain.estimation.estimate import estimate as estimate_state
from platone.dso.domain.estimation.file import MeasurementSet
from platone.dso.domain.estimation.file import read_measurements as read_measurement_file
from platone.dso.domain.estimation.ground import Ground
from platone.dso.domain.estimation.measurement import Measurement
from platone.dso.domain.estimation.pseudo import Expected, expected_within
from platone.dso.domain.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.dso.domain.flexibility.validation import Trade, Validation
from platone.dso.domain.flexibility.validation import validate as validate_trades
from platone.dso.domain.flow.alarm import Violation, violations
from platone.dso.domain.flow.current_injection import CurrentInjectionFlow
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.phase_limit import PhaseLimits
from platone.dso.domain.flow.phase_state import PhaseFlow, PhasePower, phase_power
from platone.dso.domain.flow.state import ConsumerPower, Flow, snapshot
from platone.dso.domain.network.event import Event, Switching, TapChange, happened
from platone.dso.domain.network.model import Network
from platone.dso.domain.network.topology import pod_pom
from platone.dso.domain.phasor.recording import recorded_power
from platone.dso.domain.picture.course import Note
from platone.dso.domain.profile.expectation import expected_power
from platone.dso.domain.profile.outlook import outlook
from platone.dso.domain.profile.typical_day import typical_days
from platone.dso.service.network import NetworkForm

__all__ = [
    "ConsumerPower",
    "Estimation",
    "Event",
    "Expected",
    "FlexibilityNeed",
    "Flow",
    "Measurement",
    "MeasurementSet",
    "Network",
    "NetworkForm",
    "Note",
    "Options",
    "PhaseFlow",
    "PhasePower",
    "PodFlexibility",
    "Switching",
    "TapChange",
    "Trade",
    "Validation",
    "Violation",
    "alarms",
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

_engine = GridModelPowerFlow()
_phase_engine = CurrentInjectionFlow()


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


def power_flow(network: Network, power: ConsumerPower | None = None) -> Flow:
    """The states of all instants; without powers the state that the network file describes.

    Raises:
        PowerFlowDiverged: An instant has no solution.
    """
    return _engine.solve(network, snapshot(network) if power is None else power)


def unbalanced_power_flow(
    network: Network, power: ConsumerPower | PhasePower | None = None
) -> PhaseFlow:
    """The states of all instants, phase by phase.

    Powers without phases are shared out as the network's loads and points of delivery say.

    Raises:
        UnbalancedDataInvalid: The network does not tell what unbalanced states need.
        PowerFlowDiverged: An instant has no solution.
    """
    if not isinstance(power, PhasePower):
        power = phase_power(network, snapshot(network) if power is None else power)
    return _phase_engine.solve(network, power)


def alarms(flow: Flow | PhaseFlow) -> list[Violation]:
    """The broken limits of currents, voltages and unbalance, the worst first."""
    if isinstance(flow, PhaseFlow):
        return violations(PhaseLimits(Limits(flow.network)), flow)
    return violations(Limits(flow.network), flow)


def request(
    network: Network,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Callable[[int], None] | None = None,
) -> FlexibilityNeed:
    """The least change of flexible consumers' power that cures all broken limits.

    Raises:
        PowerFlowDiverged: An instant has no solution.
    """
    return size_request(Limits(network), _engine, power, flexible, progress)


def validate(
    network: Network,
    baseline: ConsumerPower,
    trades: Sequence[Trade],
    progress: Callable[[int], None] | None = None,
) -> Validation:
    """What of some trades the grid can take, cutting the least value.

    Raises:
        PowerFlowDiverged: An instant has no solution.
    """
    return validate_trades(Limits(network), _engine, baseline, trades, progress)


def read_measurements(path: str | Path, at: datetime | None = None) -> MeasurementSet:
    """Read a set of measurements: JSON, or CSV with a row a measurement.

    Args:
        path: The file.
        at: The instant of a CSV file; none: that of its newest row.

    Raises:
        MeasurementFileInvalid: It is not of this form.
        OSError: It cannot be opened.
    """
    return read_measurement_file(Path(path).read_bytes(), at)


def expected(
    network: Network, power: ConsumerPower | None = None, instant: int = 0, share: float = 0.5
) -> Expected:
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
    expected: Expected | None = None,
    options: Options | None = None,
) -> Estimation:
    """The most likely state behind measurements, its uncertainty, and what is wrong with them.

    Raises:
        MeasurementsInvalid: Measurements do not fit the network.
        NothingObservable: They determine no voltage at all.
        EstimationDiverged: No state comes near them.
    """
    return estimate_state(Ground(network), measurements, expected, options)
