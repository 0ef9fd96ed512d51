"""Whether a network can be calculated; every importer's result passes through here."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields

from platone.dso.domain.network.fault import Fault, FaultKind, NetworkInvalid
from platone.dso.domain.network.model import (
    MAX_ELEMENTS,
    QUARTER_HOURS_OF_A_PROFILE,
    Bus,
    Line,
    Network,
    Profile,
    Source,
    Transformer,
)
from platone.dso.domain.network.topology import unfed_buses

_LEAST_IMPEDANCE_OHM = 1e-6
_MOST_RATIO_ERROR = 0.25
_CLOCKS = 12


def check(network: Network) -> Network:
    """Return the network if it can be calculated.

    Raises:
        NetworkInvalid: With every fault that was found.
    """
    faults = list(_of_identifiers(network))
    faults += _of_numbers(network)
    faults += _of_references(network)
    if not faults:  # what follows needs whole references and numbers
        faults += _of_values(network)
        faults += _of_islands(network)
    if faults:
        raise NetworkInvalid(faults)
    return network


def _of_identifiers(network: Network) -> Iterator[Fault]:
    count = sum(1 for _ in network.elements()) + len(network.connection_points)
    if count > MAX_ELEMENTS:
        reason = f"it has {count} elements; {MAX_ELEMENTS} are allowed"
        yield Fault(network.id, FaultKind.TOO_MANY, reason)
    for identifier, times in Counter(element.id for element in network.elements()).items():
        if times > 1:
            yield Fault(identifier, FaultKind.DUPLICATE, f"the identifier is used {times} times")
    for pod, times in Counter(point.pod_id for point in network.connection_points).items():
        if times > 1:
            yield Fault(pod, FaultKind.DUPLICATE, f"the PoD is connected {times} times")
    for bus, times in Counter(source.bus for source in network.sources).items():
        if times > 1:
            yield Fault(bus, FaultKind.DUPLICATE, f"{times} sources hold the same bus")


def _of_numbers(network: Network) -> Iterator[Fault]:
    for element in network.elements():
        for item in fields(element):
            value = getattr(element, item.name)
            values = value if isinstance(value, tuple) else (value,)
            if any(isinstance(each, float) and not math.isfinite(each) for each in values):
                reason = f"{item.name} is not a finite number"
                yield Fault(element.id, FaultKind.NOT_A_NUMBER, reason)


def _of_references(network: Network) -> Iterator[Fault]:
    known = network.bus_position
    ends = [(source.id, source.bus) for source in network.sources]
    ends += [(branch.id, branch.from_bus) for branch in network.branches]
    ends += [(branch.id, branch.to_bus) for branch in network.branches]
    ends += [(load.id, load.bus) for load in network.loads]
    ends += [(point.pod_id, point.bus) for point in network.connection_points]
    for element, bus in ends:
        if bus not in known:
            yield Fault(element, FaultKind.UNKNOWN_BUS, f"there is no bus {bus!r}")
    profiles = {profile.id for profile in network.profiles}
    for load in network.loads:
        if load.profile is not None and load.profile not in profiles:
            reason = f"there is no profile {load.profile!r}"
            yield Fault(load.id, FaultKind.UNKNOWN_PROFILE, reason)
    if not network.sources:
        yield Fault(network.id, FaultKind.NO_SOURCE, "it has no source that feeds it")


def _of_values(network: Network) -> Iterator[Fault]:
    nominal = {bus.id: bus.nominal_kv for bus in network.buses}
    for bus in network.buses:
        yield from _of_bus(bus)
    for source in network.sources:
        yield from _of_source(source)
    for line in network.lines:
        yield from _of_line(line, nominal)
    for transformer in network.transformers:
        yield from _of_transformer(transformer, nominal)
    for profile in network.profiles:
        yield from _of_profile(profile)


def _range(element: str, *, holds: bool, reason: str) -> Iterator[Fault]:
    if not holds:
        yield Fault(element, FaultKind.OUT_OF_RANGE, reason)


def _of_bus(bus: Bus) -> Iterator[Fault]:
    yield from _range(bus.id, holds=bus.nominal_kv > 0, reason="its nominal voltage is not above 0")
    holds = 0 < bus.min_pu < bus.max_pu
    yield from _range(bus.id, holds=holds, reason="its limits need 0 < min < max voltage")


def _of_source(source: Source) -> Iterator[Fault]:
    reason = "its voltage is not above 0 and below 2 pu"
    yield from _range(source.id, holds=0 < source.voltage_pu < 2, reason=reason)  # noqa: PLR2004


def _of_profile(profile: Profile) -> Iterator[Fault]:
    count = len(profile.factors)
    reason = f"it has {count} factors; a day has {QUARTER_HOURS_OF_A_PROFILE}"
    yield from _range(profile.id, holds=count == QUARTER_HOURS_OF_A_PROFILE, reason=reason)


def _of_ends(branch: Line | Transformer) -> Iterator[Fault]:
    if branch.from_bus == branch.to_bus:
        yield Fault(branch.id, FaultKind.OUT_OF_RANGE, "both its ends are on the same bus")


def _of_line(line: Line, nominal: dict[str, float]) -> Iterator[Fault]:
    yield from _of_ends(line)
    if abs(complex(line.resistance_ohm, line.reactance_ohm)) < _LEAST_IMPEDANCE_OHM:
        reason = "its impedance is zero: join its two buses, or give its length and data"
        yield Fault(line.id, FaultKind.ZERO_IMPEDANCE, reason)
    holds = line.resistance_ohm >= 0 and line.capacitance_nf >= 0
    yield from _range(line.id, holds=holds, reason="its resistance or capacitance is below 0")
    if line.limit_a <= 0:
        yield Fault(line.id, FaultKind.MISSING_LIMIT, "its current limit is not above 0 A")
    kv = nominal[line.from_bus], nominal[line.to_bus]
    if kv[0] != kv[1]:
        reason = f"it joins buses of {kv[0]} kV and {kv[1]} kV: that takes a transformer"
        yield Fault(line.id, FaultKind.VOLTAGE_LEVEL, reason)


def _of_transformer(unit: Transformer, nominal: dict[str, float]) -> Iterator[Fault]:
    yield from _of_ends(unit)
    if unit.rated_kva <= 0:
        yield Fault(unit.id, FaultKind.MISSING_LIMIT, "its rated power is not above 0 kVA")
        return
    if unit.short_circuit_percent <= 0:
        reason = "its short-circuit voltage is not above 0 %"
        yield Fault(unit.id, FaultKind.ZERO_IMPEDANCE, reason)
    most_loss_kw = unit.rated_kva * unit.short_circuit_percent / 100
    holds = 0 <= unit.copper_loss_kw <= most_loss_kw
    reason = f"its copper loss is outside 0 to {most_loss_kw:.6g} kW (short-circuit voltage)"
    yield from _range(unit.id, holds=holds, reason=reason)
    holds = 0 <= unit.iron_loss_kw <= unit.rated_kva * unit.no_load_percent / 100
    yield from _range(unit.id, holds=holds, reason="its iron loss exceeds its no-load power")
    yield from _range(unit.id, holds=0 <= unit.clock < _CLOCKS, reason="its clock is not 0 to 11")
    tapped = 1 + unit.tap_position * unit.tap_step_percent / 100
    holds = tapped > 0 and unit.tap_step_percent >= 0
    yield from _range(unit.id, holds=holds, reason="its tap step or position is out of range")
    for side, rated in ((unit.from_bus, unit.from_kv), (unit.to_bus, unit.to_kv)):
        if rated <= 0 or abs(rated / nominal[side] - 1) > _MOST_RATIO_ERROR:
            reason = f"its winding of {rated} kV is on the bus {side!r} of {nominal[side]} kV"
            yield Fault(unit.id, FaultKind.VOLTAGE_LEVEL, reason)


def _of_islands(network: Network) -> Iterator[Fault]:
    for bus in unfed_buses(network):
        reason = "no closed path leads from it to a source"
        yield Fault(bus, FaultKind.ISLAND, reason)
