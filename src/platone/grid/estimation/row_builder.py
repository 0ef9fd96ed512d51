"""The rows of a set of measurements, built kind by kind."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    Quantity,
    Reading,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.node_power import KnownPower
from platone.grid.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3
_LEAST_ACROSS = 1e-3
"""Least standard deviation of a current phasor across, by that along: no angle makes it surer."""


@dataclass(eq=False)
class RowGroup:
    """Rows of one kind while they are built; their values are weighted sums of readings.

    Attributes:
        place: The state or the branch end of each row.
        std: Its standard deviation in the model's units.
        readings: The readings that it is made of; none where nothing is measured.
        shares: The weight of each of them.
    """

    place: list[int] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    readings: list[tuple[Reading, ...]] = field(default_factory=list)
    shares: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, place: int, std: float, reading: Reading, share: float) -> None:
        """Add a row of one reading."""
        self.add_sum(place, std, (reading,), (share,))

    def add_empty(self, place: int) -> None:
        """Add a row without a measurement, beside one that has it."""
        self.add_sum(place, np.inf, (), ())

    def add_sum(
        self, place: int, std: float, readings: tuple[Reading, ...], shares: tuple[float, ...]
    ) -> None:
        """Add a row of any number of readings."""
        self.place.append(place)
        self.std.append(std)
        self.readings.append(readings)
        self.shares.append(shares)


class RowBuilder:
    """The rows of a set of measurements.

    Args:
        model: The network.
        measurements: What was measured, checked before.

    Attributes:
        unused: Measurements that say nothing of the state, and why.
        turn: exp(-j angle) of each current phasor.
    """

    def __init__(self, model: NetworkModel, measurements: Sequence[Measurement]) -> None:
        self._model = model
        self._state: list[int] = model.state_of_node.tolist()
        self.unused: dict[str, str] = {}
        self.magnitude, self.angle = RowGroup(), RowGroup()
        self.node_p, self.node_q, self.branch_p, self.branch_q = (RowGroup() for _ in range(4))
        self.ampere, self.along, self.across = RowGroup(), RowGroup(), RowGroup()
        self.turn: list[complex] = []
        injections: dict[str, list[Injection]] = defaultdict(list)
        for each in measurements:
            match each:
                case VoltageMeasurement():
                    self._add_voltage(each)
                case Injection():
                    injections[each.element].append(each)
                case BranchPower() | BranchCurrent():
                    self._add_branch(each)
        self._add_injections(injections)

    @property
    def groups(self) -> tuple[RowGroup, ...]:
        """Return the groups in the order of the model's rows."""
        power = self.node_p, self.branch_p, self.node_q, self.branch_q
        return (self.magnitude, self.angle, *power, self.ampere, self.along, self.across)

    def _add_voltage(self, each: VoltageMeasurement) -> None:
        network, circuit = self._model.network, self._model.circuit
        row = network.bus_position[each.bus]
        state = int(self._model.state_of_node[circuit.node_of_bus[row]])
        if state < 0:
            self.unused[each.id] = "its bus is not fed"
            return
        kv = network.buses[row].nominal_kv
        self.magnitude.add(state, each.std_kv / kv, _reading(each, Quantity.VOLTAGE), 1 / kv)
        if each.angle_deg is not None and each.std_deg is not None:
            std = np.deg2rad(each.std_deg)
            self.angle.add(state, std, _reading(each, Quantity.ANGLE), np.deg2rad(1.0))

    def _add_branch(self, each: BranchPower | BranchCurrent) -> None:
        ports = self._model.circuit.ports
        row, is_from = self._model.network.branch_position[each.branch], each.end == "from"
        end = 2 * row + (not is_from)
        if self._model.end_states(np.array([end]))[0] < 0:
            self.unused[each.id] = "its branch is not fed"
        elif not (ports.y_ff if is_from else ports.y_tt)[row]:
            self.unused[each.id] = "its branch is switched off at this end"
        elif isinstance(each, BranchPower):
            _add_power(self.branch_p, self.branch_q, end, each)
        else:
            base_a = ports.from_base_a if is_from else ports.to_base_a
            self._add_current(end, each, float(base_a[row]))

    def _add_current(self, end: int, each: BranchCurrent, base_a: float) -> None:
        std, magnitude = each.std_a / base_a, _reading(each, Quantity.CURRENT)
        if each.angle_deg is None or each.std_deg is None:
            self.ampere.add(end, std, magnitude, 1 / base_a)
            return
        # by the true magnitude, which where little flows is that of the error
        across = math.hypot(each.current_a, each.std_a) / base_a * math.radians(each.std_deg)
        self.turn.append(complex(np.exp(-1j * np.deg2rad(each.angle_deg))))
        self.along.add(end, std, magnitude, 1 / base_a)
        least = _LEAST_ACROSS * std
        self.across.add(end, max(across, least), _reading(each, Quantity.CURRENT_ANGLE), 0.0)

    def _add_injections(self, measured: dict[str, list[Injection]]) -> None:
        connections = self._model.connections
        elements: dict[int, list[str]] = defaultdict(list)
        for element in measured:
            elements[connections.node(element)].append(element)
        used: set[str] = set()
        for node in sorted(elements):
            state = self._state[node]
            if state < 0:
                continue
            first = elements[node][0]
            is_only = len(elements[node]) == len(measured[first]) == 1
            if is_only and first in connections.alone:
                _add_power(self.node_p, self.node_q, state, measured[first][0])
                used.add(measured[first][0].id)
            else:
                used |= self._add_known_powers(node, state, measured)
        for each in (each for found in measured.values() for each in found):
            if each.id not in used:
                self.unused[each.id] = "not all that is connected to its node is known, or fed"

    def _add_known_powers(
        self, node: int, state: int, measured: dict[str, list[Injection]]
    ) -> set[str]:
        """Add all ways to know a node's power; return the measurements that they are made of."""
        pairs: dict[tuple[str, ...], list[KnownPower | None]] = {}
        for part, quantity in enumerate((Quantity.P, Quantity.Q)):
            for way in self._model.connections.known_powers(node, quantity, measured):
                names = tuple(reading.measurement for reading in way.readings)
                pairs.setdefault(names, [None, None])[part] = way
        for ways in pairs.values():
            for group, known in zip((self.node_p, self.node_q), ways, strict=True):
                if known is None:
                    group.add_empty(state)
                else:
                    shares = tuple(share / _BASE_KVA for share in known.shares)
                    std = known.variance**0.5 / _BASE_KVA
                    group.add_sum(state, std, known.readings, shares)
        return {name for names in pairs for name in names}


def _add_power(p: RowGroup, q: RowGroup, place: int, each: BranchPower | Injection) -> None:
    """Add the rows of one measurement's active and reactive power."""
    for group, quantity, std in ((p, Quantity.P, each.std_kw), (q, Quantity.Q, each.std_kvar)):
        if std is None:
            group.add_empty(place)
        else:
            group.add(place, std / _BASE_KVA, _reading(each, quantity), 1 / _BASE_KVA)


def _reading(each: Measurement, quantity: Quantity) -> Reading:
    return Reading(measurement=each.id, quantity=quantity)
