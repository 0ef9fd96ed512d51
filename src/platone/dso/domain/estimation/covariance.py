"""The covariance of the estimated state, and of what follows from it.

It is the upper left part of the inverse of the step's equations. Of small networks all of it is
calculated. Of large ones only what lies between nodes that share a measurement or a branch, which
is all that variances of measured and derived quantities need: by block elimination along a tree
and back (K. Takahashi, J. Fagan, M.-S. Chen, PICA 1973; A. M. Erisman, W. F. Tinney, Comm. ACM
18(3), 1975).
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from platone.dso.domain.array import Floats, Places
from platone.dso.domain.estimation.gain import Gain

_SMALL_STATES = 700
_BLOCK = 4
"""Unknowns a node: its voltage's two parts, and the multipliers of its exact power balance."""
_REFERENCE_TIMES = 1e4
"""How much surer a held angle is than the surest measurement of that node."""


class Covariance:
    """The covariance of the state in a solution.

    Args:
        gain: The equations there.
        joined: Coefficients over the nodes, any rows: nodes that one row names are kept together.
    """

    def __init__(self, gain: Gain, joined: csr_array) -> None:
        states = gain.information.shape[0]
        if states <= _SMALL_STATES:
            self._matrix = _whole(gain)
        else:
            self._matrix = _selected(gain, joined)

    def variance(self, rows: csr_array) -> Floats:
        """Variances of linear combinations of (re, im) of nodes that lie together."""
        product = rows @ self._matrix
        if isinstance(product, np.ndarray):
            return np.asarray(rows.multiply(product).sum(axis=1)).ravel()
        return np.asarray(rows.multiply(product).sum(axis=1)).ravel()


def _whole(gain: Gain) -> Floats:
    information, exact = gain.information.toarray(), gain.setting.exact_rows.toarray()
    # the null space of what is exact, in which the information can be inverted
    if not len(exact):
        return np.asarray(np.linalg.inv(information))
    scale = float(np.median(information.diagonal()))
    corner = np.zeros((len(exact), len(exact)))
    matrix = np.block([[information, exact.T * scale], [exact * scale, corner]])
    states = len(information)
    return np.asarray(np.linalg.inv(matrix)[:states, :states])


def _selected(gain: Gain, joined: csr_array) -> csr_array:
    blocks = _Blocks(gain)
    pattern = _pattern(gain, joined)
    order = _order(pattern)
    return _Elimination(blocks, pattern, order).inverse()


def _pattern(gain: Gain, joined: csr_array) -> csr_array:
    """Which nodes share a measurement, a balance or a branch."""
    rows, exact = gain.setting.rows, gain.setting.exact
    nodes = rows.nodes
    touched = [abs(rows.currents), abs(exact), abs(joined)]
    at = csr_array(
        (np.ones(len(rows.power)), (np.arange(len(rows.power)), rows.power)),
        shape=(len(rows.power), nodes),
    )
    own = abs(rows.currents)[: len(rows.power)] + at
    touched.append(own)
    found = diags_array(np.ones(nodes)).tocsr()
    for each in touched:
        one = csr_array((np.ones(each.nnz), each.indices, each.indptr), shape=each.shape)
        found = found + one.T @ one
    return csr_array(found)


def _order(pattern: csr_array) -> Places:
    """An order of elimination with little fill: that of the least degree."""
    strong = pattern + diags_array(np.asarray(pattern.sum(axis=1)).ravel() * 2)
    factor = splu(
        csc_array(strong),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    order = np.empty(pattern.shape[0], np.int64)
    order[factor.perm_c] = np.arange(pattern.shape[0])
    return order


class _Blocks:
    """The equations as symmetric blocks of four unknowns a node."""

    def __init__(self, gain: Gain) -> None:
        information, exact = gain.information.tocoo(), gain.setting.exact_rows
        nodes = information.shape[0] // 2
        scale = float(np.median(gain.information.diagonal()))
        own = self._owners(gain.setting.exact, nodes)
        is_balance = own >= 0
        balance = (exact[np.flatnonzero(is_balance)] * scale).tocoo()
        row_of = own[is_balance][balance.row]
        row, column = _unknown(information.row), _unknown(information.col)
        across = _unknown(balance.col)
        reference = exact[np.flatnonzero(~is_balance)]
        held = (reference.T @ reference).tocoo()
        surest = gain.information.diagonal().max()
        idle = np.ones((nodes, 2), np.bool_)
        idle.ravel()[(own[is_balance] // _BLOCK) * 2 + own[is_balance] % _BLOCK - 2] = False
        unused = np.flatnonzero(idle.ravel())
        unused = (unused // 2) * _BLOCK + unused % 2 + 2
        rows = [row, row_of, across, _unknown(held.row), unused]
        columns = [column, across, row_of, _unknown(held.col), unused]
        values = [
            information.data,
            balance.data,
            balance.data,
            held.data * surest * _REFERENCE_TIMES,
            np.full(len(unused), scale),
        ]
        shape = nodes * _BLOCK, nodes * _BLOCK
        whole = coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape
        )
        self.matrix = whole.tobsr((_BLOCK, _BLOCK))
        self.matrix.sum_duplicates()
        self.nodes = nodes

    @staticmethod
    def _owners(exact: csr_array, nodes: int) -> Places:
        """The unknown that is the multiplier of each exact row; -1 for held angles.

        The balance of a node has two rows, one j times the other; they belong to the node with
        the largest coefficient that no other balance has taken.
        """
        raise NotImplementedError


def _unknown(state: Places) -> Places:
    return np.asarray((state // 2) * _BLOCK + state % 2, np.int64)
