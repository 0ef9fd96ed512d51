"""Measurements as rows of the model, each at its place on the circuit of a network."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from platone.grid.array import Floats, Places
from platone.grid.estimation.measurement import Measurement, Quantity, Reading
from platone.grid.estimation.measurement_row import MeasurementRows, real_rows
from platone.grid.estimation.network_model import Admittances, NetworkModel
from platone.grid.estimation.row_builder import RowBuilder
from platone.grid.estimation.sensor_model import SensorModel
from platone.grid.estimation.sensors import SensorSet

_Readings = tuple[tuple[Reading, ...], ...]


@dataclass(frozen=True, eq=False)
class PlacedMeasurements:
    """Measurements on the circuit of a network.

    Attributes:
        model: The network.
        measurements: What was measured.
        sensors: The sensors over the fed nodes.
        series_sensors: The same in the network without all that leads to earth: what is
            observable, is so by them.
        value: The measured value of each row, in the model's units (per unit, rad).
        readings: The readings that each row is made of; none where it has no measurement.
        places: Kind and place of each row, shape (rows, 2): equal where the same is measured.
        doubles: Groups of rows that measure the same.
        unused: Measurements that say nothing of the state, and why.
    """

    model: NetworkModel
    measurements: tuple[Measurement, ...]
    sensors: SensorModel
    series_sensors: SensorModel
    value: Floats
    readings: _Readings
    places: Places
    doubles: tuple[Places, ...]
    unused: dict[str, str]
    _shares: csr_array
    _phasors: Places

    def with_values(self, other: SensorSet) -> "PlacedMeasurements":
        """Return other measurements of the same sensors at the same places."""
        value = self.row_values(other.flat_value)
        return replace(self, measurements=other.measurements, value=value)

    def row_values(self, numbers: Floats) -> Floats:
        """Return row values, shape (rows,), from numbers in the order of a set's `positions`."""
        value = np.asarray(self._shares @ numbers)
        if len(self._phasors):
            magnitude, angle = numbers[self._phasors[:, 0]], numbers[self._phasors[:, 1]]
            turned = magnitude * np.exp(1j * np.deg2rad(angle)) * self.sensors.rows.turn
            along, across = self.sensors.rows.blocks[5:]
            turned *= self._shares[along].max(axis=1).toarray().ravel()
            value[along], value[across] = turned.real, turned.imag
        return value


def place_measurements(model: NetworkModel, measured: SensorSet) -> PlacedMeasurements:
    """Return measurements, checked before, as rows of the model."""
    found = RowBuilder(model, measured.measurements)
    positions = measured.positions
    readings = tuple(names for group in found.groups for names in group.readings)
    rows, series_rows = _rows(found, model)
    places = _places(found)
    placed = PlacedMeasurements(
        model=model,
        measurements=measured.measurements,
        sensors=_sensor_model(model, model.full, rows, found),
        series_sensors=_sensor_model(model, model.series, series_rows, found),
        value=np.zeros(rows.count),
        readings=readings,
        places=places,
        doubles=_doubles(places),
        unused=found.unused,
        _shares=_shares(found, readings, positions),
        _phasors=_phasors(found, positions),
    )
    return placed.with_values(measured)


_Positions = Mapping[tuple[str, Quantity], int]


def _sensor_model(
    model: NetworkModel, seen: Admittances, rows: MeasurementRows, found: RowBuilder
) -> SensorModel:
    return SensorModel(
        rows=rows,
        std=np.array([each for group in found.groups for each in group.std], float),
        constraints=_constraints(model, seen, found),
        start=model.unloaded_voltage,
        is_undetermined=np.zeros(len(model.fed), np.bool_),
    )


def _places(found: RowBuilder) -> Places:
    sizes = [len(group.place) for group in found.groups]
    kind = np.repeat(np.arange(len(sizes)), sizes)
    at = [place for group in found.groups for place in group.place]
    return np.column_stack([kind, np.array(at, np.int64)])


def _doubles(places: Places) -> tuple[Places, ...]:
    kind, at = places.T
    code = kind * (at.max(initial=0) + 1) + at
    _, group, size = np.unique(code, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(size[group] > 1)
    rows = rows[np.argsort(group[rows], kind="stable")]
    return tuple(np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1)) if len(rows) else ()


def _phasors(found: RowBuilder, positions: _Positions) -> Places:
    """Return the positions of each current phasor's magnitude and angle among the numbers."""
    pairs = zip(found.along.readings, found.across.readings, strict=True)
    places = [[positions[each[0].measurement, each[0].quantity] for each in pair] for pair in pairs]
    return np.array(places, np.int64).reshape(-1, 2)


def _shares(found: RowBuilder, readings: _Readings, positions: _Positions) -> csr_array:
    """Return the matrix that makes row values of the measured numbers."""
    data = [share for group in found.groups for shares in group.shares for share in shares]
    row = [number for number, names in enumerate(readings) for _ in names]
    column = [positions[each.measurement, each.quantity] for names in readings for each in names]
    return csr_array((data, (row, column)), shape=(len(readings), len(positions)), dtype=float)


def _rows(found: RowBuilder, model: NetworkModel) -> tuple[MeasurementRows, MeasurementRows]:
    """Return the rows in the full network and in the one without branches to earth."""
    ends = np.array([*found.branch_p.place, *found.ampere.place, *found.along.place], np.int64)
    node = np.array(found.node_p.place, np.int64)
    of_branches = model.end_states(ends[: len(found.branch_p.place)])
    full, series = (
        MeasurementRows(
            voltage=np.array(found.magnitude.place, np.int64),
            angle=np.array(found.angle.place, np.int64),
            power=np.concatenate([node, of_branches]),
            currents=vstack(
                [-seen.admittance[node], seen.branches.end_currents(model, ends)], format="csr"
            ),
            amperes=len(found.ampere.place),
            turn=np.array(found.turn, complex),
        )
        for seen in (model.full, model.series)
    )
    return full, series


def _constraints(model: NetworkModel, seen: Admittances, found: RowBuilder) -> csr_array:
    """Return the exact equations: idle nodes withdraw nothing, unmeasured angles count from one."""
    phasors = model.end_states(np.array(found.along.place, np.int64)).tolist()
    known = set(model.island[[*found.angle.place, *phasors]].tolist())
    states, turns = [], []
    circuit = model.circuit
    for node, voltage in zip(circuit.source_node, circuit.source_voltage, strict=True):
        state = int(model.state_of_node[node])
        if model.island[state] not in known:
            known.add(model.island[state])
            states.append(state)
            turns.append(-1j * abs(voltage) / voltage)
    shape = len(states), len(model.fed)
    reference = csr_array((turns, (np.arange(len(states)), states)), shape=shape, dtype=complex)
    return vstack([seen.balance, real_rows(reference)], format="csr")
