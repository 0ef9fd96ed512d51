"""The numbers that measurements of a network can be: wide ranges that catch wrong units only."""

import math
import weakref
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.measurement import BranchPower, Injection, VoltageMeasurement
from platone.grid.estimation.sensors import Place, SensorSet
from platone.grid.network.branch import Winding
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementFaultKind

LEAST_PU, GREATEST_PU = 0.3, 2.0
"""A measured voltage by its nominal value: beyond lies only the wrong unit or another level."""
GREATEST_OF_LIMIT = 5.0
"""Times its limit that a branch may be measured to carry: more is no overload but a wrong unit."""
GREATEST_STD_PU = 0.5
"""Standard deviation of a voltage by its nominal value: with a larger one it says nothing."""
TURN_DEG = 360.0
"""Degrees of a full turn, the largest angle that is not another unit."""
_OF_NOMINAL = f"{LEAST_PU:g} and {GREATEST_PU:g} times the nominal {{:g}} kV"
_OF_AMPERES = f"0 and {GREATEST_OF_LIMIT:g} times the limit of {{:g}} A"
_OF_POWER = f"{GREATEST_OF_LIMIT:g} times the {{:.6g}} kVA that can flow there"
_PLACES_KEPT = 6
"""Sets of places whose ranges are kept: those of one server's feeds."""


class UnknownPlace(Exception):
    """A measurement is of nothing that the network has.

    Args:
        kind: The kind of fault.
        reason: One sentence for whoever sent it.
    """

    def __init__(self, kind: MeasurementFaultKind, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


class PlausibleRange(NamedTuple):
    """The range in which one number of a measurement can lie.

    Attributes:
        least: The least value.
        greatest: The greatest value.
        unit: The unit of both.
        basis: The reason for both, in words with a place for `limit`.
        limit: The number of the network from which they come.
        greatest_std: The greatest standard deviation.
    """

    least: float
    greatest: float
    unit: str
    basis: str
    limit: float
    greatest_std: float = math.inf

    def reason(self, value: float) -> str:
        """Return why a value outside cannot be."""
        bounds = f"{self.least:.6g} and {self.greatest:.6g} {self.unit}"
        return f"{value:.6g} {self.unit} is not between {bounds}: {self.basis.format(self.limit)}"


_ANGLE = PlausibleRange(-TURN_DEG, TURN_DEG, "deg", "{:g} degrees are a turn", TURN_DEG)
_Ranges = tuple[PlausibleRange, PlausibleRange]


class PlausibleRanges:
    """The ranges of all numbers that can be measured in a network.

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
        self._columns = lru_cache(_PLACES_KEPT)(self._columns_of)

    def ranges(self, kind: type, element: str, end: str = "") -> _Ranges:
        """Return the ranges of the two numbers of a kind of measurement at a place.

        Raises:
            UnknownPlace: The network has no such place.
        """
        if kind is VoltageMeasurement:
            if element not in self._bus:
                raise _unknown(f"there is no bus {element}")
            kv = self._buses[self._bus[element]].nominal_kv
            most, most_std = GREATEST_PU * kv, GREATEST_STD_PU * kv
            return PlausibleRange(LEAST_PU * kv, most, "kV", _OF_NOMINAL, kv, most_std), _ANGLE
        if kind is Injection:
            return _powers(self._node_kva[self._node(element)])
        if element not in self._branch:
            raise _unknown(f"there is no branch {element}")
        if end == "to" and element in self._windings:
            reason = "the only end of a winding is that at its bus"
            raise UnknownPlace(MeasurementFaultKind.NO_SUCH_END, reason)
        limit_a, kva = self._limit[end][self._branch[element]]
        if kind is BranchPower:
            return _powers(kva)
        most_a = GREATEST_OF_LIMIT * limit_a
        return PlausibleRange(0.0, most_a, "A", _OF_AMPERES, limit_a), _ANGLE

    def _node(self, element: str) -> int:
        if element in self._consumer:
            return int(self._circuit.consumer_node[self._consumer[element]])
        if element in self._bus:
            return int(self._circuit.node_of_bus[self._bus[element]])
        raise _unknown(f"there is no consumer or bus {element}")

    def hold(self, sensors: SensorSet) -> bool:
        """Return whether nothing at all is wrong with a set, by arrays and so without reasons."""
        try:
            columns = self._columns(sensors.places)
        except UnknownPlace:
            return False
        value, std = sensors.value, sensors.std
        is_there = sensors.has_number
        is_within = (columns.least <= value) & (value <= columns.greatest) & np.isfinite(value)
        is_certain = (std > 0) & (std <= columns.greatest_std)
        is_missing = np.isnan(value) & np.isnan(std)
        is_sound = is_missing | is_there & is_within & is_certain
        return bool(
            sensors.is_clear and columns.is_unique and is_sound.all() and is_there.any(axis=1).all()
        )

    def _columns_of(self, places: tuple[Place, ...]) -> "_Columns":
        ranges = [self.ranges(kind, *place) for kind, _, *place in places]
        least, greatest, std = (
            np.array([[each[column] for each in both] for both in ranges], float).reshape(-1, 2)
            for column in (0, 1, 5)
        )
        names = {place[1] for place in places}
        return _Columns(least, greatest, std, is_unique=len(names) == len(places))


@dataclass(frozen=True, eq=False)
class _Columns:
    """The ranges of a set's numbers as arrays, shape (measurements, 2)."""

    least: Floats
    greatest: Floats
    greatest_std: Floats
    is_unique: bool


def _unknown(reason: str) -> UnknownPlace:
    return UnknownPlace(MeasurementFaultKind.UNKNOWN_ELEMENT, reason)


def _powers(kva: float) -> _Ranges:
    most = GREATEST_OF_LIMIT * kva
    p = PlausibleRange(-most, most, "kW", _OF_POWER, kva)
    return p, p._replace(unit="kvar")


_known: weakref.WeakKeyDictionary[Network, PlausibleRanges] = weakref.WeakKeyDictionary()


def plausible_ranges(network: Network) -> PlausibleRanges:
    """Return the ranges of a network's measurements; made once, as a network never changes."""
    found = _known.get(network)
    if found is None:
        found = _known[network] = PlausibleRanges(network)
    return found
