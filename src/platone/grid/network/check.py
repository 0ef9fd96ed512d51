"""The check that a network can be calculated; every importer's result passes through it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from platone.grid.array import Flags
from platone.grid.network.branch import Line, Switch, Transformer, Winding
from platone.grid.network.circuit import circuit_of
from platone.grid.network.element import Bus, Generator, Profile, Remark, Source
from platone.grid.network.model import (
    MAX_ELEMENTS,
    QUARTER_HOURS_OF_A_PROFILE,
    Element,
    Network,
)
from platone.grid.network.rated_voltage import (
    faults_of_rated_voltages,
    remarks_on_rated_voltages,
)
from platone.grid.network.topology import unfed_buses
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_LEAST_IMPEDANCE_OHM = 1e-6
"""Impedance taken as zero, ohm: a few mm of cable; less spoils the digits of the equations."""
_MOST_KV = 10_000.0
"""Nominal voltage, kV: over eight times the highest in use, so more is a slip of the unit."""
_MOST_HZ = 1000.0
"""Frequency, Hz: no network has more, aircraft have 400."""
_ENDLESS = 1e30
"""Number taken as infinite, in any unit: squares and products of lesser ones are finite."""


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
    if faults:
        raise NetworkInvalid(faults)
    check_nodes(network)
    dead = [Remark(bus, "no closed path leads from it to a source") for bus in unfed_buses(network)]
    if len(dead) == len(network.buses):
        raise NetworkInvalid([Fault(network.id, FaultKind.ISLAND, "no source feeds any bus of it")])
    found = [*dead, *_of_equivalents(network), *remarks_on_rated_voltages(network)]
    return replace(network, remarks=(*network.remarks, *found)) if found else network


def _of_equivalents(network: Network) -> Iterator[Remark]:
    """Yield a remark on branches that lose less than nothing, as only equivalents may."""
    below = [line.id for line in network.lines if min(line.resistance_ohm, line.capacitance_nf) < 0]
    below += [unit.id for unit in network.transformers if unit.copper_loss_kw < 0]
    if below:
        more = f" (and {len(below) - 1} more)" if len(below) > 1 else ""
        reason = f"its resistance or capacitance is below 0, as only an equivalent's may be{more}"
        yield Remark(below[0], reason)


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
    kinds: dict[type, list[Element]] = {}
    for element in network.elements():
        kinds.setdefault(type(element), []).append(element)
    for kind, elements in kinds.items():
        for item in fields(kind):
            values = [getattr(element, item.name) for element in elements]
            for place in np.flatnonzero(~_finite(values)):
                reason = f"{item.name} is not a finite number"
                yield Fault(elements[place].id, FaultKind.NOT_A_NUMBER, reason)


def _finite(values: Sequence[Any]) -> Flags:
    """Return whether each value is a finite number, or no number at all."""
    if all(isinstance(value, float) for value in values):
        return np.asarray(np.abs(np.array(values)) < _ENDLESS)
    return np.array([_is_finite(value) for value in values], np.bool_)


def _is_finite(value: object) -> bool:
    if isinstance(value, float):
        return abs(value) < _ENDLESS
    return not isinstance(value, tuple) or all(_is_finite(each) for each in value)


def _of_references(network: Network) -> Iterator[Fault]:
    known = network.bus_position
    ends = [(line.id, line.to_bus) for line in network.lines]
    ends += [(unit.id, unit.to_bus) for unit in network.transformers]
    ends += [(branch.id, branch.from_bus) for branch in network.branches]
    one_bus = (network.sources, network.switches, network.shunts, network.generators)
    ends += [(each.id, each.bus) for kind in (*one_bus, network.consumers) for each in kind]
    for element, bus in ends:
        if bus not in known:
            yield Fault(element, FaultKind.UNKNOWN_BUS, f"there is no bus {bus!r}")
    for switch in network.switches:
        yield from _of_switch(switch, network)
    profiles = {profile.id for profile in network.profiles}
    for load in network.loads:
        if load.profile is not None and load.profile not in profiles:
            reason = f"there is no profile {load.profile!r}"
            yield Fault(load.id, FaultKind.UNKNOWN_PROFILE, reason)
    if not any(source.closed for source in network.sources):
        yield Fault(network.id, FaultKind.NO_SOURCE, "it has no source that feeds it")


def _of_switch(switch: Switch, network: Network) -> Iterator[Fault]:
    if switch.other in network.bus_position:
        return
    row = network.branch_position.get(switch.other)
    if row is None:
        reason = f"there is no bus or branch {switch.other!r}"
        yield Fault(switch.id, FaultKind.UNKNOWN_BUS, reason)
        return
    branch = network.branches[row]
    ends = {branch.from_bus, "" if isinstance(branch, Winding) else branch.to_bus}
    if switch.bus not in ends:
        reason = f"the branch {switch.other!r} does not end on the bus {switch.bus!r}"
        yield Fault(switch.id, FaultKind.UNKNOWN_BUS, reason)


def _of_values(network: Network) -> Iterator[Fault]:
    nominal = {bus.id: bus.nominal_kv for bus in network.buses}
    reason = f"its frequency is {network.frequency_hz} Hz, not above 0 and up to {_MOST_HZ:g} Hz"
    yield from _range(network.id, holds=0 < network.frequency_hz <= _MOST_HZ, reason=reason)
    for bus in network.buses:
        yield from _of_bus(bus)
    for source in network.sources:
        yield from _of_held(source)
    for line in network.lines:
        yield from _of_line(line, nominal)
    for transformer in network.transformers:
        yield from _of_transformer(transformer)
    for winding in network.windings:
        yield from _of_winding(winding)
    yield from faults_of_rated_voltages(network)
    for generator in network.generators:
        yield from _of_held(generator)
    yield from _of_fused(network, nominal)
    for profile in network.profiles:
        yield from _of_profile(profile)


def check_nodes(network: Network) -> Network:
    """Return the network if what stands on one node, as switched now, holds one voltage.

    Raises:
        NetworkInvalid: With everything that would hold another one.
    """
    place, node_of_bus = network.bus_position, circuit_of(network).node_of_bus
    held: dict[int, Source | Generator] = {}
    faults = []
    holding: tuple[Source | Generator, ...] = (*network.sources, *network.generators)
    for each in holding:
        if not each.closed:
            continue
        first = held.setdefault(int(node_of_bus[place[each.bus]]), each)
        angles = {other.angle_deg for other in (first, each) if isinstance(other, Source)}
        if first.voltage_pu != each.voltage_pu or len(angles) > 1:
            reason = f"it and {first.id!r} hold the same node at different voltages"
            faults.append(Fault(each.id, FaultKind.OUT_OF_RANGE, reason))
    if faults:
        raise NetworkInvalid(faults)
    return network


def _range(element: str, *, holds: bool, reason: str) -> Iterator[Fault]:
    if not holds:
        yield Fault(element, FaultKind.OUT_OF_RANGE, reason)


def _of_bus(bus: Bus) -> Iterator[Fault]:
    reason = f"its nominal voltage is {bus.nominal_kv} kV, not above 0 and up to {_MOST_KV:g} kV"
    yield from _range(bus.id, holds=0 < bus.nominal_kv <= _MOST_KV, reason=reason)
    least = 0 if bus.min_pu is None else bus.min_pu
    most = math.inf if bus.max_pu is None else bus.max_pu
    holds = 0 <= least <= most and (bus.min_pu is None or least > 0)
    yield from _range(bus.id, holds=holds, reason="its limits need 0 < min <= max voltage")


def _of_held(source: Source | Generator) -> Iterator[Fault]:
    reason = "its voltage is not above 0 and below 2 pu"
    yield from _range(source.id, holds=0 < source.voltage_pu < 2, reason=reason)  # noqa: PLR2004


def _of_fused(network: Network, nominal: dict[str, float]) -> Iterator[Fault]:
    """Yield switches that join buses of different nominal voltages."""
    for switch in network.switches:
        kv = nominal[switch.bus], nominal.get(switch.other, nominal[switch.bus])
        if kv[0] != kv[1]:
            reason = f"it joins buses of {kv[0]} kV and {kv[1]} kV"
            yield Fault(switch.id, FaultKind.VOLTAGE_LEVEL, reason)


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
    if line.limit_a is not None and line.limit_a <= 0:
        yield Fault(line.id, FaultKind.MISSING_LIMIT, "its current limit is not above 0 A")
    kv = nominal[line.from_bus], nominal[line.to_bus]
    if kv[0] != kv[1]:
        reason = f"it joins buses of {kv[0]} kV and {kv[1]} kV: that takes a transformer"
        yield Fault(line.id, FaultKind.VOLTAGE_LEVEL, reason)


def _of_transformer(unit: Transformer) -> Iterator[Fault]:
    yield from _of_ends(unit)
    if unit.rated_kva <= 0:
        yield Fault(unit.id, FaultKind.MISSING_LIMIT, "its rated power is not above 0 kVA")
        return
    yield from _of_loading(unit)
    if unit.short_circuit_percent == 0:
        reason = "its short-circuit voltage is 0 %"
        yield Fault(unit.id, FaultKind.ZERO_IMPEDANCE, reason)
    most_loss_kw = unit.rated_kva * abs(unit.short_circuit_percent) / 100
    holds = abs(unit.copper_loss_kw) <= most_loss_kw
    reason = f"its copper loss is beyond {most_loss_kw:.6g} kW (short-circuit voltage)"
    yield from _range(unit.id, holds=holds, reason=reason)
    holds = 0 <= unit.iron_loss_kw <= unit.rated_kva * abs(unit.no_load_percent) / 100
    yield from _range(unit.id, holds=holds, reason="its iron loss exceeds its no-load power")
    yield from _of_taps(unit)


def _of_winding(winding: Winding) -> Iterator[Fault]:
    if winding.rated_kva <= 0:
        yield Fault(winding.id, FaultKind.MISSING_LIMIT, "its rated power is not above 0 kVA")
    if abs(complex(winding.resistance_ohm, winding.reactance_ohm)) < _LEAST_IMPEDANCE_OHM:
        yield Fault(winding.id, FaultKind.ZERO_IMPEDANCE, "its impedance is zero")
    yield from _of_loading(winding)
    yield from _of_taps(winding)


def _of_loading(unit: Transformer | Winding) -> Iterator[Fault]:
    if unit.limit_percent is not None and unit.limit_percent <= 0:
        yield Fault(unit.id, FaultKind.MISSING_LIMIT, "its greatest loading is not above 0 %")


def taps_hold(unit: Transformer | Winding) -> bool:
    """Return whether a tap changer leaves its winding some voltage where it stands."""
    return 1 + (unit.tap_position - unit.tap_neutral) * unit.tap_step_percent / 100 > 0


def _of_taps(unit: Transformer | Winding) -> Iterator[Fault]:
    reason = "its tap step or position is out of range"
    yield from _range(unit.id, holds=taps_hold(unit), reason=reason)
    if isinstance(unit, Transformer):
        least = unit.tap_position if unit.tap_min is None else unit.tap_min
        most = unit.tap_position if unit.tap_max is None else unit.tap_max
        reason = f"it stands at {unit.tap_position}, beyond its steps {least} to {most}"
        yield from _range(unit.id, holds=least <= unit.tap_position <= most, reason=reason)
