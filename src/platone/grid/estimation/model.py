"""Measurements as functions of the state, and their derivatives.

The state is the complex voltage of each fed node, per unit. Of every number measured there is one
row; all rows of a kind are calculated at once, for one instant or for many side by side. With
S = V conj(I) and currents I = Y V linear in the state, every row's change is
Re(a dV + b dI): a and b are all that its derivatives need
(A. Abur, A. Gomez Exposito, Power System State Estimation, 2004, chapter 2, in complex form).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Complexes, Floats, Places

_LEAST_CURRENT_PU = 1e-12


@dataclass(frozen=True, eq=False)
class Rows:
    """Where something is measured; the rows stand in the order of these attributes.

    Powers have two rows each, one block of all active and one of all reactive powers; so have
    current phasors, one along the measured angle and one across.

    Attributes:
        voltage: Nodes whose magnitude is measured.
        angle: Nodes whose angle is measured.
        power: Nodes at which powers enter.
        currents: Admittances over the nodes that give the currents: of each power, then of each
            current magnitude, then of each current phasor.
        amperes: How many current magnitudes there are.
        turn: exp(-j angle) by the measured angle of each current phasor.
    """

    voltage: Places
    angle: Places
    power: Places
    currents: csr_array
    amperes: int
    turn: Complexes

    @property
    def nodes(self) -> int:
        """How many nodes the state has."""
        return int(self.currents.shape[1])

    @cached_property
    def blocks(self) -> tuple[slice, slice, slice, slice, slice, slice, slice]:
        """Magnitudes, angles, active, reactive, current magnitudes, phasors along and across."""
        sizes = [len(self.voltage), len(self.angle), len(self.power), len(self.power)]
        sizes += [self.amperes, len(self.turn), len(self.turn)]
        ends = np.cumsum(sizes).tolist()
        a, b, c, d, e, f, g = (
            slice(end - size, end) for end, size in zip(ends, sizes, strict=True)
        )
        return a, b, c, d, e, f, g

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self.blocks[-1].stop)

    @cached_property
    def _adjoint(self) -> csr_array:
        return self.currents.conj().T.tocsr()

    @cached_property
    def _at_node(self) -> csr_array:
        """Sums what belongs to the rows of voltages, angles and powers by node."""
        at = np.concatenate([self.voltage, self.angle, self.power])
        ones = np.ones(len(at))
        return csr_array((ones, (at, np.arange(len(at)))), shape=(self.nodes, len(at)))

    def at(self, voltage: Complexes) -> "Linear":
        """The rows in a state, shape (nodes,) or (nodes, instants)."""
        return Linear(self, voltage, np.asarray(self.currents @ voltage))


@dataclass(frozen=True, eq=False)
class Linear:
    """The rows in one state (or many), and what they change with it.

    Attributes:
        rows: The rows.
        voltage: The state.
        current: The currents that it makes.
    """

    rows: Rows
    voltage: Complexes
    current: Complexes

    @property
    def _shaped(self) -> tuple[int, ...]:
        return (-1,) + (1,) * (self.voltage.ndim - 1)

    @cached_property
    def value(self) -> Floats:
        """What would be measured without any error."""
        rows, current = self.rows, self.current
        magnitude, angle, active, reactive, ampere, along, across = rows.blocks
        powers = len(rows.power)
        value = np.empty((rows.count, *self.voltage.shape[1:]))
        value[magnitude] = np.abs(self.voltage[rows.voltage])
        if len(rows.angle):
            value[angle] = np.angle(self.voltage[rows.angle])
        power = self.voltage[rows.power] * current[:powers].conj()
        value[active], value[reactive] = power.real, power.imag
        if rows.amperes:
            value[ampere] = np.abs(current[powers : powers + rows.amperes])
        if len(rows.turn):
            turned = current[powers + rows.amperes :] * rows.turn.reshape(self._shaped)
            value[along], value[across] = turned.real, turned.imag
        return value

    def residual(self, measured: Floats) -> Floats:
        """What was measured less what would be; angles within half a turn."""
        found = measured - self.value
        angle = self.rows.blocks[1]
        if angle.stop > angle.start:
            found[angle] -= 2 * np.pi * np.round(found[angle] / (2 * np.pi))
        return found

    def pulled(self, force: Floats) -> Complexes:
        """The transposed derivatives times one number a row: d(force . value) / d(re) + j d(im)."""
        rows, current, voltage = self.rows, self.current, self.voltage
        magnitude, angle, active, reactive, ampere, along, across = rows.blocks
        powers = len(rows.power)
        on_power = force[active] + 1j * force[reactive]
        on_current = [on_power.conj() * voltage[rows.power]]
        on_node = [
            force[magnitude] * self._direction(voltage[rows.voltage]),
            on_power * current[:powers],
        ]
        if len(rows.angle):
            at = voltage[rows.angle]
            on_node.insert(1, force[angle] * 1j / at.conj())
        if rows.amperes:
            of = current[powers : powers + rows.amperes]
            on_current.append(force[ampere] * self._direction(of))
        if len(rows.turn):
            turn = rows.turn.conj().reshape(self._shaped)
            on_current.append((force[along] + 1j * force[across]) * turn)
        by_node = on_node[0] if len(on_node) == 1 else np.concatenate(on_node)
        by_current = on_current[0] if len(on_current) == 1 else np.concatenate(on_current)
        return np.asarray(rows._at_node @ by_node + rows._adjoint @ by_current)  # noqa: SLF001

    @staticmethod
    def _direction(phasor: Complexes) -> Complexes:
        return phasor / np.maximum(np.abs(phasor), _LEAST_CURRENT_PU)

    @property
    def slopes(self) -> tuple[Complexes, Complexes]:
        """Of each row a, by its own node, and b, by its current; one instant only."""
        rows, current, voltage = self.rows, self.current, self.voltage
        magnitude, angle, active, reactive, ampere, along, across = rows.blocks
        powers = len(rows.power)
        a, b = np.zeros(rows.count, complex), np.zeros(rows.count, complex)
        a[magnitude] = self._direction(voltage[rows.voltage]).conj()
        a[angle] = -1j / voltage[rows.angle]
        a[active], b[active] = current[:powers].conj(), voltage[rows.power].conj()
        a[reactive], b[reactive] = -1j * a[active], 1j * b[active]
        b[ampere] = self._direction(current[powers : powers + rows.amperes]).conj()
        b[along], b[across] = rows.turn, -1j * rows.turn
        return a, b


def real_rows(rows: csr_array) -> csr_array:
    """Rows Re(c dV) of complex coefficients over the nodes as rows over (re, im) of each node."""
    rows.sum_duplicates()
    indices = np.repeat(rows.indices * 2, 2)
    indices[1::2] += 1
    data = rows.data.conj().view(np.float64)
    shape = rows.shape[0], 2 * rows.shape[1]
    return csr_array((data, indices, rows.indptr * 2), shape=shape)
