"""Transformers with three windings in the zero sequence: three two-ports around the star.

A winding in earthed star lets it through to the star; one in delta closes it there, also while its
terminals are open; one in star without earth stops it. The star has no magnetising branch.
"""

import cmath
import math
from collections.abc import Iterator

from platone.grid.network.branch import ThreeWindingTransformer, Winding
from platone.grid.network.two_port import Pi, pi_of_winding
from platone.grid.network.vector_group import CLOCK_DEG, Connection, inverts
from platone.grid.network.zero_transformer import NO_PATH
from platone.grid.problem.network import Fault, FaultKind

_CONNECTIONS = {each.value: each for each in Connection if each is not Connection.EARTHED_ZIGZAG}
_CARRY = ("YN", "D")
"""Connections through which zero-sequence current flows: they need an impedance."""
_LEAST_OHM = 1e-9
"""Impedance taken as zero, ohm: its admittance costs others some nine of 16 digits."""


def faults_of_winding(winding: Winding) -> Iterator[Fault]:
    """Yield the faults of a winding that lacks data for the zero sequence."""
    if not winding.connection:
        yield Fault(winding.id, FaultKind.MISSING_DATA, "its connection is missing")
    elif winding.connection not in _CONNECTIONS:
        reason = f"its connection {winding.connection!r} is none of {', '.join(_CONNECTIONS)}"
        yield Fault(winding.id, FaultKind.UNSUPPORTED, reason)
    elif winding.connection in _CARRY and abs(_ohm(winding)) < _LEAST_OHM:
        yield Fault(winding.id, FaultKind.ZERO_IMPEDANCE, "its zero-sequence impedance is zero")


def pis_of_star(unit: ThreeWindingTransformer) -> Iterator[Pi]:
    """Yield the zero sequence of its windings, in ohm of the star's rated voltage."""
    star_kv = unit.windings[0].rated_kv
    lags = [_lag_deg(each) for each in unit.windings if each.connection == "YN"]
    for winding in unit.windings:
        ohm = _ohm(winding) * (star_kv / winding.rated_kv) ** 2
        if winding.connection == "YN":
            turns = abs(pi_of_winding(winding, star_kv).ratio)
            ratio = cmath.rect(turns, -math.radians(uncounted_deg(winding)))
            ohm += _behind_star_point(winding, turns)
            yield Pi(ohm, 0j, 0j, -ratio if inverts(_lag_deg(winding) - lags[0]) else ratio)
        elif winding.connection == "D":
            yield Pi(NO_PATH.series, 0j, 1 / ohm)
        else:
            yield NO_PATH


def uncounted_deg(winding: Winding) -> float:
    """Return the star's lag behind the winding besides its phase shift, degrees."""
    return -CLOCK_DEG * winding.uncounted_hour


def _lag_deg(winding: Winding) -> float:
    return winding.phase_shift_deg + uncounted_deg(winding)


def _ohm(winding: Winding) -> complex:
    r, x = winding.zero_resistance_ohm, winding.zero_reactance_ohm
    return complex(
        winding.resistance_ohm if r is None else r, winding.reactance_ohm if x is None else x
    )


def _behind_star_point(winding: Winding, turns: float) -> complex:
    """Return three times the impedance between star point and earth, seen from the star."""
    neutral = complex(winding.neutral_resistance_ohm, winding.neutral_reactance_ohm)
    return 3 * neutral / turns**2
