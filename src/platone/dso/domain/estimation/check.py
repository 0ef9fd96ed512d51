"""Whether measurements fit a network: every fault is found and named before anything is estimated.

The bounds of plausibility are wide: they catch wrong units, not wrong meters; those are for the
test of bad data.
"""

import math
from collections.abc import Callable, Iterator, Sequence

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
VOLTAGE_PU = 0.3, 2.0
"""Share of the nominal voltage that a measured one may have."""
CURRENT_OF_LIMIT = 20.0
"""Share of a branch's limit that a measured current may have; a short circuit has more."""
POWER_OF_LIMIT = 20.0
GREATEST_STD_OF_NOMINAL = 0.5
"""Standard deviation of a voltage by its nominal value."""
TURN_DEG = 360.0

Part = tuple[Quantity, float | None, float | None]


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
    limits = circuit_of(network).limits_a
    for each in measurements:
        if each.id in seen:
            found.append(
                MeasurementFault(each.id, FaultKind.DUPLICATE, "the identifier stands twice")
            )
        seen.add(each.id)
        for kind, reason in (*_incomplete(each), *_misfits(network, limits, each)):
            found.append(MeasurementFault(each.id, kind, reason))
    return found


_Finding = tuple[FaultKind, str]


def _incomplete(measurement: Measurement) -> Iterator[_Finding]:
    if all(value is None for _, value, _ in parts(measurement)):
        yield FaultKind.INCOMPLETE, "it has no value"
    for quantity, value, std in parts(measurement):
        if (value is None) != (std is None):
            missing = "value" if value is None else "standard deviation"
            yield FaultKind.INCOMPLETE, f"its {quantity.value} has no {missing}"
        elif value is not None and not math.isfinite(value):
            yield FaultKind.IMPLAUSIBLE, f"its {quantity.value} is no finite number"


def _misfits(network: Network, limits: tuple[object, ...], each: Measurement) -> Iterator[_Finding]:
    find: Callable[..., Iterator[_Finding]] = _of_injection
    match each:
        case VoltageMeasurement():
            find = _of_voltage
        case BranchPower() | BranchCurrent():
            find = _of_branch
    yield from find(network, each)
    angle = getattr(each, "angle_deg", None)
    if angle is not None and abs(angle) > TURN_DEG:
        yield FaultKind.IMPLAUSIBLE, f"an angle of {angle:g} degrees is more than a turn"


def _of_voltage(network: Network, each: VoltageMeasurement) -> Iterator[_Finding]:
    place = network.bus_position.get(each.bus)
    if place is None:
        yield FaultKind.UNKNOWN_ELEMENT, f"there is no bus {each.bus}"
        return
    nominal_kv = network.buses[place].nominal_kv
    share = each.voltage_kv / nominal_kv
    if not VOLTAGE_PU[0] <= share <= VOLTAGE_PU[1]:
        yield (
            FaultKind.IMPLAUSIBLE,
            f"{each.voltage_kv:g} kV is {share:.3g} times the nominal {nominal_kv:g} kV",
        )
    if each.std_kv > GREATEST_STD_OF_NOMINAL * nominal_kv:
        yield (
            FaultKind.IMPLAUSIBLE,
            f"a standard deviation of {each.std_kv:g} kV says nothing of {nominal_kv:g} kV",
        )


def _of_branch(network: Network, each: BranchPower | BranchCurrent) -> Iterator[_Finding]:
    place = network.branch_position.get(each.branch)
    if place is None:
        yield FaultKind.UNKNOWN_ELEMENT, f"there is no branch {each.branch}"
        return
    branch = network.branches[place]
    if isinstance(branch, Winding) and each.end == "to":
        yield FaultKind.NO_SUCH_END, f"{each.branch} is a winding: its only end is at its bus"
        return
    circuit = circuit_of(network)
    is_from = each.end == "from"
    limit_a = float(circuit.limits_a[0 if is_from else 1][place])
    kv = float(circuit.node_kv[(circuit.ports.from_node if is_from else circuit.ports.to_node)[place]])
    if isinstance(each, BranchCurrent):
        if each.current_a < 0:
            yield FaultKind.IMPLAUSIBLE, "a magnitude is not below 0"
        if each.current_a > CURRENT_OF_LIMIT * limit_a:
            yield FaultKind.IMPLAUSIBLE, f"{each.current_a:g} A pass {limit_a:g} A by far"
        return
    limit_kva = limit_a * kv * 3**0.5
    for value, unit in ((each.p_kw, "kW"), (each.q_kvar, "kvar")):
        if value is not None and abs(value) > POWER_OF_LIMIT * limit_kva:
            yield FaultKind.IMPLAUSIBLE, f"{value:g} {unit} pass {limit_kva:.6g} kVA by far"


def _of_injection(network: Network, each: Injection) -> Iterator[_Finding]:
    known = each.element in network.bus_position or each.element in network.consumer_position
    if not known:
        yield FaultKind.UNKNOWN_ELEMENT, f"there is no consumer or bus {each.element}"
        return
    strongest = _strongest_kva(network, each.element)
    for value, unit in ((each.p_kw, "kW"), (each.q_kvar, "kvar")):
        if value is not None and abs(value) > POWER_OF_LIMIT * strongest:
            yield (
                FaultKind.IMPLAUSIBLE,
                f"{value:g} {unit} pass what all branches of its bus can carry, {strongest:.6g} kVA",
            )
