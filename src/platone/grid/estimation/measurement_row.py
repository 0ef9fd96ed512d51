"""Measured numbers as functions of the state, and their derivatives.

The state is the complex voltage of each fed node, per unit. Of every number measured there is one
row; all rows of a kind are calculated at once. With S = V conj(I) and currents I = Y V linear in
the state, every row's change is Re(a dV + b dI): a and b are all that its derivatives need
(A. Abur, A. Gomez Exposito, Power System State Estimation, 2004, chapter 2, in complex form).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Complexes, Floats, Places

_LEAST_CURRENT_PU = 1e-12
"""Per unit; a smaller phasor has no direction: far below what is measured, above rounding."""


@dataclass(frozen=True, eq=False)
class MeasurementRows:
    """The places where something is measured; rows stand in the order of these attributes.

    Powers have two rows each, one block of all active and one of all reactive powers; so have
    current phasors, one along the measured angle and one across.

    Attributes:
        voltage: States whose magnitude is measured.
        angle: States whose angle is measured.
        power: States at which powers enter.
        currents: Admittances over the states that give the currents: of each power, then of each
            current magnitude, then of each current phasor.
        amperes: Number of current magnitudes.
        turn: exp(-j angle) by the measured angle of each current phasor.
    """

    voltage: Places
    angle: Places
    power: Places
    currents: csr_array
    amperes: int
    turn: Complexes

    @property
    def states(self) -> int:
        """Return the number of complex voltages in the state."""
        return int(self.currents.shape[1])

    @cached_property
    def blocks(self) -> tuple[slice, slice, slice, slice, slice, slice, slice]:
        """Return the rows of each kind.

        In order: voltage magnitudes, voltage angles, active powers, reactive powers, current
        magnitudes, current phasors along, current phasors across.
        """
        sizes = [len(self.voltage), len(self.angle), len(self.power), len(self.power)]
        sizes += [self.amperes, len(self.turn), len(self.turn)]
        ends = np.cumsum(sizes).tolist()
        a, b, c, d, e, f, g = (
            slice(end - size, end) for end, size in zip(ends, sizes, strict=True)
        )
        return a, b, c, d, e, f, g

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return int(self.blocks[-1].stop)

    @cached_property
    def _adjoint(self) -> csr_array:
        return self.currents.conj().T.tocsr()

    @cached_property
    def _at_state(self) -> csr_array:
        """Return the matrix that sums numbers of voltage, angle and power rows by state."""
        at = np.concatenate([self.voltage, self.angle, self.power])
        ones = np.ones(len(at))
        return csr_array((ones, (at, np.arange(len(at)))), shape=(self.states, len(at)))

    def collect(self, by_voltage: Complexes, by_current: Complexes) -> Complexes:
        """Return the sums, by state, of numbers of the rows' voltages and of their currents."""
        return np.asarray(self._at_state @ by_voltage + self._adjoint @ by_current)

    def at(self, voltage: Complexes) -> "LinearisedRows":
        """Return the rows in a state, shape (states,), per unit."""
        return LinearisedRows(self, voltage, np.asarray(self.currents @ voltage))


@dataclass(frozen=True, eq=False)
class LinearisedRows:
    """The measured rows in one state: their values, and their change with the state.

    Attributes:
        rows: The rows.
        voltage: The state, per unit.
        current: The currents that it makes, per unit.
    """

    rows: MeasurementRows
    voltage: Complexes
    current: Complexes

    @cached_property
    def value(self) -> Floats:
        """Return the error-free measured values of a state, shape (rows,), per unit and rad."""
        rows, current = self.rows, self.current
        magnitude, angle, active, reactive, ampere, along, across = rows.blocks
        powers = len(rows.power)
        value = np.empty(rows.count)
        value[magnitude] = np.abs(self.voltage[rows.voltage])
        if len(rows.angle):
            value[angle] = np.angle(self.voltage[rows.angle])
        power = self.voltage[rows.power] * current[:powers].conj()
        value[active], value[reactive] = power.real, power.imag
        if rows.amperes:
            value[ampere] = np.abs(current[powers : powers + rows.amperes])
        if len(rows.turn):
            turned = current[powers + rows.amperes :] * rows.turn
            value[along], value[across] = turned.real, turned.imag
        return value

    def residual(self, measured: Floats) -> Floats:
        """Return measured less calculated values, shape (rows,); angles within half a turn."""
        found = measured - self.value
        angle = self.rows.blocks[1]
        if angle.stop > angle.start:
            found[angle] -= 2 * np.pi * np.round(found[angle] / (2 * np.pi))
        return found

    def transposed_times(self, force: Floats) -> Complexes:
        """Return the transposed derivatives times one number a row, shape (states,).

        It is d(force . value) / d(re) + j d(force . value) / d(im) of each state's voltage.
        """
        rows, current, voltage = self.rows, self.current, self.voltage
        magnitude, angle, active, reactive, ampere, along, across = rows.blocks
        powers = len(rows.power)
        on_power = force[active] + 1j * force[reactive]
        on_current = [on_power.conj() * voltage[rows.power]]
        on_voltage = [
            force[magnitude] * _direction(voltage[rows.voltage]),
            on_power * current[:powers],
        ]
        if len(rows.angle):
            at = voltage[rows.angle]
            on_voltage.insert(1, force[angle] * 1j / at.conj())
        if rows.amperes:
            of = current[powers : powers + rows.amperes]
            on_current.append(force[ampere] * _direction(of))
        if len(rows.turn):
            on_current.append((force[along] + 1j * force[across]) * rows.turn.conj())
        by_voltage = np.concatenate(on_voltage)
        by_current = on_current[0] if len(on_current) == 1 else np.concatenate(on_current)
        return rows.collect(by_voltage, by_current)

    @property
    def slopes(self) -> tuple[Complexes, Complexes]:
        """Return a, by its own voltage, and b, by its current, of each row; see this module."""
        rows, current, voltage = self.rows, self.current, self.voltage
        magnitude, angle, active, reactive, ampere, along, across = rows.blocks
        powers = len(rows.power)
        a, b = np.zeros(rows.count, complex), np.zeros(rows.count, complex)
        a[magnitude] = _direction(voltage[rows.voltage]).conj()
        a[angle] = -1j / voltage[rows.angle]
        a[active], b[active] = current[:powers].conj(), voltage[rows.power].conj()
        a[reactive], b[reactive] = -1j * a[active], 1j * b[active]
        b[ampere] = _direction(current[powers : powers + rows.amperes]).conj()
        b[along], b[across] = rows.turn, -1j * rows.turn
        return a, b


def _direction(phasor: Complexes) -> Complexes:
    return phasor / np.maximum(np.abs(phasor), _LEAST_CURRENT_PU)


def real_rows(rows: csr_array) -> csr_array:
    """Return rows Re(c dV) of complex coefficients over nodes as rows over (re, im) of each."""
    rows.sum_duplicates()
    indices = np.repeat(rows.indices * 2, 2)
    indices[1::2] += 1
    data = rows.data.conj().view(np.float64)
    shape = rows.shape[0], 2 * rows.shape[1]
    return csr_array((data, indices, rows.indptr * 2), shape=shape)
