"""The reactive power that goes with active power at a power factor."""

import math

_DECIMALS = 6
"""Decimals of a kvar that are told: a thousandth of a var, which no meter sees."""


def tan_phi(cos_phi: float) -> float:
    """Return the reactive per active power (kvar per kW) of a lagging power factor in (0, 1]."""
    return math.sqrt(max(1.0 - cos_phi**2, 0.0)) / cos_phi


def reactive_power(p_kw: float, cos_phi: float) -> float:
    """Return the reactive power that goes with an active one, kvar, to a thousandth of a var.

    So market and aggregators count from the same number, without the last digits of a root.
    """
    return round(p_kw * tan_phi(cos_phi), _DECIMALS)
