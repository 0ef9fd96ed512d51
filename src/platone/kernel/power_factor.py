"""The reactive power that goes with active power at a power factor."""

import math


def tan_phi(cos_phi: float) -> float:
    """Return the reactive per active power (kvar per kW) of a lagging power factor in (0, 1]."""
    return math.sqrt(max(1.0 - cos_phi**2, 0.0)) / cos_phi
