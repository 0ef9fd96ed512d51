"""Whether measurements fit a network: every fault is found and named before anything is estimated.

What is plausible is wide: it catches wrong units, not wrong meters; those are for the test of bad
data.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain

from platone.grid.estimation.measurement import (
    BranchCurrent,
    Measurement,
    Quantity,
    VoltageMeasurement,
)
from platone.grid.estimation.plausible import Bounds, Misplaced, Range, bounds_of
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementFault, MeasurementFaultKind

MAX_MEASUREMENTS = 1_000_000
_Part = tuple[Quantity, float | None, float | None]
_Finding = tuple[MeasurementFaultKind, str]


def faults(network: Network, measurements: Sequence[Measurement]) -> list[MeasurementFault]:
    """What is wrong with the measurements, in their order."""
    if len(measurements) > MAX_MEASUREMENTS:
        reason = f"there are {len(measurements)}; {MAX_MEASUREMENTS} are allowed"
        return [MeasurementFault("measurements", MeasurementFaultKind.TOO_MANY, reason)]
    found: list[MeasurementFault] = []
    seen: set[str] = set()
    bounds = bounds_of(network)
    for each in measurements:
        findings = _findings(each, bounds)
        if each.id in seen:
            findings = [*findings, (MeasurementFaultKind.DUPLICATE, "the identifier stands twice")]
        seen.add(each.id)
        if findings:
            found += [MeasurementFault(each.id, kind, reason) for kind, reason in findings]
    return found


def _findings(each: Measurement, bounds: Bounds) -> Sequence[_Finding]:
    first, second = _parts(each)
    try:
        ranges = bounds.of(each)
    except Misplaced as fault:
        return [*_incomplete(first, second), (fault.kind, fault.reason)]
    is_any = first[1] is not None or second[1] is not None
    if is_any and ranges[0].holds(*first[1:]) and ranges[1].holds(*second[1:]):
        return ()
    findings = [
        _implausible(part, within) for part, within in zip((first, second), ranges, strict=True)
    ]
    return [*_incomplete(first, second), *chain(*findings)]


def _parts(measurement: Measurement) -> tuple[_Part, _Part]:
    """The numbers of a measurement, each with its standard deviation, as they were sent."""
    match measurement:
        case VoltageMeasurement():
            return (
                (Quantity.VOLTAGE, measurement.voltage_kv, measurement.std_kv),
                (Quantity.ANGLE, measurement.angle_deg, measurement.std_deg),
            )
        case BranchCurrent():
            return (
                (Quantity.CURRENT, measurement.current_a, measurement.std_a),
                (Quantity.CURRENT_ANGLE, measurement.angle_deg, measurement.std_deg),
            )
        case _:
            return (
                (Quantity.P, measurement.p_kw, measurement.std_kw),
                (Quantity.Q, measurement.q_kvar, measurement.std_kvar),
            )


def _incomplete(*both: _Part) -> Iterator[_Finding]:
    if all(value is None for _, value, _ in both):
        yield MeasurementFaultKind.INCOMPLETE, "it has no value"
    for quantity, value, std in both:
        if (value is None) != (std is None):
            missing = "value" if value is None else "standard deviation"
            yield MeasurementFaultKind.INCOMPLETE, f"its {quantity.value} has no {missing}"


def _implausible(part: _Part, within: Range) -> Iterator[_Finding]:
    quantity, value, std = part
    if value is not None and not math.isfinite(value):
        yield MeasurementFaultKind.IMPLAUSIBLE, f"its {quantity.value} is no finite number"
    elif value is not None and not within.least <= value <= within.greatest:
        yield MeasurementFaultKind.IMPLAUSIBLE, within.reason(value)
    if std is not None and not 0 < std <= within.greatest_std:
        reason = f"a standard deviation of {std:.6g} {within.unit} says nothing"
        yield MeasurementFaultKind.IMPLAUSIBLE, reason
