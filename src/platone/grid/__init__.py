"""The grid engine, for notebooks, scripts, the command line and the DSO's platform.

    from platone import grid

    network = grid.read_network("village.json")   # own form, pandapower JSON, CIM folder or zip
    flow = grid.power_flow(network)               # the state that the file describes
    flow.alarms()                                 # broken limits, the worst first
    flow.to_frame("branches")                     # where pandas is installed
    flow.voltage_pu, flow.from_a, flow.loss_kw    # arrays: instants x buses or branches

Power is in kW and kvar, positive when withdrawn from the grid; arrays over consumers follow
``network.consumers``, over buses ``network.buses``, over branches ``network.branches``. Commands
of ``platone dso`` and functions here have the same names. The rooms below are the engine's own:
what is not named here may change.
"""

from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.pseudo import ExpectedConsumption
from platone.grid.estimation.result import EstimationOptions
from platone.grid.file.measurement_file import MeasurementSet
from platone.grid.file.network_target import NetworkForm
from platone.grid.file.series_file import PowerSeries
from platone.grid.flexibility.offer import PodFlexibility
from platone.grid.flexibility.validation import Trade
from platone.grid.flow.phase_state import PhasePower
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.event import Event, Switching, TapChange
from platone.grid.network.model import Network
from platone.grid.picture.state_series import Note
from platone.grid.study import input_view as _inputs  # noqa: F401 - see the next line
from platone.grid.study import view as _views  # noqa: F401 - results get their faces by it
from platone.grid.study.calculation import power_flow, request, validate
from platone.grid.study.consumption import forecast, phasor, profile
from platone.grid.study.drawing import Image, heat_map, picture
from platone.grid.study.estimation import EstimationResult as Estimation
from platone.grid.study.estimation import estimate, expected
from platone.grid.study.event import happened
from platone.grid.study.flexibility_result import RequestResult as FlexibilityNeed
from platone.grid.study.flexibility_result import ValidationResult as Validation
from platone.grid.study.flow_result import Alarms
from platone.grid.study.flow_result import FlowResult as Flow
from platone.grid.study.flow_result import PhaseFlowResult as PhaseFlow
from platone.grid.study.limit import unwatched, with_voltage_band
from platone.grid.study.network_file import (
    convert,
    read_flexibility,
    read_measurements,
    read_metering,
    read_network,
    read_powers,
    read_trades,
    write_network,
)
from platone.grid.study.outage import OutageResult as Outages
from platone.grid.study.outage import outage
from platone.grid.study.power import snapshot, without_power
from platone.grid.study.supply import associate

__all__ = [
    "Alarms",
    "BranchCurrent",
    "BranchPower",
    "ConsumerPower",
    "Estimation",
    "EstimationOptions",
    "Event",
    "ExpectedConsumption",
    "FlexibilityNeed",
    "Flow",
    "Image",
    "Injection",
    "Measurement",
    "MeasurementSet",
    "Network",
    "NetworkForm",
    "Note",
    "Outages",
    "PhaseFlow",
    "PhasePower",
    "PodFlexibility",
    "PowerSeries",
    "Switching",
    "TapChange",
    "Trade",
    "Validation",
    "VoltageMeasurement",
    "associate",
    "convert",
    "estimate",
    "expected",
    "forecast",
    "happened",
    "heat_map",
    "outage",
    "phasor",
    "picture",
    "power_flow",
    "profile",
    "read_flexibility",
    "read_measurements",
    "read_metering",
    "read_network",
    "read_powers",
    "read_trades",
    "request",
    "snapshot",
    "unwatched",
    "validate",
    "with_voltage_band",
    "without_power",
    "write_network",
]
