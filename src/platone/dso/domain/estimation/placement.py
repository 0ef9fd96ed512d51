"""Measurements as rows of the model: where each one stands on the circuit of a network."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from platone.dso.domain.array import Floats, Places
from platone.dso.domain.estimation.check import parts
from platone.dso.domain.estimation.gain import Setting
from platone.dso.domain.estimation.ground import Electrics, Ground
from platone.dso.domain.estimation.injection import Known
from platone.dso.domain.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    Quantity,
    Reading,
    VoltageMeasurement,
)
from platone.dso.domain.estimation.model import Rows
from platone.dso.domain.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3
_LEAST_ACROSS = 1e-3
"""Of a current phasor's certainty along it: no angle makes it surer across."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Measurements on a circuit.

    Attributes:
        ground: The network.
        measurements: What was measured.
        setting: What is measured where, over the fed nodes.
        series: The same without all that leads to earth: what is observable, is so by this.
        value: What was measured, by row, in the model's units.
        readings: What each row was made of; none where it has no measurement.
        places: Rows that measure the same have the same place.
        unused: Measurements that say nothing of the state, and why.
    """

    ground: Ground
    measurements: tuple[Measurement, ...]
    setting: Setting
    series: Setting
    value: Floats
    readings: tuple[tuple[Reading, ...], ...]
    places: tuple[tuple[int, int], ...]
    unused: dict[str, str]
    _shares: csr_array
    _phasors: Places

    def valued(self, numbers: Floats) -> Floats:
        """Row values of other instants at which the same was measured.

        Args:
            numbers: What :func:`numbers_of` gives of each instant's measurements, shape (numbers,)
                or (numbers, instants).
        """
        value = np.asarray(self._shares @ numbers)
        if len(self._phasors):
            magnitude, angle = numbers[self._phasors[:, 0]], numbers[self._phasors[:, 1]]
            phasor = magnitude * np.exp(1j * np.deg2rad(angle))
            turn = self.setting.rows.turn.reshape((-1,) + (1,) * (numbers.ndim - 1))
            along, across = self.setting.rows.blocks[5:]
            base = self._shares[along].max(axis=1).toarray().ravel()
            turned = phasor * turn * base.reshape(turn.shape)
            value[along], value[across] = turned.real, turned.imag
        return value


def numbers_of(measurements: Sequence[Measurement]) -> Floats:
    """The numbers of measurements one after the other, in the units in which they are sent."""
    return np.array(
        [
            value
            for each in measurements
            for _, value, std in parts(each)
            if value is not None and std is not None
        ],
        float,
    )


@dataclass(eq=False)
class _Column:
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
        self.place.append(place)
        self.std.append(std)
        self.readings.append(readings)
        self.shares.append(shares)


class _Gathering:
    """The rows of a set of measurements, while they are gathered."""

    def __init__(self, ground: Ground, measurements: Sequence[Measurement]) -> None:
        self._ground = ground
        self.unused: dict[str, str] = {}
        self.magnitude, self.angle = _Column(), _Column()
        self.node_p, self.node_q, self.branch_p, self.branch_q = (_Column() for _ in range(4))
        self.ampere, self.along, self.across = _Column(), _Column(), _Column()
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
    def columns(self) -> tuple[_Column, ...]:
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
        across = each.current_a / base_a * np.deg2rad(each.std_deg)
        self.turn.append(complex(np.exp(-1j * np.deg2rad(each.angle_deg))))
        self.along.add(end, std, magnitude, 1 / base_a)
        least = _LEAST_ACROSS * std
        self.across.add(end, max(across, least), _of(each, Quantity.CURRENT_ANGLE), 0.0)

    def _injections(self, measured: dict[str, list[Injection]]) -> None:
        ground, place = self._ground, self._ground.network.consumer_position
        nodes = {
            int(ground.circuit.consumer_node[place[element]])
            if element in place
            else ground.members.node_of_bus[element]
            for element in measured
        }
        used: set[str] = set()
        for node in sorted(nodes):
            state = int(ground.state_of_node[node])
            if state >= 0:
                used |= self._node(node, state, measured)
        for each in (each for found in measured.values() for each in found):
            if each.id not in used:
                self.unused[each.id] = "not all that is connected to its node is known, or fed"

    def _node(self, node: int, state: int, measured: dict[str, list[Injection]]) -> set[str]:
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


def place(ground: Ground, measurements: Sequence[Measurement]) -> Placed:
    """Measurements, checked before, as rows."""
    found = _Gathering(ground, measurements)
    numbers = numbers_of(measurements)
    index = {
        (each.id, quantity): number
        for number, (each, quantity) in enumerate(
            (each, quantity)
            for each in measurements
            for quantity, value, std in parts(each)
            if value is not None and std is not None
        )
    }
    readings = tuple(names for column in found.columns for names in column.readings)
    shares = _shares(found, readings, index, len(numbers))
    rows, series = _rows(found, ground)
    std = np.array([each for column in found.columns for each in column.std], float)
    ends = (ground.whole, rows), (ground.series, series)
    whole, in_series = (
        Setting(
            rows=of,
            std=std,
            exact=_exact(ground, electrics, found),
            balanced=np.flatnonzero(ground.idle),
            start=ground.start,
            loose=np.zeros(len(ground.fed), np.bool_),
        )
        for electrics, of in ends
    )
    pairs = zip(found.along.readings, found.across.readings, strict=True)
    phasors = np.array(
        [[index[each[0].measurement, each[0].quantity] for each in pair] for pair in pairs],
        np.int64,
    ).reshape(-1, 2)
    placed = Placed(
        ground=ground,
        measurements=tuple(measurements),
        setting=whole,
        series=in_series,
        value=np.zeros(rows.count),
        readings=readings,
        places=tuple((kind, at) for kind, each in enumerate(found.columns) for at in each.place),
        unused=found.unused,
        _shares=shares,
        _phasors=phasors,
    )
    return replace(placed, value=placed.valued(numbers))


def _shares(
    found: _Gathering,
    readings: tuple[tuple[Reading, ...], ...],
    index: dict[tuple[str, Quantity], int],
    numbers: int,
) -> csr_array:
    data = [share for column in found.columns for shares in column.shares for share in shares]
    row = [number for number, names in enumerate(readings) for _ in names]
    column = [index[each.measurement, each.quantity] for names in readings for each in names]
    return csr_array((data, (row, column)), shape=(len(readings), numbers), dtype=float)


def _rows(found: _Gathering, ground: Ground) -> tuple[Rows, Rows]:
    ends = np.array([*found.branch_p.place, *found.ampere.place, *found.along.place], np.int64)
    node = np.array(found.node_p.place, np.int64)
    of_branches = ground.end_states(ends[: len(found.branch_p.place)])
    rows = [
        Rows(
            voltage=np.array(found.magnitude.place, np.int64),
            angle=np.array(found.angle.place, np.int64),
            power=np.concatenate([node, of_branches]),
            currents=vstack(
                [-seen.admittance[node], seen.branches.end_currents(ground, ends)], format="csr"
            ),
            amperes=len(found.ampere.place),
            turn=np.array(found.turn, complex),
        )
        for seen in (ground.whole, ground.series)
    ]
    return rows[0], rows[1]


def _exact(ground: Ground, seen: Electrics, found: _Gathering) -> csr_array:
    """Nodes without consumers withdraw nothing; where no angle is measured a source's counts."""
    zero = seen.admittance[ground.idle]
    phasors = ground.end_states(np.array(found.along.place, np.int64)).tolist()
    known = set(ground.island[[*found.angle.place, *phasors]].tolist())
    states, turns = [], []
    circuit = ground.circuit
    for node, voltage in zip(circuit.source_node, circuit.source_voltage, strict=True):
        state = int(ground.state_of_node[node])
        if ground.island[state] not in known:
            known.add(ground.island[state])
            states.append(state)
            turns.append(-1j * abs(voltage) / voltage)
    shape = len(states), len(ground.fed)
    reference = csr_array((turns, (np.arange(len(states)), states)), shape=shape, dtype=complex)
    return vstack([zero, -1j * zero, reference], format="csr")
