"""Whether measurements fit a network: every fault is found and named before anything is estimated.

The bounds of plausibility are wide: they catch wrong units, not wrong meters; those are for the
test of bad data.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from platone.dso.domain.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    Quantity,
    VoltageMeasurement,
)
from platone.dso.domain.estimation.problem import FaultKind, MeasurementFault
from platone.dso.domain.network.branch import Winding
from platone.dso.domain.network.circuit import circuit_of
from platone.dso.domain.network.model import Network

MAX_MEASUREMENTS = 1_000_000
LEAST_PU, GREATEST_PU = 0.3, 2.0
"""Between them a measured voltage must be, by its nominal value."""
GREATEST_OF_LIMIT = 5.0
"""How many times its limit a branch may be measured to carry; without a limit any number."""
GREATEST_STD_PU = 0.5
"""Standard deviation of a voltage that says something, by its nominal value."""
TURN_DEG = 360.0

Part = tuple[Quantity, float | None, float | None]
_Finding = tuple[FaultKind, str]


def parts(measurement: Measurement) -> list[Part]:
    """The numbers of a measurement, each with its standard deviation, as they were sent."""
    match measurement:
        case VoltageMeasurement():
            return [
                (Quantity.VOLTAGE, measurement.voltage_kv, measurement.std_kv),
                (Quantity.ANGLE, measurement.angle_deg, measurement.std_deg),
            ]
        case BranchCurrent():
            return [
                (Quantity.CURRENT, measurement.current_a, measurement.std_a),
                (Quantity.CURRENT_ANGLE, measurement.angle_deg, measurement.std_deg),
            ]
        case _:
            return [
                (Quantity.P, measurement.p_kw, measurement.std_kw),
                (Quantity.Q, measurement.q_kvar, measurement.std_kvar),
            ]


def faults(network: Network, measurements: Sequence[Measurement]) -> list[MeasurementFault]:
    """What is wrong with the measurements, in their order."""
    if len(measurements) > MAX_MEASUREMENTS:
        reason = f"there are {len(measurements)}; {MAX_MEASUREMENTS} are allowed"
        return [MeasurementFault("measurements", FaultKind.TOO_MANY, reason)]
    found: list[MeasurementFault] = []
    seen: set[str] = set()
    bounds = _Bounds(network)
    for each in measurements:
        findings = [*_incomplete(each), *bounds.passed(each)]
        if each.id in seen:
            findings.append((FaultKind.DUPLICATE, "the identifier stands twice"))
        seen.add(each.id)
        found += [MeasurementFault(each.id, kind, reason) for kind, reason in findings]
    return found


def _incomplete(measurement: Measurement) -> Iterator[_Finding]:
    if all(value is None for _, value, _ in parts(measurement)):
        yield FaultKind.INCOMPLETE, "it has no value"
    for quantity, value, std in parts(measurement):
        if (value is None) != (std is None):
            missing = "value" if value is None else "standard deviation"
            yield FaultKind.INCOMPLETE, f"its {quantity.value} has no {missing}"
        elif value is not None and not math.isfinite(value):
            yield FaultKind.IMPLAUSIBLE, f"its {quantity.value} is no finite number"


class _Bounds:
    """What measurements of a network can be."""

    def __init__(self, network: Network) -> None:
        self._network, self._circuit = network, circuit_of(network)
        ports = self._circuit.ports
        self._ends = {"from": ports.from_node, "to": ports.to_node}
        self._limit_a = dict(zip(("from", "to"), self._circuit.limits_a, strict=True))
        self._node_kva = np.zeros(self._circuit.nodes)
        for end, node in self._ends.items():
            kva = self._limit_a[end] * self._circuit.node_kv[node] * 3**0.5
            np.add.at(self._node_kva, node, kva)

    def passed(self, each: Measurement) -> Iterator[_Finding]:
        """What is wrong with one measurement."""
        match each:
            case VoltageMeasurement():
                yield from self._voltage(each)
            case BranchPower() | BranchCurrent():
                yield from self._branch(each)
            case Injection():
                yield from self._injection(each)
        angle = getattr(each, "angle_deg", None)
        if angle is not None and abs(angle) > TURN_DEG:
            yield FaultKind.IMPLAUSIBLE, f"an angle of {angle:g} degrees is more than a turn"

    def _voltage(self, each: VoltageMeasurement) -> Iterator[_Finding]:
        place = self._network.bus_position.get(each.bus)
        if place is None:
            yield FaultKind.UNKNOWN_ELEMENT, f"there is no bus {each.bus}"
            return
        kv = self._network.buses[place].nominal_kv
        if not LEAST_PU <= each.voltage_kv / kv <= GREATEST_PU:
            share = each.voltage_kv / kv
            reason = f"{each.voltage_kv:g} kV is {share:.3g} times the nominal {kv:g} kV"
            yield FaultKind.IMPLAUSIBLE, reason
        if each.std_kv > GREATEST_STD_PU * kv:
            reason = f"a standard deviation of {each.std_kv:g} kV says nothing of {kv:g} kV"
            yield FaultKind.IMPLAUSIBLE, reason

    def _branch(self, each: BranchPower | BranchCurrent) -> Iterator[_Finding]:
        place = self._network.branch_position.get(each.branch)
        if place is None:
            yield FaultKind.UNKNOWN_ELEMENT, f"there is no branch {each.branch}"
            return
        if isinstance(self._network.branches[place], Winding) and each.end == "to":
            yield FaultKind.NO_SUCH_END, "the only end of a winding is that at its bus"
            return
        limit_a = float(self._limit_a[each.end][place])
        if isinstance(each, BranchPower):
            kv = float(self._circuit.node_kv[self._ends[each.end][place]])
            yield from _too_strong(each, limit_a * kv * 3**0.5)
        elif each.current_a < 0:
            yield FaultKind.IMPLAUSIBLE, "the magnitude of a current is not below 0"
        elif each.current_a > GREATEST_OF_LIMIT * limit_a:
            reason = f"{each.current_a:g} A are more than {GREATEST_OF_LIMIT:g} times {limit_a:g} A"
            yield FaultKind.IMPLAUSIBLE, reason

    def _injection(self, each: Injection) -> Iterator[_Finding]:
        if each.element in self._network.consumer_position:
            node = self._circuit.consumer_node[self._network.consumer_position[each.element]]
        elif each.element in self._network.bus_position:
            node = self._circuit.node_of_bus[self._network.bus_position[each.element]]
        else:
            yield FaultKind.UNKNOWN_ELEMENT, f"there is no consumer or bus {each.element}"
            return
        yield from _too_strong(each, float(self._node_kva[node]))


def _too_strong(each: BranchPower | Injection, limit_kva: float) -> Iterator[_Finding]:
    for value, unit in ((each.p_kw, "kW"), (each.q_kvar, "kvar")):
        if value is not None and abs(value) > GREATEST_OF_LIMIT * limit_kva:
            many = f"{GREATEST_OF_LIMIT:g} times the {limit_kva:.6g} kVA that can flow there"
            yield FaultKind.IMPLAUSIBLE, f"{value:g} {unit} are more than {many}"
