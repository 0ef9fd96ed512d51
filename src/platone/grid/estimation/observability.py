"""The states that measurements leave undetermined, found by numbers.

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
from platone.grid.estimation.equations import Block, symmetric_matrix
from platone.grid.estimation.jacobian import Jacobian
from platone.grid.estimation.sensor_model import SensorModel

_PROBES = 6
"""Random directions: what is undetermined is missed only where all of them miss it."""
_ROUNDS = 3
"""Rounds of inverse iteration; each shrinks what is determined by many powers of ten."""
_SEED = 20230601
"""Seed of the directions, fixed so that results are the same each time; any number serves."""
_REGULARISATION = 1e-14
"""Added to the squared derivatives, which are of size one: just above rounding."""
_STAYS = 1e-3
"""Share of the largest part of a direction above which a state's part is no rounding."""
_MOVES = 1e-5
"""Share of its terms' size above which a current changes with a direction."""
_LEAST = 1e-2
"""A direction that stays at all has a part of this size somewhere."""


@dataclass(frozen=True, eq=False)
class Undetermined:
    """The part of the state that measurements do not determine.

    Attributes:
        is_open: States whose complex voltage is not determined.
        is_magnitude_open: States of which not even the magnitude is.
        directions: Changes of the state that no measurement would notice, shape (states, changes);
            each a random mixture of all there are.
    """

    is_open: Flags
    is_magnitude_open: Flags
    directions: Complexes

    def open_currents(self, admittance: csr_array) -> Flags:
        """Return which currents, linear combinations of the voltages, are not determined."""
        moves = np.abs(admittance @ self.directions)
        size = abs(admittance) @ np.abs(self.directions)
        return np.asarray((moves > _MOVES * np.maximum(size, self._floor)).any(axis=1))

    @property
    def _floor(self) -> float:
        return float(max(np.abs(self.directions).max(initial=0.0), _LEAST) * _STAYS)


def find_undetermined(series: SensorModel) -> Undetermined:
    """Return the states that measurements of a network without shunts leave open.

    Args:
        series: The sensors in the network without all that leads to earth.
    """
    rows = series.rows
    counted = series.is_measured.copy()
    counted[rows.blocks[4]] = False
    jacobian = Jacobian(rows, counted).at(rows.at(series.start), np.ones(rows.count))
    jacobian.data /= np.repeat(_lengths(jacobian), np.diff(jacobian.indptr))
    exact, (measured, states) = series.constraints, jacobian.shape
    diagonal = np.repeat([-1.0, _REGULARISATION, 0.0], [measured, states, exact.shape[0]])
    blocks = Block(jacobian.T.tocsr(), measured, 0), Block(exact, measured + states, measured)
    factor = splu(symmetric_matrix(diagonal, blocks))
    random = np.random.default_rng(_SEED)
    probe = random.standard_normal((states, _PROBES))
    above, below = np.zeros((measured, _PROBES)), np.zeros((exact.shape[0], _PROBES))
    for _ in range(_ROUNDS):
        right = np.concatenate([above, _REGULARISATION * probe, below])
        probe = factor.solve(right)[measured : measured + states]
    directions = np.asarray(probe[::2] + 1j * probe[1::2])
    stays: Floats = np.abs(directions)
    along = np.abs((directions * series.start.conj()[:, None]).real)
    floor = _STAYS * max(_LEAST, float(stays.max(initial=0.0)))
    is_open, is_magnitude_open = (np.asarray((each > floor).any(axis=1)) for each in (stays, along))
    return Undetermined(is_open, is_magnitude_open, directions)


def _lengths(rows: csr_array) -> Floats:
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return np.maximum(np.sqrt(np.bincount(row, rows.data**2, rows.shape[0])), 1e-300)
