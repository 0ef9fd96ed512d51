"""The rows of a set of measurements, kind by kind, while they are gathered."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from platone.grid.estimation.injection import Known
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    Quantity,
    Reading,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import Ground
from platone.grid.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3
_LEAST_ACROSS = 1e-3
"""Of a current phasor's certainty along it: no angle makes it surer across."""


@dataclass(eq=False)
class Column:
    """Rows of one kind while they are gathered; their values are weighted sums of readings."""

    place: list[int] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    readings: list[tuple[Reading, ...]] = field(default_factory=list)
    shares: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, place: int, std: float, reading: Reading | None, share: float) -> None:
        """Of one reading, or of none."""
        self.add_known(place, std, (reading,) if reading else (), (share,) if reading else ())

    def add_known(
        self, place: int, std: float, readings: tuple[Reading, ...], shares: tuple[float, ...]
    ) -> None:
        """Of any number of readings."""
        self.place.append(place)
        self.std.append(std)
        self.readings.append(readings)
        self.shares.append(shares)


class Gathering:
    """The rows of a set of measurements.

    Args:
        ground: The network.
        measurements: What was measured, checked before.

    Attributes:
        unused: Measurements that say nothing of the state, and why.
        turn: exp(-j angle) of each current phasor.
    """

    def __init__(self, ground: Ground, measurements: Sequence[Measurement]) -> None:
        self._ground = ground
        self._state: list[int] = ground.state_of_node.tolist()
        self.unused: dict[str, str] = {}
        self.magnitude, self.angle = Column(), Column()
        self.node_p, self.node_q, self.branch_p, self.branch_q = (Column() for _ in range(4))
        self.ampere, self.along, self.across = Column(), Column(), Column()
        self.turn: list[complex] = []
        injections: dict[str, list[Injection]] = defaultdict(list)
        for each in measurements:
            match each:
                case VoltageMeasurement():
                    self._voltage(each)
                case Injection():
                    injections[each.element].append(each)
                case BranchPower() | BranchCurrent():
                    self._branch(each)
        self._injections(injections)

    @property
    def columns(self) -> tuple[Column, ...]:
        """In the order of the model's rows."""
        power = self.node_p, self.branch_p, self.node_q, self.branch_q
        return (self.magnitude, self.angle, *power, self.ampere, self.along, self.across)

    def _voltage(self, each: VoltageMeasurement) -> None:
        network, circuit = self._ground.network, self._ground.circuit
        row = network.bus_position[each.bus]
        state = int(self._ground.state_of_node[circuit.node_of_bus[row]])
        if state < 0:
            self.unused[each.id] = "its bus is not fed"
            return
        kv = network.buses[row].nominal_kv
        self.magnitude.add(state, each.std_kv / kv, _of(each, Quantity.VOLTAGE), 1 / kv)
        if each.angle_deg is not None and each.std_deg is not None:
            std = np.deg2rad(each.std_deg)
            self.angle.add(state, std, _of(each, Quantity.ANGLE), np.deg2rad(1.0))

    def _branch(self, each: BranchPower | BranchCurrent) -> None:
        ports = self._ground.circuit.ports
        row, is_from = self._ground.network.branch_position[each.branch], each.end == "from"
        end = 2 * row + (not is_from)
        if self._ground.end_states(np.array([end]))[0] < 0:
            self.unused[each.id] = "its branch is not fed"
        elif not (ports.y_ff if is_from else ports.y_tt)[row]:
            self.unused[each.id] = "its branch is switched off at this end"
        elif isinstance(each, BranchPower):
            for column, quantity, std in (
                (self.branch_p, Quantity.P, each.std_kw),
                (self.branch_q, Quantity.Q, each.std_kvar),
            ):
                reading = _of(each, quantity) if std is not None else None
                column.add(end, (std or np.inf) / _BASE_KVA, reading, 1 / _BASE_KVA)
        else:
            self._current(
                end, each, float((ports.from_base_a if is_from else ports.to_base_a)[row])
            )

    def _current(self, end: int, each: BranchCurrent, base_a: float) -> None:
        std, magnitude = each.std_a / base_a, _of(each, Quantity.CURRENT)
        if each.angle_deg is None or each.std_deg is None:
            self.ampere.add(end, std, magnitude, 1 / base_a)
            return
        # by the true magnitude, which where little flows is that of the error
        across = math.hypot(each.current_a, each.std_a) / base_a * math.radians(each.std_deg)
        self.turn.append(complex(np.exp(-1j * np.deg2rad(each.angle_deg))))
        self.along.add(end, std, magnitude, 1 / base_a)
        least = _LEAST_ACROSS * std
        self.across.add(end, max(across, least), _of(each, Quantity.CURRENT_ANGLE), 0.0)

    def _injections(self, measured: dict[str, list[Injection]]) -> None:
        elements: dict[int, list[str]] = defaultdict(list)
        for element in measured:
            elements[self._ground.members.node(element)].append(element)
        used: set[str] = set()
        for node in sorted(elements):
            state = self._state[node]
            first = elements[node][0]
            if state < 0:
                continue
            is_only = len(elements[node]) == len(measured[first]) == 1
            if is_only and first in self._ground.members.alone:
                self._alone(state, measured[first][0])
                used.add(measured[first][0].id)
            else:
                used |= self._several(node, state, measured)
        for each in (each for found in measured.values() for each in found):
            if each.id not in used:
                self.unused[each.id] = "not all that is connected to its node is known, or fed"

    def _alone(self, state: int, each: Injection) -> None:
        """A node of whose power there is but one measurement."""
        for column, quantity, std in (
            (self.node_p, Quantity.P, each.std_kw),
            (self.node_q, Quantity.Q, each.std_kvar),
        ):
            reading = _of(each, quantity) if std is not None else None
            column.add(state, (std or np.inf) / _BASE_KVA, reading, 1 / _BASE_KVA)

    def _several(self, node: int, state: int, measured: dict[str, list[Injection]]) -> set[str]:
        pairs: dict[tuple[str, ...], list[Known | None]] = {}
        for part, quantity in enumerate((Quantity.P, Quantity.Q)):
            for way in self._ground.members.known(node, quantity, measured):
                names = tuple(reading.measurement for reading in way.readings)
                pairs.setdefault(names, [None, None])[part] = way
        for ways in pairs.values():
            for column, known in zip((self.node_p, self.node_q), ways, strict=True):
                if known is None:
                    column.add(state, np.inf, None, 0.0)
                else:
                    shares = tuple(share / _BASE_KVA for share in known.shares)
                    std = known.variance**0.5 / _BASE_KVA
                    column.add_known(state, std, known.readings, shares)
        return {name for names in pairs for name in names}


def _of(each: Measurement, quantity: Quantity) -> Reading:
    return Reading(measurement=each.id, quantity=quantity)
