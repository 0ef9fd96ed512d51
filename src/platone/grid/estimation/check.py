"""A check that measurements fit a network: every fault is found and named before anything else.

The plausible ranges are wide: they catch wrong units, not wrong meters; those are for the test of
bad data.
"""

import math
from collections.abc import Iterator, Sequence

from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.plausible import (
    PlausibleRange,
    PlausibleRanges,
    UnknownPlace,
    plausible_ranges,
)
from platone.grid.estimation.sensors import QUANTITIES, SensorSet, numbers_of, place_of
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementFault, MeasurementFaultKind

MAX_MEASUREMENTS = 1_000_000
"""Measurements of one set; more is a mistake, and would take gigabytes."""
_Number = float | None
_Finding = tuple[MeasurementFaultKind, str]


def measurement_faults(
    network: Network, measurements: Sequence[Measurement]
) -> list[MeasurementFault]:
    """Return all that is wrong with measurements, in their order; nothing where all fit."""
    return set_faults(network, SensorSet(measurements))


def set_faults(network: Network, sensors: SensorSet) -> list[MeasurementFault]:
    """Return all that is wrong with a set that was read into arrays before."""
    count = len(sensors.places)
    if count > MAX_MEASUREMENTS:
        reason = f"there are {count}; {MAX_MEASUREMENTS} are allowed"
        return [MeasurementFault("measurements", MeasurementFaultKind.TOO_MANY, reason)]
    ranges = plausible_ranges(network)
    if ranges.hold(sensors):
        return []
    found: list[MeasurementFault] = []
    seen: set[str] = set()
    for each in sensors.measurements:
        findings = list(_findings(each, ranges))
        if each.id in seen:
            findings.append((MeasurementFaultKind.DUPLICATE, "the identifier stands twice"))
        seen.add(each.id)
        found += [MeasurementFault(each.id, kind, reason) for kind, reason in findings]
    return found


def _findings(each: Measurement, ranges: PlausibleRanges) -> Iterator[_Finding]:
    (kind, _, *place), quantities = place_of(each), QUANTITIES[type(each)]
    numbers = numbers_of(each)
    if all(value is None for value, _ in numbers):
        yield MeasurementFaultKind.INCOMPLETE, "it has no value"
    for quantity, (value, std) in zip(quantities, numbers, strict=True):
        if (value is None) != (std is None):
            missing = "value" if value is None else "standard deviation"
            yield MeasurementFaultKind.INCOMPLETE, f"its {quantity.value} has no {missing}"
    try:
        within = ranges.ranges(kind, *place)
    except UnknownPlace as fault:
        yield fault.kind, fault.reason
        return
    for quantity, number, each_range in zip(quantities, numbers, within, strict=True):
        yield from _implausible(quantity.value, *number, each_range)


def _implausible(
    quantity: str, value: _Number, std: _Number, within: PlausibleRange
) -> Iterator[_Finding]:
    if value is not None and not math.isfinite(value):
        yield MeasurementFaultKind.IMPLAUSIBLE, f"its {quantity} is no finite number"
    elif value is not None and not within.least <= value <= within.greatest:
        yield MeasurementFaultKind.IMPLAUSIBLE, within.reason(value)
    if std is not None and not 0 < std <= within.greatest_std:
        reason = f"a standard deviation of {std:.6g} {within.unit} says nothing"
        yield MeasurementFaultKind.IMPLAUSIBLE, reason
