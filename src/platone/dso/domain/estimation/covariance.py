"""The covariance of the estimated state, and variances of what follows from it.

It is the upper left part of the inverse of the step's equations. Of small networks all of it is
calculated, of large ones what lies between nodes that share a measurement or a branch: that is all
that variances of measured and derived quantities need.
"""

from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array

from platone.dso.domain.array import Floats, Places
from platone.dso.domain.estimation.elimination import BLOCK, selected_inverse
from platone.dso.domain.estimation.gain import Gain

_SMALL_STATES = 700
_REFERENCE_TIMES = 1e4
"""How much surer a held angle is than the surest measurement."""


class Covariance:
    """The covariance of the state in a solution.

    Args:
        gain: The equations there.
        joined: Coefficients over the nodes: nodes that one row names are kept together.
    """

    def __init__(self, gain: Gain, joined: csr_array) -> None:
        is_small = gain.information.shape[0] <= _SMALL_STATES
        self._matrix: Any = _whole(gain) if is_small else _selected(gain, joined)

    def variance(self, rows: csr_array) -> Floats:
        """Variances of linear combinations of (re, im) of nodes that lie together."""
        return np.asarray(rows.multiply(rows @ self._matrix).sum(axis=1)).ravel()


def _whole(gain: Gain) -> Floats:
    information, exact = gain.information.toarray(), gain.setting.exact_rows.toarray()
    scale = float(np.median(information.diagonal()))
    states, many = len(information), len(exact)
    matrix = np.zeros((states + many, states + many))
    matrix[:states, :states] = information
    matrix[states:, :states] = exact * scale
    matrix[:states, states:] = matrix[states:, :states].T
    return np.asarray(np.linalg.inv(matrix)[:states, :states])


def _selected(gain: Gain, joined: csr_array) -> csr_array:
    """By blocks of a node's voltage and of the multipliers of its exact power balance."""
    setting, information = gain.setting, gain.information.tocoo()
    nodes, many = setting.rows.nodes, len(setting.balanced)
    diagonal = gain.information.diagonal()
    scale = float(np.median(diagonal))
    exact = setting.exact_rows
    balance = (exact[: 2 * many] * scale).tocoo()
    owner = np.concatenate([setting.balanced * BLOCK + 2, setting.balanced * BLOCK + 3])
    free = np.setdiff1d(np.arange(nodes), setting.balanced)
    unused = np.concatenate([free * BLOCK + 2, free * BLOCK + 3])
    angles = exact[2 * many :]
    held = (angles.T @ angles).tocoo()
    parts = [
        (_place(information.row), _place(information.col), information.data),
        (owner[balance.row], _place(balance.col), balance.data),
        (_place(balance.col), owner[balance.row], balance.data),
        (_place(held.row), _place(held.col), held.data * diagonal.max() * _REFERENCE_TIMES),
        (unused, unused, np.full(len(unused), scale)),
    ]
    row, column, value = (np.concatenate(each) for each in zip(*parts, strict=True))
    whole = coo_array((value, (row, column)), shape=(BLOCK * nodes, BLOCK * nodes)).tocsr()
    inverse = selected_inverse(whole, _touching(gain, joined), setting.balanced).tocoo()
    is_voltage = (inverse.row % BLOCK < 2) & (inverse.col % BLOCK < 2)  # noqa: PLR2004 - re, im
    found = inverse.data[is_voltage], (
        _state(inverse.row[is_voltage]),
        _state(inverse.col[is_voltage]),
    )
    return coo_array(found, shape=(2 * nodes, 2 * nodes)).tocsr()


def _place(state: Places) -> Places:
    return np.asarray((state // 2) * BLOCK + state % 2, np.int64)


def _state(place: Places) -> Places:
    return np.asarray((place // BLOCK) * 2 + place % BLOCK, np.int64)


def _touching(gain: Gain, joined: csr_array) -> csr_array:
    """Which nodes share a measurement, a balance or a branch."""
    setting = gain.setting
    found = diags_array(np.ones(setting.rows.nodes)).tocsr()
    for each in (setting.rows.currents, setting.exact, joined):
        ones = csr_array((np.ones(each.nnz), each.indices, each.indptr), shape=each.shape)
        found = found + ones.T @ ones
    return csr_array(found)
