"""What measurements determine, found by numbers.

The derivatives of the measurements in the unloaded network, each row scaled to length one, and what
holds exactly: directions of the state that change none of them are not determined. They are found
by inverse iteration from random directions in the augmented equations of P. Lindstroem's and
G. W. Stewart's regularised least squares: what the measurements determine fades, what they do not
determine stays. Magnitudes of currents do not count: without their direction they determine
nothing. Neither do charging, shunts and losses in iron, which are too small to measure by.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Flags, Floats
from platone.grid.estimation.equations import Block, symmetric
from platone.grid.estimation.gain import Setting
from platone.grid.estimation.jacobian import Jacobian

_PROBES, _ROUNDS, _SEED = 6, 3, 20230601
_REGULAR = 1e-14
_STAYS, _MOVES = 1e-3, 1e-5
_LEAST = 1e-2
"""Something that stays at all has a part of this size in some direction."""


@dataclass(frozen=True, eq=False)
class Undetermined:
    """What is not determined.

    Attributes:
        nodes: Which nodes' complex voltages are not.
        magnitudes: Of which not even the magnitude is.
        directions: Changes of the state that no measurement would notice, shape (nodes, changes);
            each a random mixture of all there are.
    """

    nodes: Flags
    magnitudes: Flags
    directions: Complexes

    def of(self, admittance: csr_array) -> Flags:
        """Which currents, linear combinations of the voltages, are not determined."""
        moves = np.abs(admittance @ self.directions)
        size = abs(admittance) @ np.abs(self.directions)
        return np.asarray((moves > _MOVES * np.maximum(size, self._floor)).any(axis=1))

    @property
    def _floor(self) -> float:
        return float(max(np.abs(self.directions).max(initial=0.0), _LEAST) * _STAYS)


def undetermined(series: Setting) -> Undetermined:
    """What the measurements of a network without shunts leave open.

    Args:
        series: What is measured, in the network without all that leads to earth.
    """
    rows = series.rows
    counted = series.measured.copy()
    counted[rows.blocks[4]] = False
    jacobian = Jacobian(rows, counted).at(rows.at(series.start), np.ones(rows.count))
    jacobian.data /= np.repeat(_lengths(jacobian), np.diff(jacobian.indptr))
    exact, (measured, states) = series.exact, jacobian.shape
    diagonal = np.repeat([-1.0, _REGULAR, 0.0], [measured, states, exact.shape[0]])
    blocks = Block(jacobian.T.tocsr(), measured, 0), Block(exact, measured + states, measured)
    equations = symmetric(diagonal, blocks)
    factor = splu(equations)
    random = np.random.default_rng(_SEED)
    probe = random.standard_normal((states, _PROBES))
    above, below = np.zeros((measured, _PROBES)), np.zeros((exact.shape[0], _PROBES))
    for _ in range(_ROUNDS):
        right = np.concatenate([above, _REGULAR * probe, below])
        probe = factor.solve(right)[measured : measured + states]
    directions = np.asarray(probe[::2] + 1j * probe[1::2])
    stays: Floats = np.abs(directions)
    along = np.abs((directions * series.start.conj()[:, None]).real)
    floor = _STAYS * max(_LEAST, float(stays.max(initial=0.0)))
    is_open, is_hidden = (np.asarray((each > floor).any(axis=1)) for each in (stays, along))
    return Undetermined(is_open, is_hidden, directions)


def _lengths(rows: csr_array) -> Floats:
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return np.maximum(np.sqrt(np.bincount(row, rows.data**2, rows.shape[0])), 1e-300)
