"""The derivatives of measured rows by the state: where they stand once, their numbers often."""

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Flags, Floats
from platone.grid.estimation.model import Linear, Rows


class Jacobian:
    """Derivatives of the same rows in any state.

    Args:
        rows: All rows.
        chosen: Which of them.
    """

    def __init__(self, rows: Rows, chosen: Flags) -> None:
        self._chosen = np.flatnonzero(chosen)
        of_current, of_node = (each[self._chosen] for each in _places(rows))
        has_current, self._has_node = np.flatnonzero(of_current >= 0), np.flatnonzero(of_node >= 0)
        picked = rows.currents[of_current[has_current]]
        self._of_row = np.repeat(has_current, np.diff(picked.indptr))
        self._admittance = picked.data
        row = np.concatenate([self._of_row, self._has_node])
        column = np.concatenate([picked.indices, of_node[self._has_node]])
        place, slot = np.unique(row * rows.nodes + column, return_inverse=True)
        self._of_current, self._of_node = slot[: len(picked.data)], slot[len(picked.data) :]
        size = np.bincount(place // rows.nodes, minlength=len(self._chosen))
        self._ends = np.concatenate([[0], np.cumsum(2 * size)])
        self._columns = (2 * (place % rows.nodes)[:, None] + [0, 1]).ravel()
        self._shape = len(self._chosen), 2 * rows.nodes

    def at(self, linear: Linear, scale: Floats) -> csr_array:
        """The derivatives in one state, each row times its scale.

        Shape (chosen rows, 2 nodes); columns alternate between real and imaginary parts.

        Args:
            linear: The rows in that state.
            scale: Of all rows.
        """
        a, b = (each[self._chosen] * scale[self._chosen] for each in linear.slopes)
        data = np.zeros(len(self._columns) // 2, complex)
        data[self._of_current] = b[self._of_row] * self._admittance
        data[self._of_node] += a[self._has_node]
        return csr_array((data.conj().view(np.float64), self._columns, self._ends), self._shape)


def _places(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Of each row the place of its current among the rows' currents, and its own node; -1: none."""
    powers, phasors = np.arange(len(rows.power)), len(rows.turn)
    rest = len(powers) + np.arange(rows.amperes + phasors)
    none = np.full(len(rows.voltage) + len(rows.angle), -1)
    of_current = np.concatenate([none, powers, powers, rest, rest[rows.amperes :]])
    nowhere = np.full(rows.amperes + 2 * phasors, -1)
    of_node = np.concatenate([rows.voltage, rows.angle, rows.power, rows.power, nowhere])
    return of_current, of_node
