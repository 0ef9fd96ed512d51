"""The derivatives of measured rows by the state: their pattern is made once, numbers often."""

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Flags, Floats
from platone.grid.estimation.measurement_row import LinearisedRows, MeasurementRows


class Jacobian:
    """The pattern of the derivatives of some rows, the same in any state.

    Args:
        rows: All rows.
        chosen: The rows whose derivatives are wanted.
    """

    def __init__(self, rows: MeasurementRows, chosen: Flags) -> None:
        self._chosen = np.flatnonzero(chosen)
        of_current, of_state = (each[self._chosen] for each in _places(rows))
        has_current = np.flatnonzero(of_current >= 0)
        self._has_state = np.flatnonzero(of_state >= 0)
        picked = rows.currents[of_current[has_current]]
        self._of_row = np.repeat(has_current, np.diff(picked.indptr))
        self._admittance = picked.data
        row = np.concatenate([self._of_row, self._has_state])
        column = np.concatenate([picked.indices, of_state[self._has_state]])
        place, slot = np.unique(row * rows.states + column, return_inverse=True)
        self._of_current, self._of_state = slot[: len(picked.data)], slot[len(picked.data) :]
        size = np.bincount(place // rows.states, minlength=len(self._chosen))
        self._ends = np.concatenate([[0], np.cumsum(2 * size)])
        self._columns = (2 * (place % rows.states)[:, None] + [0, 1]).ravel()
        self._shape = len(self._chosen), 2 * rows.states

    def at(self, linear: LinearisedRows, scale: Floats) -> csr_array:
        """Return the derivatives in one state, each row times its scale.

        Args:
            linear: The rows in that state.
            scale: The factor of each of all rows.

        Returns:
            Shape (chosen rows, 2 states); columns alternate between real and imaginary parts.
        """
        a, b = (each[self._chosen] * scale[self._chosen] for each in linear.slopes)
        data = np.zeros(len(self._columns) // 2, complex)
        data[self._of_current] = b[self._of_row] * self._admittance
        data[self._of_state] += a[self._has_state]
        return csr_array((data.conj().view(np.float64), self._columns, self._ends), self._shape)


def _places(rows: MeasurementRows) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's place among the rows' currents, and its own state; -1 where none."""
    powers, phasors = np.arange(len(rows.power)), len(rows.turn)
    rest = len(powers) + np.arange(rows.amperes + phasors)
    none = np.full(len(rows.voltage) + len(rows.angle), -1)
    of_current = np.concatenate([none, powers, powers, rest, rest[rows.amperes :]])
    nowhere = np.full(rows.amperes + 2 * phasors, -1)
    of_state = np.concatenate([rows.voltage, rows.angle, rows.power, rows.power, nowhere])
    return of_current, of_state
