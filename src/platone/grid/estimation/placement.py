"""Measurements as rows of the model: where each one stands on the circuit of a network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from platone.grid.array import Floats, Places
from platone.grid.estimation.gain import Setting
from platone.grid.estimation.measurement import Measurement, Quantity, Reading
from platone.grid.estimation.model import Rows, real_rows
from platone.grid.estimation.network_model import Electrics, Ground
from platone.grid.estimation.row_builder import Gathering
from platone.grid.estimation.sensors import sensors_of


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
        places: Kind and place of each row, shape (rows, 2): the same where the same is measured.
        doubles: Rows that measure the same, where there are several.
        unused: Measurements that say nothing of the state, and why.
    """

    ground: Ground
    measurements: tuple[Measurement, ...]
    setting: Setting
    series: Setting
    value: Floats
    readings: tuple[tuple[Reading, ...], ...]
    places: Places
    doubles: tuple[Places, ...]
    unused: dict[str, str]
    _shares: csr_array
    _phasors: Places

    def again(self, measurements: Sequence[Measurement], numbers: Floats) -> "Placed":
        """Other measurements of the same sensors, with their numbers."""
        return replace(self, measurements=tuple(measurements), value=self.valued(numbers))

    def valued(self, numbers: Floats) -> Floats:
        """Row values of other instants at which the same was measured.

        Args:
            numbers: :attr:`Sensors.value` of each instant's measurements, shape (numbers,) or
                (numbers, instants).
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


def place(ground: Ground, measurements: Sequence[Measurement]) -> Placed:
    """Measurements, checked before, as rows."""
    found = Gathering(ground, measurements)
    sensors = sensors_of(measurements)
    index = {name: number for number, name in enumerate(sensors.readings())}
    readings = tuple(names for column in found.columns for names in column.readings)
    rows, series = _rows(found, ground)
    places = _places(found)
    placed = Placed(
        ground=ground,
        measurements=tuple(measurements),
        setting=_setting(ground, ground.whole, rows, found),
        series=_setting(ground, ground.series, series, found),
        value=np.zeros(rows.count),
        readings=readings,
        places=places,
        doubles=_doubles(places),
        unused=found.unused,
        _shares=_shares(found, readings, index, len(sensors.value)),
        _phasors=_phasors(found, index),
    )
    return replace(placed, value=placed.valued(sensors.value))


_Index = dict[tuple[str, Quantity], int]


def _setting(ground: Ground, seen: Electrics, rows: Rows, found: Gathering) -> Setting:
    return Setting(
        rows=rows,
        std=np.array([each for column in found.columns for each in column.std], float),
        exact=_exact(ground, seen, found),
        start=ground.start,
        loose=np.zeros(len(ground.fed), np.bool_),
    )


def _places(found: Gathering) -> Places:
    sizes = [len(column.place) for column in found.columns]
    kind = np.repeat(np.arange(len(sizes)), sizes)
    place_ = [at for column in found.columns for at in column.place]
    return np.column_stack([kind, np.array(place_, np.int64)])


def _doubles(places: Places) -> tuple[Places, ...]:
    kind, at = places.T
    code = kind * (at.max(initial=0) + 1) + at
    _, group, size = np.unique(code, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(size[group] > 1)
    rows = rows[np.argsort(group[rows], kind="stable")]
    return tuple(np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1)) if len(rows) else ()


def _phasors(found: Gathering, index: _Index) -> Places:
    """Places of the magnitude and the angle of each current phasor among the numbers."""
    pairs = zip(found.along.readings, found.across.readings, strict=True)
    places = [[index[each[0].measurement, each[0].quantity] for each in pair] for pair in pairs]
    return np.array(places, np.int64).reshape(-1, 2)


def _shares(
    found: Gathering,
    readings: tuple[tuple[Reading, ...], ...],
    index: _Index,
    numbers: int,
) -> csr_array:
    data = [share for column in found.columns for shares in column.shares for share in shares]
    row = [number for number, names in enumerate(readings) for _ in names]
    column = [index[each.measurement, each.quantity] for names in readings for each in names]
    return csr_array((data, (row, column)), shape=(len(readings), numbers), dtype=float)


def _rows(found: Gathering, ground: Ground) -> tuple[Rows, Rows]:
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


def _exact(ground: Ground, seen: Electrics, found: Gathering) -> csr_array:
    """Nodes without consumers withdraw nothing; where no angle is measured a source's counts."""
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
    return vstack([seen.balance, real_rows(reference)], format="csr")
