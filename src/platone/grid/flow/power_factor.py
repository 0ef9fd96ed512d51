"""The reactive power that goes with active power, from series of both."""

import numpy as np

from platone.grid.array import Floats

_LEAST_COS_PHI = 0.1
"""Below this power factor nearly all power is reactive and does not follow the active one."""


def kvar_per_kw(p_kw: Floats, q_kvar: Floats) -> float:
    """Return the reactive per active power (tan phi) that fits a series best, by least squares.

    Both series have the same shape, (scenarios,).

    Where nearly all of the power is reactive (below a power factor of 0.1) it does not follow the
    active power, and the ratio is 0.
    """
    square = float(np.dot(p_kw, p_kw))
    if not square or square < _LEAST_COS_PHI**2 * (square + float(np.dot(q_kvar, q_kvar))):
        return 0.0
    return float(np.dot(p_kw, q_kvar)) / square
