"""What measurements of a network can be: wide ranges that catch wrong units, not wrong meters."""

import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    Quantity,
    VoltageMeasurement,
)
from platone.grid.estimation.sensors import Sensors
from platone.grid.network.branch import Winding
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementFaultKind

LEAST_PU, GREATEST_PU = 0.3, 2.0
"""Between them a measured voltage must be, by its nominal value."""
GREATEST_OF_LIMIT = 5.0
"""How many times its limit a branch may be measured to carry; without a limit any number."""
GREATEST_STD_PU = 0.5
"""Standard deviation of a voltage that says something, by its nominal value."""
TURN_DEG = 360.0
_OF_NOMINAL = f"{LEAST_PU:g} and {GREATEST_PU:g} times the nominal {{:g}} kV"
_OF_AMPERES = f"0 and {GREATEST_OF_LIMIT:g} times the limit of {{:g}} A"
_OF_POWER = f"{GREATEST_OF_LIMIT:g} times the {{:.6g}} kVA that can flow there"
_SECOND = Quantity.ANGLE, Quantity.Q, Quantity.CURRENT_ANGLE


class Misplaced(Exception):
    """A measurement is of nothing that the network has.

    Args:
        kind: The kind of fault.
        reason: One sentence for whoever sent it.
    """

    def __init__(self, kind: MeasurementFaultKind, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


class Range(NamedTuple):
    """What one number of a measurement can be.

    Attributes:
        least: At least so much.
        greatest: At most so much.
        unit: Of both.
        basis: Where they come from, in words that hold the next number.
        limit: The number that they come from.
        greatest_std: The standard deviation at most.
    """

    least: float
    greatest: float
    unit: str
    basis: str
    limit: float
    greatest_std: float = math.inf

    def holds(self, value: float | None, std: float | None) -> bool:
        """Whether a number is within, or there is none."""
        if value is None or std is None:
            return value is std
        is_within = self.least <= value <= self.greatest and math.isfinite(value)
        return is_within and 0 < std <= self.greatest_std

    def reason(self, value: float) -> str:
        """Why a value outside is none."""
        bounds = f"{self.least:.6g} and {self.greatest:.6g} {self.unit}"
        return f"{value:.6g} {self.unit} is not between {bounds}: {self.basis.format(self.limit)}"


_ANGLE = Range(-TURN_DEG, TURN_DEG, "deg", "{:g} degrees are a turn", TURN_DEG)


class Bounds:
    """What measurements of a network can be.

    Args:
        network: A checked network.
    """

    def __init__(self, network: Network) -> None:
        circuit = circuit_of(network)
        self._circuit, self._buses = circuit, network.buses
        self._bus, self._branch = network.bus_position, network.branch_position
        self._consumer = network.consumer_position
        self._windings = {each.id for each in network.branches if isinstance(each, Winding)}
        node_kva = np.zeros(circuit.nodes)
        self._limit: dict[str, list[tuple[float, float]]] = {}
        ends = (("from", circuit.ports.from_node), ("to", circuit.ports.to_node))
        for (end, node), limit_a in zip(ends, circuit.limits_a, strict=True):
            kva = limit_a * circuit.node_kv[node] * 3**0.5
            np.add.at(node_kva, node, kva)
            self._limit[end] = list(zip(limit_a.tolist(), kva.tolist(), strict=True))
        self._node_kva = node_kva.tolist()
        self._found: dict[tuple[type, str, str], tuple[Range, Range]] = {}

    def of(self, each: Measurement) -> tuple[Range, Range]:
        """The ranges of a measurement's two numbers.

        Raises:
            Misplaced: There is nothing that it can be of.
        """
        match each:
            case VoltageMeasurement():
                place: tuple[type, str, str] = VoltageMeasurement, each.bus, ""
            case BranchPower() | BranchCurrent():
                place = type(each), each.branch, each.end
            case Injection():
                place = Injection, each.element, ""
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = self._ranges(*place)
        return found

    def _ranges(self, kind: type, element: str, end: str) -> tuple[Range, Range]:
        if kind is VoltageMeasurement:
            if element not in self._bus:
                raise Misplaced(MeasurementFaultKind.UNKNOWN_ELEMENT, f"there is no bus {element}")
            kv = self._buses[self._bus[element]].nominal_kv
            most = GREATEST_STD_PU * kv
            return Range(LEAST_PU * kv, GREATEST_PU * kv, "kV", _OF_NOMINAL, kv, most), _ANGLE
        if kind is Injection:
            return _powers(self._node_kva[self._node(element)])
        if element not in self._branch:
            raise Misplaced(MeasurementFaultKind.UNKNOWN_ELEMENT, f"there is no branch {element}")
        if end == "to" and element in self._windings:
            reason = "the only end of a winding is that at its bus"
            raise Misplaced(MeasurementFaultKind.NO_SUCH_END, reason)
        limit_a, kva = self._limit[end][self._branch[element]]
        if kind is BranchPower:
            return _powers(kva)
        return Range(0.0, GREATEST_OF_LIMIT * limit_a, "A", _OF_AMPERES, limit_a), _ANGLE

    def _node(self, element: str) -> int:
        if element in self._consumer:
            return int(self._circuit.consumer_node[self._consumer[element]])
        if element in self._bus:
            return int(self._circuit.node_of_bus[self._bus[element]])
        raise Misplaced(
            MeasurementFaultKind.UNKNOWN_ELEMENT, f"there is no consumer or bus {element}"
        )


def _powers(kva: float) -> tuple[Range, Range]:
    most = GREATEST_OF_LIMIT * kva
    return Range(-most, most, "kW", _OF_POWER, kva), Range(-most, most, "kvar", _OF_POWER, kva)


_bounds: weakref.WeakKeyDictionary[Network, Bounds] = weakref.WeakKeyDictionary()


def bounds_of(network: Network) -> Bounds:
    """What measurements of a network can be; made once, as a network never changes."""
    known = _bounds.get(network)
    if known is None:
        known = _bounds[network] = Bounds(network)
    return known


@dataclass(frozen=True, eq=False)
class Plausible:
    """Ranges of the numbers of the same sensors, in the order of :attr:`Sensors.value`."""

    least: Floats
    greatest: Floats
    greatest_std: Floats

    def holds(self, sensors: Sensors) -> bool:
        """Whether nothing is wrong with values and standard deviations of these sensors."""
        value, std = sensors.value, sensors.std
        is_within = (self.least <= value) & (value <= self.greatest) & (std <= self.greatest_std)
        return sensors.is_clear and bool(np.all(is_within & np.isfinite(value) & (std > 0)))


def plausible(network: Network, measurements: Sequence[Measurement], sensors: Sensors) -> Plausible:
    """The ranges of measurements that were checked before.

    Args:
        network: The network.
        measurements: The measurements.
        sensors: Their columns.
    """
    bounds = bounds_of(network)
    ranges = {each.id: bounds.of(each) for each in measurements}
    found = [ranges[name][quantity in _SECOND] for name, quantity in sensors.readings()]
    least = np.array([each.least for each in found], float)
    greatest = np.array([each.greatest for each in found], float)
    return Plausible(least, greatest, np.array([each.greatest_std for each in found], float))
