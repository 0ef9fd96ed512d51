"""Measurements as rows of the model: where each one stands on the circuit of a network."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from platone.dso.domain.array import Complexes, Flags, Floats, Places
from platone.dso.domain.estimation.gain import Setting
from platone.dso.domain.estimation.injection import Members
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
from platone.dso.domain.network.circuit import Circuit, circuit_of
from platone.dso.domain.network.model import Network
from platone.dso.domain.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3
_Readings = tuple[Reading, ...]


@dataclass(frozen=True, eq=False)
class Placed:
    """Measurements on a circuit.

    Attributes:
        setting: What is measured where, over the fed nodes.
        series: The same in a network without charging, shunts and losses in iron: what
            measurements determine there, they determine by more than these.
        value: What was measured, by row, in the model's units.
        readings: What each row was made of; none where it has no measurement.
        fed: Place of each fed node among the circuit's.
        unused: Measurements that say nothing of the state, and why.
    """

    setting: Setting
    series: Setting
    value: Floats
    readings: tuple[_Readings, ...]
    fed: Places
    unused: dict[str, str]


@dataclass(eq=False)
class _Column:
    """Rows of one kind while they are gathered: place, value, standard deviation, origin."""

    place: list[int] = field(default_factory=list)
    value: list[complex] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    readings: list[_Readings] = field(default_factory=list)

    def add(self, place: int, value: complex, std: float, readings: _Readings) -> None:
        self.place.append(place)
        self.value.append(value)
        self.std.append(std)
        self.readings.append(readings)


class Ground:
    """What of a network does not depend on measurements: made once, used for every set.

    Args:
        network: A checked network.
    """

    def __init__(self, network: Network) -> None:
        self.network, self.circuit = network, circuit_of(network)
        self.members = Members(network)
        self.fed = np.flatnonzero(self.circuit.fed)
        self.state_of_node = np.full(self.circuit.nodes, -1)
        self.state_of_node[self.fed] = np.arange(len(self.fed))
        self.island = _islands(self.circuit)[self.fed]
        self.series = _without_shunts(self.circuit)
        self.admittance = self.circuit.admittance[self.fed][:, self.fed].tocsr()
        self.start = _unloaded(self.circuit, self.series.admittance)[self.fed]
        self.series_admittance = self.series.admittance[self.fed][:, self.fed].tocsr()
        self.idle = self.members.idle[self.fed]

    def place(self, measurements: Sequence[Measurement]) -> Placed:
        """Measurements, checked before, as rows."""
        return _Placement(self, measurements).placed()


class _Placement:
    def __init__(self, ground: Ground, measurements: Sequence[Measurement]) -> None:
        self._ground, self._circuit = ground, ground.circuit
        self._unused: dict[str, str] = {}
        self._magnitude, self._angle = _Column(), _Column()
        self._branch_p, self._branch_q = _Column(), _Column()
        self._node_p, self._node_q = _Column(), _Column()
        self._ampere, self._along, self._across = _Column(), _Column(), _Column()
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

    def _voltage(self, each: VoltageMeasurement) -> None:
        network = self._ground.network
        row = network.bus_position[each.bus]
        state = int(self._ground.state_of_node[self._circuit.node_of_bus[row]])
        if state < 0:
            self._unused[each.id] = "its bus is not fed"
            return
        kv = network.buses[row].nominal_kv
        self._magnitude.add(state, each.voltage_kv / kv, each.std_kv / kv, _one(each, "VOLTAGE"))
        if each.angle_deg is not None and each.std_deg is not None:
            angle, std = np.deg2rad(each.angle_deg), np.deg2rad(each.std_deg)
            self._angle.add(state, angle, std, _one(each, "ANGLE"))

    def _branch(self, each: BranchPower | BranchCurrent) -> None:
        ports = self._circuit.ports
        row, is_from = self._ground.network.branch_position[each.branch], each.end == "from"
        node = (ports.from_node if is_from else ports.to_node)[row]
        if self._ground.state_of_node[node] < 0:
            self._unused[each.id] = "its branch is not fed"
            return
        if not (ports.y_ff if is_from else ports.y_tt)[row]:
            self._unused[each.id] = "its branch is switched off at this end"
            return
        end = 2 * row + (not is_from)
        if isinstance(each, BranchPower):
            p, q = each.p_kw or 0.0, each.q_kvar or 0.0
            std_p, std_q = each.std_kw or np.inf, each.std_kvar or np.inf
            names = (
                _one(each, "P") if each.p_kw is not None else (),
                _one(each, "Q") if each.q_kvar is not None else (),
            )
            self._branch_p.add(end, p / _BASE_KVA, std_p / _BASE_KVA, names[0])
            self._branch_q.add(end, q / _BASE_KVA, std_q / _BASE_KVA, names[1])
            return
        base = float((ports.from_base_a if is_from else ports.to_base_a)[row])
        amperes, std = each.current_a / base, each.std_a / base
        if each.angle_deg is None or each.std_deg is None:
            self._ampere.add(end, amperes, std, _one(each, "CURRENT"))
            return
        turn = np.exp(-1j * np.deg2rad(each.angle_deg))
        # across the phasor, and never surer than along it where there is hardly a current
        across = max(amperes * np.deg2rad(each.std_deg), _LEAST_ACROSS * std)
        self._along.add(end, amperes, std, _one(each, "CURRENT"))
        self._across.add(end, turn, across, _one(each, "CURRENT_ANGLE"))

    def _injections(self, measured: dict[str, list[Injection]]) -> None:
        members, consumers = self._ground.members, self._ground.network.consumer_position
        circuit, nodes = self._circuit, set()
        for element in measured:
            place = consumers.get(element)
            node = members.node_of_bus[element] if place is None else circuit.consumer_node[place]
            nodes.add(int(node))
        used: set[str] = set()
        for node in sorted(nodes):
            state = int(self._ground.state_of_node[node])
            if state >= 0:
                used |= self._node(node, state, measured)
        for each in (each for found in measured.values() for each in found):
            if each.id not in used:
                self._unused[each.id] = "its node is not fed, or has others that are not measured"

    def _node(self, node: int, state: int, measured: dict[str, list[Injection]]) -> set[str]:
        known = self._ground.members.known
        p, q = (known(node, each, measured) for each in (Quantity.P, Quantity.Q))
        by_names = {
            tuple(reading.measurement for reading in way.readings): [way, None] for way in p
        }
        for way in q:
            names = tuple(reading.measurement for reading in way.readings)
            by_names.setdefault(names, [None, None])[1] = way
        for active, reactive in by_names.values():
            for column, way in ((self._node_p, active), (self._node_q, reactive)):
                if way is None:
                    column.add(state, 0.0, np.inf, ())
                else:
                    std = way.variance**0.5 / _BASE_KVA
                    column.add(state, way.value / _BASE_KVA, std, way.readings)
        return {name for names in by_names for name in names}

    def placed(self) -> Placed:
        ground, ports, series = self._ground, self._circuit.ports, self._ground.series
        ends = np.array([*self._branch_p.place, *self._ampere.place, *self._along.place], np.int64)
        currents = []
        for admittance, y in (
            (ground.admittance, (ports.y_ff, ports.y_ft, ports.y_tf, ports.y_tt)),
            (ground.series_admittance, (series.y_ff, series.y_ft, series.y_tf, series.y_tt)),
        ):
            at_node = -admittance[np.array(self._node_p.place, np.int64)]
            in_branch = _end_currents(ground, y, ends)
            currents.append(vstack([at_node, in_branch], format="csr"))
        branch_node = np.where(ends % 2, ports.to_node[ends // 2], ports.from_node[ends // 2])
        power = [*self._node_p.place]
        power += ground.state_of_node[branch_node[: len(self._branch_p.place)]].tolist()
        rows = Rows(
            voltage=np.array(self._magnitude.place, np.int64),
            angle=np.array(self._angle.place, np.int64),
            power=np.array(power, np.int64),
            currents=currents[0],
            amperes=len(self._ampere.place),
            turn=np.array(self._across.value, complex),
        )
        columns = (
            self._magnitude,
            self._angle,
            self._node_p,
            self._branch_p,
            self._node_q,
            self._branch_q,
            self._ampere,
            self._along,
        )
        value = np.concatenate(
            [np.array(each.value, float) for each in columns] + [np.zeros(len(rows.turn))]
        )
        columns = (*columns, self._across)
        std = np.concatenate([np.array(each.std, float) for each in columns])
        exact = [each[ground.idle] for each in (ground.admittance, ground.series_admittance)]
        reference = self._reference()
        setting, in_series = (
            Setting(
                rows=replace(rows, currents=current),
                std=std,
                exact=vstack([zero, -1j * zero, reference], format="csr"),
                start=ground.start,
                loose=np.zeros(len(ground.fed), np.bool_),
            )
            for current, zero in zip(currents, exact, strict=True)
        )
        readings = tuple(names for each in columns for names in each.readings)
        return Placed(setting, in_series, value, readings, ground.fed, self._unused)

    def _reference(self) -> csr_array:
        """Where no angle is measured, that of the first source counts."""
        ground, states = self._ground, []
        phasors = np.array([*self._along.place], np.int64)
        ports = self._circuit.ports
        branch_node = np.where(phasors % 2, ports.to_node[phasors // 2], ports.from_node[phasors // 2])
        measured = [*self._angle.place, *ground.state_of_node[branch_node].tolist()]
        known = set(ground.island[measured].tolist())
        turns = []
        for node, voltage in zip(
            self._circuit.source_node.tolist(), self._circuit.source_voltage.tolist(), strict=True
        ):
            state = int(ground.state_of_node[node])
            if ground.island[state] not in known:
                known.add(ground.island[state])
                states.append(state)
                turns.append(-1j * abs(voltage) / voltage)
        shape = (len(states), len(ground.fed))
        return csr_array((turns, (np.arange(len(states)), states)), shape=shape, dtype=complex)


_LEAST_ACROSS = 1e-3


def _one(each: Measurement, quantity: str) -> _Readings:
    return (Reading(measurement=each.id, quantity=Quantity[quantity]),)


@dataclass(frozen=True, eq=False)
class _Series:
    """The branches without all that leads to earth."""

    y_ff: Complexes
    y_ft: Complexes
    y_tf: Complexes
    y_tt: Complexes
    admittance: csr_array


def _without_shunts(circuit: Circuit) -> _Series:
    p = circuit.ports
    series = np.where(p.closed.all(axis=1), p.series, 0)
    y = series / np.abs(p.ratio) ** 2, -series / np.conj(p.ratio), -series / p.ratio, series
    rows = np.concatenate([p.from_node, p.from_node, p.to_node, p.to_node])
    columns = np.concatenate([p.from_node, p.to_node, p.from_node, p.to_node])
    shape = circuit.nodes, circuit.nodes
    return _Series(*y, coo_array((np.concatenate(y), (rows, columns)), shape=shape).tocsr())


def _unloaded(circuit: Circuit, admittance: csr_array) -> Complexes:
    """What the sources and the transformers' ratios make of a network that draws nothing."""
    free, held = circuit.free, circuit.source_node
    voltage = np.zeros(circuit.nodes, complex)
    voltage[held] = circuit.source_voltage
    if len(free):
        rows = admittance[free]
        driven = -(rows[:, held] @ voltage[held])
        voltage[free] = splu(rows[:, free].tocsc()).solve(driven)
    return voltage


def _islands(circuit: Circuit) -> Places:
    p = circuit.ports
    both = p.closed.all(axis=1)
    ends = p.from_node[both], p.to_node[both]
    graph = coo_array((np.ones(int(both.sum())), ends), shape=(circuit.nodes, circuit.nodes))
    return np.asarray(connected_components(graph.tocsr(), directed=False)[1], np.int64)


def _end_currents(ground: Ground, y: Sequence[Complexes], ends: Places) -> csr_array:
    """Coefficients of the currents into branches at their ends, numbered 2 branch + (0 or 1)."""
    y_ff, y_ft, y_tf, y_tt = y
    ports, row, is_to = ground.circuit.ports, ends // 2, (ends % 2).astype(np.bool_)
    own = np.where(is_to, y_tt[row], y_ff[row])
    other = np.where(is_to, y_tf[row], y_ft[row])
    near = ground.state_of_node[np.where(is_to, ports.to_node[row], ports.from_node[row])]
    far = ground.state_of_node[np.where(is_to, ports.from_node[row], ports.to_node[row])]
    place = np.arange(len(ends))
    joined = far >= 0
    rows = np.concatenate([place, place[joined]])
    columns = np.concatenate([near, far[joined]])
    values = np.concatenate([own, other[joined]])
    return csr_array((values, (rows, columns)), shape=(len(ends), len(ground.fed)), dtype=complex)


def flags_at(places: Sequence[int] | Places, count: int) -> Flags:
    """Flags of which those at some places are set."""
    found = np.zeros(count, np.bool_)
    found[np.asarray(places, np.int64)] = True
    return found
